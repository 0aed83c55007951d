//! The driver that operators type.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::driver::main(std::env::args_os())
}
