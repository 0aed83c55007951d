//! One suite per interface, run against every implementation of it.
#![allow(clippy::unwrap_used, reason = "a failed step of a contract is a failed test")]
// needs: hadoop s3
#[path = "../servers/remote.rs"]
mod servers;
mod storage;
