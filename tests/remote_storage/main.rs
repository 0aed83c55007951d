//! Logs, warehouse and outputs in HDFS and S3: a real NameNode and DataNode, and an S3 endpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop s3
mod end_to_end;
mod external_commit;
mod faults;
mod files;
mod locks;
mod report_of_logs;
mod selection;
#[path = "../servers/remote.rs"]
mod servers;
mod signatures;
#[path = "../site/mod.rs"]
mod site;
#[path = "../servers/waiting.rs"]
mod waiting;
mod warehouse;

use insights_pipeline::storage::Location;

/// An empty directory of each store.
fn roots() -> [Location; 2] {
    [servers::hadoop::new_directory(), servers::s3::new_directory("s3")]
}

/// Writes files many at a time, since each takes its time on the way.
fn write_all(files: &[(Location, Vec<u8>)]) {
    std::thread::scope(|scope| {
        for part in files.chunks(files.len().div_ceil(64).max(1)) {
            scope.spawn(move || part.iter().for_each(|(place, content)| insights_pipeline::storage::write_bytes(place, content).unwrap()));
        }
    });
}
