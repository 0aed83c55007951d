//! One line whose value no table can hold: everything else is loaded, into both stores, and the night ends well (rules 10, 4).

use std::fs;

use mysql::prelude::Queryable;

use crate::scene::{DAY, Night};
use crate::servers::MariaDb;

/// The lines, and what is said of each: the table, and why the row is left out. None where the value is a text like any other, or the
/// mapper already leaves it out.
const NIGHTS: [(&str, &str); 5] = [
    ("course-300-page-url-activity", "course_activity"),
    ("mode-101", "course_meta_summary_enrollment"),
    ("problem-id-256", "answer_distribution"),
    ("variant-text", "answer_distribution"),
    ("video-id-None", "video"),
];

#[test]
fn one_line_keeps_nothing_from_a_file() {
    let sound = Night::new(&[], "");
    let (code, said) = sound.run(&["daily", "--date", DAY, "--n-reduce-tasks", "2"]);
    assert_eq!(code, Some(0), "{said}");
    let sound = sound.rows();
    for (file, table) in NIGHTS {
        let night = Night::new(&[file], "");
        let (code, said) = night.run(&["daily", "--date", DAY, "--n-reduce-tasks", "2"]);
        assert_eq!(code, Some(0), "{file}: {said}");
        let rows = night.rows();
        assert_eq!(rows.len(), sound.len(), "{file}");
        assert!(rows.iter().all(|(name, rows)| *rows >= sound[name]), "{file}: {rows:?} {sound:?}");
        assert!(rows[table] > 0 && said.contains(&format!("Table {table}: ")), "{file}: {said}");
    }
}

#[test]
fn all_lines_of_these_kinds_keep_nothing_from_a_server() {
    let server = MariaDb::shared();
    let database = MariaDb::new_database();
    let files = NIGHTS.map(|(file, _)| file);
    let night = Night::new(&files, "[database-export]\ncredentials = c.json\ndatabase = DATABASE\n");
    let config = fs::read_to_string(night.path("override.cfg")).unwrap().replace("DATABASE", &database);
    fs::write(night.path("override.cfg"), config).unwrap();
    let json = serde_json::json!({"host": server.host, "port": server.port, "username": server.user, "password": server.password});
    fs::write(night.path("c.json"), json.to_string()).unwrap();
    let (code, said) = night.run(&["daily", "--date", DAY, "--n-reduce-tasks", "2"]);
    assert_eq!(code, Some(0), "{said}");
    let first = said.lines().find(|line| line.starts_with("Result store")).unwrap();
    assert!(first.contains(&format!("mysql://127.0.0.1:{}/{database} (this machine; the server is not checked)", server.port)), "{first}");
    assert!(said.contains("1 of ") && said.contains(" rows were left out: "), "{said}");
    assert!(!said.contains(&server.password) && !night.path("insights.sqlite").exists());
    let mut conn = server.connect();
    let tables: Vec<String> = conn.exec("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?", (&database,)).unwrap();
    assert_eq!(tables.len(), 15, "{tables:?}");
    for table in tables.iter().filter(|table| !table.starts_with("course_program")) {
        let rows: Option<u64> = conn.query_first(format!("SELECT count(*) FROM {database}.{table}")).unwrap();
        assert!(rows > Some(0), "{table}: {said}");
    }
    // A day that is there is not loaded again, and says since when.
    let (code, said) = night.run(&["daily", "--date", DAY, "--n-reduce-tasks", "2", "--only", "module-engagement"]);
    assert_eq!(code, Some(0), "{said}");
}
