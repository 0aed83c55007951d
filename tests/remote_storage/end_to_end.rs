//! Whole tasks by the local runner: the same bytes and rows wherever logs, warehouse, markers, manifest and database are.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use insights_pipeline::storage::{Location, store_for};
use rusqlite::Connection;

use crate::site::configuration::DATED;
use crate::site::{Configuration, Site};
use crate::{roots, write_all};

const SNAPSHOT: &str = "2014-05-08";
const DATABASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/common/mixed-1.geo.mmdb");

/// Logs, LMS tables and geolocation data in one place of some store; result store and configuration in a local folder.
struct Scene {
    root: Location,
    site: Site,
}

fn content(place: &Location) -> Vec<u8> {
    let mut bytes = Vec::new();
    store_for(place).unwrap().open(place).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Visible files below a directory, by their relative path.
fn files_below(directory: &Location) -> BTreeMap<String, Vec<u8>> {
    let entries = store_for(directory).unwrap().list(&directory.directory_form()).unwrap();
    let relative = entries.iter().map(|entry| (entry.location.relative_to(directory).unwrap().to_owned(), &entry.location));
    let visible = relative.filter(|(path, _)| path.split('/').all(|part| !part.starts_with(['.', '_'])));
    visible.map(|(path, place)| (path, content(place))).collect()
}

/// Logs of a week, so many events, and LMS tables.
fn generated(events: &str) -> tempfile::TempDir {
    let generated = tempfile::tempdir().unwrap();
    let mut generate = Command::new(env!("CARGO_BIN_EXE_insights"));
    generate.args(["generate", "--interval", "2014-05-01-2014-05-08", "--events", events, "--users", "40", "--tables", "--out"]);
    assert!(generate.arg(generated.path()).status().unwrap().success());
    generated
}

impl Scene {
    /// Copies what was generated into a place.
    fn new(generated: &Path, root: Location) -> Self {
        let local = Location::from_path(generated).unwrap();
        let table = format!("student_courseenrollment/dt={SNAPSHOT}");
        let mut files: Vec<_> = files_below(&local)
            .into_iter()
            .filter_map(|(path, bytes)| match path.strip_prefix(&table) {
                Some(name) => Some((root.join(&format!("warehouse/{table}{name}")), bytes)),
                None if path.contains("tracking.log") => Some((root.join(&format!("logs/{path}")), bytes)),
                None => None,
            })
            .collect();
        assert!(files.len() > 7, "too little was generated");
        files.push((root.join(&format!("warehouse/{table}/_SUCCESS")), Vec::new()));
        files.push((root.join("geo.mmdb"), fs::read(DATABASE).unwrap()));
        write_all(&files);
        let site = Site::new();
        let configuration = Configuration {
            warehouse: format!("{root}/warehouse"),
            logs: format!("{root}/logs"),
            markers: format!("{root}/markers"),
            pattern: DATED,
            expand_interval: "1 day",
        };
        site.write("site.cfg", configuration.text(&format!("[geolocation]\ngeolocation_data = {root}/geo.mmdb\n")));
        Self { root, site }
    }

    fn insights(&self, arguments: &[&str]) -> String {
        let done = self.site.program("insights").args(["--config", "site.cfg"]).args(arguments).output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "{arguments:?} with {}: {said}", self.root);
        said
    }

    fn run(&self) {
        let shared = ["--n-reduce-tasks", "2", "--sqlite", "store.sqlite"];
        let days = ["--overwrite-n-days", "7"];
        let activity = ["InsertToMysqlCourseActivityTask", "--end-date", SNAPSHOT, "--weeks", "1"];
        self.insights(&[&activity[..], &days, &shared].concat());
        let interval = ["--interval", "2014-05-01-2014-05-08", "--import-date", SNAPSHOT];
        self.insights(&[&["InsertToMysqlLastCountryPerCourseTask"], &interval[..], &days, &shared].concat());
        self.answers("x", &["--manifest", self.root.join("manifests/logs.txt").as_str()]);
    }

    /// The workflow of answers under a name.
    fn answers(&self, name: &str, more: &[&str]) -> String {
        let place = |name: &str| self.root.join(name).to_string();
        let (source, dest, csv) = (format!("[\"{}\"]", place("logs")), place("work"), place("csv"));
        let answers = ["AnswerDistributionWorkflow", "--name", name, "--src", &source, "--include", "[\"*tracking.log*\"]"];
        let places = ["--dest", &dest, "--output-root", &csv, "--marker", &place("csv-marker")];
        self.insights(&[&answers[..], &places, &["--n-reduce-tasks", "2", "--sqlite", "store.sqlite"], more].concat())
    }

    /// All result rows without identifiers and times of insertion, sorted.
    fn rows(&self) -> Vec<String> {
        let store = Connection::open(self.site.path("store.sqlite")).unwrap();
        let mut rows = Vec::new();
        for table in ["course_activity", "course_enrollment_location_current", "answer_distribution"] {
            let mut query = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = query.column_count();
            let row = |row: &rusqlite::Row<'_>| {
                let values = (1..columns - 1).map(|column| row.get::<_, rusqlite::types::Value>(column).unwrap());
                Ok(format!("{table} {:?}", values.collect::<Vec<_>>()))
            };
            let before = rows.len();
            rows.extend(query.query_map([], row).unwrap().map(Result::unwrap));
            assert!(rows.len() > before, "{table} is empty");
        }
        rows.sort();
        rows
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = files_below(&self.root);
        files.retain(|path, _| !path.starts_with("manifests/"));
        files
    }
}

#[test]
fn tasks_give_the_same_bytes_and_rows_from_any_store() {
    let generated = generated("3000");

    let local = tempfile::tempdir().unwrap();
    let expected = Scene::new(generated.path(), Location::from_path(local.path()).unwrap());
    expected.run();
    let (files, rows) = (expected.files(), expected.rows());
    for directory in [
        "warehouse/user_activity_by_user/",
        "warehouse/last_ip_of_user_id/",
        "warehouse/last_country_of_user_id/",
        "warehouse/course_enrollment_location_current/",
        "work/",
        "csv/",
    ] {
        assert!(files.iter().any(|(path, bytes)| path.starts_with(directory) && !bytes.is_empty()), "{directory} has no rows");
    }
    for root in roots() {
        let site = Scene::new(generated.path(), root);
        site.run();
        let found = site.files();
        assert!(found.keys().eq(files.keys()), "{}: {:?} instead of {:?}", site.root, found.keys(), files.keys());
        for (path, bytes) in &found {
            assert!(bytes == &files[path], "{path} differs in {}", site.root);
        }
        assert_eq!(site.rows(), rows, "{}", site.root);
        // What is complete is not made again; replaced, it is as before, and nothing is left beside it.
        let history = ["UserActivityTask", "--interval", "2014-05-01-2014-05-08", "--n-reduce-tasks", "2"];
        let skipped = site.insights(&history);
        assert!(skipped.contains("skipped, the marker") && !skipped.contains(" lines, "), "{skipped}");
        let replaced = site.insights(&[&history[..], &["--overwrite"]].concat());
        assert!(replaced.contains(" lines, "), "{replaced}");
        assert!(site.files() == files, "{}", site.root);
        let table = site.root.join("warehouse/user_activity_by_user/");
        let children = store_for(&table).unwrap().children(&table).unwrap();
        assert!(children.len() >= 7 && children.iter().all(|child| child.name.starts_with("dt=") || child.name == "_days"), "{children:?}");
    }
}

#[test]
fn submissions_are_kept_in_any_store() {
    let generated = generated("2000");
    for root in roots() {
        let site = Scene::new(generated.path(), root);
        let kept = site.root.join("kept/").to_string();
        let nights = ["first", "second", "third"].map(|night| site.answers(night, &["--kept-submissions", &kept]));
        assert_eq!(nights.each_ref().map(|told| told.contains(" files were kept")), [false, false, true], "{nights:?}");
        let files = files_below(&site.root);
        let rows = |night: &str| -> Vec<_> {
            let below = format!("work/problem_check_events_{night}/");
            files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(&below)?, bytes))).collect()
        };
        assert!(rows("first").iter().any(|(_, bytes)| !bytes.is_empty()));
        assert!(rows("second") == rows("first") && rows("third") == rows("first"), "{}", site.root);
        assert_eq!(files.keys().filter(|path| path.starts_with("kept/")).count(), 2, "{:?}", files.keys());
    }
}

#[test]
fn the_loader_reads_rows_of_any_store() {
    for root in roots() {
        let row = |course: &str| format!("{course}\t2014-05-01\t2014-05-08\tACTIVE\t3\n").into_bytes();
        write_all(&[(root.join("t/part-00000"), row("a")), (root.join("t/part-00001"), row("b")), (root.join("t/_SUCCESS"), Vec::new())]);
        let folder = tempfile::tempdir().unwrap();
        let load = |input: &Location| {
            let mut loader = Command::new(env!("CARGO_BIN_EXE_mysql-loader"));
            let loader = loader.current_dir(folder.path()).args(["course_activity", "--sqlite", "x.sqlite", "--input", input.as_str()]);
            let done = loader.output().unwrap();
            (done.status.success(), String::from_utf8(done.stderr).unwrap())
        };
        let (succeeded, said) = load(&root.join("t/"));
        assert!(succeeded && said.contains("2 rows into course_activity"), "{said}");
        let (succeeded, said) = load(&root.join("missing/"));
        assert!(!succeeded && said.contains(root.join("missing/").as_str()), "{said}");
        let store = Connection::open(folder.path().join("x.sqlite")).unwrap();
        let count: i64 = store.query_row("SELECT count(*) FROM course_activity", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 2);
    }
}
