//! Every `main`: the driver that operators type, mappers and reducers, and the small programs of scripts.
//!
//! * [`insights`]: the driver, one file for each of its commands
//! * [`streaming_program`]: mapper and reducer of a workflow
//! * [`mysql_loader`], [`lms_import`], [`roster_indexer`], [`output_committer`], [`course_catalog`], [`video_durations`]: one step each
//! * [`exit_code`](mod@exit_code): how a run that failed ends

pub mod course_catalog;
pub(crate) mod exit_code;
pub mod insights;
pub mod lms_import;
pub mod mysql_loader;
pub mod output_committer;
pub mod roster_indexer;
mod step_program;
pub(crate) mod streaming_program;
pub mod video_durations;

use std::process::ExitCode;

use self::streaming_program::Side;
use crate::streaming::Jobs;
use crate::tasks::workflow::{ResultTable, Workflow};

/// The `main` of a driver over these workflows.
pub fn insights(workflows: &[Workflow]) -> ExitCode {
    // They are needed until the program ends.
    insights::main(workflows.to_vec().leak(), std::env::args_os())
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
