//! The mappers of geography, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::programs::streaming_program::{self, Side};
use insights_pipeline::workflows::location::JOBS;

fn main() -> ExitCode {
    streaming_program::main(&JOBS, Side::Map)
}
