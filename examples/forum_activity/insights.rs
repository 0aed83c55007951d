//! The driver with one more workflow.

mod workflow;

fn main() -> std::process::ExitCode {
    let all = [insights_pipeline::workflows::WORKFLOWS, &[workflow::WORKFLOW]].concat();
    insights_pipeline::programs::insights(&all)
}
