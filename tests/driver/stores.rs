//! `insights compare`, and the forms of `insights plan`.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::site::{Site, generated_logs, said};

#[test]
fn stores_are_compared_table_by_table() {
    let site = Site::new();
    let store = |name: &str, views: u32| {
        let made = site.program("mysql-loader").args(["video", "--create-only", "--sqlite", name]).output().unwrap();
        assert!(made.status.success());
        let connection = rusqlite::Connection::open(site.path(name)).unwrap();
        let rows = [("a", 3), ("b", views)].map(|(video, views)| {
            format!("INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, duration, users_at_start) VALUES ('{video}', 'c', 'm', 5, {views});")
        });
        connection.execute_batch(&rows.concat()).unwrap();
    };
    store("one.sqlite", 4);
    store("same.sqlite", 4);
    store("other.sqlite", 5);
    let equal = site.command(&["compare", "one.sqlite", "same.sqlite"]);
    assert_eq!(equal.status.code(), Some(0), "{}", said(&equal));
    assert!(String::from_utf8_lossy(&equal.stdout).contains("2 rows, equal"));
    let differ = site.command(&["compare", "one.sqlite", "other.sqlite", "video", "--format", "json"]);
    assert_eq!(differ.status.code(), Some(3), "{}", said(&differ));
    let document: Value = serde_json::from_slice(&differ.stdout).unwrap();
    let table = &document["tables"][0];
    assert_eq!(
        (&document["equal"], &table["equal"], &table["differ"], &table["only_left"]),
        (&false.into(), &1.into(), &1.into(), &0.into())
    );
    assert_eq!((&table["first"][0]["left"]["users_at_start"], &table["first"][0]["right"]["users_at_start"]), (&4.into(), &5.into()));
    let unknown = site.command(&["compare", "one.sqlite", "other.sqlite", "vidio"]);
    assert!(unknown.status.code() == Some(2) && said(&unknown).contains("Did you mean video?"));
}

#[test]
fn other_rows_on_standard_input_are_another_load() {
    let site = Site::new();
    let load = |row: &str, more: &[&str]| {
        let mut command = site.program("mysql-loader");
        command.args(["course_enrollment_daily", "--input", "-", "--sqlite", "d.sqlite"]).args(more);
        let mut loader = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        loader.stdin.take().unwrap().write_all(row.as_bytes()).unwrap();
        let done = loader.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", said(&done));
        said(&done)
    };
    let (first, second) = ("a/b/c\t2024-03-05\t1\t2\n", "a/b/c\t2024-03-06\t7\t9\n");
    for (row, more, is_loaded) in [
        (first, &[][..], true),
        (second, &[], true),
        (first, &[], false),
        (first, &["--update-id", "mine"], true),
        (second, &["--update-id", "mine"], false),
    ] {
        assert_eq!(load(row, more).contains("1 row into"), is_loaded, "{row} {more:?}");
    }
    let rows: i64 = rusqlite::Connection::open(site.path("d.sqlite"))
        .and_then(|store| store.query_row("SELECT COUNT(*) FROM course_enrollment_daily", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(rows, 3);
}

fn set_mode(site: &Site, name: &str, mode: u32) {
    fs::set_permissions(site.path(name), Permissions::from_mode(mode)).unwrap();
}

/// What `insights` does as an account that may only read, even where the tests may do everything.
fn as_reader(site: &Site, words: &[&str]) -> Output {
    let mut command = site.program("insights");
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    command.args(words).output().unwrap()
}

#[test]
fn a_store_is_read_by_who_may_only_read() {
    let site = Site::new();
    for folder in ["store", "cut", "out"] {
        fs::create_dir(site.path(folder)).unwrap();
    }
    let made = site.program("mysql-loader").args(["video", "--create-only", "--sqlite", "store/insights.sqlite"]).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    // A load that was cut off leaves its rows beside the file.
    let connection = rusqlite::Connection::open(site.path("store/insights.sqlite")).unwrap();
    let row = "INSERT INTO video (pipeline_video_id, course_id, encoded_module_id, duration, users_at_start) VALUES ('a', 'c', 'm', 5, 3)";
    connection.execute_batch(row).unwrap();
    for ending in ["", "-wal"] {
        fs::copy(site.path(&format!("store/insights.sqlite{ending}")), site.path(&format!("cut/insights.sqlite{ending}"))).unwrap();
    }
    drop(connection);
    let modes = |folder, file| {
        set_mode(&site, "store", folder);
        set_mode(&site, "cut", folder);
        set_mode(&site, "store/insights.sqlite", file);
        set_mode(&site, "cut/insights.sqlite", file);
        set_mode(&site, "cut/insights.sqlite-wal", file);
    };
    modes(0o555, 0o444);
    set_mode(&site, "", 0o755);
    set_mode(&site, "out", 0o777);
    let report = as_reader(&site, &["report", "--sqlite", "store/insights.sqlite", "--out", "out/report"]);
    assert!(report.status.success() && said(&report).contains("1 course\n"), "{}", said(&report));
    let export = as_reader(&site, &["export", "video", "--sqlite", "store/insights.sqlite", "--out", "out/tables"]);
    assert!(export.status.success(), "{}", said(&export));
    let equal = as_reader(&site, &["compare", "store/insights.sqlite", "store/insights.sqlite"]);
    assert!(equal.status.success() && said(&equal).contains("1 rows, equal"), "{}", said(&equal));
    assert_eq!(fs::read_dir(site.path("store")).unwrap().count(), 1);
    let cut = as_reader(&site, &["report", "--sqlite", "cut/insights.sqlite", "--out", "out/cut"]);
    assert!(cut.status.code() == Some(30) && said(&cut).contains("A load is under way, or was cut off"), "{}", said(&cut));
    modes(0o755, 0o644);
    // Whoever may write finishes it.
    assert!(site.command(&["compare", "cut/insights.sqlite", "store/insights.sqlite"]).status.success());
    set_mode(&site, "cut", 0o555);
    let mended = as_reader(&site, &["report", "--sqlite", "cut/insights.sqlite", "--out", "out/cut"]);
    assert!(mended.status.success(), "{}", said(&mended));
    set_mode(&site, "cut", 0o755);
}

#[test]
fn a_plan_is_text_data_or_a_picture() {
    let site = Site::new();
    generated_logs(&site.path("logs"), 1, 40, 600);
    site.configure("w", "[user-activity]\noverwrite_n_days = 3\n");
    let plan = |format: &str| {
        let words = ["--config", "w.cfg", "plan", "InsertToMysqlCourseActivityTask", "--end-date", "2024-03-06", "--weeks", "1"];
        let planned = site.command(&[&words[..], &["--sqlite", "s.sqlite", "--format", format]].concat());
        assert!(planned.status.success(), "{}", said(&planned));
        String::from_utf8(planned.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&plan("json")).unwrap();
    assert_eq!(document["version"], 1);
    let steps = document["tasks"][0]["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .any(|step| step["kind"] == "job" && step["input"]["files"].as_u64() > Some(0) && step["input"]["bytes"].as_u64() > Some(0))
    );
    assert!(steps.iter().any(|step| step["kind"] == "load" && step["table"] == "course_activity"), "{document}");
    assert!(steps.iter().any(|step| step["days"]["count"].as_u64() == Some(3)), "{document}");
    let text = plan("text");
    assert!(text.lines().any(|line| line.trim().starts_with("reads ") && line.contains(" files, ") && line.contains(" 3 days ")), "{text}");
    let mermaid = plan("mermaid");
    assert!(mermaid.starts_with("flowchart TD\n") && mermaid.contains("t0s1 --> t0s2"), "{mermaid}");
    let dot = plan("dot");
    assert!(dot.starts_with("digraph plan {") && dot.contains("t0s1 -> t0s2;") && dot.ends_with("}\n"), "{dot}");
    assert!(!site.path("w").exists() && !site.path("s.sqlite").exists());
}
