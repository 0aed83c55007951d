//! How programs end (rules 01, 9): one table for all of them.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | a mapper or reducer failed; the cluster tries it again |
//! | 2 | wrong options, or a setting is missing |
//! | 3 | two result stores that were compared differ |
//! | 10 | another run holds an output |
//! | 20 | an input is missing |
//! | 30 | a step failed |
//! | 141 | the reader of a mapper's or reducer's output has gone |
//! | 129, 130, 143 | a signal ended it: HUP, INT, TERM |

use std::process::ExitCode;

use crate::config::missing::{MissingSetting, MissingSettings};
use crate::engine::preflight::{Kind, Unready};
use crate::storage::is_not_found;
use crate::stores::compare::StoresDiffer;
use crate::tasks::{MissingData, MissingDays};
use crate::warehouse::lock::OutputLocked;
use crate::warehouse::selection::NoInputFiles;
use crate::wrong_usage::WrongUsage;

/// After wrong options.
pub(crate) const USAGE: u8 = 2;
/// When the reader of a task's output has gone, as the shell gives it to a program that SIGPIPE ended.
pub(crate) const READER_GONE: u8 = 141;
/// Two stores that were compared differ.
const STORES_DIFFER: u8 = 3;
/// Another run holds an output.
pub(crate) const ALREADY_RUNNING: u8 = 10;
/// An input is missing.
pub(crate) const MISSING_DATA: u8 = 20;
/// A step failed.
pub(crate) const TASK_FAILED: u8 = 30;

const AFTER_SIGNAL: &str =
    "Run the same command again: what is complete stays, what was being made is begun anew. nohup keeps a run from SIGHUP.";

/// Code, name, meaning, and what to do (rules 01, 9).
pub(crate) const EXITS: &[(u8, &str, &str, &str)] = &[
    (0, "done", "all that was asked for is done, or was up to date", "Nothing is left to do."),
    (
        1,
        "task_attempt_failed",
        "a mapper or reducer failed; the cluster tries it again",
        "See the log of the attempt; the job's end says whether it mattered.",
    ),
    (
        USAGE,
        "usage",
        "an option is wrong, or a setting is missing",
        "The message names option or setting with an example; insights doctor shows all at once.",
    ),
    (
        STORES_DIFFER,
        "stores_differ",
        "two result stores that were compared differ",
        "The output names tables and the first rows that differ; docs/differences.md has the reasons that are known.",
    ),
    (
        ALREADY_RUNNING,
        "already_running",
        "another run holds an output",
        "Wait for it, and run again; a dead run's lock gives way by itself.",
    ),
    (
        MISSING_DATA,
        "missing_data",
        "an input is missing",
        "The message says which; bring it there, or run the task that makes it. Nothing has changed.",
    ),
    (
        TASK_FAILED,
        "task_failed",
        "a step failed",
        "The message says why. What was complete before is as it was; run the same command again when the cause is mended.",
    ),
    (READER_GONE, "reader_gone", "the reader of a mapper's or reducer's output has gone", "Look at the program behind it in the pipe."),
    (129, "hung_up", "its terminal was closed (SIGHUP)", AFTER_SIGNAL),
    (130, "interrupted", "somebody pressed Ctrl-C (SIGINT)", AFTER_SIGNAL),
    (143, "terminated", "somebody asked it to end (SIGTERM)", AFTER_SIGNAL),
];

/// The exit code that an error is told by (rules 01, 9).
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    let unready = error.chain().find_map(|cause| cause.downcast_ref::<Unready>()).and_then(Unready::worst);
    if error.chain().any(|cause| cause.is::<WrongUsage>() || cause.is::<clap::Error>()) || unready == Some(Kind::Wrong) {
        USAGE
    } else if error.is::<StoresDiffer>() {
        STORES_DIFFER
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<OutputLocked>) {
        ALREADY_RUNNING
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<MissingData>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<MissingDays>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<NoInputFiles>)
        || unready == Some(Kind::Input)
        || is_not_found(error)
    {
        MISSING_DATA
    } else if error.is::<MissingSetting>() || error.is::<MissingSettings>() {
        USAGE
    } else {
        TASK_FAILED
    }
}

/// [`exit_code()`] as programs give it back.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(exit_code(error))
}
