//! Stores on a server, reports in an object store, and the command line.

use std::path::Path;
use std::process::Command;

use insights_pipeline::report::{ReportOptions, write_report};
use insights_pipeline::storage::Location;
use insights_pipeline::stores::target::StorePlace;
use mysql::prelude::Queryable;
use rusqlite::types::Value;

use crate::mysql_servers::MariaDb;
use crate::pages::report;
use crate::remote_servers::S3Server;
use crate::site::{self, Site};

/// Copies the rows of a file into a new database, ids and times of loading as they are.
fn copy(store: &Path, server: &MariaDb, database: &str) {
    let (from, mut to) = (rusqlite::Connection::open(store).unwrap(), server.connect());
    to.query_drop(format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).unwrap();
    to.query_drop(format!("USE {database}")).unwrap();
    for table in site::tables() {
        to.query_drop(table.mysql_create()).unwrap();
        let mut statement =
            from.prepare(&format!("SELECT id, {}, created FROM {} ORDER BY id", table.column_list('"'), table.name)).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map((), |row| (0..width).map(|place| row.get::<_, Value>(place)).collect::<rusqlite::Result<Vec<_>>>());
        let value = |value| match value {
            Value::Null => mysql::Value::NULL,
            Value::Integer(number) => number.into(),
            Value::Real(number) => number.into(),
            Value::Text(text) => text.into(),
            Value::Blob(bytes) => bytes.into(),
        };
        let rows: Vec<Vec<mysql::Value>> = rows.unwrap().map(|row| row.unwrap().into_iter().map(value).collect()).collect();
        let marks = vec!["?"; width].join(", ");
        let insert = format!("INSERT INTO {} (id, {}, created) VALUES ({marks})", table.name, table.column_list('`'));
        to.query_drop("START TRANSACTION").unwrap();
        to.exec_batch(insert, rows).unwrap();
        to.query_drop("COMMIT").unwrap();
    }
}

#[test]
fn mysql_gives_the_pages_of_the_file() {
    let server = MariaDb::shared();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    // Hostile texts go through the server's protocol, too; it has no use for NUL in names, nor for names that differ in case only.
    let connection = site::empty(&store);
    for text in site::HOSTILE.iter().filter(|text| !text.contains('\0')) {
        Site { courses: 1, days: 40, demographic_days: 2 }.course(&connection, text, text, true, &mut fastrand::Rng::with_seed(7));
    }
    drop(connection);
    let database = MariaDb::new_database();
    copy(&store, &server, &database);
    let credentials = folder.path().join("credentials.json");
    let member = serde_json::json!({ "host": server.host, "port": server.port, "username": server.user, "password": server.password });
    std::fs::write(&credentials, member.to_string()).unwrap();
    let [file, tables] = ["file", "tables"].map(|name| folder.path().join(name));
    let from_file = report(&store, &file, true);
    let place = StorePlace::Mysql { credentials: Location::from_path(&credentials).unwrap(), database };
    let options = ReportOptions { learners: true, ..ReportOptions::default() };
    let from_tables = write_report(&place, None, &options, &Location::from_path(&tables).unwrap()).unwrap();
    assert_eq!(from_file.pages, from_tables.pages);
    for page in &from_file.pages {
        let text = |folder: &Path| {
            let text = std::fs::read_to_string(folder.join(&page.file)).unwrap();
            text.lines().map(|line| line.split("Made on").next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(text(&file), text(&tables), "{}", page.file);
    }
}

fn insights(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    command.args(arguments);
    command
}

#[test]
fn the_command_writes_into_an_object_store_and_tells_what_it_wrote() {
    let server = S3Server::start();
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 2, days: 30, demographic_days: 1 }.write(&store);
    let store = store.to_str().unwrap();
    let run = |out: &str| {
        let mut command = insights(&["report", "--sqlite", store, "--out", out]);
        command.env("AWS_ENDPOINT_URL", &server.endpoint).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = run("report");
    assert!(told.starts_with("2 courses\n") && told.contains("  Enrollment           2 courses, up to 2024-06-30\n"), "{told}");
    assert!(told.ends_with("Report: report/index.html\n"), "{told}");
    assert!(folder.path().join("report/index.html").exists());
    // The bucket that the endpoint starts with.
    let bucket = "insights-test";
    assert!(run(&format!("s3://{bucket}/insights/report")).contains(&format!("Report: s3://{bucket}/insights/report/index.html")));
    // The endpoint checks no keys, but wants to see one.
    let key = "AWS4-HMAC-SHA256 Credential=any/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    let page = ureq::get(format!("{}/{bucket}/insights/report/index.html", server.endpoint)).header("Authorization", key).call();
    let page = page.unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("Introduction to Statistics"));
    let missing = insights(&["report", "--sqlite", "missing.sqlite"]).current_dir(folder.path()).output().unwrap();
    assert!(!missing.status.success());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("There is no result store missing.sqlite"));
}
