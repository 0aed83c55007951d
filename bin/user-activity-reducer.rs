//! The reducers of course activity, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(insights_pipeline::workflows::user_activity::JOBS)
}
