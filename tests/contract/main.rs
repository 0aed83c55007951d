//! One suite per interface, run against every implementation of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(clippy::unwrap_used, reason = "a failed step of a contract is a failed test")]
mod storage;
