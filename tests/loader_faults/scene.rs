//! A table with old rows, a loader on its way, and a reader that polls.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use mysql::prelude::Queryable;
use tempfile::TempDir;

use crate::servers::MariaDb;
use crate::waiting::wait_until;

pub(crate) const OLD: &[u32] = &[1, 2, 3];
pub(crate) const OVERWRITE: &[&str] = &["--overwrite"];
pub(crate) const SWAP: &[&str] = &["--overwrite", "--use-temp-table-for-overwrite"];

/// Enough rows for several blocks of the stream, and for `first-rows` to come before the last.
pub(crate) fn new_rows() -> Vec<u32> {
    (10..40_010).collect()
}

pub(crate) fn lines(segments: &[u32]) -> String {
    let line = |segment| format!("course-v1:a+b+c|video\t{segment}\t1\t2\n");
    segments.iter().map(line).collect()
}

/// A result database with old rows in it, on a server or in a file.
pub(crate) struct Scene {
    folder: TempDir,
    pub database: String,
    pub place: Place,
}

#[derive(Clone)]
pub(crate) enum Place {
    Server { port: u16, user: String, password: String, host: String, database: String },
    File(PathBuf),
}

impl Scene {
    pub(crate) fn on(server: &MariaDb) -> Self {
        let database = MariaDb::new_database();
        let place = Place::Server {
            host: server.host.clone(),
            port: server.port,
            user: server.user.clone(),
            password: server.password.clone(),
            database: database.clone(),
        };
        Self::with_old_rows(tempfile::tempdir().unwrap(), database, place)
    }

    pub(crate) fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("reports.sqlite"));
        Self::with_old_rows(folder, "reports".into(), place)
    }

    pub(crate) fn with_old_rows(folder: TempDir, database: String, place: Place) -> Self {
        let scene = Self { folder, database, place };
        std::fs::write(scene.input("old"), lines(OLD)).unwrap();
        std::fs::write(scene.input("new"), lines(&new_rows())).unwrap();
        scene.write_credentials("user.json", None);
        let done = scene.loader("old", &[]).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
        scene
    }

    /// The same database after its server was started again.
    pub(crate) fn moved_to(mut self, server: &MariaDb) -> Self {
        if let Place::Server { port, .. } = &mut self.place {
            *port = server.port;
        }
        self.write_credentials("user.json", None);
        self
    }

    pub(crate) fn input(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write_credentials(&self, file: &str, account: Option<(&str, &str)>) {
        let Place::Server { host, port, user, password, .. } = &self.place else {
            return;
        };
        let (user, password) = account.unwrap_or((user, password));
        let json = serde_json::json!({"host": host, "port": port, "username": user, "password": password});
        std::fs::write(self.input(file), json.to_string()).unwrap();
    }

    /// The loader of the rows `name`, whose update id is the same name.
    pub(crate) fn loader(&self, name: &str, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mysql-loader"));
        command.args(["video_timeline", "--database", &self.database]);
        command.args(["--update-id", name, "--lock-wait", "20"]).args(options);
        command.arg("--input").arg(if name == "-" { "-".into() } else { self.input(name) });
        match &self.place {
            Place::Server { .. } => command.arg("--credentials").arg(self.input("user.json")),
            Place::File(path) => command.arg("--sqlite").arg(path),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Runs the loader, which must succeed.
    pub(crate) fn load(&self, name: &str, options: &[&str]) {
        let done = self.loader(name, options).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }

    /// Runs the loader, which must fail with this text and must not have changed anything.
    pub(crate) fn refused(&self, name: &str, options: &[&str], expected: &str) {
        let done = self.loader(name, options).output().unwrap();
        self.check_refusal(&done, expected);
    }

    pub(crate) fn check_refusal(&self, done: &Output, expected: &str) {
        self.check_refusal_as(30, done, expected);
    }

    /// A refusal by this exit code: 20 for a missing input, 30 for all else.
    pub(crate) fn check_refusal_as(&self, code: i32, done: &Output, expected: &str) {
        let said = text(done);
        assert_eq!(done.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{expected:?} is not in: {said}");
        if let Place::Server { password, .. } = &self.place {
            assert!(!said.contains(password.as_str()), "{said}");
        }
        assert_eq!(self.place.rows().unwrap(), OLD);
        assert_eq!(self.place.markers().unwrap(), ["old"]);
    }

    pub(crate) fn assert_holds(&self, rows: &[u32], markers: &[&str]) {
        assert!(self.place.rows().unwrap() == rows, "the table holds other rows");
        assert_eq!(self.place.markers().unwrap(), markers);
        assert_eq!(self.place.tables(), ["table_updates", "video_timeline"], "something is left over");
    }
}

impl Place {
    pub(crate) fn column(&self, sql: &str) -> Option<Vec<String>> {
        match self {
            Self::Server { host, port, user, password, database } => {
                let options = mysql::OptsBuilder::new()
                    .ip_or_hostname(Some(host))
                    .tcp_port(*port)
                    .user(Some(user))
                    .pass(Some(password))
                    .db_name(Some(database))
                    .prefer_socket(false);
                mysql::Conn::new(options).ok()?.query(sql).ok()
            }
            Self::File(path) => {
                let conn = rusqlite::Connection::open(path).ok()?;
                conn.busy_timeout(Duration::from_secs(10)).ok()?;
                let mut statement = conn.prepare(sql).ok()?;
                let rows = statement.query_map((), |row| row.get(0)).ok()?;
                rows.collect::<Result<_, _>>().ok()
            }
        }
    }

    /// The segments in the table by id; `None` when the server did not answer.
    pub(crate) fn rows(&self) -> Option<Vec<u32>> {
        let cast = match self {
            Self::Server { .. } => "CHAR",
            Self::File(_) => "TEXT",
        };
        let sql = format!("SELECT CAST(segment AS {cast}) FROM video_timeline ORDER BY id");
        self.column(&sql)?.into_iter().map(|text| text.parse().ok()).collect()
    }

    pub(crate) fn markers(&self) -> Option<Vec<String>> {
        self.column("SELECT update_id FROM table_updates ORDER BY update_id")
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        let sql = match self {
            Self::Server { .. } => "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
            Self::File(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1",
        };
        self.column(sql).unwrap()
    }
}

pub(crate) fn text(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

/// A reader that looks all the time, as a dashboard would.
pub(crate) struct Poll {
    stop: Arc<AtomicBool>,
    /// How often it has looked, or could not.
    attempts: Arc<AtomicUsize>,
    thread: JoinHandle<u32>,
}

impl Poll {
    /// Sees the old rows or `new`; where the marker `new` was seen, only `new`.
    pub(crate) fn start(place: &Place, new: Vec<u32>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let attempts = Arc::new(AtomicUsize::new(0));
        let (place, stopped, counted) = (place.clone(), Arc::clone(&stop), Arc::clone(&attempts));
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !stopped.load(Ordering::Relaxed) || looks == 0 {
                // In this order: rows may come after this look at the markers, but must not be missing behind one.
                let marked = place.markers();
                if let (Some(markers), Some(rows)) = (marked, place.rows()) {
                    assert!(rows == OLD || rows == new, "a mixture of {} rows was seen", rows.len());
                    assert!(rows == new || !markers.iter().any(|marker| marker == "new"), "the marker came first");
                    looks += 1;
                }
                counted.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(20));
            }
            looks
        });
        Self { stop, attempts, thread }
    }

    /// Waits until it has looked at what is there now: a look that began before may be one of the two.
    pub(crate) fn looks_twice(&self) {
        let before = self.attempts.load(Ordering::Relaxed);
        wait_until("the reader looked", || self.thread.is_finished() || self.attempts.load(Ordering::Relaxed) >= before + 2);
    }

    pub(crate) fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.thread.join().unwrap() > 0, "the reader never saw the table");
    }
}

/// Waits for the line that says that the loader has done the step.
pub(crate) fn wait_for_pause(loader: &mut Child, step: &str) {
    let mut said = String::new();
    let lines = BufReader::new(loader.stderr.as_mut().unwrap());
    for line in lines.lines() {
        let line = line.unwrap();
        if line == format!("paused after {step}") {
            return;
        }
        said.push_str(&line);
    }
    panic!("the loader never came to the step {step}: {said}");
}

/// Kills a loader after each of these steps in turn and then runs it once more.
pub(crate) fn killed_after_each_step(scene: impl Fn() -> Scene, options: &[&str], steps: &[&str]) {
    let mut expected = new_rows();
    let mut markers = vec!["new"];
    if options.is_empty() {
        expected = [OLD, &expected].concat();
        markers.push("old");
    }
    for step in steps {
        let scene = scene();
        let poll = Poll::start(&scene.place, expected.clone());
        let mut loader = scene.loader("new", options).env("INSIGHTS_LOADER_PAUSE_AFTER", step).spawn().unwrap();
        wait_for_pause(&mut loader, step);
        poll.looks_twice();
        loader.kill().unwrap();
        loader.wait().unwrap();
        poll.looks_twice();
        scene.load("new", options);
        poll.end();
        scene.assert_holds(&expected, &markers);
        // Once more: a swap's proof of an interrupted run is gone, and an append is not done twice.
        scene.load("new", options);
        scene.assert_holds(&expected, &markers);
    }
}
