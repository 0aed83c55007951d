//! The reducers of course activity, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::streaming::process::{self, Side};
use insights_pipeline::workflows::user_activity::JOBS;

fn main() -> ExitCode {
    process::main(&JOBS, Side::Reduce)
}
