//! Loads warehouse rows into a table of the result store.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::mysql_loader(&insights_pipeline::workflows::TABLES)
}
