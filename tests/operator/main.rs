//! What an operator sees of a night and of a site: the table, summary, metrics, history, status, and what may be cleaned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test program

mod schema;
#[path = "../site/mod.rs"]
mod site;

use std::fs;

use schema::faults;
use serde_json::Value;
use site::Site;

const ACTIVITY: &str = "InsertToMysqlCourseActivityTask";
const VIDEO: &str = "InsertToMysqlAllVideoTask";

/// Three weeks, a configuration that leaves summary and metrics, and a history of videos that may not be filled.
fn scene() -> Site {
    let site = Site::three_weeks(8_000);
    site.daily_warehouse("w");
    let here = site.folder.path().display();
    let text = fs::read_to_string(site.path("w.cfg")).unwrap().replace("[videos]\noverwrite_n_days = 20", "[videos]\noverwrite_n_days = 3");
    let run = format!("[daily]\nfill_days = 1\n[run]\nsummary = {here}/summary.json\nmetrics = {here}/night.prom\n");
    fs::write(site.path("w.cfg"), text + &run).unwrap();
    site
}

fn night(site: &Site, more: &[&str]) -> (Option<i32>, String) {
    site.daily("w", &[&["--only", "user-activity", "--only", "video"], more].concat())
}

fn json(site: &Site, name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(site.path(name)).unwrap()).unwrap()
}

/// A text with all digits of figures and times as `9`, and no more than one of them in a row; spaces likewise.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for character in text.chars() {
        let character = if character.is_ascii_digit() { '9' } else { character };
        if !(matches!(character, '9' | ' ') && masked.ends_with(character)) {
            masked.push(character);
        }
    }
    masked
}

fn metric(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn a_night_is_told_in_a_table_and_left_for_others() {
    let site = scene();
    let (code, said) = night(&site, &["--quiet"]);
    assert_eq!(code, Some(20), "{said}");
    let lines: Vec<_> = said.lines().map(masked).collect();
    assert!(lines[0].starts_with(&format!("{VIDEO} failed: ")), "{said}");
    let expected = [
        "",
        "Task Result Seconds Files MB Rows in Rows out Discarded What to do",
        "InsertToMysqlCourseActivityTask done 9.9 9 9.9 9 9 9/9",
        "InsertToMysqlAllVideoTask failed 9.9 9 9.9 9 9 9/9 insights backfill --from 9-9-9 --to 9-9-9",
    ];
    assert_eq!(lines[1..5], expected, "{said}");
    assert!(lines[5].starts_with(" - InsertToMysqlAllVideoTask: "), "{said}");
    let end = "insights: 9-9-9T9:9:9Z daily ended after 9.9 s: failed (exit code 9), run ";
    assert!(lines[6].starts_with(end) && lines.len() == 7, "{said}");

    let summary = json(&site, "summary.json");
    assert_eq!(faults("run-summary.schema.json", &summary), [""; 0]);
    assert_eq!((&summary["command"], &summary["result"], &summary["exit_code"]), (&"daily".into(), &"failed".into(), &20.into()));
    let [activity, video] = summary["tasks"].as_array().unwrap().as_slice() else { panic!("{summary}") };
    assert_eq!((&activity["task"], &activity["result"]), (&ACTIVITY.into(), &"done".into()));
    assert!(activity["rows_in"].as_u64() > Some(0) && activity["rows_out"].as_u64() > Some(0), "{activity}");
    assert_eq!((&video["exit_code"], video["missing_days"].as_array().unwrap().len()), (&20.into(), 17));
    let documents: Vec<_> = fs::read_dir(site.path("w/_runs")).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(documents.len(), 1);
    assert_eq!(fs::read(&documents[0]).unwrap(), fs::read(site.path("summary.json")).unwrap());

    let metrics = fs::read_to_string(site.path("night.prom")).unwrap();
    let success = |task: &str| format!("insights_task_last_success_timestamp_seconds{{task=\"{task}\"}}");
    let first = metric(&metrics, &success(ACTIVITY)).unwrap();
    assert_eq!(metric(&metrics, &success(VIDEO)), None);
    assert_eq!(metric(&metrics, &format!("insights_task_days_missing{{task=\"{VIDEO}\"}}")), Some(17.0));
    assert_eq!(metric(&metrics, &format!("insights_task_exit_code{{task=\"{VIDEO}\"}}")), Some(20.0));

    // The command that the table names repairs it, and the night that follows is sound.
    let what = video["what_to_do"].as_str().unwrap();
    let words: Vec<_> = what.split(' ').skip(1).chain(["--config", "w.cfg", "--n-reduce-tasks", "2"]).collect();
    let repaired = site.run(&words);
    assert!(repaired.contains("backfill begins, run ") && repaired.contains(" counted:\n"), "{repaired}");
    let (code, said) = night(&site, &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("InsertToMysqlCourseActivityTask  up to date"), "{said}");
    let metrics = fs::read_to_string(site.path("night.prom")).unwrap();
    assert!(metric(&metrics, &success(ACTIVITY)).unwrap() >= first && metric(&metrics, &success(VIDEO)).is_some(), "{metrics}");
    assert_eq!(metric(&metrics, "insights_run_exit_code{command=\"daily\"}"), Some(0.0));
    // A broken night leaves the times of success as they are.
    let before = metric(&metrics, &success(VIDEO));
    fs::remove_file(site.path("w.sqlite")).unwrap();
    fs::create_dir(site.path("w.sqlite")).unwrap();
    let (code, said) = night(&site, &[]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("  - InsertToMysqlAllVideoTask: ") && said.contains("  - InsertToMysqlCourseActivityTask: "), "{said}");
    let metrics = fs::read_to_string(site.path("night.prom")).unwrap();
    assert_eq!(metric(&metrics, &success(VIDEO)), before);
    assert_eq!(metric(&metrics, &format!("insights_task_exit_code{{task=\"{VIDEO}\"}}")), Some(30.0));
}

#[test]
fn lines_in_json_are_objects() {
    let site = scene();
    let (code, said) = night(&site, &["--log-format", "json", "--only", "location"]);
    assert_eq!(code, Some(20), "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect();
    assert!(lines.iter().all(|line| line["time"].is_string() && line["level"].is_string() && line["message"].is_string()), "{said}");
    let end = lines.last().unwrap();
    assert_eq!((&end["level"], &end["command"], &end["result"]), (&"end".into(), &"daily".into(), &"failed".into()));
    assert_eq!(end["run_id"], json(&site, "summary.json")["run_id"]);
    assert!(lines.iter().any(|line| line["task"] == ACTIVITY && line["step"] == "Table course_activity"), "{said}");
}

#[test]
fn what_cannot_be_left_fails_no_run() {
    let site = scene();
    fs::write(site.path("w/_runs"), "in the way").unwrap();
    fs::create_dir(site.path("summary.json")).unwrap();
    let (code, said) = site.daily("w", &["--only", "user-activity"]);
    assert_eq!(code, Some(0), "{said}");
    for what in ["The summary", "The history of runs"] {
        assert!(said.contains(&format!("insights: {what} cannot be written; the run is not concerned.")), "{said}");
    }
}
