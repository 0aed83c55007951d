//! The tasks of learner engagement from logs and a real LMS database to a real result store and real search engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb elasticsearch opensearch hadoop-local

mod acceptance;
#[path = "../servers/hadoop.rs"]
mod hadoop;
mod ranges;
mod reader;
mod roster_in_sql;
mod scene;
#[path = "../servers/search_engine.rs"]
mod search_engine;
#[path = "../site/mod.rs"]
mod site;
mod workflow;
