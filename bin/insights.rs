//! The driver that operators type.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::programs::insights::main(std::env::args_os())
}
