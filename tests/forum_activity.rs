//! A workflow outside the crate, `examples/forum_activity`: its recorded cases under every runner, its plan, its day, its table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: hadoop-local

#[path = "servers/hadoop.rs"]
mod hadoop;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use insights_pipeline::streaming::Record;
use insights_pipeline::streaming::wire::decode;

use hadoop::Hadoop;

const HERE: &str = env!("CARGO_MANIFEST_DIR");
const INTERVAL: [&str; 2] = ["--interval", "2024-03-04-2024-03-06"];

/// The directory of the example's three programs, built as this test was.
fn programs() -> &'static Path {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let beside = Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(HERE).args(["build", "--quiet", "--examples", "--target-dir"]).arg(beside.parent().unwrap());
        build.args((!cfg!(debug_assertions)).then_some("--release"));
        assert!(build.status().unwrap().success());
        beside.join("examples")
    })
}

fn driver(words: &[&str]) -> Output {
    Command::new(programs().join("forum-insights")).args(words).output().unwrap()
}

fn done(words: &[&str]) -> String {
    let output = driver(words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a pipe of mapper and reducer gives, with the combiner between or not.
fn piped(log: &Path, combine: &str) -> String {
    let (bin, interval) = (programs().display(), INTERVAL.join(" "));
    let reducer = format!("{bin}/forum-activity-reducer daily");
    let line = format!("<{} {bin}/forum-activity-mapper daily {interval} | LC_ALL=C sort {combine} | {reducer} {interval}", log.display());
    let output = Command::new("bash").args(["-c", &format!("set -o pipefail; {line}")]).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{line}");
    let rows = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let rows = rows.map(|line| String::from_utf8(decode(Record::new(line).raw(1).unwrap()).unwrap().unwrap().into_owned()).unwrap());
    sorted(rows.map(|row| row + "\n").collect())
}

/// The records of the mapper, with more words behind its own.
fn mapped(log: &Path, more: &str) -> String {
    let line = format!("<{} {}/forum-activity-mapper daily {} {more}", log.display(), programs().display(), INTERVAL.join(" "));
    let output = Command::new("bash").args(["-c", &format!("set -o pipefail; {line}")]).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{line}");
    sorted(String::from_utf8(output.stdout).unwrap())
}

/// What the driver gives by one of its runners.
fn run(log: &Path, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out");
    let job = ["job", "forum-activity", "daily", "--input", log.to_str().unwrap(), "--output", output.to_str().unwrap(), "--"];
    done(&[more, &job, &INTERVAL].concat());
    let days = ["2024-03-04", "2024-03-05"].map(|day| output.join(format!("dt={day}/forum_activity_{day}")));
    sorted(days.iter().filter_map(|file| fs::read_to_string(file).ok()).collect())
}

fn sorted(text: String) -> String {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.iter().flat_map(|line| [*line, "\n"]).collect()
}

#[test]
fn every_recorded_case_is_the_same_under_every_runner() {
    let hadoop = Hadoop::local();
    let configured = ["--config", hadoop.configuration.to_str().unwrap(), "--runner", "hadoop"];
    let cases = fs::read_dir(Path::new(HERE).join("examples/forum_activity/cases")).unwrap();
    let cases: Vec<_> = cases.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let (log, expected) = (case.join("input.log"), fs::read_to_string(case.join("expected.tsv")).unwrap());
        assert_eq!(piped(&log, ""), expected, "{}", log.display());
        let combiner = format!("| {}/forum-activity-reducer daily --combine {}", programs().display(), INTERVAL.join(" "));
        assert_eq!(piped(&log, &combiner), expected, "{} combined", log.display());
        assert_eq!(mapped(&log, "--combine"), mapped(&log, &format!("| LC_ALL=C sort {combiner}")), "{}", log.display());
        for runner in [&["--runner", "local"][..], &["--runner", "pipe"], &configured] {
            assert_eq!(run(&log, runner), expected, "{} {runner:?}", log.display());
        }
    }
}

/// A site with a log for each day, and its configuration.
fn site() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display();
    let log = fs::read_to_string(Path::new(HERE).join("examples/forum_activity/cases/mixed/input.log")).unwrap();
    for day in ["2024-03-04", "2024-03-05"] {
        let lines: String = log.lines().filter(|line| line.contains(day)).flat_map(|line| [line, "\n"]).collect();
        fs::write(folder.path().join(format!("tracking.log-{}", day.replace('-', ""))), lines).unwrap();
    }
    let configuration = format!(
        "[hive]\nwarehouse_path = {here}/warehouse\n[event-logs]\nsource = [\"{here}\"]\n\
         pattern = [\".*tracking.log-(?P<date>\\\\d{{8}})\"]\nexpand_interval = 0 days\n\
         [forum-activity]\ninterval_start = 2024-03-04\n"
    );
    let file = folder.path().join("site.cfg");
    fs::write(&file, configuration).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn rows(store: &str) -> Vec<String> {
    let store = rusqlite::Connection::open(store).unwrap();
    let mut query = store.prepare("SELECT date || ' ' || course_id || ' ' || kind || ' ' || count FROM forum_activity ORDER BY 1").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_day_fills_the_table_and_history_is_kept() {
    let (folder, configuration) = site();
    let store = folder.path().join("store.sqlite").to_str().unwrap().to_owned();
    let daily = |date: &str| done(&["--config", &configuration, "daily", "--only", "forum-activity", "--date", date, "--sqlite", &store]);
    daily("2024-03-05");
    assert_eq!(rows(&store), ["2024-03-04 c/o/r comment 1", "2024-03-04 c/o/r thread 3", "2024-03-04 course-v1:A+B+C thread 1"]);
    // The first day's log has gone; its rows are in the warehouse.
    fs::write(folder.path().join("site.cfg"), fs::read_to_string(&configuration).unwrap() + "overwrite_n_days = 1\n").unwrap();
    fs::remove_file(folder.path().join("tracking.log-20240304")).unwrap();
    daily("2024-03-06");
    assert_eq!(rows(&store).len(), 6);
    assert_eq!(rows(&store)[3..5], ["2024-03-05 c/o/r comment 2", "2024-03-05 c/o/r response 1"]);
}

#[test]
fn history_is_made_once() {
    let (folder, configuration) = site();
    let words = ["--config", &configuration, "ForumActivityHistoryTask", "--interval", "2024-03-04-2024-03-06"];
    done(&words);
    let day = folder.path().join("warehouse/forum_activity/dt=2024-03-05/forum_activity_2024-03-05");
    assert_eq!(fs::read_to_string(day).unwrap().lines().count(), 3);
    let again = driver(&words);
    assert!(String::from_utf8_lossy(&again.stderr).contains("skipped"), "{}", String::from_utf8_lossy(&again.stderr));
}

#[test]
fn plans_are_shown_and_exported() {
    let (folder, configuration) = site();
    let store = folder.path().join("store.sqlite");
    let task = ["ForumActivityTask", "--interval", "2024-03-04-2024-03-06", "--sqlite", store.to_str().unwrap()];
    let text = done(&[&["--config", &configuration, "plan"][..], &task].concat());
    assert!(text.contains("job forum-activity daily, 25 reducers") && text.contains("Table forum_activity"), "{text}");
    let hadoop = Hadoop::local();
    let configurations = ["--config", &configuration, "--config", hadoop.configuration.to_str().unwrap()];
    let script = done(&[&configurations[..], &["plan", "--format", "hadoop"], &task].concat());
    for part in ["forum-activity-mapper daily", "--days 2024-03-04-2024-03-06"] {
        assert!(script.contains(part), "{part}\n{script}");
    }
}

#[test]
fn help_and_lists_name_it_beside_the_others() {
    let help = done(&["--help"]);
    assert!(help.contains("ForumActivityTask") && help.contains("UserActivityTask"), "{help}");
    let help = done(&["ForumActivityTask", "--help"]);
    assert!(help.contains("--overwrite-n-days") && help.contains("the table `forum_activity`"), "{help}");
    assert!(done(&["list"]).contains("forum-activity: How many threads"));
    let mapper = Command::new(programs().join("forum-activity-mapper")).arg("--help").output().unwrap();
    let told = String::from_utf8([mapper.stdout, mapper.stderr].concat()).unwrap();
    assert!(told.contains("Posts of each course, day and kind"), "{told}");
}
