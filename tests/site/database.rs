//! A site with a MariaDB server: result databases, an LMS, and SQL over rows that the test loads.

use std::fs;
use std::ops::Deref;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mysql::Conn;
use mysql::prelude::Queryable;

use super::servers::{MariaDb, query};
use super::{Configuration, Site, day_of_file};

/// Lines per INSERT of scratch rows.
const CHUNK: usize = 500;

/// A site and databases of its own.
pub(crate) struct DatabaseSite {
    site: Site,
    pub server: Arc<MariaDb>,
    conn: Mutex<Conn>,
    databases: Mutex<Vec<String>>,
}

impl Deref for DatabaseSite {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl DatabaseSite {
    /// An empty site with `credentials.json`, and a database `scratch` for the test's own tables, which is the connection's.
    pub(crate) fn new() -> Self {
        Self::on(MariaDb::shared())
    }

    /// The same on a server of the test's own.
    pub(crate) fn on(server: Arc<MariaDb>) -> Self {
        let conn = Mutex::new(server.connect());
        let site = Self { site: Site::new(), server, conn, databases: Mutex::default() };
        let scratch = site.new_database();
        site.execute(&format!("USE {scratch}"));
        let MariaDb { host, port, user, password, .. } = &*site.server;
        let credentials = serde_json::json!({"host": host, "port": port, "username": user, "password": password});
        site.write("credentials.json", credentials.to_string());
        site
    }

    /// The connection, also behind a statement that failed its test.
    fn conn(&self) -> MutexGuard<'_, Conn> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Credentials of the server's account, with this password; the port is a text here.
    pub(crate) fn write_credentials(&self, name: &str, password: &str) {
        let MariaDb { host, port, user, .. } = &*self.server;
        let credentials = serde_json::json!({"host": host, "port": port.to_string(), "username": user, "password": password});
        self.write(name, credentials.to_string());
    }

    /// An empty database that goes with the site.
    pub(crate) fn new_database(&self) -> String {
        let name = MariaDb::new_database();
        self.execute(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"));
        self.databases.lock().unwrap().push(name.clone());
        name
    }

    /// A database of an LMS, made by the statements of a file.
    pub(crate) fn new_lms(&self, script: &str) -> String {
        let lms = self.new_database();
        self.fill(&lms, script);
        lms
    }

    /// Runs the statements of a file in a database.
    pub(crate) fn fill(&self, database: &str, script: &str) {
        let MariaDb { host, port, user, password, .. } = &*self.server;
        let mut client = Command::new("mariadb");
        client.args(["-h", host, "-P", &port.to_string(), "-u", user, "--protocol=tcp", database]).env("MYSQL_PWD", password);
        let client = client.stdin(Stdio::from(fs::File::open(self.path(script)).unwrap())).output().unwrap();
        assert!(client.status.success(), "{}", String::from_utf8_lossy(&client.stderr));
    }

    /// Writes a configuration `NAME.cfg` for a warehouse `NAME/` and a result database; `more` is added at the end.
    pub(crate) fn warehouse(&self, name: &str, logs: &str, database: &str, more: &str) {
        let configuration = Configuration { logs: self.place(logs), ..Configuration::of_site(self, name) };
        let credentials = self.place("credentials.json");
        let sections = format!("[database-export]\ndatabase = {database}\ncredentials = {credentials}\n{more}");
        self.write(&format!("{name}.cfg"), configuration.text(&sections));
    }

    pub(crate) fn execute(&self, statement: &str) {
        if let Err(error) = self.conn().query_drop(statement) {
            panic!("{error} in {statement}");
        }
    }

    /// The rows of a query as texts: values with TABs between, sorted.
    pub(crate) fn sql(&self, statement: &str) -> Vec<String> {
        let rows = query(&mut self.conn(), statement).unwrap_or_else(|error| panic!("{error} in {statement}"));
        let value = |value: Option<String>| value.unwrap_or_else(|| "\\N".to_owned());
        let mut rows: Vec<_> = rows.into_iter().map(|row| row.into_iter().map(value).collect::<Vec<_>>().join("\t")).collect();
        rows.sort();
        rows
    }

    /// All rows of a result table but for `id` and `created`.
    pub(crate) fn table(&self, database: &str, table: &str) -> Vec<String> {
        let columns = self.sql(&format!(
            "SELECT GROUP_CONCAT('`', column_name, '`' ORDER BY ordinal_position) FROM information_schema.columns \
             WHERE table_schema = '{database}' AND table_name = '{table}' AND column_name NOT IN ('id', 'created')"
        ));
        self.sql(&format!("SELECT {} FROM {database}.{table}", columns[0]))
    }

    /// Makes a scratch table anew and puts rows into it; `\N` is null.
    pub(crate) fn scratch<'r>(&self, table: &str, columns: &str, rows: impl Iterator<Item = Vec<&'r str>>) {
        self.execute(&format!("CREATE OR REPLACE TABLE {table} ({columns})"));
        let rows: Vec<_> = rows.collect();
        for chunk in rows.chunks(CHUNK) {
            let places = format!("({})", vec!["?"; chunk[0].len()].join(","));
            let statement = format!("INSERT INTO {table} VALUES {}", vec![places; chunk.len()].join(","));
            let values: Vec<_> = chunk.iter().flatten().map(|value| (*value != "\\N").then_some(*value)).collect();
            self.conn().exec_drop(&statement, values.iter().map(Into::into).collect::<Vec<mysql::Value>>()).unwrap();
        }
    }

    /// A scratch table of the rows of a directory of the warehouse.
    pub(crate) fn scratch_from(&self, table: &str, columns: &str, directory: &str, separator: char) {
        let lines = self.lines(directory);
        self.scratch(table, columns, lines.iter().map(|line| line.split(separator).collect()));
    }

    /// Scratch tables `raw` (all lines that have arrived) and `counted` (those that count after runs over the given days, each with
    /// the files that had arrived before its end: a day is made by the last run that reads it).
    pub(crate) fn raw_and_counted(&self, runs: &[(&str, &str)]) {
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

impl Drop for DatabaseSite {
    fn drop(&mut self) {
        let databases = std::mem::take(self.databases.get_mut().unwrap_or_else(PoisonError::into_inner));
        for database in databases {
            let _ = self.conn().query_drop(format!("DROP DATABASE IF EXISTS {database}"));
        }
    }
}

/// Compares sorted rows and shows only the first that differ.
pub(crate) fn same(what: &str, expected: &[String], found: &[String]) {
    let only_in = |rows: &[String], others: &[String]| rows.iter().find(|row| others.binary_search(row).is_err()).cloned();
    assert_eq!((expected.len(), only_in(expected, found), only_in(found, expected)), (found.len(), None, None), "{what}");
    assert!(expected == found, "{what}: some row is there more often");
}
