//! The reducers of forum activity, chosen by the first argument.

mod workflow;

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(workflow::JOBS)
}
