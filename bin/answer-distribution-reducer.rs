//! The reducers of the answer distribution, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(insights_pipeline::workflows::answer_distribution::JOBS)
}
