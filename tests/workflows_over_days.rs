//! The workflows over days, run as operators run them: history, daily runs, and what plain SQL says of the results.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use site::{DAY, Site, files_below, rows};

/// Everything that a daily run does, for the days before `end`.
fn run_the_day(site: &Site, warehouse: &str, end: &str, days: &str) {
    let (config, store) = (format!("{warehouse}.cfg"), format!("{warehouse}.sqlite"));
    let interval = format!("2014-05-01-{end}");
    let common = ["--config", &config, "--n-reduce-tasks", "3", "--overwrite-n-days", days, "--sqlite", &store];
    let run = |task: &str, more: &[&str]| site.task(task, &[&common[..], more].concat());
    let snapshots = ["--import-date", DAY];
    let enrollment = ["--interval", &interval, "--overwrite-mysql", "--overwrite-hive", "--date", DAY];
    run("ImportEnrollmentsIntoMysql", &[&enrollment[..], &snapshots].concat());
    run("InsertToMysqlLastCountryPerCourseTask", &[&["--interval", &interval, "--overwrite"][..], &snapshots].concat());
    run("InsertToMysqlCourseActivityTask", &["--end-date", end, "--weeks", "2", "--overwrite-mysql", "--overwrite-hive"]);
    run("InsertToMysqlAllVideoTask", &["--interval", &interval]);
}

fn make_history(site: &Site, warehouse: &str, interval: &str) {
    let config = format!("{warehouse}.cfg");
    for task in ["CourseEnrollmentEventsTask", "LastDailyIpAddressOfUserTask", "UserActivityTask", "UserVideoViewingByDateTask"] {
        site.task(task, &["--config", &config, "--interval", interval, "--n-reduce-tasks", "2"]);
    }
}

/// Puts rows of the warehouse into a table of plain texts.
fn import(store: &Connection, table: &str, files: &[PathBuf], separator: char, columns: &str) {
    store.execute(&format!("CREATE TABLE {table} ({columns})"), []).unwrap();
    let places = vec!["?"; columns.split(',').count()].join(",");
    let mut insert = store.prepare(&format!("INSERT INTO {table} VALUES ({places})")).unwrap();
    store.execute_batch("BEGIN").unwrap();
    for file in files {
        for line in fs::read_to_string(file).unwrap().lines() {
            let values = line.split(separator).map(|value| (value != "\\N").then(|| value.to_owned()));
            insert.execute(rusqlite::params_from_iter(values)).unwrap();
        }
    }
    store.execute_batch("COMMIT").unwrap();
}

/// Compares sorted rows and shows only the first that differ.
fn same(name: &str, expected: &[String], found: &[String]) {
    let only_in = |rows: &[String], others: &[String]| rows.iter().find(|row| !others.contains(row)).cloned();
    assert_eq!((expected.len(), only_in(expected, found), only_in(found, expected)), (found.len(), None, None), "{name}");
}

#[test]
fn daily_runs_over_a_history_give_what_one_run_over_all_days_gives() {
    let site = Site::three_weeks(20_000);
    site.lms_warehouse("daily", "");
    site.lms_warehouse("whole", "");
    make_history(&site, "daily", "2014-05-01-2014-05-16");
    for end in ["2014-05-17", "2014-05-19", "2014-05-21"] {
        run_the_day(&site, "daily", end, "3");
    }
    run_the_day(&site, "whole", "2014-05-21", "20");
    let (daily, whole) = (site.tables("daily"), site.tables("whole"));
    assert_eq!(daily.len(), 11, "{:?}", daily.keys());
    for (name, rows) in &whole {
        // A viewing starts where the learner's last seek went, maybe days ago: how far back a run looks is part of the rules of video
        // (rules 06, 2 and 4.2), so its tables depend on the windows.
        if !name.starts_with("video") {
            same(name, rows, &daily[name]);
        }
        assert!(name == "course_program_metadata" || !rows.is_empty(), "{name} is empty");
    }
    plain_sql_agrees(&site, &whole);

    // A second run of the same day changes nothing.
    run_the_day(&site, "whole", "2014-05-21", "20");
    site.tables("whole").iter().for_each(|(name, rows)| same(name, rows, &whole[name]));

    late_events_count_within_the_window_only(&site, &whole);
}

fn plain_sql_agrees(site: &Site, tables: &BTreeMap<String, Vec<String>>) {
    let store = Connection::open_in_memory().unwrap();
    let table = |name: &str| files_below(&site.path(&format!("whole/{name}")));
    let end = |name: &str| files_below(&site.path(&format!("whole/{name}/dt=2014-05-21")));
    import(&store, "ce", &end("course_enrollment"), '\t', "date, course_id, user_id INT, at_end INT, change INT, mode");
    let profile = "user_id INT, name, gender, birth INT, education, c5, c6, c7, c8, c9, c10";
    import(&store, "profile", &end("auth_userprofile"), '\u{1}', profile);
    import(&store, "sce", &end("student_courseenrollment"), '\u{1}', "id, user_id INT, course_id, created, active, mode");
    import(&store, "country", &end("last_country_of_user_id"), '\t', "name, code, user_id INT");
    import(&store, "activity", &table("user_activity_by_user"), '\t', "user_id INT, course_id, date, label, count INT");
    let sums = "SUM(at_end), COUNT(ce.user_id) FROM ce LEFT JOIN profile ON ce.user_id = profile.user_id";
    let education = "CASE education WHEN 'el' THEN 'primary' WHEN 'jhs' THEN 'junior_secondary' WHEN 'hs' THEN 'secondary' \
                     WHEN 'a' THEN 'associates' WHEN 'b' THEN 'bachelors' WHEN 'm' THEN 'masters' WHEN 'p' THEN 'doctorate' \
                     WHEN 'p_se' THEN 'doctorate' WHEN 'p_oth' THEN 'doctorate' WHEN 'none' THEN 'none' WHEN 'other' THEN 'other' END";
    let queries = [
        ("course_enrollment_daily", "SELECT course_id, date, SUM(at_end), COUNT(user_id) FROM ce GROUP BY 1, 2".to_owned()),
        ("course_enrollment_mode_daily", "SELECT date, course_id, mode, SUM(at_end), COUNT(user_id) FROM ce GROUP BY 1, 2, 3".to_owned()),
        ("course_enrollment_gender_daily", format!("SELECT date, course_id, NULLIF(gender, '') g, {sums} GROUP BY 1, 2, 3")),
        ("course_enrollment_birth_year_daily", format!("SELECT date, course_id, birth, {sums} WHERE date = '2014-05-20' GROUP BY 1, 2, 3")),
        (
            "course_enrollment_education_level_daily",
            format!("SELECT date, course_id, {education} e, {sums} WHERE date = '2014-05-20' GROUP BY 1, 2, 3"),
        ),
        (
            "course_enrollment_location_current",
            "SELECT '2014-05-21', course_id, code, SUM(active = 'true'), COUNT(sce.user_id) FROM sce \
             LEFT JOIN country ON sce.user_id = country.user_id GROUP BY 2, 3"
                .to_owned(),
        ),
        (
            "course_activity",
            "SELECT course_id, date(date, 'weekday 0', '-6 days') || ' 00:00:00' w, date(date, 'weekday 0', '+1 days') || ' 00:00:00', \
             label, COUNT(DISTINCT user_id) FROM activity WHERE date >= '2014-05-05' AND date < '2014-05-19' GROUP BY 1, 2, 3, 4"
                .to_owned(),
        ),
    ];
    for (name, query) in queries {
        same(name, &rows(&store, &query, |columns| 0..columns), &tables[name]);
    }
}

/// One event of the 20th and one of the 5th arrive in the log of the 21st.
fn late_events_count_within_the_window_only(site: &Site, before: &BTreeMap<String, Vec<String>>) {
    let event = |day: &str, user: u32| {
        format!(
            r#"{{"time":"2014-05-{day}T10:00:00+00:00","event_type":"edx.course.enrollment.activated","event_source":"server","ip":"1.1.1.1","context":{{"user_id":{user},"course_id":"late/course/run"}},"event":{{"course_id":"late/course/run","user_id":{user},"mode":"honor"}}}}"#
        )
    };
    let lines = [event("20", 900_001), event("05", 900_002)].join("\n") + "\n";
    fs::write(site.path("logs/tracking.log-20140521-late"), lines).unwrap();
    for table in ["course_enrollment", "course_enrollment_summary"] {
        fs::remove_dir_all(site.path(&format!("daily/{table}/dt=2014-05-21"))).unwrap();
    }
    run_the_day(site, "daily", "2014-05-21", "3");
    let after = site.tables("daily");
    let new: Vec<_> = after["course_enrollment_daily"].iter().filter(|row| row.contains("late/course/run")).collect();
    assert_eq!(new, [r#"Text("late/course/run") Text("2014-05-20") Integer(1) Integer(1)"#]);
    let others: Vec<_> = after["course_enrollment_daily"].iter().filter(|row| !row.contains("late/course/run")).collect();
    assert_eq!(others, before["course_enrollment_daily"].iter().collect::<Vec<_>>());
}

#[test]
fn a_shared_scan_gives_the_same_bytes_and_reads_each_log_once() {
    let site = Site::three_weeks(20_000);
    let tasks = [
        "CourseEnrollmentEventsTask --interval 2014-05-01-2014-05-21",
        "LastDailyIpAddressOfUserTask --interval 2014-05-03-2014-05-18",
        "UserActivityTask --interval 2014-05-01-2014-05-21",
        "UserVideoViewingByDateTask --interval 2014-05-01-2014-05-21",
    ];
    site.lms_warehouse("alone", "");
    let started = std::time::Instant::now();
    for task in tasks {
        let words: Vec<_> = task.split(' ').collect();
        site.task(words[0], &[&["--config", "alone.cfg", "--n-reduce-tasks", "3"], &words[1..]].concat());
    }
    let alone = started.elapsed();
    site.lms_warehouse("together", "");
    let started = std::time::Instant::now();
    let with_reducers = tasks.map(|task| format!("{task} --n-reduce-tasks 3"));
    let words: Vec<_> = ["--config", "together.cfg"].into_iter().chain(with_reducers.iter().map(String::as_str)).collect();
    let said = site.task("together", &words);
    println!("time of a shared scan to separate runs: {:.2}", started.elapsed().as_secs_f64() / alone.as_secs_f64());
    let logs = files_below(&site.path("logs")).iter().filter(|file| file.display().to_string().contains("tracking.log")).count();
    assert!(said.contains(&format!("One scan of {logs} log files for 4 jobs, instead of ")), "{said}");
    let (alone, together) = (site.contents("alone"), site.contents("together"));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&together), names(&alone));
    assert!(together == alone, "the bytes differ");
    assert!(alone.len() > 75, "{}", alone.len());
}

#[test]
fn what_is_missing_is_said_with_the_way_out() {
    let site = Site::three_weeks(20_000);
    site.lms_warehouse("w", "");
    let failed = |task: &str, arguments: &[&str]| {
        let output = site.tried(task, &[&["--config", "w.cfg"], arguments].concat());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = failed("InsertToMysqlAllVideoTask", &["--interval", "2014-05-01-2014-05-21"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("17 days are missing") && said.contains("UserVideoViewingByDateTask --interval 2014-05-01-2014-05-18"), "{said}");
    let (code, said) =
        failed("ImportEnrollmentsIntoMysql", &["--interval", "2014-05-01-2014-05-21", "--overwrite-n-days", "2", "--sqlite", "s"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("CourseEnrollmentEventsTask --interval 2014-05-01-2014-05-19") && said.contains("auth_userprofile"), "{said}");
    let (_, said) = failed("ImportEnrollmentsIntoMysql", &["--overwrite-n-days", "2"]);
    assert!(said.contains("Either 'interval' or 'interval_start' parameter is required"), "{said}");
    let (_, said) = failed("InsertToMysqlCourseActivityTask", &["--weeks", "0"]);
    assert!(said.contains("must be greater than 0"), "{said}");
    let empty = ["--interval", "2013-05-01-2013-05-03"];
    let (code, said) = failed("UserActivityTask", &empty);
    assert_eq!(code, Some(20), "{said}");
    fs::write(site.path("old.dat"), [0; 1000]).unwrap();
    let old = ["--interval", "2014-05-20", "--overwrite-n-days", "1", "--geolocation-data", "old.dat", "--sqlite", "s"];
    // Missing imports are found before the logs are read, so this one has its import.
    let old = [&old[..], &["--import-date", DAY]].concat();
    let (code, said) = failed("InsertToMysqlLastCountryPerCourseTask", &old);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("GeoLite2-Country.mmdb"), "{said}");
}

#[test]
fn history_is_made_once_unless_it_is_overwritten() {
    let site = Site::three_weeks(20_000);
    site.lms_warehouse("w", "");
    let events = ["--config", "w.cfg", "--interval", "2014-05-01-2014-05-04"];
    site.task("CourseEnrollmentEventsTask", &events);
    let day = |day: &str| site.path(&format!("w/course_enrollment_events/dt=2014-05-0{day}/course_enrollment_events_2014-05-0{day}"));
    let first = fs::read(day("2")).unwrap();
    fs::write(day("2"), "gone\n").unwrap();
    assert!(site.task("CourseEnrollmentEventsTask", &events).contains("skipped"));
    assert_eq!(fs::read(day("2")).unwrap(), b"gone\n");
    // Other logs are another run, and so is another place of the markers.
    let pattern = [".*tracking.log-(?P<date>\\d{7}[1-3]).*"].map(|pattern| format!("[{pattern:?}]"));
    assert!(!site.task("CourseEnrollmentEventsTask", &[&events[..], &["--pattern", &pattern[0]]].concat()).contains("skipped"));
    fs::write(day("2"), "gone\n").unwrap();
    assert!(!site.task("CourseEnrollmentEventsTask", &[&events[..], &["--marker", "markers"]].concat()).contains("skipped"));
    assert!(site.path("markers").exists());
    fs::write(day("2"), "gone\n").unwrap();
    site.task("CourseEnrollmentEventsTask", &[&events[..], &["--overwrite"]].concat());
    assert_eq!(fs::read(day("2")).unwrap(), first);
}

#[test]
fn grades_by_themselves_are_those_of_the_whole_workflow() {
    let site = Site::three_weeks(3_000);
    for (warehouse, task) in [("whole", "ImportEnrollmentsIntoMysql"), ("grades", "CourseGradeByModeDataTask")] {
        site.lms_warehouse(warehouse, &format!("[{task}]\nn_reduce_tasks = 3\n"));
        let config = format!("{warehouse}.cfg");
        let days = ["--config", &config, "--interval", "2014-05-01-2014-05-21", "--overwrite-n-days", "20", "--date", DAY];
        let more: &[&str] = if warehouse == "whole" { &["--import-date", DAY, "--sqlite", "whole.sqlite"] } else { &[] };
        let said = site.task(task, &[&days[..], more].concat());
        assert_eq!(said.contains("Table "), warehouse == "whole", "{said}");
    }
    let grades = |warehouse: &str| {
        let files = files_below(&site.path(&format!("{warehouse}/course_grade_by_mode/dt={DAY}")));
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect::<Vec<_>>()
    };
    assert!(grades("whole").concat().lines().count() > 3);
    assert_eq!(grades("grades"), grades("whole"));
}

#[test]
fn steps_of_an_engagement_week_by_themselves() {
    let site = Site::three_weeks(20_000);
    site.lms_warehouse("w", "");
    let lines = |table: &str| {
        let files = files_below(&site.path(&format!("w/module_engagement{table}")));
        files.iter().flat_map(|file| fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let run = |task: &str, more: &[&str]| site.task(task, &[&["--config", "w.cfg", "--n-reduce-tasks", "2"], more].concat());
    let day = ["--date", "2014-05-05", "--sqlite", "w.sqlite"];
    run("ModuleEngagementMysqlTask", &day);
    let loaded = || site.tables("w")["module_engagement"].clone();
    let first = loaded();
    assert_eq!((first.len(), first.is_empty()), (lines("").len(), false));
    assert!(run("ModuleEngagementMysqlTask", &day).contains("skipped"));
    run("ModuleEngagementMysqlTask", &[&day[..], &["--overwrite"]].concat());
    same("replaced", &first, &loaded());

    // What the segments need is made, and nothing is loaded.
    let week = ["--date", "2014-05-09"];
    let said = run("ModuleEngagementUserSegmentDataTask", &week);
    assert!(said.contains("Segments of learners: "), "{said}");
    assert!(!said.contains("Table ") && !lines("_user_segments").is_empty(), "{said}");
    same("not loaded", &first, &loaded());
    let (summary, ranges) = (lines("_summary"), lines("_metric_ranges"));
    assert!(run("ModuleEngagementSummaryDataTask", &week).contains("Summary of the week before 2014-05-09: skipped"));
    run("ModuleEngagementSummaryMetricRangesDataTask", &[&week[..], &["--overwrite", "--high-percentile", "50"]].concat());
    assert!(lines("_summary") == summary && lines("_metric_ranges") != ranges);

    // A day in a directory of its own, with events that have no user name.
    let nobody = r#"{"time":"2014-05-05T10:00:00+00:00","username":"","event_type":"play_video","event_source":"browser","context":{"course_id":"a/b/c"},"event":{"id":"v"}}"#;
    fs::write(site.path("logs/tracking.log-20140506-nobody"), format!("{nobody}\n")).unwrap();
    run("ModuleEngagementDataTask", &["--date", "2014-05-05", "--output-root", "apart", "--store-anonymous-username", "A NOBODY"]);
    let apart: String = files_below(&site.path("apart")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    assert!(apart.contains("a/b/c\tA NOBODY\t2014-05-05\tvideo\tv\tviewed\t1\n"), "{apart}");
    assert_eq!(apart.lines().count(), first.len() + 1);
}

#[test]
fn engagement_is_loaded_day_by_day_and_replaced_day_by_day() {
    let site = Site::three_weeks(20_000);
    site.lms_warehouse("w", "");
    let base = ["--config", "w.cfg", "--sqlite", "w.sqlite", "--n-reduce-tasks", "2", "--interval", "2014-05-03-2014-05-06"];
    let run = |more: &[&str]| site.task("ModuleEngagementIntervalTask", &[&base[..], more].concat());
    let said = run(&[]);
    assert!(said.contains("for 3 jobs"), "{said}");
    let first = site.tables("w")["module_engagement"].clone();
    let table = files_below(&site.path("w/module_engagement"));
    let in_warehouse: usize = table.iter().map(|file| fs::read_to_string(file).unwrap().lines().count()).sum();
    assert_eq!(first.len(), in_warehouse);
    assert!(first.len() > 100, "{}", first.len());

    // Nothing is doubled, and a new event of a replaced day comes in.
    run(&[]);
    same("again", &first, &site.tables("w")["module_engagement"]);
    let late = r#"{"time":"2014-05-05T10:00:00+00:00","username":"latecomer","event_type":"play_video","event_source":"browser","context":{"course_id":"a/b/c"},"event":{"id":"v"}}"#;
    fs::write(site.path("logs/tracking.log-20140506-late"), format!("{late}\n")).unwrap();
    run(&["--overwrite-from-date", "2014-05-05"]);
    let after = site.tables("w")["module_engagement"].clone();
    let new: Vec<_> = after.iter().filter(|row| !first.contains(row)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0].contains("latecomer") && new[0].contains("2014-05-05"), "{new:?}");
    assert_eq!(after.len(), first.len() + 1);

    // Rows are replaced from days that are not made anew.
    let store = Connection::open(site.path("w.sqlite")).unwrap();
    store.execute("UPDATE module_engagement SET count = 77 WHERE date = '2014-05-04'", ()).unwrap();
    assert_ne!(site.tables("w")["module_engagement"], after);
    let said = run(&["--overwrite-mysql"]);
    assert!(said.contains("Engagement of 2014-05-04: skipped"), "{said}");
    same("replaced", &after, &site.tables("w")["module_engagement"]);
    // Their markers are lost, or that of one day: the rows that are there are replaced.
    for lost in ["DELETE FROM table_updates", "DELETE FROM table_updates WHERE update_id = 'ModuleEngagementMysqlTask(date=2014-05-04)'"] {
        assert!(store.execute(lost, ()).unwrap() > 0);
        run(&[]);
        same(lost, &after, &site.tables("w")["module_engagement"]);
    }
    let refused = site.tried("ModuleEngagementIntervalTask", &[&base[..], &["--use-temp-table-for-overwrite"]].concat());
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--use-temp-table-for-overwrite cannot be used"));
}
