//! The HTML report: its pages as files, and in a real browser.
#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]
mod pages;
mod site;
