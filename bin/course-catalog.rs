//! Pulls the course catalog and writes its tables.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::workflows::enrollment::course_catalog::command::main(std::env::args_os())
}
