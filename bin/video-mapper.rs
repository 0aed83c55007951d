//! The mappers of video, chosen by the first argument.
use std::process::ExitCode;

use insights_pipeline::streaming::process::{self, Side};
use insights_pipeline::workflows::video::JOBS;

fn main() -> ExitCode {
    process::main(&JOBS, Side::Map)
}
