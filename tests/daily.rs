//! `insights daily`: the same as its tasks one by one, from one scan, and what happens when a task fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use rusqlite::Connection;

const DAY: &str = "2014-05-21";
const LMS_TABLES: [&str; 6] = [
    "auth_user",
    "auth_userprofile",
    "student_courseenrollment",
    "grades_persistentcoursegrade",
    "course_groups_courseusergroup",
    "course_groups_courseusergroup_users",
];

/// A site with three weeks of logs and its LMS tables.
struct Site {
    folder: tempfile::TempDir,
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && !name.starts_with('.') {
            found.extend(files_below(&entry.path()));
        } else if !name.starts_with(['.', '_']) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.run("generate", &["--interval", "2014-05-01-2014-05-21", "--events", "20000", "--out", "logs", "--tables"]);
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration of a warehouse of its own, with the site's LMS tables in it.
    fn warehouse(&self, name: &str) {
        let database = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        let here = self.folder.path().display();
        let text = format!(
            "[hive]\nwarehouse_path = {here}/{name}\n[event-logs]\nsource = [\"{here}/logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {here}/{name}-markers\n\
             [geolocation]\ngeolocation_data = {database}\n[enrollments]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n\
             [location-per-course]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n[user-activity]\noverwrite_n_days = 20\n\
             [videos]\noverwrite_n_days = 20\n[InsertToMysqlCourseActivityTask]\nweeks = 2\n\
             [AnswerDistributionWorkflow]\nsrc = [\"{here}/logs\"]\ninclude = [\"*tracking.log*\"]\ndest = {here}/{name}/answers\n\
             output_root = {here}/{name}/csv\nmarker = {here}/{name}-markers\n",
            database = database.display()
        );
        fs::write(self.path(&format!("{name}.cfg")), text).unwrap();
        for table in LMS_TABLES {
            let target = self.path(&format!("{name}/{table}/dt={DAY}"));
            fs::create_dir_all(&target).unwrap();
            for file in fs::read_dir(self.path(&format!("logs/{table}/dt={DAY}"))).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), target.join(file.file_name())).unwrap();
            }
        }
    }

    fn command(&self, task: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").arg(task).args(arguments).output().unwrap()
    }

    fn run(&self, task: &str, arguments: &[&str]) -> String {
        let output = self.command(task, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{task} {arguments:?}: {said}");
        said
    }

    fn daily(&self, name: &str, more: &[&str]) -> (Option<i32>, String) {
        let (config, store) = (format!("{name}.cfg"), format!("{name}.sqlite"));
        let common = ["--config", &config, "--sqlite", &store, "--n-reduce-tasks", "3", "--date", DAY];
        let output = self.command("daily", &[&common[..], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Names and contents of all files of a warehouse but markers.
    fn contents(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(name);
        let files = files_below(&root).into_iter();
        files.map(|file| (file.strip_prefix(&root).unwrap().display().to_string(), fs::read(file).unwrap())).collect()
    }

    /// All rows of all tables of a store, without id and time of insert, sorted.
    fn tables(&self, name: &str) -> BTreeMap<String, Vec<String>> {
        let store = Connection::open(self.path(&format!("{name}.sqlite"))).unwrap();
        let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let results = names.into_iter().filter(|name| !["table_updates", "sqlite_sequence"].contains(&name.as_str()));
        results.map(|name| (name.clone(), rows(&store, &name))).collect()
    }
}

fn rows(store: &Connection, table: &str) -> Vec<String> {
    let mut statement = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        let values = (1..columns - 1).map(|column| row.get::<_, rusqlite::types::Value>(column).unwrap());
        Ok(values.map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" "))
    };
    let mut rows: Vec<String> = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

#[test]
fn a_day_gives_what_its_tasks_give_one_by_one() {
    let site = Site::new();
    site.warehouse("apart");
    let started = Instant::now();
    let common = ["--config", "apart.cfg", "--sqlite", "apart.sqlite", "--n-reduce-tasks", "3"];
    let run = |task: &str, more: &[&str]| site.run(task, &[&common[..], more].concat());
    let interval = ["--interval", "2014-05-01-2014-05-21"];
    run("ImportEnrollmentsIntoMysql", &[&interval[..], &["--date", DAY, "--import-date", DAY, "--overwrite-mysql"]].concat());
    run("InsertToMysqlLastCountryPerCourseTask", &[&interval[..], &["--import-date", DAY, "--overwrite"]].concat());
    run("InsertToMysqlCourseActivityTask", &["--end-date", DAY, "--overwrite-mysql"]);
    run("InsertToMysqlAllVideoTask", &interval);
    run("ModuleEngagementWorkflowTask", &["--date", DAY]);
    run("AnswerDistributionWorkflow", &["--name", "daily_2014-05-21"]);
    let apart = started.elapsed();

    site.warehouse("together");
    let started = Instant::now();
    let (code, said) = site.daily("together", &[]);
    assert_eq!(code, Some(0), "{said}");
    println!("time of a day to its tasks one by one: {:.2}", started.elapsed().as_secs_f64() / apart.as_secs_f64());
    // Enrollment, geography, activity, video, answers, and two weeks of engagement.
    let logs = files_below(&site.path("logs")).iter().filter(|file| file.display().to_string().contains("tracking.log")).count();
    assert!(said.contains(&format!("One scan of {logs} log files for 19 jobs, instead of ")), "{said}");
    assert_eq!(said.matches("One scan of").count(), 1, "{said}");

    let (apart, together) = (site.contents("apart"), site.contents("together"));
    assert_eq!(together.keys().collect::<Vec<_>>(), apart.keys().collect::<Vec<_>>());
    let different: Vec<_> = apart.keys().filter(|name| apart[*name] != together[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(apart.iter().any(|(name, bytes)| name.starts_with("module_engagement_roster/") && !bytes.is_empty()));
    let (apart, together) = (site.tables("apart"), site.tables("together"));
    assert_eq!(apart.len(), 14, "{:?}", apart.keys());
    assert!(apart == together);
    assert!(apart.iter().all(|(name, rows)| name == "course_program_metadata" || !rows.is_empty()));

    // Again on the same day: no log is read for what is there, and the tables are the same.
    let (code, said) = site.daily("together", &["--skip", "location", "--skip", "InsertToMysqlAllVideoTask"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("One scan of") && said.contains("Roster: skipped"), "{said}");
    assert!(site.tables("together") == together);
}

#[test]
fn a_task_that_fails_does_not_keep_others_from_running() {
    let site = Site::new();
    site.warehouse("w");
    // Geography has no database, and video no history of the first days.
    let text = fs::read_to_string(site.path("w.cfg")).unwrap();
    let text = text.replace("[videos]\noverwrite_n_days = 20", "[videos]\noverwrite_n_days = 3").replace("geolocation_data = ", "other = ");
    fs::write(site.path("w.cfg"), &text).unwrap();
    let (code, said) = site.daily("w", &["--skip", "enrollment", "--skip", "AnswerDistributionWorkflow"]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("InsertToMysqlLastCountryPerCourseTask failed") && said.contains("geolocation_data"), "{said}");
    assert!(said.contains("InsertToMysqlAllVideoTask failed") && said.contains("UserVideoViewingByDateTask"), "{said}");
    assert!(said.contains("ModuleEngagementWorkflowTask failed") && said.contains("ImportEnrollmentsIntoMysql --interval-end 2014-05-21"));
    let tables = site.tables("w");
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["course_activity"]);
    assert!(!tables["course_activity"].is_empty());
    assert!(!site.path("w/module_engagement").exists(), "what is missing is found before the logs are read");

    // A lock held on one job's output is that task's failure; the roster waits for the enrollment that failed.
    fs::remove_dir_all(site.path("w/auth_userprofile")).unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "module-engagement", "--only", "user-activity"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("ImportEnrollmentsIntoMysql failed") && said.contains("auth_userprofile"), "{said}");
    assert!(said.contains("ModuleEngagementWorkflowTask failed") && said.contains("Table course_activity: "), "{said}");
    let (code, said) = site.daily("w", &["--only", "nothing"]);
    assert!(code == Some(30) && said.contains("ImportEnrollmentsIntoMysql (enrollment)"), "{said}");
}

#[test]
fn a_job_that_fails_behind_the_scan_does_not_undo_it_for_others() {
    let site = Site::new();
    site.warehouse("w");
    // A file where a directory belongs: the viewings cannot be put into place.
    fs::create_dir_all(site.path("w/video_viewing")).unwrap();
    fs::write(site.path(&format!("w/video_viewing/dt={DAY}")), "").unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "video", "--only", "user-activity"]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("InsertToMysqlAllVideoTask failed") && said.contains("Viewings failed"), "{said}");
    assert_eq!((said.matches("One scan of").count(), said.matches(" failed: ").count()), (1, 1), "{said}");
    let tables = site.tables("w");
    assert!(!tables["course_activity"].is_empty() && !tables["course_enrollment_daily"].is_empty());
    assert!(!tables.contains_key("video"));

    // A log that cannot be read fails every task that reads it, and is told once.
    fs::remove_file(site.path(&format!("w/video_viewing/dt={DAY}"))).unwrap();
    fs::write(site.path("logs/tracking.log-20140520-broken.gz"), b"\x1f\x8b\x08\0broken").unwrap();
    let (code, said) = site.daily("w", &["--only", "location", "--only", "video", "--only", "user-activity"]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("20140520-broken.gz") && said.contains("Table course_activity: "), "{said}");
    assert_eq!(said.matches(" failed: ").count(), 2, "{said}");
    assert!(!site.tables("w").contains_key("video"));
}

#[test]
fn the_plan_of_a_day_shows_every_task_and_runs_none() {
    let site = Site::new();
    site.warehouse("w");
    let output = site.command("plan", &["--config", "w.cfg", "daily", "--date", DAY]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for task in ["ImportEnrollmentsIntoMysql", "InsertToMysqlAllVideoTask", "ModuleEngagementWorkflowTask", "AnswerDistributionWorkflow"] {
        assert!(shown.lines().any(|line| line == task), "{shown}");
    }
    assert!(shown.contains("Roster ") && shown.contains("module_engagement_roster/dt=2014-05-21/"), "{shown}");
    assert!(!site.path("w/course_enrollment").exists() && !site.path("w-markers").exists());
}
