//! What is missing is told before a log is read, all of it at once; `plan` tells the same.

use std::fs;

use mysql::prelude::Queryable;

use crate::scene::{DAY, Night};
use crate::servers::MariaDb;

#[test]
fn what_is_missing_is_told_before_a_log_is_read() {
    let server = MariaDb::shared();
    let database = MariaDb::new_database();
    let mut root = server.connect();
    let account = format!("few_{database}");
    root.query_drop(format!("CREATE USER '{account}'@'%' IDENTIFIED BY 's3cret-few'")).unwrap();
    root.query_drop(format!("GRANT SELECT, INSERT, DELETE ON {database}.* TO '{account}'@'%'")).unwrap();
    let night = Night::new(&[], "[database-export]\ncredentials = c.json\ndatabase = DATABASE\n");
    let config = fs::read_to_string(night.path("override.cfg")).unwrap();
    let config = config.replace("DATABASE", &database).replace("mixed-1.geo.mmdb", "mixed-1.log");
    fs::write(night.path("override.cfg"), config).unwrap();
    fs::remove_dir_all(night.path("w/auth_userprofile")).unwrap();
    let json = serde_json::json!({"host": server.host, "port": server.port, "username": account, "password": "s3cret-few"});
    fs::write(night.path("c.json"), json.to_string()).unwrap();
    for words in [&["daily", "--date", DAY][..], &["plan", "daily", "--date", DAY]] {
        let (code, said) = night.run(words);
        assert_eq!(code == Some(0), words[0] == "plan", "{said}");
        let grant = format!("GRANT UPDATE, CREATE ON `{database}`.* TO '{account}'@'%'");
        for expected in [grant.as_str(), "lacks rights", "is no geolocation database", "auth_userprofile"] {
            assert!(said.contains(expected), "{expected:?} is not in: {said}");
        }
        assert!(!said.contains("One scan of") && !said.contains("s3cret"), "{said}");
        assert!(!night.path("markers").exists() && !night.path("w/course_enrollment").exists(), "nothing was made");
    }
    let databases: Vec<String> =
        root.exec("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?", (&database,)).unwrap();
    assert!(databases.is_empty(), "looking makes no database");
    // Inputs alone are missing data.
    let (code, said) = night.run(&["daily", "--date", DAY, "--sqlite", "x.sqlite", "--only", "enrollment"]);
    assert!(code == Some(20) && said.contains("auth_userprofile"), "{said}");
    assert!(!night.path("x.sqlite").exists());
    // A server that is not there, and one that is none.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for port in [silent.local_addr().unwrap().port(), 1] {
        let json = serde_json::json!({"host": "127.0.0.1", "port": port, "username": "u", "password": "s3cret-few"});
        fs::write(night.path("c.json"), json.to_string()).unwrap();
        let started = std::time::Instant::now();
        let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity"]);
        assert!(code == Some(30) && said.contains(&format!("127.0.0.1:{port}")) && !said.contains("One scan"), "{said}");
        assert!(started.elapsed().as_secs() < 60);
    }
    root.query_drop(format!("DROP USER '{account}'@'%'")).unwrap();
}

#[test]
fn what_the_lms_lacks_is_told_before_a_log_is_read() {
    let server = MariaDb::shared();
    let database = MariaDb::new_database();
    let account = format!("lms_{database}");
    let mut root = server.connect();
    let night = Night::new(&[], &format!("[database-import]\ncredentials = c.json\ndatabase = {database}\n"));
    let done = night.run(&["generate", "--interval", "2014-05-14-2014-05-22", "--events", "100", "--sql", "lms.sql"]);
    assert_eq!(done.0, Some(0), "{}", done.1);
    for sql in [format!("CREATE DATABASE {database} CHARACTER SET utf8mb4"), format!("USE {database}")] {
        root.query_drop(sql).unwrap();
    }
    for statement in fs::read_to_string(night.path("lms.sql")).unwrap().split(";\n").filter(|statement| !statement.trim().is_empty()) {
        root.query_drop(statement).unwrap();
    }
    // One connection is needed at a time; the server may take the one before for open still.
    root.query_drop(format!("CREATE USER '{account}'@'%' IDENTIFIED BY 's3cret-lms' WITH MAX_USER_CONNECTIONS 2")).unwrap();
    root.query_drop(format!("GRANT SELECT ON {database}.* TO '{account}'@'%'")).unwrap();
    let json = serde_json::json!({"host": server.host, "port": server.port, "username": account, "password": "s3cret-lms"});
    fs::write(night.path("c.json"), json.to_string()).unwrap();
    for table in ["auth_userprofile", "student_courseenrollment"] {
        fs::remove_dir_all(night.path(&format!("w/{table}"))).unwrap();
    }
    let words = ["plan", "daily", "--date", DAY, "--only", "enrollment", "--only", "location"];
    let (code, said) = night.run(&words);
    assert!(code == Some(0) && !said.contains("Missing"), "{said}");
    root.query_drop("DROP TABLE auth_userprofile").unwrap();
    root.query_drop("ALTER TABLE student_courseenrollment DROP COLUMN mode").unwrap();
    for words in [&words[..], &words[1..]] {
        let (code, said) = night.run(words);
        assert_eq!(code, Some(if words[0] == "plan" { 0 } else { 30 }), "{said}");
        for expected in ["Reading the table auth_userprofile failed", "Unknown column 'mode'", "(database of [database-import])"] {
            assert!(said.contains(expected), "{expected:?} is not in: {said}");
        }
        for made in ["markers", "w/course_enrollment_events", "w/last_ip_of_user_id"] {
            assert!(!night.path(made).exists(), "{made}: {said}");
        }
    }
    // Other tasks begin all the same.
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "enrollment", "--only", "user-activity"]);
    assert!(code == Some(30) && said.contains("course_activity: 20 rows into insights.sqlite"), "{said}");
    for sql in [format!("DROP USER '{account}'@'%'"), format!("DROP DATABASE {database}")] {
        root.query_drop(sql).unwrap();
    }
}

#[test]
fn a_named_server_is_never_a_file() {
    let night = Night::new(&[], "[database-export]\ncredentials = absent.json\ndatabase = reports\n");
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity"]);
    assert!(code == Some(20) && said.contains("absent.json"), "{said}");
    let night = Night::new(&[], "[database-export]\ndatabase = reports\n");
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity"]);
    assert!(code == Some(2) && said.contains("no credentials for its server"), "{said}");
    let night = Night::new(&[], "[database-import]\ndatabase = edxapp\ncredential = c.json\n");
    let (code, said) = night.run(&["daily", "--date", DAY, "--only", "enrollment"]);
    assert!(code == Some(2) && said.contains("The LMS database edxapp is named, but no credentials"), "{said}");
    assert!(!night.path("insights.sqlite").exists());
}

#[test]
fn a_setting_that_cannot_be_used_is_a_wrong_use() {
    for (sections, part) in [
        ("[daily]\nfill_days = x\n", "fill_days of [daily] is \"x\""),
        ("[load]\nmax_rejected = x\n", "max_rejected of [load] cannot be used"),
        ("[ccx]\nenabled = maybe\n", "The setting enabled of [ccx]"),
    ] {
        let night = Night::new(&[], sections);
        let (code, said) = night.run(&["daily", "--date", DAY, "--only", "user-activity"]);
        assert!(code == Some(2) && said.contains(part) && !said.contains("--fill-days"), "{code:?} {sections}: {said}");
    }
    let settings = |line: &str, changed: &str| {
        let night = Night::new(&[], "");
        let config = std::fs::read_to_string(night.path("override.cfg")).unwrap();
        std::fs::write(night.path("override.cfg"), config.replace(line, changed)).unwrap();
        night.run(&["daily", "--date", DAY, "--only", "user-activity", "--only", "enrollment"])
    };
    for (line, changed, part) in [
        ("expand_interval = 2 days", "expand_interval = 2", "expand_interval of [event-logs] cannot be used"),
        ("expand_interval = 2 days", "course_urls =", "[event-logs] course_urls is \"\""),
        ("weeks = 1", "weeks = 99999999999999", "more than the calendar has"),
        ("interval_start = 2014-05-02", "interval_start = 2014-06-01", "interval_start is \"2014-06-01\""),
    ] {
        let (code, said) = settings(line, changed);
        assert!(code == Some(2) && said.contains(part), "{code:?} {changed}: {said}");
    }
}
