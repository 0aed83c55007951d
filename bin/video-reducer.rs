//! The reducers of video, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(insights_pipeline::workflows::video::JOBS)
}
