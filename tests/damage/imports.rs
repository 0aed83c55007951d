//! Damage to an import of the LMS as a whole, seen by the task that loads the countries of enrollments.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

/// What comes of it.
pub(crate) enum ImportOutcome {
    /// So many enrollments are in the result table.
    Loaded(i64),
    /// The run ends with this exit code and message, and the table stays as it is.
    Refused(i32, &'static str),
}

/// A row of the table: what is wrong, how it is made of a sound import in this directory, and what comes of it.
pub(crate) struct ImportCase(pub &'static str, pub fn(&Path), pub ImportOutcome);

use ImportOutcome::{Loaded, Refused};

const PART: &str = "part-m-00000";
const NO_IMPORT: &str = "student_courseenrollment";

/// The rows of the table.
pub(crate) const CASES: &[ImportCase] = &[
    ImportCase("nothing: a sound import", |_| {}, Loaded(2)),
    ImportCase("no import of the day", |import| fs::remove_dir_all(import).unwrap(), Refused(20, NO_IMPORT)),
    ImportCase(
        "an import half written, without `_SUCCESS`",
        |import| fs::remove_file(import.join("_SUCCESS")).unwrap(),
        Refused(20, NO_IMPORT),
    ),
    ImportCase("an import of another program, without `_metadata`", |import| fs::remove_file(import.join("_metadata")).unwrap(), Loaded(2)),
    ImportCase("`_metadata` that is no JSON", |import| fs::write(import.join("_metadata"), "{").unwrap(), Loaded(2)),
    ImportCase(
        "a hidden file of an interrupted copy",
        |import| fs::write(import.join(".part.tmp"), row(3, "course-v1:a+b+c")).unwrap(),
        Loaded(2),
    ),
    ImportCase(
        "no line end behind the last row",
        |import| fs::write(import.join(PART), row(1, "course-v1:a+b+c").trim_end()).unwrap(),
        Loaded(1),
    ),
    ImportCase("a row twice in two files", |import| fs::write(import.join("part-m-00001"), row(2, "course-v1:a+b+c")).unwrap(), Loaded(3)),
    ImportCase(
        "a single row, without its last columns",
        |import| fs::write(import.join(PART), "1\u{1}1\u{1}course-v1:a+b+c\n").unwrap(),
        Loaded(1),
    ),
    ImportCase(
        "a row whose course is longer than its column",
        |import| append(import, &row(3, &format!("course-v1:{}+b+c", "a".repeat(300)))),
        Loaded(2),
    ),
    ImportCase(
        "a row whose course is no UTF-8",
        |import| append_bytes(import, b"3\x013\x01course-v1:\xff+b+c\x01\\N\x01true\x01audit\n"),
        Loaded(2),
    ),
    ImportCase("an empty import", |import| fs::write(import.join(PART), "").unwrap(), Refused(30, "with an empty result set")),
    ImportCase("a link to nowhere in it", |import| symlink("nowhere", import.join("part-m-00001")).unwrap(), Refused(20, "part-m-00001")),
    ImportCase(
        "a file in place of the directory",
        |import| {
            fs::remove_dir_all(import).unwrap();
            fs::write(import, "x").unwrap();
        },
        Refused(20, NO_IMPORT),
    ),
];

fn row(user_id: u32, course_id: &str) -> String {
    format!("{user_id}\u{1}{user_id}\u{1}{course_id}\u{1}2016-01-01 00:00:00.0\u{1}true\u{1}audit\n")
}

fn append(import: &Path, row: &str) {
    append_bytes(import, row.as_bytes());
}

fn append_bytes(import: &Path, row: &[u8]) {
    let sound = fs::read(import.join(PART)).unwrap();
    fs::write(import.join(PART), [&sound, row].concat()).unwrap();
}

fn run(folder: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    command.current_dir(folder).env_remove("LUIGI_CONFIG_PATH").stdin(Stdio::null());
    command.args(["InsertToMysqlLastCountryPerCourseTask", "--config", "site.cfg", "--sqlite", "site.sqlite", "--overwrite"]);
    command.args(["--interval", "2016-02-28-2016-02-29", "--import-date", "2016-02-28", "--n-reduce-tasks", "1"]);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Enrollments in the table.
fn loaded(folder: &Path) -> i64 {
    let store = rusqlite::Connection::open(folder.join("site.sqlite")).unwrap();
    let sum = "SELECT coalesce(sum(cumulative_count), 0) FROM course_enrollment_location_current";
    store.query_row(sum, (), |row| row.get(0)).unwrap_or(-1)
}

impl ImportOutcome {
    /// Its text in the table.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Loaded(2) => "the two sound rows are counted".to_owned(),
            Self::Loaded(number) => format!("the table counts {number}"),
            Self::Refused(code, message) => format!("exit code {code}, “{message}”; the table stays as it is"),
        }
    }
}

impl ImportCase {
    /// What does not come as the table says.
    pub(crate) fn wrong(&self) -> Option<String> {
        let Self(name, damage, outcome) = self;
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        let geolocation = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/common/mixed-1.geo.mmdb");
        let config = format!(
            "[hive]\nwarehouse_path = {here}/w\n[event-logs]\nsource = [\"{here}/logs\"]\npattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\n\
             [map-reduce]\nmarker = {here}/markers\n[geolocation]\ngeolocation_data = {}\n[location-per-course]\noverwrite_n_days = 1\n",
            geolocation.display()
        );
        fs::write(folder.path().join("site.cfg"), config).unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        fs::write(folder.path().join("logs/tracking.log-20160228"), "").unwrap();
        let import = folder.path().join("w/student_courseenrollment/dt=2016-02-28");
        fs::create_dir_all(&import).unwrap();
        fs::write(import.join(PART), row(1, "course-v1:a+b+c") + &row(2, "course-v1:a+b+c")).unwrap();
        for name in ["_SUCCESS", "_metadata"] {
            fs::write(import.join(name), if name == "_SUCCESS" { "" } else { "{}" }).unwrap();
        }
        let (code, said) = run(folder.path());
        assert_eq!((code, loaded(folder.path())), (Some(0), 2), "{said}");
        damage(&import);
        let (code, said) = run(folder.path());
        let rows = loaded(folder.path());
        let is_right = match outcome {
            ImportOutcome::Loaded(number) => code == Some(0) && rows == *number,
            ImportOutcome::Refused(expected, message) => code == Some(*expected) && rows == 2 && said.contains(message),
        };
        (!is_right).then(|| format!("{name}: should be {}, but: exit code {code:?}, {rows} rows, “{}”", outcome.text(), said.trim()))
    }
}
