//! Copies LMS tables into the warehouse.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::programs::lms_import::main(std::env::args_os())
}
