//! The whole workflow through the driver: same bytes under every runner, re-runs, resuming, bad input, stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: mariadb

mod site;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;

use insights_pipeline::warehouse::RunId;

use site::servers::MariaDb;
use site::{Site, contents_below, generated_logs, said};

const COLUMNS: &str = "course_id, module_id, part_id, correct, first_response_count, last_response_count, value_id, answer_value_text, \
                       answer_value_numeric, variant, problem_display_name, question_text";

/// Logs, and places for results.
struct Scene {
    site: Site,
    logs: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let site = Site::new();
        let logs = site.path("logs");
        Self { site, logs }
    }

    fn generated() -> Self {
        let scene = Self::new();
        generated_logs(&scene.logs, 7, 60, 12_000);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.site.path(name)
    }

    fn command(&self, before: &[&str], run: &str, more: &[&str]) -> Output {
        let root = self.path(run);
        let place = |name: &str| root.join(name).display().to_string();
        let mut command = self.site.program("insights");
        command.args(before).arg("AnswerDistributionWorkflow");
        // The list without quotes, as a shell leaves it.
        command.args(["--local-scheduler", "--verbose", "--src", &format!("[{}]", self.logs.display())]);
        command.args(["--dest", &place("work"), "--output-root", &place("csv"), "--marker", &place("marker"), "--n-reduce-tasks", "3"]);
        if !more.contains(&"--name") {
            command.args(["--name", "x"]);
        }
        if !more.contains(&"--credentials") {
            command.args(["--sqlite", &place("store.sqlite")]);
            fs::create_dir_all(&root).unwrap();
        }
        command.args(more).output().unwrap()
    }

    fn succeeds(&self, run: &str, more: &[&str]) -> String {
        let done = self.command(&[], run, more);
        assert!(done.status.success(), "{}", said(&done));
        assert!(!said(&done).contains("panicked"), "{}", said(&done));
        said(&done)
    }

    fn fails(&self, run: &str, more: &[&str], code: i32) -> String {
        let done = self.command(&[], run, more);
        assert_eq!(done.status.code(), Some(code), "{}", said(&done));
        assert!(!said(&done).contains("panicked"), "{}", said(&done));
        said(&done)
    }

    /// All visible result files below the run's directory.
    fn files(&self, run: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let parts = ["work", "csv"].map(|part| (part, contents_below(&self.path(run).join(part))));
        let files =
            parts.into_iter().flat_map(|(part, files)| files.into_iter().map(move |(path, bytes)| (Path::new(part).join(path), bytes)));
        files.collect()
    }

    fn rows(&self, run: &str) -> Vec<Vec<Option<String>>> {
        let store = rusqlite::Connection::open(self.path(run).join("store.sqlite")).unwrap();
        let mut query = store.prepare(&format!("SELECT {COLUMNS} FROM answer_distribution")).unwrap();
        let rows = query.query_map([], |row| {
            let value = |index| row.get::<_, rusqlite::types::Value>(index);
            (0..12).map(|index| value(index).map(|value| as_text(&value))).collect::<Result<Vec<_>, _>>()
        });
        let mut rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    }
}

fn as_text(value: &rusqlite::types::Value) -> Option<String> {
    use rusqlite::types::Value;
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Blob(_) => panic!("no column holds a blob"),
    }
}

#[test]
fn threads_memory_and_runner_do_not_change_a_byte() {
    let scene = Scene::generated();
    scene.succeeds("one", &["--threads", "1"]);
    let expected = scene.files("one");
    assert!(expected.len() > 3, "{:?}", expected.keys());
    let spilled = scene.succeeds("spilled", &["--threads", "2", "--memory", "1M"]);
    assert!(spilled.contains("spills to disk"), "{spilled}");
    scene.succeeds("two", &["--threads", "2"]);
    let piped = scene.succeeds("pipe", &["--runner", "pipe"]);
    assert!(piped.contains("| LC_ALL=C sort") || piped.contains("+ LC_ALL=C sort"), "{piped}");
    for run in ["spilled", "two", "pipe"] {
        assert!(scene.files(run) == expected, "{run}");
        assert_eq!(scene.rows(run), scene.rows("one"), "{run}");
    }
}

#[test]
fn a_second_run_skips_what_is_complete() {
    let scene = Scene::generated();
    let planned = said(&scene.command(&["plan"], "run", &[]));
    assert!(planned.contains("due") && !scene.path("run/work").exists(), "{planned}");
    scene.succeeds("run", &[]);
    let (files, rows) = (scene.files("run"), scene.rows("run"));
    let planned = said(&scene.command(&["plan"], "run", &[]));
    assert_eq!(planned.matches(" complete: ").count(), 3, "{planned}");
    let written =
        || -> Vec<_> { files.keys().map(|path| fs::metadata(scene.path("run").join(path)).unwrap().modified().unwrap()).collect() };
    let before = written();
    let again = scene.succeeds("run", &[]);
    assert_eq!(again.matches("skipped").count(), 3, "{again}");
    assert!(again.contains(&format!("Table answer_distribution: {} rows", rows.len())), "{again}");
    assert_eq!(written(), before, "a complete step wrote its files again");
    assert_eq!(scene.rows("run"), rows);
    // Without the marker the CSV files are written again, with the same bytes.
    let csv = files.keys().find(|path| path.starts_with("csv")).unwrap();
    fs::write(scene.path("run").join(csv), "damaged").unwrap();
    fs::remove_dir_all(scene.path("run/marker")).unwrap();
    let rewritten = scene.succeeds("run", &[]);
    assert_eq!(rewritten.matches("skipped").count(), 2, "{rewritten}");
    assert!(scene.files("run") == files);
}

#[test]
fn a_killed_run_is_resumed_at_its_first_incomplete_step() {
    let scene = Scene::generated();
    scene.succeeds("run", &[]);
    let files = scene.files("run");
    fs::remove_dir_all(scene.path("run/work/answer_distribution_per_course_x")).unwrap();
    fs::remove_dir_all(scene.path("run/marker")).unwrap();
    // What a run that was killed inside this step leaves: a hidden directory with a part of the result.
    let dead = format!(".answer_distribution_per_course_x.staging-{}", RunId::generate());
    let dead = scene.path("run/work").join(dead);
    fs::create_dir(&dead).unwrap();
    fs::write(dead.join("part-00000"), "half a row").unwrap();
    let resumed = scene.succeeds("run", &[]);
    assert!(!dead.exists(), "the leftovers of a dead run are still there");
    assert!(resumed.contains("First and last submissions: skipped"), "{resumed}");
    assert!(scene.files("run") == files);
    // A process that is killed at any moment leaves nothing that looks complete but is not.
    for milliseconds in [5, 20, 60, 120, 250] {
        let run = format!("killed-{milliseconds}");
        let root = scene.path(&run);
        fs::create_dir_all(&root).unwrap();
        let place = |name: &str| root.join(name).display().to_string();
        let mut child = scene
            .site
            .program("insights")
            .args(["AnswerDistributionWorkflow", "--name", "x", "--src", &format!("[{}]", scene.logs.display()), "--dest", &place("work")])
            .args([
                "--output-root",
                &place("csv"),
                "--marker",
                &place("marker"),
                "--n-reduce-tasks",
                "3",
                "--sqlite",
                &place("store.sqlite"),
            ])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Not a wait: the moment of the kill is what is tried.
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        scene.succeeds(&run, &[]);
        assert!(scene.files(&run) == files, "killed after {milliseconds} ms");
        assert_eq!(scene.rows(&run), scene.rows("run"));
    }
}

#[test]
fn missing_input_is_told_from_useless_input() {
    let scene = Scene::new();
    let root = scene.logs.display().to_string();
    let text = scene.fails("empty", &[], 20);
    assert!(text.contains("No input file") && text.contains(&root), "{text}");
    // Every line mentions the event type, so every line gets as far as the parser.
    fs::write(scene.logs.join("a.log"), b"\xff\xfe problem_check\n\0{\"problem_check\":1}\nproblem_check{\n").unwrap();
    let text = scene.fails("glob", &["--include", "[\"*.gz\"]"], 20);
    assert!(text.contains("*.gz") && text.contains(&root), "{text}");
    scene.fails("nothing", &[], 30);
}

#[test]
fn an_empty_result_replaces_no_table() {
    let scene = Scene::generated();
    scene.succeeds("run", &[]);
    let (files, rows) = (scene.files("run"), scene.rows("run"));
    fs::remove_dir_all(&scene.logs).unwrap();
    fs::create_dir(&scene.logs).unwrap();
    fs::write(scene.logs.join("a.log"), b"").unwrap();
    // Another name is another run into the same store and the same CSV files.
    let text = scene.fails("run", &["--name", "y"], 30);
    assert!(text.contains("empty result set"), "{text}");
    assert_eq!(scene.rows("run"), rows);
    let csv = |files: BTreeMap<PathBuf, Vec<u8>>| files.into_iter().filter(|(path, _)| path.starts_with("csv")).collect::<Vec<_>>();
    assert!(csv(scene.files("run")) == csv(files));
}

#[test]
fn csv_files_are_written_whatever_becomes_of_the_load() {
    let scene = Scene::generated();
    scene.succeeds("right", &[]);
    for (run, threads) in [("beside", "2"), ("behind", "1")] {
        fs::create_dir_all(scene.path(run)).unwrap();
        let store = || rusqlite::Connection::open(scene.path(run).join("store.sqlite")).unwrap();
        store().execute_batch("CREATE TABLE answer_distribution (something_else TEXT)").unwrap();
        let text = scene.fails(run, &["--threads", threads], 30);
        assert!(text.contains("Table answer_distribution failed"), "{text}");
        assert!(scene.files(run) == scene.files("right"), "{text}");
        assert_eq!(contents_below(&scene.path(run).join("marker")).len(), contents_below(&scene.path("right").join("marker")).len());
        store().execute_batch("DROP TABLE answer_distribution").unwrap();
        let text = scene.succeeds(run, &["--threads", threads]);
        assert!(text.contains("CSV files: skipped"), "{text}");
        assert_eq!(scene.rows(run), scene.rows("right"));
    }
}

#[test]
fn damaged_lines_and_empty_files_change_no_result() {
    let scene = Scene::generated();
    scene.succeeds("clean", &[]);
    let mut damaged = fs::File::create(scene.logs.join("damaged.log")).unwrap();
    let part = vec![b'x'; 1 << 20];
    (0..100).for_each(|_| damaged.write_all(&part).unwrap());
    damaged.write_all(b"\n\xff\xfe problem_check\n\0problem_check{}\n").unwrap();
    fs::write(scene.logs.join("empty.log"), b"").unwrap();
    fs::write(scene.logs.join("empty.log.gz"), b"").unwrap();
    let text = scene.succeeds("damaged", &[]);
    assert!(text.contains("Discard Line Too Long = 1"), "{text}");
    assert!(scene.files("damaged") == scene.files("clean"));
    assert_eq!(scene.rows("damaged"), scene.rows("clean"));
}

#[test]
fn a_cut_log_commits_nothing() {
    let scene = Scene::generated();
    let cut = scene.logs.join("host1/tracking.log-20240304.gz");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let text = scene.fails("cut", &[], 30);
    assert!(text.contains("tracking.log-20240304.gz") && text.contains("at byte"), "{text}");
    let left: Vec<_> = fs::read_dir(scene.path("cut/work")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name.to_string_lossy().ends_with(".lock")), "{left:?}");
    assert!(!scene.path("cut/csv").exists() && !scene.path("cut/marker").exists() && !scene.path("cut/store.sqlite").exists());
    // With the file whole again, the same command goes through.
    fs::write(&cut, &bytes).unwrap();
    scene.succeeds("cut", &[]);
}

#[test]
fn manifests_are_written_and_reused() {
    let scene = Scene::generated();
    let manifest = scene.path("logs.manifest");
    scene.succeeds("first", &["--manifest", manifest.to_str().unwrap()]);
    let listed = fs::read_to_string(&manifest).unwrap();
    assert!(listed.lines().count() >= 4, "{listed}");
    // A log that came later is not in the manifest: it would fail the run if it were read.
    fs::write(scene.logs.join("later.log.gz"), b"no gzip").unwrap();
    let text = scene.succeeds("second", &["--manifest", manifest.to_str().unwrap()]);
    assert!(text.contains("is used as it is"), "{text}");
    scene.fails("third", &[], 30);
    assert!(scene.files("first") == scene.files("second"));
}

#[test]
fn wrong_options_end_with_2() {
    let scene = Scene::new();
    let text = scene.fails("x", &["--no-such-option"], 2);
    assert!(text.contains("--no-such-option"), "{text}");
    scene.fails("x", &["--memory", "much"], 2);
}

#[test]
fn mysql_holds_what_sqlite_holds() {
    let scene = Scene::generated();
    let server = MariaDb::shared();
    let database = format!("workflow_{}", std::process::id());
    let credentials = |name: &str, password: &str| {
        let path = scene.path(name);
        let json = serde_json::json!({"host": server.host, "port": server.port.to_string(), "username": server.user, "password": password});
        fs::write(&path, json.to_string()).unwrap();
        path.display().to_string()
    };
    let good = credentials("output.json", &server.password);
    scene.succeeds("run", &[]);
    let rows = || {
        use mysql::prelude::Queryable;
        let sql = format!("SELECT {COLUMNS} FROM {database}.answer_distribution");
        let rows: Vec<mysql::Row> = server.connect().query(sql).unwrap();
        let mut rows: Vec<Vec<_>> =
            rows.into_iter().map(|row| row.unwrap().into_iter().map(mysql::from_value::<Option<String>>).collect()).collect();
        rows.sort();
        rows
    };
    let expected = scene.rows("run");
    for more in [&[][..], &[], &["--use-temp-table-for-overwrite"], &["--insert-chunk-size", "7"]] {
        scene.succeeds("run", &[&["--credentials", &good, "--database", &database], more].concat());
        let numeric = 8;
        for (mysql, sqlite) in rows().iter().zip(&expected) {
            let number = |row: &[Option<String>]| row[numeric].as_ref().map(|text| text.parse::<f64>().unwrap());
            assert_eq!(number(mysql), number(sqlite));
            assert!(
                mysql.iter().zip(sqlite).enumerate().all(|(column, (left, right))| column == numeric || left == right),
                "{mysql:?} {sqlite:?}"
            );
        }
        assert_eq!(rows().len(), expected.len());
    }
    let before = rows();
    let wrong = credentials("wrong.json", "very-secret-but-wrong");
    let text = scene.fails("run", &["--credentials", &wrong, "--database", &database], 30);
    assert!(text.contains("Access denied") && !text.contains("very-secret"), "{text}");
    assert_eq!(rows(), before);
}
