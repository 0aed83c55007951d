//! Looks up durations of videos.
use std::process::ExitCode;

fn main() -> ExitCode {
    insights_pipeline::programs::video_durations::main(std::env::args_os())
}
