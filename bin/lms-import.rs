//! Copies LMS tables into the warehouse.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::held_by_driver("lms-import")
}
