//! The mappers of course activity, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::mapper(insights_pipeline::workflows::user_activity::JOBS)
}
