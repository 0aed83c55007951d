//! The mappers of geography, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::mapper(insights_pipeline::workflows::location::JOBS)
}
