//! Looks up durations of videos.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::held_by_driver("video-durations")
}
