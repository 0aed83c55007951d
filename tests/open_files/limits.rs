//! `insights` under limits of a shell, watched from outside.
#![allow(dead_code)] // every test program uses a part

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::Duration;

use crate::site::files_below;

/// `insights` behind shell commands that set limits.
pub(crate) fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limits} && exec \"$@\""), "sh", env!("CARGO_BIN_EXE_insights")]).args(arguments);
    command.current_dir(folder).env_remove("LUIGI_CONFIG_PATH");
    command
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn run(folder: &Path, limits: &str, arguments: &[&str]) -> String {
    let output = limited(folder, limits, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Names and contents of all files below a directory.
pub(crate) fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(root).into_iter();
    files.map(|file| (file.strip_prefix(root).unwrap().to_owned(), fs::read(file).unwrap())).collect()
}

/// What a run has said, and the most descriptors and resident bytes that it had, as far as one sees from outside.
pub(crate) fn watched(mut command: Command, said: &Path) -> (String, usize, u64) {
    let mut child = command.stderr(fs::File::create(said).unwrap()).spawn().unwrap();
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let (ended, end) = mpsc::channel::<()>();
    let watcher = std::thread::spawn(move || {
        let (mut descriptors, mut memory) = (0, 0);
        while end.recv_timeout(Duration::from_millis(2)) == Err(mpsc::RecvTimeoutError::Timeout) {
            descriptors = descriptors.max(fs::read_dir(process.join("fd")).map_or(0, Iterator::count));
            let status = fs::read_to_string(process.join("status")).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            memory = memory.max(peak.and_then(|peak| peak.parse().ok()).unwrap_or(0) * 1024);
        }
        (descriptors, memory)
    });
    let status = child.wait().unwrap();
    drop(ended);
    let (descriptors, memory) = watcher.join().unwrap();
    let said = fs::read_to_string(said).unwrap();
    assert!(status.success(), "{said}");
    (said, descriptors, memory)
}
