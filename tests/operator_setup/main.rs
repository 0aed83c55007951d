//! An operator sets a site up: `insights init`, `doctor`, `explain`, and what commands say of what is missing or misspelt.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: mariadb, opensearch

mod doctor;
mod init;
mod messages;
#[path = "../servers/search_engine.rs"]
mod search_engine;
#[path = "../site/mod.rs"]
mod site;
