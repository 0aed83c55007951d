//! Pulls the course catalog and writes its tables.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::programs::course_catalog::main(std::env::args_os())
}
