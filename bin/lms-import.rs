//! Copies LMS tables into the warehouse.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::lms::command::main(std::env::args_os())
}
