//! The roster index in real engines of both dialects: what a roster page finds, and what is left when things break.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // numbers of a few thousand learners
// needs: elasticsearch opensearch
#[path = "../exported/mod.rs"]
mod exported;
mod faults;
#[path = "../servers/killed.rs"]
mod killed;
mod pages;
mod proxy;
mod scene;
#[path = "../servers/search_engine.rs"]
mod search_engine;
mod secured;
#[path = "../site/mod.rs"]
mod site;
mod steps;
#[path = "../servers/waiting.rs"]
mod waiting;
