//! The reducers of learner engagement, chosen by the first argument.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::reducer(insights_pipeline::workflows::module_engagement::STREAMED)
}
