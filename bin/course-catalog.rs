//! Pulls the course catalog and writes its tables.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::held_by_driver("course-catalog")
}
