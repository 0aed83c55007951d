//! How programs end (rules 01, 9): one table for all of them.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | a mapper or reducer failed; the cluster tries it again |
//! | 2 | wrong options |
//! | 10 | another run holds an output |
//! | 20 | an input is missing |
//! | 30 | a step failed |
//! | 141 | the reader of a mapper's or reducer's output has gone |

use std::process::ExitCode;

use crate::engine::preflight::Unready;
use crate::storage::is_not_found;
use crate::tasks::{MissingData, MissingDays};
use crate::warehouse::lock::OutputLocked;
use crate::warehouse::selection::NoInputFiles;

/// After wrong options.
pub(crate) const USAGE: u8 = 2;
/// When the reader of a task's output has gone, as the shell gives it to a program that SIGPIPE ended.
pub(crate) const READER_GONE: u8 = 141;
/// Another run holds an output.
const ALREADY_RUNNING: u8 = 10;
/// An input is missing.
const MISSING_DATA: u8 = 20;
/// A step failed.
const TASK_FAILED: u8 = 30;

/// The exit code that an error is told by (rules 01, 9).
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(<dyn std::error::Error + 'static>::is::<OutputLocked>) {
        ALREADY_RUNNING
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<MissingData>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<MissingDays>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<NoInputFiles>)
        || error.chain().filter_map(|cause| cause.downcast_ref::<Unready>()).any(Unready::lacks_inputs_only)
        || is_not_found(error)
    {
        MISSING_DATA
    } else {
        TASK_FAILED
    }
}

/// [`exit_code()`] as programs give it back.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(exit_code(error))
}
