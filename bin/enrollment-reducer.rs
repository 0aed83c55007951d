//! The reducers of enrollment, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(insights_pipeline::workflows::enrollment::JOBS)
}
