//! Real Hadoop for tests: a pseudo-cluster, or its in-process engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test program uses a part
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

#[path = "waiting.rs"]
mod waiting;
use waiting::wait_for;

/// Where jobs can be sent.
pub(crate) struct Hadoop {
    /// Configuration file for `insights --config`.
    pub configuration: PathBuf,
    /// The directory with `bin/hadoop`.
    pub home: PathBuf,
    /// `hdfs://…`, of a cluster.
    pub hdfs: String,
    folder: TempDir,
    owned: bool,
}

impl Hadoop {
    /// Hadoop's engine in the process of its client; nothing runs beside it.
    pub(crate) fn local() -> &'static Self {
        static LOCAL: OnceLock<Hadoop> = OnceLock::new();
        LOCAL.get_or_init(|| Self::start("local", "TEST_HADOOP_LOCAL_HOME"))
    }

    /// HDFS and YARN: those that the environment names, or daemons of the test's own, which end with it.
    pub(crate) fn cluster() -> Self {
        Self::start("start", "TEST_HADOOP_HOME")
    }

    fn start(action: &str, home_variable: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let environment: HashMap<_, _> = std::env::vars().collect();
        let owned = !environment.contains_key(home_variable);
        let values = if owned { start(action, folder.path()) } else { environment };
        let home = PathBuf::from(&values[home_variable]);
        let configuration = folder.path().join("hadoop.cfg");
        let hadoop = Self {
            configuration,
            home,
            hdfs: values.get("TEST_HDFS_URL").cloned().unwrap_or_default(),
            folder,
            owned: owned && action == "start",
        };
        std::fs::write(&hadoop.configuration, hadoop.settings("", "")).unwrap();
        hadoop
    }

    /// The text of a configuration, with lines added to `[hadoop]` and properties of jobs.
    pub(crate) fn settings(&self, hadoop: &str, properties: &str) -> String {
        format!(
            "[hadoop]\ncommand = {}\ninsights-jar = {}\nlog-directory = {}\n{hadoop}\n[job-conf]\n{properties}\n",
            self.home.join("bin/hadoop").display(),
            self.home.join("insights-hadoop.jar").display(),
            self.folder.path().join("logs").display(),
        )
    }

    /// The log of the client that a process of ours runs, as soon as it holds a text.
    pub(crate) fn client_log(&self, process: u32, text: &str) -> String {
        let logs = self.folder.path().join("logs");
        wait_for(&format!("the client of {process} said {text:?}"), || {
            let entries = std::fs::read_dir(&logs).into_iter().flatten().map(|entry| entry.unwrap().path());
            let mut entries = entries.filter(|path| path.display().to_string().ends_with(&format!("-{process}.log")));
            entries.next().map(|path| std::fs::read_to_string(path).unwrap()).filter(|log| log.contains(text))
        })
    }

    /// The log of the last client that sent a job of this name.
    pub(crate) fn log_of(&self, job: &str) -> String {
        let entries = std::fs::read_dir(self.folder.path().join("logs")).unwrap().map(|entry| entry.unwrap().path());
        let logs = entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{job}-2")));
        std::fs::read_to_string(logs.max().unwrap()).unwrap()
    }

    /// `hadoop fs ARGUMENTS`, which must succeed; gives its output.
    pub(crate) fn fs(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(self.home.join("bin/hadoop")).arg("fs").args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

impl Drop for Hadoop {
    fn drop(&mut self) {
        if self.owned {
            let _ = Command::new("tests/servers/hadoop.sh").arg("stop").arg(self.folder.path()).status();
        }
    }
}

fn start(action: &str, folder: &Path) -> HashMap<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/hadoop.sh");
    let started = Command::new(script).arg(action).arg(folder).output().unwrap();
    assert!(started.status.success(), "No Hadoop for this test; run tests/run.sh. {}", String::from_utf8_lossy(&started.stderr));
    let lines = String::from_utf8(started.stdout).unwrap();
    lines.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
