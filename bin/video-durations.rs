//! Looks up durations of videos.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::workflows::video::durations_command::main(std::env::args_os())
}
