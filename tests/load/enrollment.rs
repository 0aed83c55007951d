//! The enrollment workflow, for many events of one learner, many learners of one course, and many days.

use std::fs;

use insights_pipeline::calendar::interval::DateInterval;

use crate::site::{DatabaseSite, Figures, compact, write_lines};

const COURSE: &str = "course-v1:Load+C+R";

fn event(act: &str, time: &str, user: u32, mode: &str) -> String {
    format!(
        r#"{{"username":"u{user}","time":"{time}+00:00","event_type":"edx.course.enrollment.{act}","event_source":"server","context":{{"user_id":{user},"course_id":"{COURSE}"}},"event":{{"course_id":"{COURSE}","user_id":{user},"mode":"{mode}"}}}}"#
    )
}

/// The whole workflow over an interval with these lines in its log, and learners 1 to `profiles` in the LMS.
fn measured(site: &DatabaseSite, name: &str, interval: &str, lines: impl Iterator<Item = String>, profiles: u32) -> (Figures, String) {
    let days: DateInterval = interval.parse().unwrap();
    let end = days.end().to_string();
    write_lines(&site.path(&format!("{name}-logs/tracking.log-{}", compact(&days.start().to_string()))), lines);
    let profile = |user: u32| {
        let (gender, year) = (["m", "f", "o", ""][user as usize % 4], 1950 + user % 60);
        format!("{user}\u{1}n\u{1}{gender}\u{1}{year}\u{1}b\u{1}\\N\u{1}\\N\u{1}\\N\u{1}\\N\u{1}\\N\u{1}\\N")
    };
    for (table, rows) in [("auth_userprofile", profiles), ("grades_persistentcoursegrade", 0)] {
        let directory = site.path(&format!("{name}/{table}/dt={end}"));
        write_lines(&directory.join("part-m-00000"), (1..=rows).map(profile));
        fs::write(directory.join("_SUCCESS"), "").unwrap();
    }
    let results = site.new_database();
    site.warehouse(name, &format!("{name}-logs"), &results, "");
    let (config, length) = (format!("{name}.cfg"), days.days().count().to_string());
    let task = ["ImportEnrollmentsIntoMysql", "--config", &config, "--interval", interval, "--overwrite-n-days", &length];
    let dates = ["--date", &end, "--import-date", &end, "--overwrite-mysql", "--n-reduce-tasks", "4", "--memory", "64M"];
    let figures = site.measured(&[&task[..], &dates].concat());
    println!("{name}: {figures}");
    fs::remove_dir_all(site.path(name)).unwrap();
    fs::remove_dir_all(site.path(&format!("{name}-logs"))).unwrap();
    (figures, results)
}

#[test]
#[ignore = "a load figure, for a release build"]
fn one_learner_with_a_hundred_thousand_events() {
    let site = DatabaseSite::new();
    let figures = [50_000_u32, 100_000].map(|events| {
        let lines = (0..events).map(|number| {
            let second = u64::from(number) * 30 * 86_400 / u64::from(events);
            let time = format!(
                "2016-01-{:02}T{:02}:{:02}:{:02}.{number:06}",
                second / 86_400 + 1,
                second / 3_600 % 24,
                second / 60 % 60,
                second % 60
            );
            event(["activated", "mode_changed", "deactivated"][number as usize % 3], &time, 1, ["audit", "verified"][number as usize % 2])
        });
        let (figures, results) = measured(&site, &format!("events{events}"), "2016-01-01-2016-01-31", lines, 1);
        assert_eq!(site.sql(&format!("SELECT COUNT(*), MAX(cumulative_count) FROM {results}.course_enrollment_daily")), ["30\t1"]);
        figures
    });
    figures[1].are_linear_in_bounded_memory(&figures[0]);
}

#[test]
#[ignore = "a load figure, for a release build"]
fn one_course_with_a_million_learners() {
    let site = DatabaseSite::new();
    let figures = [500_000_u32, 1_000_000].map(|learners| {
        let lines = (1..=learners).map(|user| {
            let time = format!(
                "2016-01-{:02}T{:02}:{:02}:{:02}.{:06}",
                user % 3 + 1,
                user / 3_600 % 24,
                user / 60 % 60,
                user % 60,
                user % 1_000_000
            );
            event("activated", &time, user, ["audit", "verified", "honor"][user as usize % 3])
        });
        let (figures, results) = measured(&site, &format!("learners{learners}"), "2016-01-01-2016-01-04", lines, learners);
        let last = format!("SELECT count, cumulative_count FROM {results}.course_enrollment_daily WHERE date = '2016-01-03'");
        assert_eq!(site.sql(&last), [format!("{learners}\t{learners}")]);
        let years = format!("SELECT COUNT(*), SUM(count) FROM {results}.course_enrollment_birth_year_daily");
        assert_eq!(site.sql(&years), [format!("60\t{learners}")]);
        figures
    });
    figures[1].are_linear_in_bounded_memory(&figures[0]);
}

#[test]
#[ignore = "a load figure, for a release build"]
fn an_interval_of_ten_years() {
    const LEARNERS: u32 = 2_000;
    let site = DatabaseSite::new();
    let figures = [("2011", 1_826), ("2006", 3_652)].map(|(first, days)| {
        let lines = (1..=LEARNERS).flat_map(|user| {
            let begin = format!("{first}-01-01T00:{:02}:{:02}", user / 60 % 60, user % 60);
            [
                event("activated", &begin, user, "audit"),
                event("mode_changed", &format!("2015-12-{:02}T10:00:00", user % 28 + 1), user, "verified"),
            ]
        });
        let (figures, results) = measured(&site, &format!("from{first}"), &format!("{first}-01-01-2016-01-01"), lines, LEARNERS);
        let daily = format!("SELECT COUNT(*), MIN(count), MAX(cumulative_count) FROM {results}.course_enrollment_daily");
        assert_eq!(site.sql(&daily), [format!("{days}\t{LEARNERS}\t{LEARNERS}")]);
        figures
    });
    figures[1].are_linear_in_bounded_memory(&figures[0]);
}
