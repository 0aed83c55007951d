//! The file that `init` writes is one that a night works with.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::site::{DAY, Site, mmdb, said};

/// A site with logs of a week and a geolocation database, without configuration.
pub(crate) fn week() -> Site {
    let site = Site::new();
    site.run(&["generate", "--interval", "2014-05-14-2014-05-21", "--events", "3000", "--out", "logs"]);
    let networks = vec![("0.0.0.0/1", mmdb::country("FR", "France")), ("128.0.0.0/1", mmdb::country("US", "United States"))];
    site.write("geo.mmdb", mmdb::Database { networks, ..mmdb::Database::default() }.bytes());
    site
}

/// Writes `override.cfg` of this site.
pub(crate) fn init(site: &Site) -> String {
    let (logs, warehouse, geolocation) = (site.place("logs"), site.place("w"), site.place("geo.mmdb"));
    let words = ["--logs", &logs, "--warehouse", &warehouse, "--first-day", "2014-05-14", "--geolocation-data", &geolocation];
    site.task("init", &words)
}

#[test]
fn a_night_works_with_what_init_writes() {
    let site = week();
    let told = init(&site);
    assert!(told.contains("Written: override.cfg") && !told.contains("Missing:"), "{told}");
    let looked = site.command(&["doctor", "--date", DAY]);
    assert_eq!(looked.status.code(), Some(0), "{}", said(&looked));
    assert!(looked.stderr.is_empty(), "nothing is filled: {}", said(&looked));
    let night = site.command(&["daily", "--date", DAY, "--n-reduce-tasks", "2"]);
    assert_eq!(night.status.code(), Some(0), "{}", said(&night));
    assert!(!said(&night).contains("Warning: Nothing reads"), "{}", said(&night));
    assert!(site.path("insights.sqlite").exists() && site.path("w/course_enrollment").exists());

    // A second time nothing is written over.
    let before = fs::read(site.path("override.cfg")).unwrap();
    let again = site.command(&["init"]);
    assert!(again.status.code() == Some(2) && said(&again).contains("--force"), "{}", said(&again));
    assert_eq!(fs::read(site.path("override.cfg")).unwrap(), before);
}

#[test]
fn an_old_configuration_is_taken_over_and_what_it_lacks_is_told() {
    let site = Site::new();
    let old = "[hive]\nrelease = apache\nwarehouse_path = /w/\n[enrolments]\ninterval_start = 2013-11-01\n[elasticsearch]\npassword = hunter2\n\
               username = u\n[core]\nlogging_conf_file = x\n[job-conf]\nmapred.X = 100%%\n[InsertToMysqlCourseActivityTask]\nweeks = 4\n";
    site.write("old.cfg", old);
    let told = site.task("init", &["--from", "old.cfg", "--output", "new.cfg", "--first-day", "2014-05-14"]);
    for expected in [
        "Used: [hive] warehouse_path",
        "Used: [job-conf] mapred.X",
        "Used: [InsertToMysqlCourseActivityTask] weeks",
        "No effect, left out: [hive] release (old.cfg, line 2).",
        "No effect, left out: [core] logging_conf_file",
        "[enrolments] interval_start (old.cfg, line 5). Did you mean [enrollments] interval_start?",
        "Missing: [event-logs] source",
        "Missing: [geolocation] geolocation_data",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
    assert_eq!(fs::metadata(site.path("new.cfg")).unwrap().permissions().mode() & 0o777, 0o600, "it holds a password");
    let shown = site.command(&["init", "--show", "--config", "new.cfg"]);
    let text = said(&shown);
    for expected in ["[hive] warehouse_path = /w/    (new.cfg, line ", "[job-conf] mapred.X = 100%", "[daily] fill_days = 62    (default)"]
    {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("hunter2") && !told.contains("hunter2"), "{text}");
    let variable = site.program("insights").args(["init", "--show"]).env("INSIGHTS_HIVE_WAREHOUSE_PATH", "/v").output().unwrap();
    assert!(said(&variable).contains("/v    (the environment variable INSIGHTS_HIVE_WAREHOUSE_PATH)"), "{}", said(&variable));
}
