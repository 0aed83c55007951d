//! A run that a signal ends tells so, and leaves its document and its figures as any other.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use super::document::Outcome;
use super::{Begun, Places, tell_end};
use crate::engine::signals::{Ending, Order, before_end, gate};
use crate::say_at;
use crate::standard_streams::voice::{self, Level};

/// Whether the work goes on; held from a signal until the process has ended.
static WORKS: Mutex<bool> = Mutex::new(false);

/// Begins to watch for signals, until [`work_is_done`].
///
/// # Errors
/// They cannot be watched.
pub(super) fn watch(run: &Begun, places: &Arc<Places>) -> Result<()> {
    *works() = true;
    let (run, places) = (run.clone(), Arc::clone(places));
    before_end(Order::Report, move |ending| {
        let works = works();
        if *works {
            leave(&run, &places, ending);
            // Nothing else is told any more.
            std::mem::forget(works);
        }
    })
}

/// What became of the work is told as usual from now on: a signal waits as long as the value lives. Does not return where one ends the process.
pub(super) fn work_is_done() -> MutexGuard<'static, bool> {
    gate();
    let mut works = works();
    *works = false;
    works
}

fn leave(run: &Begun, places: &Places, ending: Ending) {
    voice::silence_others();
    let mut summary = run.ended(Vec::new());
    (summary.result, summary.exit_code) = (Outcome::Failed, ending.exit_code());
    let told = format!("{} ends this run. What is complete stays; what was being made is begun anew by the next run.", ending.name());
    // Not behind a bar.
    let line_end = if voice::is_for_people() && io::stderr().is_terminal() { "\n" } else { "" };
    say_at!(Level::Error, "{line_end}insights: {told}");
    summary.error = Some(told);
    tell_end(&summary, false);
    places.leave(&summary, false);
}

fn works() -> MutexGuard<'static, bool> {
    WORKS.lock().unwrap_or_else(PoisonError::into_inner)
}
