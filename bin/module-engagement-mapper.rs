//! The mappers of learner engagement, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::streaming::process::{self, Side};
use insights_pipeline::workflows::module_engagement::JOBS;

fn main() -> ExitCode {
    process::main(&JOBS, Side::Map)
}
