//! A site with three weeks of logs and its LMS tables, and warehouses with the sections that `insights daily` needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test program uses a part

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;

#[path = "../site/files.rs"]
mod files;

pub use files::files_below;

pub const DAY: &str = "2014-05-21";
const LMS_TABLES: [&str; 6] = [
    "auth_user",
    "auth_userprofile",
    "student_courseenrollment",
    "grades_persistentcoursegrade",
    "course_groups_courseusergroup",
    "course_groups_courseusergroup_users",
];

/// A site with three weeks of logs and its LMS tables.
pub struct Site {
    pub folder: tempfile::TempDir,
}

impl Site {
    /// With so many events.
    pub fn new(events: u32) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let events = events.to_string();
        site.run("generate", &["--interval", "2014-05-01-2014-05-21", "--events", &events, "--out", "logs", "--tables"]);
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A warehouse with the sections that `insights daily` needs.
    pub fn warehouse(&self, name: &str) {
        let here = self.folder.path().display();
        let sections = format!(
            "[enrollments]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n\
             [location-per-course]\ninterval_start = 2014-05-01\noverwrite_n_days = 20\n[user-activity]\noverwrite_n_days = 20\n\
             [videos]\noverwrite_n_days = 20\n[InsertToMysqlCourseActivityTask]\nweeks = 2\n\
             [AnswerDistributionWorkflow]\nsrc = [\"{here}/logs\"]\ninclude = [\"*tracking.log*\"]\ndest = {here}/{name}/answers\n\
             output_root = {here}/{name}/csv\nmarker = {here}/{name}-markers\n"
        );
        self.warehouse_with(name, &sections);
    }

    /// The configuration of a warehouse of its own, with the site's LMS tables in it, and more sections.
    pub fn warehouse_with(&self, name: &str, sections: &str) {
        let database = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        let here = self.folder.path().display();
        let text = format!(
            "[hive]\nwarehouse_path = {here}/{name}\n[event-logs]\nsource = [\"{here}/logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {here}/{name}-markers\n\
             [geolocation]\ngeolocation_data = {database}\n{sections}",
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

    pub fn command(&self, task: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").arg(task).args(arguments).output().unwrap()
    }

    pub fn run(&self, task: &str, arguments: &[&str]) -> String {
        let output = self.command(task, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{task} {arguments:?}: {said}");
        said
    }

    pub fn daily(&self, name: &str, more: &[&str]) -> (Option<i32>, String) {
        let (config, store) = (format!("{name}.cfg"), format!("{name}.sqlite"));
        let common = ["--config", &config, "--sqlite", &store, "--n-reduce-tasks", "3", "--date", DAY];
        let output = self.command("daily", &[&common[..], more].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Names and contents of all files of a warehouse but markers.
    pub fn contents(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(name);
        let files = files_below(&root).into_iter();
        files.map(|file| (file.strip_prefix(&root).unwrap().display().to_string(), fs::read(file).unwrap())).collect()
    }

    /// All rows of all tables of a store, without id and time of insert, sorted.
    pub fn tables(&self, name: &str) -> BTreeMap<String, Vec<String>> {
        let store = Connection::open(self.path(&format!("{name}.sqlite"))).unwrap();
        let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let results = names.into_iter().filter(|name| !["table_updates", "sqlite_sequence"].contains(&name.as_str()));
        let rows_of = |name: &str| rows(&store, &format!("SELECT * FROM {name}"), |columns| 1..columns - 1);
        results.map(|name| (name.clone(), rows_of(&name))).collect()
    }
}

/// What a query finds, sorted; of its columns those that `shown` takes of their number.
pub fn rows(store: &Connection, query: &str, shown: fn(usize) -> Range<usize>) -> Vec<String> {
    let mut statement = store.prepare(query).unwrap();
    let shown = shown(statement.column_count());
    let read = |row: &rusqlite::Row<'_>| {
        let values = shown.clone().map(|column| row.get::<_, rusqlite::types::Value>(column).unwrap());
        Ok(values.map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" "))
    };
    let mut rows: Vec<String> = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}
