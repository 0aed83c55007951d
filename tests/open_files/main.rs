//! Runs with little memory, many threads and few descriptors give what others give, and say what is wrong when there are too few.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

mod limits;
#[path = "../site/mod.rs"]
mod site;

use limits::{contents, limited, run, said, watched};

/// Logs of some days with an hourly file each, and the configuration for tasks over them.
fn logs(folder: &Path, days: &str, events: u64) {
    let events = events.to_string();
    run(folder, "true", &["generate", "--interval", days, "--events", &events, "--users", "2000", "--hourly", "--out", "logs"]);
    for name in ["little", "parts", "much"] {
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
    // Many parts of each reducer are made durable while others are reduced.
    let parts: Vec<_> = together("parts", days).iter().map(|word| word.replace("--n-reduce-tasks 7", "--n-reduce-tasks 28")).collect();
    let words = arguments(&parts, &["--threads", "4"]);
    run(folder.path(), "ulimit -n 64", &words.iter().map(String::as_str).collect::<Vec<_>>());
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
    // A file is in the way; a directory that is not there is made.
    fs::write(folder.path().join("spilled"), "").unwrap();
    let told = fails("true");
    assert!(told.contains("Cannot spill records below spilled. File exists"), "{told}");
    fs::remove_file(folder.path().join("spilled")).unwrap();
    // The shell's writes are of a few bytes; ours are of some blocks.
    let told = fails("trap '' XFSZ; ulimit -f 16");
    assert!(told.contains("Cannot spill records below spilled. ") && told.contains("Files may not become so large there"), "{told}");
    assert!(!told.contains("full"), "{told}");
    let told = fails("ulimit -n 6");
    assert!(told.contains("Too many open files") && !told.contains("full"), "{told}");
    assert_eq!(told.matches("`ulimit -n`").count(), 1, "{told}");
    run(folder.path(), "ulimit -n 32", &job);
    assert_eq!(fs::read_dir(folder.path().join("spilled")).unwrap().count(), 0);
}
