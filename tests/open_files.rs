//! Runs with little memory, many threads and few descriptors give what others give, and say what is wrong when there are too few.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::{Duration, Instant};

mod daily_site;

use daily_site::{DAY, Site, files_below};

/// `insights` behind shell commands that set limits.
fn limited(folder: &Path, limits: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{limits} && exec \"$@\""), "sh", env!("CARGO_BIN_EXE_insights")]).args(arguments);
    command.current_dir(folder).env_remove("LUIGI_CONFIG_PATH");
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn run(folder: &Path, limits: &str, arguments: &[&str]) -> String {
    let output = limited(folder, limits, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Names and contents of all files below a directory.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(root).into_iter();
    files.map(|file| (file.strip_prefix(root).unwrap().to_owned(), fs::read(file).unwrap())).collect()
}

/// What a run has said, and the most descriptors and resident bytes that it had, as far as one sees from outside.
fn watched(mut command: Command, said: &Path) -> (String, usize, u64) {
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

/// Logs of some days with an hourly file each, and the configuration for tasks over them.
fn logs(folder: &Path, days: &str, events: u64) {
    let events = events.to_string();
    run(folder, "true", &["generate", "--interval", days, "--events", &events, "--users", "2000", "--hourly", "--out", "logs"]);
    for name in ["little", "much"] {
        let text = format!(
            "[hive]\nwarehouse_path = {name}\n[event-logs]\nsource = [\"logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {name}-markers\n"
        );
        fs::write(folder.join(format!("{name}.cfg")), text).unwrap();
    }
}

/// Jobs over raw logs of several tasks, which share a scan.
fn together(name: &str, days: &str) -> Vec<String> {
    let with = format!("--interval {days} --n-reduce-tasks 7");
    let answers = format!("--name x --src '[\"logs\"]' --dest {name}/answers --output-root {name}/csv --marker {name}-markers");
    let answers = format!("AnswerDistributionWorkflow {answers} --sqlite {name}.sqlite --n-reduce-tasks 7");
    let tasks = ["UserActivityTask", "UserVideoViewingTask", "LastDailyIpAddressOfUserTask"].map(|task| format!("{task} {with}"));
    let words = ["together", "--config", &format!("{name}.cfg")].map(str::to_owned);
    words.into_iter().chain(tasks).chain([answers]).collect()
}

#[test]
fn little_memory_and_few_descriptors_give_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let days = "2014-05-01-2014-05-03";
    logs(folder.path(), days, 30_000);
    let [little, much] = ["little", "much"].map(|name| together(name, days));
    let arguments = |tasks: &[String], more: &[&'static str]| -> Vec<String> {
        tasks.iter().cloned().chain(more.iter().map(|word| (*word).to_owned())).collect()
    };
    let words = arguments(&little, &["--memory", "1M", "--threads", "16"]);
    let said = run(folder.path(), "ulimit -n 64", &words.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.matches(" merge passes").count() >= 4, "{said}");
    let words = arguments(&much, &["--memory", "1G", "--threads", "2"]);
    run(folder.path(), "true", &words.iter().map(String::as_str).collect::<Vec<_>>());
    let [little, much] = ["little", "much"].map(|name| contents(&folder.path().join(name)));
    assert!(much.len() > 20, "{:?}", much.keys());
    assert_eq!(little.keys().collect::<Vec<_>>(), much.keys().collect::<Vec<_>>());
    let different: Vec<_> = much.keys().filter(|name| little[*name] != much[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
}

/// A course each with one row, as the job `course-csv` reads them.
fn distribution(courses: usize) -> String {
    let row = |number| {
        format!(
            "course-v1:Org+C{number}+R\t{{\"ModuleID\": \"m\", \"PartID\": \"p\", \"Correct Answer\": \"1\", \"First Response Count\": 1, \
             \"Last Response Count\": 1, \"ValueID\": \"v\", \"AnswerValue\": \"{number}\", \"Variant\": null, \
             \"Problem Display Name\": \"n\", \"Question\": \"q\"}}\n"
        )
    };
    (0..courses).fold(String::new(), |text, number| {
        let mut text = text;
        let _ = write!(text, "{}", row(number));
        text
    })
}

#[test]
fn a_thousand_courses_have_a_file_each_and_few_are_open() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rows"), distribution(1000)).unwrap();
    let job = ["job", "answer-distribution", "course-csv", "--input", "rows", "--output", "csv", "--n-reduce-tasks", "2"];
    let command = limited(folder.path(), "ulimit -n 64", &[&job[..], &["--threads", "16"]].concat());
    let (_, descriptors, _) = watched(command, &folder.path().join("said"));
    println!("at most {descriptors} descriptors");
    let files = contents(&folder.path().join("csv"));
    let csv = |name: &Path| name.extension().is_some_and(|extension| extension == "csv");
    assert_eq!(files.keys().filter(|name| csv(name)).count(), 1000);
    assert!(files.iter().filter(|(name, _)| csv(name)).all(|(_, text)| text.split(|byte| *byte == b'\n').count() == 3));
}

#[test]
fn a_limit_is_named_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    logs(folder.path(), "2014-05-01-2014-05-02", 20_000);
    let job = ["job", "video", "viewing", "--input", "logs", "--output", "result", "--memory", "1M", "--threads", "16"];
    let job = [&job[..], &["--temporary", "spilled", "--", "--interval", "2014-05-01-2014-05-02"]].concat();
    let fails = |limits: &str| {
        let output = limited(folder.path(), limits, &job).output().unwrap();
        assert!(!output.status.success() && !folder.path().join("result/_SUCCESS").exists(), "{limits}: {}", said(&output));
        said(&output)
    };
    let told = fails("true");
    assert!(told.contains("Cannot spill records below spilled. No such file or directory"), "{told}");
    fs::create_dir(folder.path().join("spilled")).unwrap();
    // The shell's writes are of a few bytes; ours are of some blocks.
    let told = fails("trap '' XFSZ; ulimit -f 16");
    assert!(told.contains("Cannot spill records below spilled. Files may not become so large there"), "{told}");
    assert!(!told.contains("full"), "{told}");
    let told = fails("ulimit -n 6");
    assert!(told.contains("Too many open files") && !told.contains("full"), "{told}");
    run(folder.path(), "ulimit -n 32", &job);
    assert_eq!(fs::read_dir(folder.path().join("spilled")).unwrap().count(), 0);
}

/// Events of the load test: 2 GB of log.
const LOAD_EVENTS: u64 = 2_200_000;

/// All workflows of a day over 2 GB of plain log, with little of everything; `LOAD_EVENTS` asks for another number of log lines.
#[test]
#[ignore = "load: several GB of disk and some minutes; run it with cargo test --release --test open_files -- --ignored --nocapture"]
fn load_of_a_day_with_few_descriptors_and_little_memory() {
    let site = Site { folder: tempfile::tempdir().unwrap() };
    let events = std::env::var("LOAD_EVENTS").unwrap_or_else(|_| LOAD_EVENTS.to_string());
    let many = ["--users", "20000", "--courses", "300", "--events", &events];
    site.run("generate", &[&["--interval", "2014-05-01-2014-05-21", "--out", "logs", "--tables"], &many[..]].concat());
    let daily = |name: &str, limits: &str, more: &[&str]| {
        site.warehouse(name);
        let (config, store) = (format!("{name}.cfg"), format!("{name}.sqlite"));
        let common = ["daily", "--config", &config, "--sqlite", &store, "--n-reduce-tasks", "25", "--date", DAY];
        let started = Instant::now();
        let command = limited(site.folder.path(), limits, &[&common[..], more].concat());
        let (said, descriptors, memory) = watched(command, &site.path("said"));
        said.lines().filter(|line| line.contains(" runs (")).for_each(|line| println!("{line}"));
        let (seconds, memory) = (started.elapsed().as_secs_f64(), memory / 1_000_000);
        println!("{name}: {seconds:.1} s, at most {descriptors} descriptors and {memory} MB\n");
    };
    daily("little", "ulimit -n 256", &["--memory", "64M", "--threads", "16"]);
    daily("much", "true", &["--memory", "4G", "--threads", "2"]);
    let (little, much) = (site.contents("little"), site.contents("much"));
    assert_eq!(little.keys().collect::<Vec<_>>(), much.keys().collect::<Vec<_>>());
    let different: Vec<_> = much.keys().filter(|name| little[*name] != much[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(site.tables("little") == site.tables("much"));
}
