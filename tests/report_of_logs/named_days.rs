//! Reports of days that are named, over files that hold others, too.

use super::*;

/// Of what files hold besides, nothing counts: the report is that of logs without it.
#[test]
fn only_the_days_that_are_named_count() {
    let site = Site::new();
    generate(&site, "2024-02-26-2024-03-16", "4000", &["--single", "log"]);
    let text = fs::read(site.path("log")).unwrap();
    let days = ["06", "07"].map(|day| format!("\"2024-03-{day}T"));
    let lines = || text.split_inclusive(|byte| *byte == b'\n');
    let holds = |line: &[u8], day: &String| line.windows(day.len()).any(|window| window == day.as_bytes());
    let of_days: Vec<_> = lines().filter(|line| days.iter().any(|day| holds(line, day))).collect();
    assert!(of_days.len() > 200 && of_days.len() * 4 < lines().count());
    site.write("cut", of_days.concat());
    let interval = ["--interval", "2024-03-06..2024-03-08"];
    report(&site, &[&["log", "--out", "named"], &interval[..]].concat());
    report(&site, &[&["cut", "--out", "alone"], &interval[..]].concat());
    let (named, alone) = (tables(&site, "named"), tables(&site, "alone"));
    let different: Vec<_> = named.keys().filter(|table| named[*table] != alone[*table]).collect();
    assert!(different.is_empty(), "{different:?}");
    for table in ["course_activity", "answer_distribution", "module_engagement", "video"] {
        assert!(!named[table].is_empty(), "{table}");
    }
    // More days behind them are the same as all at once.
    report(&site, &["log", "--out", "named", "--interval", "2024-03-06..2024-03-13"]);
    report(&site, &["log", "--out", "at-once", "--interval", "2024-03-06..2024-03-13"]);
    assert!(tables(&site, "named") == tables(&site, "at-once"));
    // So are other first days.
    for interval in ["2024-03-09..2024-03-15", "2024-03-05..2024-03-15", "2024-03-01..2024-03-08"] {
        report(&site, &["log", "--out", "named", "--interval", interval]);
        report(&site, &["log", "--out", interval, "--interval", interval]);
        assert!(tables(&site, "named") == tables(&site, interval), "{interval}");
    }
}
