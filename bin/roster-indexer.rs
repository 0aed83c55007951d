//! Puts roster documents into Elasticsearch or OpenSearch and publishes the index.

fn main() -> std::process::ExitCode {
    insights_pipeline::programs::roster_indexer()
}
