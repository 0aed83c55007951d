//! The driver that operators type.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::insights(insights_pipeline::workflows::WORKFLOWS)
}
