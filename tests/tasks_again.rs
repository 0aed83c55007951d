//! Tasks that are run by hand once more: after days were made that were missing, with more days to read from the
//! logs, and while a source of logs is not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use rusqlite::Connection;

use site::{Site, said};

const INTERVAL: &str = "2014-05-01-2014-05-15";
const SIZES: [&str; 8] = ["--events", "3000", "--users", "50", "--courses", "3", "--out", "logs"];

/// Logs of the days of the interval, and a configuration that every command finds.
fn two_weeks() -> Site {
    let site = Site::new();
    site.run(&[&["generate", "--interval", INTERVAL][..], &SIZES].concat());
    site.configure("override", "");
    site
}

/// The exit code, and what was said.
fn tried(site: &Site, words: &[&str]) -> (Option<i32>, String) {
    let output = site.command(words);
    (output.status.code(), said(&output))
}

/// Rows of a table of the store, and the sum of a column.
fn counted(site: &Site, table: &str) -> (i64, i64) {
    let store = Connection::open(site.path("insights.sqlite")).unwrap();
    let query = format!("SELECT count(*), coalesce(sum(count), 0) FROM {table}");
    store.query_row(&query, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

/// The same of a directory of the warehouse.
fn made(site: &Site, directory: &str, column: usize) -> (i64, i64) {
    let lines = site.lines(directory);
    let sum = lines.iter().map(|line| line.split('\t').nth(column).unwrap().parse::<i64>().unwrap()).sum();
    (lines.len().try_into().unwrap(), sum)
}

/// Runs a task with missing days, the history task that its warning names, and the task again, as plan and for good.
fn after_its_history(task: &[&str], history: &[&str], (table, directory, column): (&str, &str, usize)) {
    let site = two_weeks();
    let (code, first) = tried(&site, task);
    assert!(code == Some(0) && first.contains("ended after") && first.contains(": warned, run"), "{first}");
    let before = counted(&site, table);
    site.run(history);

    let again = format!("insights {} --overwrite-mysql", task.join(" "));
    let (_, plan) = tried(&site, &[&["plan"], task].concat());
    assert!(plan.contains("they stay as they are without --overwrite-mysql"), "{plan}");
    let (code, second) = tried(&site, task);
    assert!(code == Some(0) && second.contains(": warned, run"), "{second}");
    assert!(!second.contains("up to date in"), "{second}");
    assert!(second.contains("its input was made anew since it was loaded") && second.contains(&again), "{second}");
    assert_eq!(counted(&site, table), before);

    // Each time, not once.
    let (_, third) = tried(&site, task);
    assert!(third.contains(": warned, run") && third.contains(&again), "{third}");

    let (code, replaced) = tried(&site, &[task, &["--overwrite-mysql"]].concat());
    assert!(code == Some(0) && replaced.contains(": done, run"), "{replaced}");
    assert_ne!(counted(&site, table), before);
    assert_eq!(counted(&site, table), made(&site, directory, column));
    let (_, plan) = tried(&site, &[&["plan"], task].concat());
    assert!(plan.contains("complete: its rows are in the table, loaded 2"), "{plan}");
    let (_, fourth) = tried(&site, task);
    assert!(fourth.contains("up to date in insights.sqlite") && fourth.contains(&format!("{again} loads it again")), "{fourth}");
}

#[test]
fn enrollments_that_stay_are_told_as_outdated_when_their_input_was_made_anew() {
    after_its_history(
        &["ImportEnrollmentsIntoMysql", "--interval", INTERVAL, "--overwrite-n-days", "3"],
        &["CourseEnrollmentEventsTask", "--interval", "2014-05-01-2014-05-12"],
        ("course_enrollment_daily", "override/course_enrollment_daily/dt=2014-05-15", 2),
    );
}

#[test]
fn activity_that_stays_is_told_as_outdated_when_its_input_was_made_anew() {
    after_its_history(
        &["InsertToMysqlCourseActivityTask", "--end-date", "2014-05-15", "--weeks", "1", "--overwrite-n-days", "8"],
        &["UserActivityTask", "--interval", "2014-05-05-2014-05-07"],
        ("course_activity", "override/course_activity/dt=2014-05-15", 4),
    );
}

/// Runs a task with a window of three days, and then with one of fourteen: it makes the days that are missing, and the table has what a
/// run with the larger window alone gives.
fn with_a_larger_window(task: &[&str], first: Option<i32>, table: &str, days: &str) {
    // Addresses need to know who is enrolled.
    let enrolled = || {
        let site = two_weeks();
        site.run(&["ImportEnrollmentsIntoMysql", "--interval", INTERVAL, "--overwrite-n-days", "14", "--sqlite", "other.sqlite"]);
        site
    };
    let site = if days == "last_ip_of_user_id" { enrolled() } else { two_weeks() };
    let run = |site: &Site, number: &str| tried(site, &[task, &["--overwrite-n-days", number]].concat());
    let (code, small) = run(&site, "3");
    assert!(code == first && small.contains("days are missing"), "{small}");

    // Told each time, also where nothing is due.
    let (code, again) = run(&site, "3");
    assert!(code == first && again.contains("days are missing"), "{again}");

    let (_, plan) = tried(&site, &[&["plan"], task, &["--overwrite-n-days", "14"]].concat());
    assert!(plan.contains(&format!("of the last days missing in {days}: 2014-05-0")), "{plan}");
    let (code, large) = run(&site, "14");
    assert!(code == Some(0) && large.contains(": done, run"), "{large}");
    assert_eq!(std::fs::read_dir(site.path(&format!("override/{days}"))).unwrap().filter(is_day).count(), 14, "{large}");

    let other = if days == "last_ip_of_user_id" { enrolled() } else { two_weeks() };
    let (code, at_once) = run(&other, "14");
    assert!(code == Some(0), "{at_once}");
    assert_eq!(counted(&site, table), counted(&other, table));

    let (code, last) = run(&site, "14");
    assert!(code == Some(0) && !last.contains("One scan") && !last.contains("missing"), "{last}");
}

fn is_day(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("dt=")
}

#[test]
fn more_days_of_enrollment_events_are_made() {
    let task = ["ImportEnrollmentsIntoMysql", "--interval", INTERVAL, "--overwrite-mysql", "--overwrite-hive"];
    with_a_larger_window(&task, Some(0), "course_enrollment_daily", "course_enrollment_events");
}

#[test]
fn more_days_of_activity_are_made() {
    let task = ["InsertToMysqlCourseActivityTask", "--end-date", "2014-05-15", "--weeks", "1", "--overwrite-mysql"];
    with_a_larger_window(&task, Some(30), "course_activity", "user_activity_by_user");
}

#[test]
fn more_days_of_addresses_are_made() {
    let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/common/mixed-1.geo.mmdb");
    let task = ["InsertToMysqlLastCountryPerCourseTask", "--interval", INTERVAL, "--overwrite-mysql", "--geolocation-data", database];
    with_a_larger_window(&task, Some(0), "course_enrollment_location_current", "last_ip_of_user_id");
}

/// The logs of a host that is not mounted are not left out in silence: nothing is read or made, and the run says where to look.
#[test]
fn a_source_of_logs_that_is_not_there_stops_the_tasks_that_would_read_it() {
    let site = two_weeks();
    let both = format!("[\"{}\", \"{}\"]", site.place("logs"), site.place("host2"));
    let activity = ["UserActivityTask", "--interval", "2014-05-02", "--source", &both];
    let told = format!("there is nothing at {}. Correct the source (source of [event-logs], or --source)", site.place("host2"));
    let (code, said) = tried(&site, &activity);
    assert!(code == Some(20) && said.contains(&told) && !site.path("override/user_activity_by_user").exists(), "{said}");
    let (code, said) = tried(&site, &[&["plan"][..], &activity].concat());
    assert!(code == Some(0) && said.contains("Missing, so that the tasks concerned would not begin:") && said.contains(&told), "{said}");

    let configured = site::Configuration::of_site(&site, "override")
        .text("[user-activity]\noverwrite_n_days = 3\n")
        .replace(&format!("[\"{}\"]", site.place("logs")), &both);
    site.write("override.cfg", configured);
    let night = ["daily", "--date", "2014-05-15", "--only", "user-activity"];
    let (code, said) = tried(&site, &night);
    assert!(code == Some(20) && said.contains(&told) && !site.path("override/user_activity_by_user").exists(), "{said}");

    // It is there, and has no logs.
    std::fs::create_dir(site.path("host2")).unwrap();
    let (code, said) = tried(&site, &night);
    assert!(code == Some(0) && !said.contains("there is nothing at"), "{said}");
    std::fs::remove_dir(site.path("host2")).unwrap();
    // What is made reads nothing.
    let (code, said) = tried(&site, &night);
    assert!(code == Some(0), "{said}");

    let answers = ["AnswerDistributionWorkflow", "--name", "x", "--output-root", "csv", "--marker", "m", "--dest", "work", "--src", &both];
    let (code, said) = tried(&site, &answers);
    assert!(
        code == Some(20) && said.contains(&format!("there is nothing at {}. Correct the source (--src)", site.place("host2"))),
        "{said}"
    );
}

#[test]
fn more_reducers_than_a_cluster_has_are_refused_at_once() {
    let site = Site::new();
    let many = ["--n-reduce-tasks", "10000000"];
    for words in [&["UserActivityTask", "--interval", "2014-05-02"][..], &["daily"], &["plan", "daily"]] {
        let (code, said) = tried(&site, &[words, &many].concat());
        assert!(code == Some(2) && said.contains("at most 10000"), "{said}");
    }
}
