//! The mappers of learner engagement, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::mapper(insights_pipeline::workflows::module_engagement::STREAMED)
}
