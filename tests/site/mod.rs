//! A site whose logs arrive day by day, for the scenarios: whole programs, a MariaDB server, and SQL over rows that the test loads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test binary uses a part

mod files;
pub mod mmdb;

use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use insights_pipeline::calendar::interval::DateInterval;
use mysql::Conn;
use mysql::prelude::Queryable;

pub use files::files_below;

use crate::servers::{MariaDb, query};

/// Lines per INSERT of scratch rows.
const CHUNK: usize = 500;

/// Directories of its own and databases of its own.
pub struct Site {
    pub folder: tempfile::TempDir,
    pub server: Arc<MariaDb>,
    conn: RefCell<Conn>,
    databases: RefCell<Vec<String>>,
}

impl Site {
    /// A site without anything, and a database `scratch` for the test's own tables, which is the connection's.
    pub fn new() -> Self {
        let server = MariaDb::shared();
        let conn = RefCell::new(server.connect());
        let site = Self { folder: tempfile::tempdir().unwrap(), server, conn, databases: RefCell::default() };
        let scratch = site.new_database();
        site.execute(&format!("USE {scratch}"));
        let MariaDb { host, port, user, password, .. } = &*site.server;
        let credentials = format!(r#"{{"host": "{host}", "port": {port}, "username": "{user}", "password": "{password}"}}"#);
        fs::write(site.path("credentials.json"), credentials).unwrap();
        fs::create_dir(site.path("logs")).unwrap();
        site
    }

    /// An empty database that goes with the site.
    pub fn new_database(&self) -> String {
        let name = MariaDb::new_database();
        self.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
        self.databases.borrow_mut().push(name.clone());
        name
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets the files of `all/` arrive in `logs/` that are from days before `end`.
    pub fn arrive(&self, end: &str) {
        for file in fs::read_dir(self.path("all")).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            let target = self.path("logs").join(&name);
            if name.starts_with("tracking.log-") && day_of_file(&name).as_str() < end && !target.exists() {
                fs::copy(file.path(), target).unwrap();
            }
        }
    }

    /// Writes a configuration `NAME.cfg` for a warehouse `NAME/` and a result database; `more` is added at the end.
    pub fn warehouse(&self, name: &str, logs: &str, database: &str, more: &str) {
        let here = self.folder.path().display();
        let text = format!(
            "[hive]\nwarehouse_path = {here}/{name}\n[event-logs]\nsource = [\"{here}/{logs}\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\nexpand_interval = 2 days\n\
             [map-reduce]\nmarker = {here}/{name}-markers\n\
             [database-export]\ndatabase = {database}\ncredentials = {here}/credentials.json\n{more}"
        );
        fs::write(self.path(&format!("{name}.cfg")), text).unwrap();
    }

    pub fn command(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").args(words).output().unwrap()
    }

    /// Runs `insights` and gives what it said.
    pub fn run(&self, words: &[&str]) -> String {
        let output = self.command(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }

    /// Runs `insights`, or the build of it that `INSIGHTS_BINARY` names, to its end and gives how long it took and how much memory it
    /// held at most.
    pub fn measured(&self, words: &[&str]) -> Figures {
        let said = fs::File::create(self.path("measured.log")).unwrap();
        let started = Instant::now();
        let binary = std::env::var("INSIGHTS_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_insights").to_owned());
        let mut command = Command::new(binary);
        let mut child =
            command.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH").args(words).stderr(Stdio::from(said)).spawn().unwrap();
        let mut peak_megabytes = 0.0_f64;
        let status = loop {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
            peak_megabytes = peak_megabytes.max(peak.unwrap_or_default() / 1024.0);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let seconds = started.elapsed().as_secs_f64();
        let said = fs::read_to_string(self.path("measured.log")).unwrap();
        assert!(status.success(), "{words:?}: {said}");
        let steps = said.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect();
        Figures { seconds, peak_megabytes, steps }
    }

    /// The files of a directory, without those that are no data.
    pub fn files(&self, directory: &str) -> Vec<PathBuf> {
        files_below(&self.path(directory))
    }

    /// The lines of a directory's files.
    pub fn lines(&self, directory: &str) -> Vec<String> {
        let texts = self.files(directory).into_iter().map(|file| fs::read_to_string(file).unwrap());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    pub fn execute(&self, statement: &str) {
        if let Err(error) = self.conn.borrow_mut().query_drop(statement) {
            panic!("{error} in {statement}");
        }
    }

    /// The rows of a query as texts: values with TABs between, sorted.
    pub fn sql(&self, statement: &str) -> Vec<String> {
        let rows = query(&mut self.conn.borrow_mut(), statement).unwrap_or_else(|error| panic!("{error} in {statement}"));
        let value = |value: Option<String>| value.unwrap_or_else(|| "\\N".to_owned());
        let mut rows: Vec<_> = rows.into_iter().map(|row| row.into_iter().map(value).collect::<Vec<_>>().join("\t")).collect();
        rows.sort();
        rows
    }

    /// All rows of a result table but for `id` and `created`.
    pub fn table(&self, database: &str, table: &str) -> Vec<String> {
        let columns = self.sql(&format!(
            "SELECT GROUP_CONCAT('`', column_name, '`' ORDER BY ordinal_position) FROM information_schema.columns \
             WHERE table_schema = '{database}' AND table_name = '{table}' AND column_name NOT IN ('id', 'created')"
        ));
        self.sql(&format!("SELECT {} FROM {database}.{table}", columns[0]))
    }

    /// Makes a scratch table anew and puts rows into it; `\N` is null.
    pub fn scratch<'r>(&self, table: &str, columns: &str, rows: impl Iterator<Item = Vec<&'r str>>) {
        self.execute(&format!("CREATE OR REPLACE TABLE {table} ({columns})"));
        let rows: Vec<_> = rows.collect();
        for chunk in rows.chunks(CHUNK) {
            let places = format!("({})", vec!["?"; chunk[0].len()].join(","));
            let statement = format!("INSERT INTO {table} VALUES {}", vec![places; chunk.len()].join(","));
            let values: Vec<_> = chunk.iter().flatten().map(|value| (*value != "\\N").then_some(*value)).collect();
            self.conn.borrow_mut().exec_drop(&statement, values.iter().map(Into::into).collect::<Vec<mysql::Value>>()).unwrap();
        }
    }

    /// A scratch table of the rows of a directory of the warehouse.
    pub fn scratch_from(&self, table: &str, columns: &str, directory: &str, separator: char) {
        let lines = self.lines(directory);
        self.scratch(table, columns, lines.iter().map(|line| line.split(separator).collect()));
    }

    /// Scratch tables `raw` (all lines that have arrived) and `counted` (those that count after runs over the given days, each with
    /// the files that had arrived before its end: a day is made by the last run that reads it).
    pub fn raw_and_counted(&self, runs: &[(&str, &str)]) {
        let files: Vec<_> = self.files("logs").into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect();
        let rows: Vec<_> = files
            .iter()
            .flat_map(|(file, text)| {
                let day = day_of_file(&file.file_name().unwrap().to_string_lossy());
                text.lines().map(move |line| (day.clone(), line))
            })
            .collect();
        self.scratch("raw_lines", "file_day DATE, line LONGTEXT", rows.iter().map(|(day, line)| vec![day.as_str(), *line]));
        self.execute("CREATE OR REPLACE TABLE raw AS SELECT *, CAST(LEFT(JSON_VALUE(line, '$.time'), 10) AS DATE) day FROM raw_lines");
        self.scratch("runs", "first DATE, behind DATE", runs.iter().map(|(first, behind)| vec![*first, *behind]));
        self.execute(
            "CREATE OR REPLACE TABLE counted AS SELECT raw.* FROM raw JOIN \
             (SELECT day, MAX(behind) behind FROM (SELECT DISTINCT day FROM raw) d JOIN runs ON day >= first AND day < behind GROUP BY day) last \
             ON raw.day = last.day WHERE file_day < behind",
        );
    }
}

/// What a run took.
pub struct Figures {
    pub seconds: f64,
    pub peak_megabytes: f64,
    pub steps: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} s, at most {:.0} MB", self.seconds, self.peak_megabytes)?;
        self.steps.iter().try_for_each(|step| write!(formatter, "\n    {step}"))
    }
}

/// Writes a file of lines and the directories that it needs.
pub fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file.into_inner().unwrap();
}

impl Drop for Site {
    fn drop(&mut self) {
        for database in self.databases.borrow().iter() {
            let _ = self.conn.borrow_mut().query_drop(format!("DROP DATABASE IF EXISTS {database}"));
        }
    }
}

/// `2016-02-29` of `tracking.log-20160229-late`.
pub fn day_of_file(name: &str) -> String {
    let digits = name.trim_start_matches("tracking.log-");
    format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8])
}

/// `2016-02-29` as it stands in names of log files.
pub fn compact(day: &str) -> String {
    day.replace('-', "")
}

/// The day so many days before another.
pub fn days_before(day: &str, days: u32) -> String {
    day.parse::<DateInterval>().unwrap().overwrite_from_date(days.saturating_add(1)).to_string()
}

/// Compares sorted rows and shows only the first that differ.
pub fn same(what: &str, expected: &[String], found: &[String]) {
    let only_in = |rows: &[String], others: &[String]| rows.iter().find(|row| others.binary_search(row).is_err()).cloned();
    assert_eq!((expected.len(), only_in(expected, found), only_in(found, expected)), (found.len(), None, None), "{what}");
    assert!(expected == found, "{what}: some row is there more often");
}
