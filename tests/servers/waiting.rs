//! Waiting for something to happen, however busy the machine is.
#![allow(clippy::panic)] // only tests use it
#![allow(dead_code)] // every test program uses a part

use std::time::{Duration, Instant};

/// Long after everything that happens at all has happened.
const PATIENCE: Duration = Duration::from_mins(5);
/// Between two looks: `InnoDB` tells nothing new to whoever asks for its transactions ten times a second.
const PAUSE: Duration = Duration::from_millis(150);

/// Waits until it is so; `what` is told if it never is.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

/// Waits until there is a value.
pub(crate) fn wait_for<T>(what: &str, mut value: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(value) = value() {
            return value;
        }
        assert!(begun.elapsed() < PATIENCE, "within five minutes it never happened that {what}");
        std::thread::sleep(PAUSE);
    }
}
