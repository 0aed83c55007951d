//! What an operator sees of a night and of a site: the table, summary, metrics, history, status, and what may be cleaned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // a test program

mod schema;
#[path = "../site/mod.rs"]
mod site;

use std::fs;
use std::process::Output;

use serde_json::Value;

use schema::faults;
use site::{DAY, Site};

const ACTIVITY: &str = "InsertToMysqlCourseActivityTask";
const VIDEO: &str = "InsertToMysqlAllVideoTask";
const RUN: &str = "20160101T093000Z-4711-0123456789abcdef";

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
        "InsertToMysqlAllVideoTask failed 9.9 9 9.9 9 9 9/9 insights --config w.cfg backfill --from 9-9-9 --to 9-9-9",
    ];
    assert_eq!(lines[1..5], expected, "{said}");
    assert!(lines[5].starts_with(" - InsertToMysqlAllVideoTask: "), "{said}");
    let end = "insights: 9-9-9T9:9:9Z daily ended after 9.9 s: failed (exit code 9), run ";
    assert!(lines[6].starts_with(end) && lines.len() == 7, "{said}");

    let summary = json(&site, "summary.json");
    assert_eq!(faults("run-summary.json", &summary), [""; 0]);
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

fn status(site: &Site, more: &[&str]) -> Output {
    let output = site.tried("status", &[&["--config", "w.cfg"], more].concat());
    assert!(output.status.success(), "{output:?}");
    output
}

#[test]
fn the_status_shows_days_holes_stores_runs_and_leftovers() {
    let site = scene();
    fs::write(site.path("w.cfg"), fs::read_to_string(site.path("w.cfg")).unwrap() + "[database-export]\n").unwrap();
    let empty = String::from_utf8(status(&site, &[]).stdout).unwrap();
    assert!(empty.contains("Last runs: none is known") && empty.contains("Result store: insights.sqlite"), "{empty}");
    // In the store that the status looks into by itself.
    let run = site.tried("daily", &["--config", "w.cfg", "--date", DAY, "--n-reduce-tasks", "2", "--only", "user-activity"]);
    assert!(run.status.success(), "{run:?}");
    fs::remove_dir_all(site.path("w/user_activity_by_user/dt=2014-05-10")).unwrap();
    site.write(&format!("w/user_activity_by_user/.files.staging-{RUN}/dt=2014-05-10/x"), "12345");
    site.write("w/.course_activity.lock", "torn");
    let output = status(&site, &["--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(faults("status.json", &document), [""; 0]);
    let tables = document["warehouse"]["tables"].as_array().unwrap();
    let activity = tables.iter().find(|table| table["table"] == "user_activity_by_user").unwrap();
    assert_eq!((&activity["is_history"], &activity["last"]), (&true.into(), &"2014-05-20".into()), "{activity}");
    assert_eq!(activity["missing"], serde_json::json!(["2014-05-10"]));
    assert_eq!(document["warehouse"]["leftovers"][0]["run_id"], RUN);
    assert_eq!(document["warehouse"]["locks"].as_array().unwrap().len(), 1);
    let loaded = document["store"]["tables"].as_array().unwrap().iter().find(|table| table["table"] == "course_activity").unwrap();
    assert!(loaded["rows"].as_i64() > Some(0) && loaded["loaded"].is_string(), "{loaded}");
    assert_eq!((&document["runs"][0]["command"], &document["runs"][0]["result"]), (&"daily".into(), &"done".into()));

    let text = String::from_utf8(status(&site, &["user-activity"]).stdout).unwrap();
    for expected in [
        "user_activity_by_user 9-9-9 to 9-9-9, 9 days, 9.9 MB, 9 missing: 9-9-9 (insights --config w.cfg backfill --from 9-9-9 --to 9-9-9)",
        "course_activity 9 day up to 9-9-9, 9 files, 9.9 MB",
        "course_activity 9 rows, up to 9-9-9, loaded 9-9-9 9:9:9",
        " Leftover ",
        "Last runs:\n 9-9-9T9:9:9Z daily: done, 9.9 s, ",
    ] {
        assert!(masked(&text).contains(expected), "{expected:?} is not in: {text}");
    }
    assert!(!text.contains("auth_user"), "{text}");
    assert!(text.contains(" rows, up to 2014-05-18, loaded "), "the Sunday of the last week: {text}");
    let store = rusqlite::Connection::open(site.path("insights.sqlite")).unwrap();
    store.execute_batch("DROP TABLE course_activity").unwrap();
    let document: Value = serde_json::from_slice(&status(&site, &["user-activity", "--format", "json"]).stdout).unwrap();
    let due = document["tasks"][0]["due"].as_array().unwrap();
    let load = serde_json::json!({"step": "Table course_activity", "reason": "the table course_activity is not in the result store"});
    assert!(due.contains(&load), "{due:?}");
    let unknown = site.tried("status", &["--config", "w.cfg", "user-activty"]);
    let told = String::from_utf8_lossy(&unknown.stderr);
    assert!(unknown.status.code() == Some(2) && told.contains("Did you mean user-activity?"), "{told}");
}

/// A first night on a Wednesday that makes one day: Monday is of a week that nobody reports on before it is over.
#[test]
fn days_of_the_running_week_are_not_due_before_monday() {
    let site = scene();
    let text = fs::read_to_string(site.path("w.cfg")).unwrap();
    let text =
        text.replace("[user-activity]\noverwrite_n_days = 20", "[user-activity]\noverwrite_n_days = 1").replace("fill_days = 1\n", "");
    fs::write(site.path("w.cfg"), text).unwrap();
    let (code, said) = site.daily("w", &["--only", "user-activity"]);
    assert_eq!(code, Some(0), "{said}");
    let days = ["--date", DAY, "user-activity"];
    let text = String::from_utf8(status(&site, &days).stdout).unwrap();
    let told = "19 days, 9.9 MB, no hole, 1 not due before Monday 2014-05-26: 2014-05-19\n";
    assert!(masked(&text).contains(&masked(told)) && text.contains("Monday 2014-05-26: 2014-05-19\n"), "{text}");
    let document: Value = serde_json::from_slice(&status(&site, &[&days[..], &["--format", "json"]].concat()).stdout).unwrap();
    assert_eq!(faults("status.json", &document), [""; 0]);
    let tables = document["warehouse"]["tables"].as_array().unwrap();
    let activity = tables.iter().find(|table| table["table"] == "user_activity_by_user").unwrap();
    assert_eq!((&activity["missing"], &activity["not_due"]), (&serde_json::json!([]), &serde_json::json!(["2014-05-19"])));
    assert_eq!(activity["due"], "2014-05-26");

    // On that Monday it is a hole, which the night fills.
    let monday = ["--date", "2014-05-26", "user-activity"];
    let text = String::from_utf8(status(&site, &monday).stdout).unwrap();
    assert!(!text.contains("not due") && text.contains("1 missing: 2014-05-19"), "{text}");
    site.run(&["generate", "--interval", "2014-05-21..2014-05-26", "--events", "2000", "--out", "logs"]);
    let night = ["--config", "w.cfg", "--sqlite", "w.sqlite", "--date", "2014-05-26", "--only", "user-activity"];
    let said = site.run(&[&["daily"], &night[..]].concat());
    assert!(site.path("w/user_activity_by_user/dt=2014-05-19").exists(), "{said}");
}

#[test]
fn the_status_says_what_does_not_answer() {
    let site = scene();
    site.write("c.json", r#"{"host": "127.0.0.1", "port": 1, "username": "u", "password": "s3cret"}"#);
    let servers = format!(
        "[database-export]\ncredentials = {}\ndatabase = reports\n[elasticsearch]\nhost = http://127.0.0.1:1\n\
         [module-engagement]\nalias = roster\nnumber_of_shards = 1\n",
        site.place("c.json")
    );
    fs::write(site.path("w.cfg"), fs::read_to_string(site.path("w.cfg")).unwrap() + &servers).unwrap();
    let output = status(&site, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.lines().any(|line| line.starts_with("Result store: mysql://127.0.0.1:1/reports ") && line.len() > 80), "{text}");
    assert!(text.lines().any(|line| line.starts_with("Roster: alias roster: ") && line.contains("127.0.0.1:1")), "{text}");
    assert!(!text.contains("s3cret"));
}

#[test]
fn what_may_go_is_shown_first() {
    let site = scene();
    site.write(&format!("w/user_activity_by_user/.files.staging-{RUN}/dt=2014-05-10/x"), "12345");
    site.write("w/user_activity_by_user/dt=2014-05-09/x", "1\n");
    site.write("w-markers/17/_SUCCESS", format!("{RUN}\n"));
    site.write("w-markers/18/_SUCCESS", "");
    let half = "w-markers/18/._record.pending-4308-686d81a71df85a65";
    site.write(half, "");
    let shown = site.command(&["--config", "w.cfg", "clean"]);
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(
        shown.status.success()
            && text.contains("5 bytes")
            && text.contains("w-markers/17/")
            && text.contains(half)
            && text.contains("--yes"),
        "{shown:?}"
    );
    let left = site.path(&format!("w/user_activity_by_user/.files.staging-{RUN}"));
    assert!(left.exists() && site.path("w-markers/17").exists());
    let removed = site.command(&["--config", "w.cfg", "clean", "--yes"]);
    assert!(removed.status.success() && String::from_utf8_lossy(&removed.stdout).contains("Removed 3 of 3."), "{removed:?}");
    assert!(!site.path(half).exists());
    assert!(!left.exists() && !site.path("w-markers/17").exists() && site.path("w-markers/18/_SUCCESS").exists());
    assert!(site.path("w/user_activity_by_user/dt=2014-05-09/x").exists());
    let again = site.command(&["--config", "w.cfg", "clean"]);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("Nothing is to be cleaned in "), "{again:?}");
}

#[test]
fn a_plan_is_as_its_schema_says() {
    let site = scene();
    let output = site.tried("plan", &["--config", "w.cfg", "daily", "--date", DAY, "--only", "user-activity", "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(faults("plan.json", &document), [""; 0]);
    let steps = document["tasks"][0]["steps"].as_array().unwrap();
    let (job, load) = (&steps[0], steps.last().unwrap());
    assert_eq!(
        (&job["kind"], &job["state"], &load["kind"], &load["table"]),
        (&"job".into(), &"due".into(), &"load".into(), &"course_activity".into())
    );
    assert!(job["input"]["files"].as_u64() > Some(0) && job["days"]["count"].as_u64() > Some(0), "{job}");
}
