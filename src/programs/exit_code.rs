//! How a program ends whose work failed (rules 01, 9).

use crate::engine::preflight::Unready;
use crate::storage::is_not_found;
use crate::tasks::MissingData;
use crate::warehouse::lock::OutputLocked;
use crate::warehouse::selection::NoInputFiles;

/// Another run holds an output.
const ALREADY_RUNNING: u8 = 10;
/// An input is missing.
const MISSING_DATA: u8 = 20;
/// A step failed.
const TASK_FAILED: u8 = 30;

/// The exit code that an error is told by (rules 01, 9).
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(<dyn std::error::Error + 'static>::is::<OutputLocked>) {
        ALREADY_RUNNING
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<MissingData>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<NoInputFiles>)
        || error.chain().filter_map(|cause| cause.downcast_ref::<Unready>()).any(Unready::lacks_inputs_only)
        || is_not_found(error)
    {
        MISSING_DATA
    } else {
        TASK_FAILED
    }
}
