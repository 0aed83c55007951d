//! The mappers of the answer distribution, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::programs::streaming_program::{self, Side};
use insights_pipeline::workflows::answer_distribution::JOBS;

fn main() -> ExitCode {
    streaming_program::main(&JOBS, Side::Map)
}
