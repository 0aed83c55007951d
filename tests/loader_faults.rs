//! Faults of a loader, with the real executable: whatever is killed or refused when, a reader sees the old rows or the
//! new ones, a marker is never there before its rows, and the next run ends like an undisturbed one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::format_collect)] // only tests use it
mod servers;

use mysql::prelude::Queryable;
use servers::MariaDb;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const OLD: &[u32] = &[1, 2, 3];
const OVERWRITE: &[&str] = &["--overwrite"];
const SWAP: &[&str] = &["--overwrite", "--use-temp-table-for-overwrite"];

/// Enough rows for several blocks of the stream, and for `first-rows` to come before the last.
fn new_rows() -> Vec<u32> {
    (10..40_010).collect()
}

fn lines(segments: &[u32]) -> String {
    let line = |segment| format!("course-v1:a+b+c|video\t{segment}\t1\t2\n");
    segments.iter().map(line).collect()
}

/// A result database with old rows in it, on a server or in a file.
struct Scene {
    folder: TempDir,
    database: String,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Server { port: u16, user: String, password: String, host: String, database: String },
    File(PathBuf),
}

impl Scene {
    fn on(server: &MariaDb) -> Self {
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

    fn in_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("reports.sqlite"));
        Self::with_old_rows(folder, "reports".into(), place)
    }

    fn with_old_rows(folder: TempDir, database: String, place: Place) -> Self {
        let scene = Self { folder, database, place };
        std::fs::write(scene.input("old"), lines(OLD)).unwrap();
        std::fs::write(scene.input("new"), lines(&new_rows())).unwrap();
        scene.write_credentials("user.json", None);
        let done = scene.loader("old", &[]).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
        scene
    }

    /// The same database after its server was started again.
    fn moved_to(mut self, server: &MariaDb) -> Self {
        if let Place::Server { port, .. } = &mut self.place {
            *port = server.port;
        }
        self.write_credentials("user.json", None);
        self
    }

    fn input(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_credentials(&self, file: &str, account: Option<(&str, &str)>) {
        let Place::Server { host, port, user, password, .. } = &self.place else {
            return;
        };
        let (user, password) = account.unwrap_or((user, password));
        let json = serde_json::json!({"host": host, "port": port, "username": user, "password": password});
        std::fs::write(self.input(file), json.to_string()).unwrap();
    }

    /// The loader of the rows `name`, whose update id is the same name.
    fn loader(&self, name: &str, options: &[&str]) -> Command {
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
    fn load(&self, name: &str, options: &[&str]) {
        let done = self.loader(name, options).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }

    /// Runs the loader, which must fail with this text and must not have changed anything.
    fn refused(&self, name: &str, options: &[&str], expected: &str) {
        let done = self.loader(name, options).output().unwrap();
        self.check_refusal(&done, expected);
    }

    fn check_refusal(&self, done: &Output, expected: &str) {
        let said = text(done);
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains(expected), "{expected:?} is not in: {said}");
        if let Place::Server { password, .. } = &self.place {
            assert!(!said.contains(password.as_str()), "{said}");
        }
        assert_eq!(self.place.rows().unwrap(), OLD);
        assert_eq!(self.place.markers().unwrap(), ["old"]);
    }

    fn assert_holds(&self, rows: &[u32], markers: &[&str]) {
        assert!(self.place.rows().unwrap() == rows, "the table holds other rows");
        assert_eq!(self.place.markers().unwrap(), markers);
        assert_eq!(self.place.tables(), ["table_updates", "video_timeline"], "something is left over");
    }
}

impl Place {
    fn column(&self, sql: &str) -> Option<Vec<String>> {
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
    fn rows(&self) -> Option<Vec<u32>> {
        let cast = match self {
            Self::Server { .. } => "CHAR",
            Self::File(_) => "TEXT",
        };
        let sql = format!("SELECT CAST(segment AS {cast}) FROM video_timeline ORDER BY id");
        self.column(&sql)?.into_iter().map(|text| text.parse().ok()).collect()
    }

    fn markers(&self) -> Option<Vec<String>> {
        self.column("SELECT update_id FROM table_updates ORDER BY update_id")
    }

    fn tables(&self) -> Vec<String> {
        let sql = match self {
            Self::Server { .. } => "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
            Self::File(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1",
        };
        self.column(sql).unwrap()
    }
}

fn text(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

/// A reader that looks all the time, as a dashboard would.
struct Poll {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u32>,
}

impl Poll {
    /// Sees the old rows or `new`; where the marker `new` was seen, only `new`.
    fn start(place: &Place, new: Vec<u32>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (place, stopped) = (place.clone(), Arc::clone(&stop));
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
                sleep(Duration::from_millis(20));
            }
            looks
        });
        Self { stop, thread }
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.thread.join().unwrap() > 0, "the reader never saw the table");
    }
}

/// Waits for the line that says that the loader has done the step.
fn wait_for_pause(loader: &mut Child, step: &str) {
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
fn killed_after_each_step(scene: impl Fn() -> Scene, options: &[&str], steps: &[&str]) {
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
        sleep(Duration::from_millis(100));
        loader.kill().unwrap();
        loader.wait().unwrap();
        sleep(Duration::from_millis(50));
        scene.load("new", options);
        poll.end();
        scene.assert_holds(&expected, &markers);
        // Once more: a swap's proof of an interrupted run is gone, and an append is not done twice.
        scene.load("new", options);
        scene.assert_holds(&expected, &markers);
    }
}

#[test]
fn mysql_overwrite_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "deleted", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), OVERWRITE, &steps);
    let by_insert = ["--overwrite", "--no-bulk"];
    killed_after_each_step(|| Scene::on(&server), &by_insert, &["first-rows", "loaded"]);
}

#[test]
fn mysql_swap_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "staged", "first-rows", "loaded", "renamed", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), SWAP, &steps);
}

#[test]
fn mysql_append_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), &[], &steps);
}

#[test]
fn sqlite_killed_after_each_step() {
    let steps = ["locked", "created", "deleted", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(Scene::in_file, OVERWRITE, &steps);
    killed_after_each_step(Scene::in_file, SWAP, &["deleted", "marked"]);
    killed_after_each_step(Scene::in_file, &[], &["first-rows", "committed"]);
}

/// After a swap that was interrupted before its marker, the markers agree with the rows, whoever comes next.
#[test]
fn an_unmarked_swap_is_repaired_by_any_next_run() {
    let server = MariaDb::shared();
    let interrupted = || {
        let scene = Scene::on(&server);
        let mut loader = scene.loader("new", SWAP).env("INSIGHTS_LOADER_PAUSE_AFTER", "renamed").spawn().unwrap();
        wait_for_pause(&mut loader, "renamed");
        loader.kill().unwrap();
        loader.wait().unwrap();
        scene
    };
    let scene = interrupted();
    // Without overwriting, the same rows must not be loaded twice …
    scene.load("new", &[]);
    scene.assert_holds(&new_rows(), &["new"]);
    // … and the replaced rows do not count as loaded.
    let scene = interrupted();
    scene.load("old", &[]);
    scene.assert_holds(&[&new_rows()[..], OLD].concat(), &["old"]);
}

#[test]
fn two_loaders_at_once() {
    let server = MariaDb::shared();
    for (scene, options) in [(Scene::on(&server), OVERWRITE), (Scene::on(&server), SWAP), (Scene::in_file(), OVERWRITE)] {
        // One waits for the other, and both succeed.
        let poll = Poll::start(&scene.place, new_rows());
        let loaders: Vec<Child> = (0..2).map(|_| scene.loader("new", options).spawn().unwrap()).collect();
        for loader in loaders {
            let done = loader.wait_with_output().unwrap();
            assert!(done.status.success(), "{}", text(&done));
        }
        poll.end();
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn a_second_loader_gives_up_after_its_wait() {
    let server = MariaDb::shared();
    for (scene, expected) in [
        (Scene::on(&server), "Another loader is filling the table video_timeline"),
        (Scene::in_file(), "Locking the table video_timeline failed"),
    ] {
        let mut first = scene.loader("new", OVERWRITE).env("INSIGHTS_LOADER_PAUSE_AFTER", "loaded").spawn().unwrap();
        wait_for_pause(&mut first, "loaded");
        let started = Instant::now();
        scene.refused("new", &["--overwrite", "--lock-wait=1"], expected);
        assert!(started.elapsed() < Duration::from_secs(15));
        first.kill().unwrap();
        first.wait().unwrap();
        scene.load("new", OVERWRITE);
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn a_locked_table_is_waited_for_and_explained() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let mut other = server.connect();
    other.query_drop(format!("USE {}", scene.database)).unwrap();
    for options in [["--overwrite", "--lock-wait=1"].as_slice(), &[SWAP, &["--lock-wait=1"]].concat()] {
        other.query_drop("LOCK TABLES video_timeline READ, table_updates READ").unwrap();
        scene.refused("new", options, "SHOW FULL PROCESSLIST");
        other.query_drop("UNLOCK TABLES").unwrap();
    }
    // A lock that goes away in time is only a delay.
    other.query_drop("LOCK TABLES video_timeline READ").unwrap();
    let loader = scene.loader("new", OVERWRITE).spawn().unwrap();
    sleep(Duration::from_millis(500));
    other.query_drop("UNLOCK TABLES").unwrap();
    let done = loader.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    scene.assert_holds(&new_rows(), &["new"]);
}

#[test]
fn a_refused_rename_changes_nothing() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let account = format!("few_{}", scene.database);
    let mut root = server.connect();
    root.query_drop(format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'few-rights'")).unwrap();
    let rights = format!("GRANT SELECT, INSERT, DELETE, CREATE ON {}.* TO '{account}'@'%'", scene.database);
    root.query_drop(rights).unwrap();
    scene.write_credentials("user.json", Some((&account, "few-rights")));
    scene.refused("new", SWAP, "Putting the new rows of video_timeline in place failed");
    scene.refused("new", SWAP, "Grant the account");
    // Deleting needs no such right, and the full account sweeps what the other could not drop.
    scene.write_credentials("user.json", None);
    scene.load("new", SWAP);
    scene.assert_holds(&new_rows(), &["new"]);
    root.query_drop(format!("DROP USER '{account}'@'%'")).unwrap();
}

#[test]
fn a_refused_commit_changes_nothing() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let pausing = |scene: &Scene| {
        let mut command = scene.loader("new", &["--overwrite", "--lock-wait=1"]);
        command.env("INSIGHTS_LOADER_PAUSE_AFTER", "marked").env("INSIGHTS_LOADER_PAUSE_SECONDS", "2");
        let mut loader = command.spawn().unwrap();
        wait_for_pause(&mut loader, "marked");
        loader
    };
    // An administrator ends the connection between the marker and the commit.
    let loader = pausing(&scene);
    let mut other = server.connect();
    let sessions: Vec<u64> = other.query(format!("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}'", scene.database)).unwrap();
    for id in &sessions {
        other.query_drop(format!("KILL {id}")).unwrap();
    }
    let done = loader.wait_with_output().unwrap();
    scene.check_refusal(&done, "Committing the rows of video_timeline failed");
    scene.load("new", OVERWRITE);
    scene.assert_holds(&new_rows(), &["new"]);
}

#[test]
fn a_server_killed_in_the_middle_keeps_the_old_rows() {
    let mut server = MariaDb::own(&[]);
    for options in [OVERWRITE, SWAP, &["--overwrite", "--no-bulk"]] {
        let scene = Scene::on(&server);
        let mut loader = scene.loader("-", &[options, &["--update-id=new"]].concat()).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = loader.stdin.take().unwrap();
        input.write_all(lines(&new_rows()).as_bytes()).unwrap();
        sleep(Duration::from_millis(500));
        server.kill();
        sleep(Duration::from_millis(200));
        // The loader may end before it has read this.
        let _ = input.write_all(lines(&new_rows()).as_bytes());
        drop(input);
        let done = loader.wait_with_output().unwrap();
        server.restart();
        let scene = scene.moved_to(&server);
        scene.check_refusal(&done, "was lost");
        scene.load("new", options);
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn wrong_places_and_credentials_are_explained() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let path = scene.input("user.json");
    for (host, port, password, expected) in [
        (server.host.as_str(), server.port, "s3cret-wrong", "Check username and password in the credentials file"),
        ("no-such-host.invalid", server.port, "s3cret-wrong", "cannot be reached"),
        ("127.0.0.1", 1, "s3cret-wrong", "Check host and port in the credentials file"),
    ] {
        let json = serde_json::json!({"host": host, "port": port, "username": server.user, "password": password});
        std::fs::write(&path, json.to_string()).unwrap();
        let done = scene.loader("new", OVERWRITE).output().unwrap();
        scene.check_refusal(&done, expected);
        assert!(!text(&done).contains("s3cret"), "{}", text(&done));
    }
    std::fs::remove_file(&path).unwrap();
    scene.refused("new", OVERWRITE, "cannot be read");
}
