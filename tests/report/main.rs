//! The HTML report: its pages as files, and in a real browser.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a failed test"
)]
// needs: mariadb s3 chromium axe-core

mod browser;
mod charts;
#[path = "../servers/mod.rs"]
mod mysql_servers;
mod names;
mod pages;
mod paper_and_phones;
mod places;
mod reading;
#[path = "../servers/remote.rs"]
mod remote_servers;
mod site;
mod tables;
mod weeks;
