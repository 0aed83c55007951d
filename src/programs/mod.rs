//! Every `main`: the driver that operators type, mappers and reducers, and the small programs of scripts.
//!
//! * [`insights`]: the driver, one file for each of its commands
//! * [`streaming_program`]: mapper and reducer of a workflow
//! * [`mysql_loader`], [`lms_import`], [`roster_indexer`], [`output_committer`], [`course_catalog`], [`video_durations`]: one step each
//! * [`held_by_driver`]: those of them that are one executable with the driver
//! * `allocator`: large buffers go back to the system;
//!   `static_memory`: how static programs copy and compare; [`exit_code`](mod@exit_code): how a run that failed ends; [`version`]: what `--version` says

mod allocator;
mod course_catalog;
pub(crate) mod exit_code;
mod held_by_driver;
mod insights;
mod lms_import;
mod mysql_loader;
mod output_committer;
mod resolved_days;
mod roster_indexer;
mod rows_of_stdin;
mod static_memory;
mod step_program;
mod streaming_program;
mod version;
mod video_durations;

use std::ffi::OsString;
use std::process::ExitCode;

use self::streaming_program::Side;

use crate::streaming::Jobs;
use crate::tasks::workflow::{ResultTable, Workflow};

/// The `main` of a driver over these workflows.
pub fn insights(workflows: &[Workflow]) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(code) = held_by_driver::called(&arguments) {
        return code;
    }
    // They are needed until the program ends.
    insights::main(workflows.to_vec().leak(), arguments)
}

/// The `main` of a program that the driver holds, called by this name.
pub fn held_by_driver(name: &str) -> ExitCode {
    held_by_driver::hand_over(name)
}

/// The `main` of the program that fills and publishes the roster's index.
pub fn roster_indexer() -> ExitCode {
    roster_indexer::main()
}

/// The `main` of a loader into these tables.
pub fn mysql_loader(tables: &[&[ResultTable]]) -> ExitCode {
    mysql_loader::main(tables)
}

/// The `main` of the mappers of a workflow.
pub fn mapper(jobs: Jobs) -> ExitCode {
    streaming_program::main(jobs, Side::Map)
}

/// The `main` of the reducers of a workflow.
pub fn reducer(jobs: Jobs) -> ExitCode {
    streaming_program::main(jobs, Side::Reduce)
}
