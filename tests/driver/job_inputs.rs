//! What `insights job` reads, and what it never takes away.

use std::fs::File;
use std::process::Command;

use crate::prepared;
use crate::site::{Site, contents_below, said};

/// Runs a job over logs.
fn run(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let output = site.command(&[&["job", "answer-distribution", "first-last", "--n-reduce-tasks", "1"][..], words].concat());
    (output.status.code(), said(&output))
}

#[test]
fn an_output_takes_away_neither_its_input_nor_what_is_no_output() {
    let site = prepared();
    site.write("precious/thesis.txt", "years");
    site.write("logs/host/tracking.log", "{}");
    let before = contents_below(site.folder.path());
    for (input, output, why) in [
        ("logs", "logs", "lies in the output"),
        ("logs/host", "logs", "lies in the output"),
        ("logs/host/tracking.log", "logs/", "lies in the output"),
        ("./logs/host", "logs/.", "lies in the output"),
        ("logs", "precious", "holds something else"),
    ] {
        let (code, told) = run(&site, &["--input", input, "--output", output]);
        assert!(code == Some(2) && told.contains(why), "{told}");
    }
    assert!(contents_below(site.folder.path()) == before);
    // An output that is there is replaced.
    for _ in 0..2 {
        let (code, told) = run(&site, &["--input", "logs", "--output", "rows"]);
        assert_eq!(code, Some(0), "{told}");
    }
}

#[test]
fn logs_are_read_each_once_hidden_ones_too_and_must_be_there() {
    let site = prepared();
    // Lines that the job passes over, and counts.
    for log in ["logs/tracking.log", "logs/.hidden/tracking.log"] {
        site.write(log, "{}\n{}\n");
    }
    let lines_read = |words: &[&str]| {
        let (code, told) = run(&site, &[words, &["--output", "rows"]].concat());
        assert_eq!(code, Some(0), "{told}");
        told.lines().find_map(|line| line.strip_prefix("Event: Skipped Unparsed = ")).map(str::to_owned).unwrap_or(told)
    };
    assert_eq!(lines_read(&["--input", "logs/tracking.log"]), "2");
    assert_eq!(lines_read(&["--input", "logs"]), "4");
    assert_eq!(lines_read(&["--input", "logs", "--input", "logs/", "--input", "./logs/.hidden", "--input", "logs//tracking.log"]), "4");

    std::fs::create_dir(site.path("nothing")).unwrap();
    for input in ["nothing", "nowhere"] {
        let (code, told) = run(&site, &["--input", input, "--output", "rows"]);
        assert!(code == Some(20) && told.contains(input), "{told}");
    }
}

#[test]
fn sources_that_overlap_count_each_file_once() {
    let site = prepared();
    site.write("logs/host/tracking.log", std::fs::read(site.path("logs/tracking.log")).unwrap());
    let rows = |source: &str| {
        let warehouse = format!("w{}", source.len());
        let task = ["UserActivityTask", "--interval", "2024-03-04", "--pattern", "[\".*\"]", "--source", source];
        let output = site.command(&[&task[..], &["--warehouse-path", &warehouse]].concat());
        assert!(output.status.success(), "{}", said(&output));
        contents_below(&site.path(&warehouse).join("user_activity_by_user/dt=2024-03-04"))
    };
    let all = rows("[\"logs\"]");
    assert!(!all.is_empty() && rows("[\"logs\", \"logs/\", \"logs/host\"]") == all);
}

#[test]
fn a_reducer_says_that_its_records_are_not_sorted() {
    let site = prepared();
    for (courses, out_of_order) in [(["a/b/c", "b/b/c", "c/b/c"], false), (["b/b/c", "a/b/c", "b/b/c"], true)] {
        site.write("records.tsv", courses.map(|course| format!("{course}\thonor\t1\n")).concat());
        let mut reducer = Command::new(env!("CARGO_BIN_EXE_enrollment-reducer"));
        let output = reducer.arg("grade-by-mode").stdin(File::open(site.path("records.tsv")).unwrap()).output().unwrap();
        let told = said(&output);
        assert_eq!((output.status.code(), output.stdout.split(|byte| *byte == b'\n').count()), (Some(0), 4), "{told}");
        assert_eq!(told.contains("reporter:counter:Input,Groups Out Of Order,1\n"), out_of_order, "{told}");
        assert_eq!(told.contains("sort them with `LC_ALL=C sort`"), out_of_order, "{told}");
    }
}
