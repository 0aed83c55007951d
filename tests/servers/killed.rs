//! A server that is killed as a power failure would.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // only tests use it, each a part

use std::process::Command;
use std::time::{Duration, Instant};

/// Kills a process and waits until it is gone: one of much memory goes on for a while, and its data cannot be opened until then.
pub(crate) fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
    let begun = Instant::now();
    while is_alive(process) {
        assert!(begun.elapsed() < Duration::from_mins(5), "process {process} was killed and did not end within five minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs; one that has ended and that nobody has waited for yet does not.
fn is_alive(process: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}
