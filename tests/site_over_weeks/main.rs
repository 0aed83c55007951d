//! A site over five weeks: after every `insights daily` all tables are those of a run from scratch, whatever happened in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb

mod cleared_logs;
mod engagement_days;
mod late_logs;
mod scene;
#[path = "../servers/mod.rs"]
mod servers;

use std::fs;

use scene::{Kind, Scene, date};

fn reads_no_log(said: &str) -> bool {
    let of_logs = |line: &&str| ["Engagement of", "Viewings", "Days of"].iter().any(|name| line.starts_with(name));
    !said.contains("One scan of") && said.lines().filter(of_logs).all(|line| line.contains(": skipped, "))
}

/// The nights that both kinds of result database have.
fn nights(kind: Kind) {
    let mut scene = Scene::new(kind);
    // A young site: interval_start lies years before the first log.
    scene.logs_before(date("05-05"), &[date("05-04")]);
    let said = scene.night(date("05-05"));
    assert!(said.contains("missing days, to be filled from the logs"), "{said}");
    // A late file, and the next day's.
    scene.logs_before(date("05-06"), &[]);
    scene.night(date("05-06"));
    // Nothing new.
    let said = scene.night(date("05-06"));
    assert!(reads_no_log(&said) && said.contains("up to date"), "{said}");
    assert!(!said.contains(" rows into "), "{said}");

    // A pause of nine days.
    scene.logs_before(date("05-16"), &[]);
    let said = scene.night(date("05-16"));
    assert!(said.contains("course_enrollment_events: 7 missing days, to be filled from the logs: 2014-05-06"), "{said}");
    assert_eq!(said.matches("One scan of").count(), 1, "{said}");
    assert!(reads_no_log(&scene.night(date("05-16"))));

    // The import of the profiles is made anew: what is made of it follows, and no log is read.
    scene.import(date("05-16"), "m");
    let (_, plan) = scene.run("plan", "site", &["daily", "--date", "2014-05-16"]);
    assert!(plan.contains("due: the import of auth_userprofile (dt=2014-05-16) was made anew"), "{plan}");
    let said = scene.night(date("05-16"));
    assert!(reads_no_log(&said) && said.contains("Table course_enrollment_gender_daily: ") && said.contains("Roster: "), "{said}");
    assert!(said.contains("Table course_activity: up to date"), "{said}");

    // An option changes.
    scene.sections = "[videos]\ndropoff_threshold = 0.4\n[ModuleEngagementSummaryMetricRangesDataTask]\nhigh_percentile = 70\n".into();
    let (_, plan) = scene.run("plan", "site", &["daily", "--date", "2014-05-16"]);
    assert!(plan.contains("--dropoff-threshold changed from 0.05 to 0.4") && plan.contains("--high-percentile changed"), "{plan}");
    scene.night(date("05-16"));

    // Another result database: every table is loaded, days of engagement too.
    scene.forget("site");
    let said = scene.night(date("05-16"));
    assert!(reads_no_log(&said), "{said}");
    assert!(reads_no_log(&scene.night(date("05-16"))));
}

#[test]
fn every_night_equals_a_run_from_scratch_in_sqlite() {
    nights(Kind::Sqlite);
}

#[test]
fn every_night_equals_a_run_from_scratch_in_mariadb() {
    nights(Kind::MariaDb);
}

#[test]
fn a_site_without_a_whole_week_of_logs() {
    let mut scene = Scene::new(Kind::Sqlite);
    // A Saturday; the logs begin on Thursday.
    scene.logs_before(date("05-03"), &[]);
    let why = "Table course_activity: the table is there; the logs begin behind 2014-04-28, the last Monday: no week of theirs is over yet";
    let said = scene.night(date("05-03"));
    assert!(said.contains(why), "{said}");
    let said = scene.night(date("05-03"));
    assert!(reads_no_log(&said) && said.contains(why), "{said}");
    assert_eq!(scene.tables("site", date("05-03"))["course_activity"], [""; 0]);
    // By itself the task refuses to overwrite with nothing.
    let (code, said) = scene.run("InsertToMysqlCourseActivityTask", "site", &["--end-date", "2014-05-03", "--overwrite-mysql"]);
    assert!(code == Some(30) && said.contains("Cannot overwrite the table course_activity with an empty result set"), "{said}");
}

#[test]
fn a_site_where_nobody_was_active_before_monday() {
    let mut scene = Scene::new(Kind::Sqlite);
    // A Saturday; the first learners came on Thursday, and a log of the week before has nothing of them.
    scene.logs_before(date("05-03"), &[]);
    fs::write(scene.path("logs").join(Scene::log(date("04-25"))), "nothing of a course\n").unwrap();
    let why =
        "Table course_activity: the table is there; nobody was active before 2014-04-28, the last Monday: no week of activity is over yet";
    for _ in 0..2 {
        let said = scene.night(date("05-03"));
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(scene.tables("site", date("05-03"))["course_activity"], [""; 0]);
    let (code, said) = scene.run("InsertToMysqlCourseActivityTask", "site", &["--end-date", "2014-05-03", "--overwrite-mysql"]);
    assert!(code == Some(30) && said.contains("Cannot overwrite the table course_activity with an empty result set"), "{said}");
    scene.logs_before(date("05-06"), &[]);
    assert!(!scene.night(date("05-06")).contains("nobody was active"));
    assert_ne!(scene.tables("site", date("05-06"))["course_activity"], [""; 0]);
}

/// Forty days of a young site, each night looked at: files that come late, a pause of nine days, an option that changes, an import made
/// anew, a result database that is restored, and another one.
fn forty_days(kind: Kind) {
    let mut scene = Scene::new(kind);
    let mut looked_at = 0;
    for (number, day) in date("05-03").iter_days().take(40).enumerate() {
        if (14..23).contains(&number) {
            continue;
        }
        let late = if number % 5 == 4 { day.pred_opt() } else { None };
        scene.logs_before(day, &late.into_iter().collect::<Vec<_>>());
        match number {
            8 => scene.keep(),
            25 => scene.sections = "[videos]\ndropoff_threshold = 0.4\n".into(),
            28 => scene.import(day, "m"),
            31 => scene.restore(),
            35 => scene.forget("site"),
            _ => {}
        }
        scene.night(day);
        looked_at += 1;
    }
    println!("{kind:?}: {looked_at} nights of 40 days, each equal to a run from scratch");
}

#[test]
#[ignore = "a run from scratch for each of forty days"]
fn forty_days_in_sqlite() {
    forty_days(Kind::Sqlite);
}

#[test]
#[ignore = "a run from scratch for each of forty days"]
fn forty_days_in_mariadb() {
    forty_days(Kind::MariaDb);
}

#[test]
fn a_day_that_is_lost_or_made_anew_is_followed() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-12"), &[date("05-04")]);
    let said = scene.night(date("05-12"));
    assert!(said.contains("Warning: video_viewing_by_date: there is no log file of 1 day, and it counts as empty"), "{said}");
    scene.keep();

    // A day's file is deleted.
    for table in ["course_enrollment_events", "last_ip_of_user_id", "user_activity_by_user", "video_viewing_by_date"] {
        fs::remove_dir_all(scene.path(&format!("site/{table}/dt=2014-05-06"))).unwrap();
    }
    let said = scene.night(date("05-12"));
    assert!(said.contains("video_viewing_by_date: 1 missing day, to be filled from the logs: 2014-05-06."), "{said}");
    assert!(reads_no_log(&scene.night(date("05-12"))));

    // A late file for a day that no night reads again, and history tasks that make its days anew.
    scene.logs_before(date("05-12"), &[]);
    let days = ["--interval", "2014-05-02-2014-05-07"];
    for task in ["CourseEnrollmentEventsTask", "LastDailyIpAddressOfUserTask", "UserActivityTask"] {
        scene.task(task, &[&days[..], &["--overwrite"]].concat());
    }
    scene.task("UserVideoViewingByDateTask", &days);
    scene.task("ModuleEngagementIntervalTask", &[&days[..], &["--overwrite-from-date", "2014-05-02", "--sqlite", "site.sqlite"]].concat());
    scene.night(date("05-12"));

    // The result database is restored from an older copy.
    scene.logs_before(date("05-14"), &[]);
    scene.night(date("05-14"));
    scene.restore();
    assert!(reads_no_log(&scene.night(date("05-14"))));
}

#[test]
fn too_many_holes_stop_their_tasks_and_backfill_makes_them() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-05"), &[]);
    scene.night(date("05-05"));
    let before = scene.tables("site", date("05-05"));
    scene.logs_before(date("05-25"), &[]);
    scene.import(date("05-25"), "f");
    scene.sections = "[daily]\nfill_days = 5\n".to_owned();
    let (code, said) = scene.daily("site", date("05-25"));
    assert_eq!(code, Some(20), "{said}");
    assert!(
        said.contains("17 days of course_enrollment_events are missing") && said.contains(" backfill --from 2014-05-05 --to 2014-05-22"),
        "{said}"
    );
    let after = scene.tables("site", date("05-05"));
    for table in ["course_enrollment_daily", "course_activity", "video", "course_enrollment_location_current"] {
        assert_eq!(after[table], before[table], "{table} stays");
    }
    let backfill = ["--from", "2014-05-05", "--to", "2014-05-22", "--days", "10"];
    let (code, said) = scene.run("backfill", "site", &[&backfill[..], &["--dry-run"]].concat());
    assert!(code == Some(0) && said.contains("Piece 2 of 2, 2014-05-15..2014-05-22: days are missing for 4 tasks\n"), "{said}");
    assert!(said.contains("  UserActivityTask, ") && said.contains(" files, ") && !said.contains(" begins, run "), "{said}");
    let (code, said) = scene.run("backfill", "site", &backfill);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("One scan of").count(), 2, "{said}");
    assert!(said.lines().any(|line| line.starts_with("The days of module-engagement are made by a task of their own: ")), "{said}");
    assert!(said.rfind("a task of their own") > said.rfind(" backfill ended after "), "{said}");
    assert!(said.contains("Piece 2 of 2, 2014-05-15..2014-05-22: days are missing for 4 tasks; at most about "), "{said}");
    let (code, said) = scene.run("backfill", "site", &["--from", "2014-05-05", "--to", "2014-05-22", "--days", "10"]);
    assert!(code == Some(0) && !said.contains("One scan of"), "{said}");
    scene.sections = String::new();
    scene.night(date("05-25"));

    // Another result database: the days of engagement before the two weeks of the roster come back as well.
    let before = scene.tables("site", date("05-05"));
    assert!(before["module_engagement"].iter().any(|row| row.contains("2014-05-0")), "{:?}", before["module_engagement"].first());
    scene.forget("site");
    let said = scene.night(date("05-25"));
    assert!(
        said.contains("Table module_engagement, days before 2014-05-11: ")
            && said.contains("which site.sqlite lacked or had of an earlier run"),
        "{said}"
    );
    assert_eq!(scene.tables("site", date("05-05"))["module_engagement"], before["module_engagement"]);
    let said = scene.night(date("05-25"));
    assert!(said.contains("Table module_engagement, days before 2014-05-11: up to date"), "{said}");
}
