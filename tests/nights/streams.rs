//! Standard error and output that cannot be written.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use crate::scene::{DAY, Night};

/// Standard error on a full disk, and closed; standard output read to its first line only.
#[test]
fn streams_that_cannot_be_written_end_nothing() {
    let night = Night::new(&[], "");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    command.current_dir(night.folder.path()).args(["daily", "--date", DAY, "--only", "user-activity", "--n-reduce-tasks", "2"]);
    assert_eq!(command.stderr(full).status().unwrap().code(), Some(0));
    assert!(night.rows()["course_activity"] > 0);
    for words in ["list", "plan daily --date 2014-05-22"] {
        let script = format!("trap '' PIPE; {{ \"$0\" {words}; echo \"ended $?\" >&2; }} | head -c 1");
        let done =
            Command::new("bash").args(["-c", &script, env!("CARGO_BIN_EXE_insights")]).current_dir(night.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.contains("ended 0") && !said.contains("panicked"), "{words}: {said}");
    }
}

/// A mapper whose help goes to a full disk, and one with an argument that is no text.
#[test]
fn programs_of_a_workflow_say_what_is_wrong() {
    let mapper = || Command::new(env!("CARGO_BIN_EXE_user-activity-mapper"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(mapper().arg("--help").stdout(full).status().unwrap().code(), Some(1));
    let interval = OsStr::from_bytes(b"2024-\xff");
    let refused = mapper().args(["daily", "--interval"]).arg(interval).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
}
