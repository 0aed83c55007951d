//! A way to stop a loader at a known place, for tests of faults.
//!
//! With the environment variable `INSIGHTS_LOADER_PAUSE_AFTER=STEP` a loader says `paused after STEP` on standard error
//! when that step is done and then waits to be killed, or for `INSIGHTS_LOADER_PAUSE_SECONDS`. Any other value, and no
//! value, changes nothing.

use std::time::Duration;

use crate::say;

/// The steps of a load, in the order in which they happen (each mode has only some of them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The lock of the table is held.
    Locked,
    /// Database, marker table and table exist, leftovers are gone.
    Created,
    /// The copy that takes the new rows exists (swap only).
    Staged,
    /// The old rows and markers are deleted, not committed (not when swapping or appending).
    Deleted,
    /// The first rows are on their way.
    FirstRows,
    /// All rows are in, not committed.
    Loaded,
    /// The copy has taken the table's place, the marker is not written (swap only).
    Renamed,
    /// The marker is written, not committed.
    Marked,
    /// Everything is committed, leftovers are not swept.
    Committed,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Locked => "locked",
            Self::Created => "created",
            Self::Staged => "staged",
            Self::Deleted => "deleted",
            Self::FirstRows => "first-rows",
            Self::Loaded => "loaded",
            Self::Renamed => "renamed",
            Self::Marked => "marked",
            Self::Committed => "committed",
        }
    }

    /// Says that the step is done: waits if the environment asks for it.
    pub(super) fn done(self) {
        if std::env::var("INSIGHTS_LOADER_PAUSE_AFTER").is_ok_and(|step| step == self.name()) {
            say!("paused after {}", self.name());
            let seconds = std::env::var("INSIGHTS_LOADER_PAUSE_SECONDS");
            let seconds = seconds.ok().and_then(|text| text.parse().ok());
            std::thread::sleep(seconds.map_or(Duration::MAX, Duration::from_secs));
        }
    }
}
