//! Runs that are ended by a signal: nothing stays behind, and the next one begins at once.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scene::{DAY, Night};

fn pipe_run(night: &Night) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    command.current_dir(night.folder.path()).args(["daily", "--date", DAY, "--only", "user-activity", "--runner", "pipe"]);
    command.args(["--temporary", "tmp", "--n-reduce-tasks", "2", "--summary", "s.json", "--metrics", "m.prom"]);
    command.stdin(Stdio::null()).stderr(fs::File::create(night.path("said")).unwrap()).spawn().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let found = fs::read_dir(folder).unwrap().map(|child| child.unwrap().file_name().into_string().unwrap());
    found.collect()
}

/// Hidden things below a folder but lock files, and lock files with a text.
fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for child in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (child.path(), child.file_name().into_string().unwrap());
            let is_quiet_lock = path.extension().is_some_and(|ending| ending == "lock") && fs::metadata(&path).unwrap().len() == 0;
            if name.starts_with('.') && !is_quiet_lock {
                found.push(path.display().to_string());
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

#[test]
fn a_pipe_run_that_is_asked_to_end_leaves_no_directory_and_tells_of_it() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let night = Night::new(&[], "");
        fs::create_dir(night.path("tmp")).unwrap();
        let mut run = pipe_run(&night);
        let until = Instant::now() + Duration::from_mins(1);
        while names(&night.path("tmp")).is_empty() {
            assert!(Instant::now() < until && run.try_wait().unwrap().is_none(), "the run never made its directory");
            sleep(Duration::from_millis(5));
        }
        let mode = Command::new("stat").args(["-c", "%a"]).arg(night.path("tmp").join(&names(&night.path("tmp"))[0])).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&mode.stdout).trim(), "700");
        assert!(Command::new("kill").args(["-s", signal, &run.id().to_string()]).status().unwrap().success());
        assert_eq!(run.wait().unwrap().signal(), Some(code - 128), "{signal}");
        assert_eq!(names(&night.path("tmp")), [""; 0], "{signal}");
        let said = fs::read_to_string(night.path("said")).unwrap();
        // Programs of the pipe say what they counted behind it.
        let own: Vec<_> = said.lines().filter(|line| !line.starts_with("reporter:")).collect();
        let [.., told, end] = &own[..] else { panic!("{said}") };
        assert!(told.contains(&format!("SIG{signal} ends this run. What is complete stays; ")), "{said}");
        assert!(end.contains(" daily ended after ") && end.contains(&format!(": failed (exit code {code}), run ")), "{said}");
        let summary: Value = serde_json::from_slice(&fs::read(night.path("s.json")).unwrap()).unwrap();
        assert_eq!((&summary["exit_code"], &summary["result"]), (&json!(code), &json!("failed")));
        let figures = fs::read_to_string(night.path("m.prom")).unwrap();
        assert!(figures.contains(&format!("insights_run_exit_code{{command=\"daily\"}} {code}\n")), "{figures}");
        let (_, status) = night.run(&["status"]);
        assert!(status.contains(&format!("daily: failed (exit code {code})")), "{status}");
    }
}

/// What is told and left takes long, as where a server does not answer: nothing is made meanwhile, and a second signal ends it.
#[test]
fn nothing_is_made_behind_a_signal_and_a_second_one_ends_at_once() {
    let night = Night::new(&[], "");
    assert!(Command::new("mkfifo").arg(night.path("m.prom")).status().unwrap().success());
    fs::create_dir(night.path("tmp")).unwrap();
    let mut run = pipe_run(&night);
    let said = || fs::read_to_string(night.path("said")).unwrap();
    let wait_for = |text: &str| {
        let until = Instant::now() + Duration::from_mins(1);
        while !said().contains(text) {
            assert!(Instant::now() < until, "{text}: {}", said());
            sleep(Duration::from_millis(1));
        }
    };
    let signal = |run: &Child| assert!(Command::new("kill").args(["-s", "TERM", &run.id().to_string()]).status().unwrap().success());
    wait_for(" daily begins");
    signal(&run);
    wait_for("This takes a while; a second signal ends it at once.");
    assert!(run.try_wait().unwrap().is_none(), "it waits for the pipe");
    assert!(said().contains("failed (exit code 143)") && names(&night.path("tmp")).is_empty(), "{}", said());
    assert!(!night.path("w/course_activity").exists() && !night.path("w/user_activity_by_user/dt=2014-05-02").exists());
    signal(&run);
    assert_eq!(run.wait().unwrap().signal(), Some(15));
}

/// Killed at some moment, and started again at once by somebody who does not wait for the end of the killed process.
#[test]
fn a_run_right_after_a_kill_begins_and_sweeps() {
    let night = Night::new(&[], "");
    fs::create_dir(night.path("tmp")).unwrap();
    for delay in [30, 120, 300, 600, 1000] {
        let mut run = pipe_run(&night);
        sleep(Duration::from_millis(delay));
        run.kill().unwrap();
        let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity", "--n-reduce-tasks", "2"]);
        assert_eq!(code, Some(0), "{delay}: {said}");
        run.wait().unwrap();
        assert_eq!(leftovers(&night.path("w")), [""; 0], "{delay}");
        assert!(night.rows()["course_activity"] > 0);
        for made in ["w/user_activity_by_user", "w/course_activity", "markers"] {
            fs::remove_dir_all(night.path(made)).unwrap();
        }
    }
    // Killed behind the marker: nobody would come back to the directory, but for its lock.
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity", "--n-reduce-tasks", "2"]);
    assert_eq!(code, Some(0), "{said}");
    let aside = night.path("w/user_activity_by_user/.files.replaced-20160101T093000Z-4711-0123456789abcdef");
    let lock = night.path("w/.user_activity_by_user.lock");
    assert!(lock.exists(), "{:?}", names(&night.path("w")));
    fs::create_dir(&aside).unwrap();
    let holder = r#"{"pid":4000000000,"host":"gone","started":"2016-01-01T00:00:00Z","task":"Dead","run_id":"x"}"#;
    fs::write(&lock, holder).unwrap();
    let marker = fs::read_dir(night.path("markers")).unwrap().next().unwrap().unwrap().path();
    fs::write(marker.join("._SUCCESS.pending-1-0123456789abcdef"), "").unwrap();
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity", "--n-reduce-tasks", "2"]);
    assert!(code == Some(0), "{said}");
    assert_eq!([leftovers(&night.path("w")), leftovers(&night.path("markers"))].concat(), [""; 0], "{said}");
}
