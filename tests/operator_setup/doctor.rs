//! What `doctor` finds, its remedies followed until all is well.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use mysql::prelude::Queryable;
use serde_json::Value;

use crate::init::{init, week};
use crate::search_engine::{Engine, Kind};
use crate::site::servers::MariaDb;
use crate::site::{DAY, Site, mmdb, programs, said};

fn looked(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let output = site.tried("doctor", &[&["--date", DAY], words].concat());
    (output.status.code(), said(&output))
}

#[test]
fn without_configuration_it_says_what_comes_first() {
    let site = Site::new();
    let (code, text) = looked(&site, &[]);
    assert!(code == Some(2) && text.contains("→ Write one first: insights init --logs"), "{text}");
    assert!(!text.contains("logs           "), "{text}");
}

/// Each failure has its remedy, and the code of what is wrong.
#[test]
fn settings_that_cannot_be_used_are_failures_with_a_remedy() {
    let site = week();
    init(&site);
    let text = fs::read_to_string(site.path("override.cfg")).unwrap();
    let with = |from: &str, to: &str| {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        site.write("override.cfg", changed);
        looked(&site, &[])
    };
    let (code, told) = with("overwrite_n_days = 3\n", "overwrite_n_days = three\n");
    assert!(code == Some(2) && told.contains("→ Write a whole number."), "{told}");
    let (code, told) = with("geo.mmdb", "absent.mmdb");
    let cause = "absent.mmdb cannot be opened: No such file or directory (os error 2).";
    assert!(code == Some(20) && told.contains(cause) && told.contains("→ Correct its path"), "{told}");
    let (code, told) = with("[database-export]\n", "[database-export]\ncredentials = c.json\n#");
    assert!(code == Some(2) && told.matches("database of [database-export] is missing").count() == 1, "{told}");
    assert!(told.contains("→ Write into the configuration: [database-export] database = "), "{told}");
    site.write("override.cfg", text);
    site.write("torn.cfg", "[hive\n");
    let (code, told) = looked(&site, &["--config", "torn.cfg"]);
    assert!(code == Some(2) && told.contains("torn.cfg is malformed. Line 1 "), "{told}");
}

/// A folder that belongs to another account, with a warehouse to which this one may write.
#[test]
fn a_store_that_this_account_cannot_make_is_a_failure() {
    let site = week();
    init(&site);
    for (place, mode) in [("", 0o755), ("w", 0o777)] {
        fs::create_dir_all(site.path(place)).unwrap();
        fs::set_permissions(site.path(place), fs::Permissions::from_mode(mode)).unwrap();
    }
    let as_nobody = |words: &[&str]| {
        let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
        let mut command = Command::new("setpriv");
        command.args(nobody).arg(programs().join("insights")).args(words).current_dir(site.path("")).output().ok()
    };
    // Only an administrator can take on another account, which must be able to reach the program.
    if !as_nobody(&["--version"]).is_some_and(|output| output.status.success()) {
        return;
    }
    let output = as_nobody(&["doctor", "--date", DAY]).unwrap();
    let told = said(&output);
    assert_eq!(output.status.code(), Some(30), "{told}");
    assert!(told.contains("this account may not write to the folder ") && told.contains("→ Give it to this account, "), "{told}");
    assert!(!told.contains("may not read"), "{told}");
    let log = site.path("logs/tracking.log-20140516");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o0)).unwrap();
    let told = said(&as_nobody(&["doctor", "--date", DAY]).unwrap());
    let expected =
        format!("failure  logs           This account may not read {0}\n{1:<23} → Give it the right; `namei -l {0}`", log.display(), "");
    assert!(told.contains(&expected), "{told}");
    fs::set_permissions(site.path("logs"), fs::Permissions::from_mode(0o700)).unwrap();
    let told = said(&as_nobody(&["doctor", "--date", DAY]).unwrap());
    assert!(
        told.contains("Permission denied (os error 13).\n") && told.contains("→ The account that runs this has no right to it: "),
        "{told}"
    );
}

#[test]
fn logs_names_and_files_are_looked_at() {
    let site = week();
    init(&site);
    fs::copy(site.path("logs/tracking.log-20140515"), site.path("logs/tracking.log-20140515-copy")).unwrap();
    fs::remove_file(site.path("logs/tracking.log-20140517")).unwrap();
    let text = fs::read_to_string(site.path("override.cfg")).unwrap();
    site.write("override.cfg", text.clone() + "\n[enrolments]\ninterval_start = 2014-05-01\n[hive]\nrelease = apache\n");
    let (code, told) = looked(&site, &[]);
    assert_eq!(code, Some(0), "{told}");
    for expected in [
        "1 day without a log file: 2014-05-17",
        "have the same contents",
        "Did you mean [enrollments] interval_start?",
        "without effect: [hive] release",
        "1 day without a log file",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    // A pattern that chooses nothing, a database that has no countries, and one of another maker.
    site.write("override.cfg", text.replace("tracking\\\\.log-", "tracking\\\\.lag-"));
    site.write(
        "geo.mmdb",
        mmdb::Database { kind: "GeoLite2-ASN", networks: vec![("1.0.0.0/8", mmdb::text("x"))], ..mmdb::Database::default() }.bytes(),
    );
    let (code, told) = looked(&site, &["location", "--format", "json"]);
    // The JSON alone is on standard output.
    let json = told.split_at(told.rfind('}').unwrap() + 1).0;
    let found: Value = serde_json::from_str(json).unwrap();
    assert_eq!((code, found["exit_code"].as_u64()), (Some(30), Some(30)), "{told}");
    let failures: Vec<_> = found["checks"].as_array().unwrap().iter().filter(|check| check["state"] == "failure").collect();
    assert!(
        failures
            .iter()
            .any(|check| check["area"] == "logs" && check["text"].as_str().unwrap().contains("No file is chosen by the pattern")),
        "{told}"
    );
    assert!(
        failures.iter().any(|check| check["area"] == "geolocation" && check["remedy"].as_str().unwrap().contains("Country or City")),
        "{told}"
    );
    site.write("override.cfg", text);
    let flat = mmdb::Value::Map(vec![("country_code", mmdb::text("FR")), ("country_name", mmdb::text("France"))]);
    site.write("geo.mmdb", mmdb::Database { kind: "dbip-lite", networks: vec![("0.0.0.0/1", flat)], ..mmdb::Database::default() }.bytes());
    let (code, told) = looked(&site, &[]);
    assert!(code == Some(0) && told.contains("dbip-lite of "), "{told}");
}

#[test]
fn grants_are_named_until_both_databases_can_be_used() {
    let server = MariaDb::shared();
    let (reports, lms) = (MariaDb::new_database(), MariaDb::new_database());
    let account = format!("doctor_{lms}");
    let mut root = server.connect();
    for sql in [
        format!("CREATE USER '{account}'@'%' IDENTIFIED BY 's3cret-doctor'"),
        format!("CREATE DATABASE {lms} CHARACTER SET latin1"),
        format!("GRANT SELECT, INSERT ON `{reports}`.* TO '{account}'@'%'"),
    ] {
        root.query_drop(sql).unwrap();
    }
    let site = week();
    init(&site);
    site.run(&["generate", "--interval", "2014-05-14-2014-05-21", "--events", "100", "--sql", "lms.sql"]);
    root.query_drop(format!("USE {lms}")).unwrap();
    for statement in fs::read_to_string(site.path("lms.sql")).unwrap().split(";\n").filter(|statement| !statement.trim().is_empty()) {
        root.query_drop(statement).unwrap();
    }
    let credentials = serde_json::json!({"host": server.host, "port": server.port, "username": account, "password": "s3cret-doctor"});
    site.write("c.json", credentials.to_string());
    let both = format!(
        "[database-export]\ncredentials = c.json\ndatabase = {reports}\n[database-import]\ncredentials = c.json\ndatabase = {lms}\n"
    );
    let text = fs::read_to_string(site.path("override.cfg")).unwrap();
    site.write("override.cfg", text + &both);
    let (code, told) = looked(&site, &[]);
    assert_eq!(code, Some(30), "{told}");
    let of_store = format!("GRANT UPDATE, DELETE, CREATE ON `{reports}`.* TO '{account}'@'%';");
    let of_table = format!("GRANT SELECT ON `{lms}`.`auth_user` TO '{account}'@'%';");
    assert!(told.contains(&of_store) && told.contains(&of_table) && !told.contains("s3cret"), "{told}");
    // The remedies, as they stand.
    let remedies: Vec<_> =
        told.lines().filter_map(|line| line.find("GRANT ").map(|at| line[at..].trim_end_matches(';').to_owned())).collect();
    for grant in &remedies {
        root.query_drop(grant).unwrap();
    }
    let (code, told) = looked(&site, &[]);
    assert_eq!(code, Some(0), "{told}");
    for expected in ["MariaDB", "its 6 tables can be read"] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    // The LMS may have any character set, and nobody alters its database.
    assert!(!told.contains("latin1") && !told.contains("ALTER DATABASE"), "{told}");
    root.query_drop(format!("ALTER USER '{account}'@'%' IDENTIFIED BY 'another'")).unwrap();
    let (code, told) = looked(&site, &[]);
    assert!(code == Some(30) && told.contains("→ Check username and password in the credentials file."), "{told}");
    for sql in [format!("DROP USER '{account}'@'%'"), format!("DROP DATABASE {lms}")] {
        root.query_drop(sql).unwrap();
    }
}

#[test]
fn the_search_engine_says_what_it_is() {
    let engine = Engine::shared(Kind::OpenSearch);
    let site = week();
    init(&site);
    let text = fs::read_to_string(site.path("override.cfg")).unwrap();
    let with = |url: &str, more: &str| site.write("override.cfg", format!("{text}\n[elasticsearch]\nhost = [\"{url}\"]\n{more}"));
    with(&engine.url, "[module-engagement]\nalias = roster\nnumber_of_shards = 1\n");
    let (code, told) = looked(&site, &[]);
    assert!(code == Some(0) && told.contains("search engine  OpenSearch 2."), "{told}");
    with(&engine.url, "");
    let (code, told) = looked(&site, &[]);
    assert!(code == Some(2) && told.contains("→ Write into the configuration: [module-engagement] alias = roster"), "{told}");
    with("http://127.0.0.1:1/", "[module-engagement]\nalias = roster\nnumber_of_shards = 1\n");
    let (code, told) = looked(&site, &[]);
    assert!(code == Some(30) && told.contains("failure  search engine"), "{told}");
}
