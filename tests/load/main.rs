//! How long workflows take and how much memory they hold, for what sites have most of. Prints the figures; `tests/run.sh --load` runs it on
//! a release build.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb

mod engagement;
mod enrollment;
mod few_descriptors;
#[path = "../open_files/limits.rs"]
mod limits;
#[path = "../site/mod.rs"]
mod site;
mod video;
