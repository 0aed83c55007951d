//! Puts what a streaming job has written into its place.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::programs::output_committer::main(std::env::args_os())
}
