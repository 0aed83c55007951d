//! A sound week of logs, and warehouses over it with more files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

pub(crate) const DAY: &str = "2014-05-22";
const LMS_TABLES: [&str; 6] = [
    "auth_user",
    "auth_userprofile",
    "student_courseenrollment",
    "grades_persistentcoursegrade",
    "course_groups_courseusergroup",
    "course_groups_courseusergroup_users",
];

/// Sound weeks, made once.
pub(crate) fn week() -> &'static Path {
    static WEEK: OnceLock<TempDir> = OnceLock::new();
    let folder = WEEK.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let words = ["generate", "--interval", "2014-05-02-2014-05-22", "--events", "8000", "--out", "logs", "--tables"];
        let done = insights(folder.path(), &words);
        assert_eq!(done.0, Some(0), "{}", done.1);
        folder
    });
    folder.path()
}

pub(crate) fn insights(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    let done = command.current_dir(folder).env_remove("LUIGI_CONFIG_PATH").args(words).stdin(Stdio::null()).output().unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout))
}

/// A warehouse of its own over the logs of the week and more files.
pub(crate) struct Night {
    pub folder: TempDir,
}

impl Night {
    pub(crate) fn new(files: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (here, week) = (folder.path().display(), week());
        let database = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        let config = format!(
            "[hive]\nwarehouse_path = {here}/w\n[event-logs]\nsource = [\"{logs}\", \"{here}/night\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n[map-reduce]\nmarker = {here}/markers\n\
             [geolocation]\ngeolocation_data = {database}\n\
             [enrollments]\ninterval_start = 2014-05-02\noverwrite_n_days = 20\n\
             [location-per-course]\ninterval_start = 2014-05-02\noverwrite_n_days = 20\n[user-activity]\noverwrite_n_days = 20\n\
             [videos]\noverwrite_n_days = 20\n[module-engagement]\nallow_empty_insert = true\n[InsertToMysqlCourseActivityTask]\nweeks = 1\n\
             [AnswerDistributionWorkflow]\nsrc = [\"{logs}\", \"{here}/night\"]\ninclude = [\"*tracking.log*\"]\ndest = {here}/w/answers\n\
             output_root = {here}/w/csv\nmarker = {here}/markers\n{more}",
            logs = week.join("logs").display(),
            database = database.display()
        );
        fs::write(folder.path().join("override.cfg"), config).unwrap();
        fs::create_dir(folder.path().join("night")).unwrap();
        for file in files {
            let line = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/nights/lines/{file}.log"));
            fs::copy(line, folder.path().join(format!("night/tracking.log-20140521-{file}"))).unwrap();
        }
        for table in LMS_TABLES {
            let (from, to) = (week.join(format!("logs/{table}/dt={DAY}")), folder.path().join(format!("w/{table}/dt={DAY}")));
            fs::create_dir_all(&to).unwrap();
            for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        insights(self.folder.path(), words)
    }

    /// Number of rows of each table.
    pub(crate) fn rows(&self) -> BTreeMap<String, i64> {
        let store = rusqlite::Connection::open(self.path("insights.sqlite")).unwrap();
        let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").unwrap();
        let names: Vec<String> = names.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let count = |name: &String| store.query_row(&format!("SELECT count(*) FROM \"{name}\""), (), |row| row.get(0)).unwrap();
        names.iter().map(|name| (name.clone(), count(name))).collect()
    }
}
