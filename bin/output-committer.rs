//! Puts what a streaming job has written into its place.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::held_by_driver("output-committer")
}
