//! Nights that must end well or say why not: one line that no table can hold, something missing, streams that cannot be written, a run
//! that is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: mariadb

mod killed;
mod one_line;
mod preflight;
mod scene;
#[path = "../servers/mod.rs"]
mod servers;
mod streams;
