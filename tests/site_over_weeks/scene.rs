//! A site whose logs arrive day by day, its warehouses, and result databases of two kinds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use mysql::prelude::Queryable;

use crate::servers::{self, MariaDb};

const LMS_TABLES: [&str; 6] = [
    "auth_user",
    "auth_userprofile",
    "student_courseenrollment",
    "grades_persistentcoursegrade",
    "course_groups_courseusergroup",
    "course_groups_courseusergroup_users",
];
/// Behind the last day of which there are logs.
const END: &str = "2014-06-12";

/// Which kind of result database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    MariaDb,
}

/// The site.
pub(crate) struct Scene {
    pub folder: tempfile::TempDir,
    kind: Kind,
    /// Kept running while the scene is there.
    _server: Option<Arc<MariaDb>>,
    /// Sections of all configurations that a test changes.
    pub sections: String,
    imports: BTreeMap<NaiveDate, String>,
}

/// One table's rows.
pub(crate) type Tables = BTreeMap<String, Vec<String>>;

pub(crate) fn date(text: &str) -> NaiveDate {
    format!("2014-{text}").parse().unwrap()
}

impl Scene {
    pub(crate) fn new(kind: Kind) -> Self {
        let server = (kind == Kind::MariaDb).then(MariaDb::shared);
        let scene = Self { folder: tempfile::tempdir().unwrap(), kind, _server: server, sections: String::new(), imports: BTreeMap::new() };
        let interval = format!("2014-05-01-{END}");
        scene.insights("generate", &["--interval", &interval, "--events", "5000", "--out", "all", "--tables"]);
        scene.without_seeks();
        fs::create_dir(scene.path("logs")).unwrap();
        scene
    }

    /// A seek may set the start of a viewing days later, so that tables depend on the windows in which days are read (rules 06, 2).
    fn without_seeks(&self) {
        for file in fs::read_dir(self.path("all")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let text = fs::read(&file).unwrap();
            let lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| memchr::memmem::find(line, b"seek_video").is_none());
            fs::write(&file, lines.collect::<Vec<_>>().concat()).unwrap();
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn insights(&self, command: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_insights"));
        let program = program.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").arg(command).args(arguments);
        let output = program.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout))
    }

    pub(crate) fn log(day: NaiveDate) -> String {
        format!("tracking.log-{}", day.format("%Y%m%d"))
    }

    /// The logs of the days before a date are there, except some.
    pub(crate) fn logs_before(&self, end: NaiveDate, except: &[NaiveDate]) {
        for day in date("05-01").iter_days().take_while(|day| *day < end).filter(|day| !except.contains(day)) {
            fs::copy(self.path("all").join(Self::log(day)), self.path("logs").join(Self::log(day))).unwrap();
        }
    }

    /// The logs of the days before a date are not there any more.
    pub(crate) fn cleared_before(&self, day: NaiveDate) {
        for day in date("05-01").iter_days().take_while(|cleared| *cleared < day) {
            let _ = fs::remove_file(self.path("logs").join(Self::log(day)));
        }
    }

    /// The LMS tables of a date are there: whose profiles, `f` or `m`, are all of one gender.
    pub(crate) fn import(&mut self, day: NaiveDate, gender: &str) {
        self.imports.insert(day, gender.to_owned());
        for warehouse in ["site"].into_iter().filter(|name| self.path(name).exists()) {
            self.import_into(warehouse, day);
        }
    }

    fn import_into(&self, warehouse: &str, day: NaiveDate) {
        for table in LMS_TABLES {
            let target = self.path(&format!("{warehouse}/{table}/dt={day}"));
            let _ = fs::remove_dir_all(&target);
            fs::create_dir_all(&target).unwrap();
            for file in fs::read_dir(self.path(&format!("all/{table}/dt={END}"))).unwrap().map(Result::unwrap) {
                let mut content = fs::read(file.path()).unwrap();
                if table == "auth_userprofile" && !file.file_name().to_str().unwrap().starts_with('_') {
                    content = with_gender(&content, &self.imports[&day]);
                }
                fs::write(target.join(file.file_name()), content).unwrap();
            }
            // As the original leaves it: nobody knows who made it but by the time in it.
            let stamp = format!("{{\"start_time\": \"{}\"}}", self.imports[&day]);
            fs::write(target.join("_metadata"), stamp).unwrap();
            fs::write(target.join("_SUCCESS"), "").unwrap();
        }
    }

    fn configure(&self, warehouse: &str) {
        let geolocation = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        let here = self.folder.path().display();
        let starts = "interval_start = 2012-01-01\noverwrite_n_days = 3\n";
        let text = format!(
            "[hive]\nwarehouse_path = {here}/{warehouse}\n[event-logs]\nsource = [\"{here}/logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {here}/{warehouse}-markers\n\
             [geolocation]\ngeolocation_data = {geolocation}\n[enrollments]\n{starts}[location-per-course]\n{starts}[user-activity]\n\
             overwrite_n_days = 3\n[InsertToMysqlCourseActivityTask]\nweeks = 6\n[module-engagement]\nallow_empty_insert = true\n{store}{sections}",
            geolocation = geolocation.display(),
            store = self.store_section(warehouse),
            sections = self.sections,
        );
        fs::write(self.path(&format!("{warehouse}.cfg")), text).unwrap();
    }

    fn store_section(&self, warehouse: &str) -> String {
        if self.kind == Kind::Sqlite {
            return String::new();
        }
        let MariaDb { host, port, user, password, .. } = &*MariaDb::shared();
        let credentials = self.path("credentials.json");
        fs::write(&credentials, format!(r#"{{"host": "{host}", "port": {port}, "username": "{user}", "password": "{password}"}}"#))
            .unwrap();
        format!("[database-export]\ncredentials = {}\ndatabase = {}\n", credentials.display(), self.database(warehouse))
    }

    /// The database of a warehouse; one of its own for each scene.
    pub(crate) fn database(&self, warehouse: &str) -> String {
        let scene = self.folder.path().file_name().unwrap().to_str().unwrap().trim_start_matches('.').to_lowercase();
        format!("weeks_{scene}_{}", warehouse.replace('-', "_"))
    }

    /// What `daily` says, and its exit code.
    pub(crate) fn daily(&self, warehouse: &str, day: NaiveDate) -> (Option<i32>, String) {
        self.run("daily", warehouse, &["--date", &day.to_string()])
    }

    /// Runs a task that makes days.
    pub(crate) fn task(&self, task: &str, more: &[&str]) {
        self.configure("site");
        let (code, said) = self.insights(task, &[&["--config", "site.cfg", "--n-reduce-tasks", "1"], more].concat());
        assert_eq!(code, Some(0), "{task}: {said}");
    }

    /// Runs a command over a warehouse.
    pub(crate) fn run(&self, command: &str, warehouse: &str, more: &[&str]) -> (Option<i32>, String) {
        self.configure(warehouse);
        let (config, sqlite) = (format!("{warehouse}.cfg"), format!("{warehouse}.sqlite"));
        let store: &[&str] = if self.kind == Kind::Sqlite && command != "backfill" { &["--sqlite", &sqlite] } else { &[] };
        let common = ["--config", &config, "--threads", "2"];
        self.insights(command, &[&common[..], more, store, if command == "backfill" { &[] } else { &["--n-reduce-tasks", "1"] }].concat())
    }

    /// A night that ends well: its tables are those of a run from scratch. Gives what it says.
    pub(crate) fn night(&mut self, day: NaiveDate) -> String {
        self.imports.entry(day).or_insert_with(|| "f".to_owned());
        self.import_into("site", day);
        let (code, said) = self.daily("site", day);
        assert_eq!(code, Some(0), "{day}: {said}");
        let site = self.tables("site", day);
        assert!(site.len() >= 12 && site.values().filter(|rows| !rows.is_empty()).count() >= 11, "{:?}", site.keys());
        let scratch = self.scratch(day);
        for (table, rows) in &scratch {
            let found = &site[table];
            let missing: Vec<_> = rows.iter().filter(|row| !found.contains(row)).take(3).collect();
            let wrong: Vec<_> = found.iter().filter(|row| !rows.contains(row)).take(3).collect();
            assert!(
                found == rows,
                "{day}, {table}: {} rows instead of {}; missing {missing:?}, wrong {wrong:?}\n{said}",
                found.len(),
                rows.len()
            );
        }
        said
    }

    /// The tables of a run from scratch, over the same logs and imports.
    pub(crate) fn scratch(&self, day: NaiveDate) -> Tables {
        for name in ["scratch", "scratch-markers"] {
            let _ = fs::remove_dir_all(self.path(name));
        }
        self.forget("scratch");
        self.import_into("scratch", day);
        let (code, said) = self.daily("scratch", day);
        assert_eq!(code, Some(0), "from scratch, {day}: {said}");
        self.tables("scratch", day)
    }

    /// Removes a result database.
    pub(crate) fn forget(&self, warehouse: &str) {
        match self.kind {
            Kind::Sqlite => {
                for suffix in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(self.path(&format!("{warehouse}.sqlite{suffix}")));
                }
            }
            Kind::MariaDb => {
                MariaDb::shared().connect().query_drop(format!("DROP DATABASE IF EXISTS {}", self.database(warehouse))).unwrap();
            }
        }
    }

    /// Keeps a copy of the site's result database.
    pub(crate) fn keep(&self) {
        self.copy_database("site", "kept");
    }

    /// Puts that copy in the place of the result database.
    pub(crate) fn restore(&self) {
        self.copy_database("kept", "site");
    }

    fn copy_database(&self, from: &str, to: &str) {
        self.forget(to);
        match self.kind {
            Kind::Sqlite => drop(fs::copy(self.path(&format!("{from}.sqlite")), self.path(&format!("{to}.sqlite"))).unwrap()),
            Kind::MariaDb => {
                let (from, to) = (self.database(from), self.database(to));
                let mut conn = MariaDb::shared().connect();
                conn.query_drop(format!("CREATE DATABASE {to}")).unwrap();
                for table in conn.query::<String, _>(format!("SHOW TABLES IN {from}")).unwrap() {
                    conn.query_drop(format!("CREATE TABLE {to}.{table} LIKE {from}.{table}")).unwrap();
                    conn.query_drop(format!("INSERT INTO {to}.{table} SELECT * FROM {from}.{table}")).unwrap();
                }
            }
        }
    }

    /// All result tables, without id and time of insert, sorted; of engagement the two weeks that a run from scratch has.
    pub(crate) fn tables(&self, warehouse: &str, day: NaiveDate) -> Tables {
        let from = day.checked_sub_days(Days::new(14)).unwrap();
        let of_table = |name: &str| match name {
            "module_engagement" => format!("SELECT * FROM {name} WHERE date >= '{from}'"),
            _ => format!("SELECT * FROM {name}"),
        };
        match self.kind {
            Kind::Sqlite => {
                let store = rusqlite::Connection::open(self.path(&format!("{warehouse}.sqlite"))).unwrap();
                let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
                let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                let names = names.into_iter().filter(|name| !["table_updates", "sqlite_sequence"].contains(&name.as_str()));
                names.map(|name| (name.clone(), sqlite_rows(&store, &of_table(&name)))).collect()
            }
            Kind::MariaDb => {
                let mut conn = MariaDb::shared().connect();
                conn.query_drop(format!("USE {}", self.database(warehouse))).unwrap();
                let names: Vec<String> = conn.query("SHOW TABLES").unwrap();
                let names = names.into_iter().filter(|name| name != "table_updates");
                let mut rows = |name: String| {
                    let found = servers::query(&mut conn, &of_table(&name)).unwrap();
                    let mut rows: Vec<_> = found.iter().map(|row| format!("{:?}", &row[1..row.len() - 1])).collect();
                    rows.sort();
                    (name, rows)
                };
                names.map(&mut rows).collect()
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for name in ["site", "scratch", "kept"] {
            self.forget(name);
        }
    }
}

fn sqlite_rows(store: &rusqlite::Connection, query: &str) -> Vec<String> {
    let mut statement = store.prepare(query).unwrap();
    let shown = 1..statement.column_count() - 1;
    let read = |row: &rusqlite::Row<'_>| {
        let values = shown.clone().map(|column| row.get::<_, rusqlite::types::Value>(column).unwrap());
        Ok(values.map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" "))
    };
    let mut rows: Vec<String> = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

/// Profiles with one gender for all who have one.
fn with_gender(content: &[u8], gender: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(content);
    let other = if gender == "f" { "m" } else { "f" };
    text.replace(&format!("\u{1}{other}\u{1}"), &format!("\u{1}{gender}\u{1}")).into_bytes()
}
