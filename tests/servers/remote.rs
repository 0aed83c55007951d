//! Real storage of other machines for tests. The environment names it, since the clients read their settings from there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test binary uses a part
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use insights_pipeline::storage::Location;
use tempfile::TempDir;

/// A value that the script of a server printed.
pub(crate) fn variable(name: &str, script: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests by tests/run.sh, or start the server by tests/servers/{script} and export the lines that it prints.")
    })
}

/// A name that no other test has.
fn new_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{:08x}-{}", std::process::id(), fastrand::u32(..), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// An S3 endpoint of a test's own, which ends with it.
pub(crate) struct S3Server {
    pub endpoint: String,
    folder: TempDir,
}

impl S3Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new("tests/servers/s3.sh").arg("start").arg(folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&started.stderr);
        assert!(started.status.success(), "No S3 endpoint for this test; run tests/run.sh, which installs what the tests need. {errors}");
        let values = String::from_utf8(started.stdout).unwrap();
        let endpoint = values.lines().find_map(|line| line.strip_prefix("TEST_S3_ENDPOINT=")).unwrap().to_owned();
        Self { endpoint, folder }
    }

    /// From now on keys are checked as AWS does, and none is known.
    pub(crate) fn check_keys(&self) {
        let url = format!("{}/moto-api/reset-auth", self.endpoint);
        assert!(ureq::post(&url).content_type("text/plain").send("0").unwrap().status().is_success());
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        let _ = Command::new("tests/servers/s3.sh").arg("stop").arg(self.folder.path()).status();
    }
}

/// The NameNode that `TEST_HDFS_URL` names.
pub(crate) mod hadoop {
    use super::{Location, new_name, variable};

    /// A directory that does not exist, for one test.
    pub(crate) fn new_directory() -> Location {
        let url = variable("TEST_HDFS_URL", "hadoop.sh start-hdfs DIR");
        format!("{url}/{}", new_name()).parse().unwrap()
    }
}

/// The S3 endpoint that the variables of the AWS tools name.
pub(crate) mod s3 {
    use super::{Location, new_name, variable};

    /// A directory of the test bucket that does not exist, for one test.
    pub(crate) fn new_directory(scheme: &str) -> Location {
        for name in ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            variable(name, "s3.sh start DIR");
        }
        format!("{scheme}://{}/{}", variable("TEST_S3_BUCKET", "s3.sh start DIR"), new_name()).parse().unwrap()
    }
}
