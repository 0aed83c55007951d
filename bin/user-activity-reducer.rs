//! The reducers of course activity, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::programs::streaming_program::{self, Side};
use insights_pipeline::workflows::user_activity::JOBS;

fn main() -> ExitCode {
    streaming_program::main(&JOBS, Side::Reduce)
}
