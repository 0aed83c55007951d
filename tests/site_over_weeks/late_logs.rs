//! Log files that come late, or never, and nights that are missed meanwhile (rules 10, 6).

use chrono::NaiveDate;

use crate::scene::{Kind, Scene, date};

/// Days of May.
fn may(days: std::ops::RangeInclusive<u32>) -> Vec<NaiveDate> {
    days.map(|day| NaiveDate::from_ymd_opt(2014, 5, day).unwrap()).collect()
}

#[test]
fn a_late_log_and_missed_nights() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-08"), &[]);
    scene.night(date("05-08"));
    let lacks = "Warning: 1 of the last days has no log file, and what only that file held is missing: 2014-05-08.";
    for day in ["05-09", "05-10"] {
        scene.logs_before(date(day), &[date("05-08")]);
        let said = scene.night(date(day));
        assert_eq!(said.matches(lacks).count(), 1, "{said}");
    }
    // The night that would have read it again is missed; no day is.
    scene.logs_before(date("05-12"), &[]);
    let said = scene.night(date("05-12"));
    assert!(
        said.contains("course_enrollment_events: 3 days were made before log files of theirs came, and are made anew: 2014-05-06"),
        "{said}"
    );
    assert!(!said.contains("missing days") && !said.contains("Warning: There is no log file"), "{said}");
    // Nothing is left to be done for it.
    scene.logs_before(date("05-13"), &[]);
    let said = scene.night(date("05-13"));
    assert!(!said.contains("came"), "{said}");
}

#[test]
fn the_first_night_of_a_site_has_one_log() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-02"), &[]);
    let said = scene.night(date("05-02"));
    assert!(said.contains("Table module_engagement, 2014-04-29: 0 rows"), "{said}");
}

#[test]
fn a_night_that_is_started_again_when_its_log_has_come() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-22"), &[date("05-21")]);
    scene.night(date("05-22"));
    scene.logs_before(date("05-22"), &[]);
    let said = scene.night(date("05-22"));
    assert!(!said.contains("Warning: There is no log file") && said.contains("One scan of"), "{said}");
    // Once.
    let said = scene.night(date("05-22"));
    assert!(!said.contains("One scan of"), "{said}");

    // It would make days again whose logs were cleared away, but for the day of the log that came.
    scene.logs_before(date("05-24"), &[date("05-22")]);
    scene.night(date("05-24"));
    scene.logs_before(date("05-24"), &[]);
    for day in may(1..=21) {
        std::fs::remove_file(scene.path(&format!("logs/tracking.log-{}", day.format("%Y%m%d")))).unwrap();
    }
    let (code, said) = scene.daily("site", date("05-24"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("course_enrollment_events: 1 day was made before log files of it came, and is made anew: 2014-05-22"), "{said}");
    assert!(said.contains("course_enrollment_events: 3 days were made before log files of theirs came, and stay as they are"), "{said}");
}

#[test]
fn engagement_behind_a_pause() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-08"), &[]);
    scene.night(date("05-08"));
    scene.logs_before(date("05-09"), &[date("05-08")]);
    scene.night(date("05-09"));
    // The week of the late file is summed up already.
    scene.logs_before(date("05-16"), &[]);
    let said = scene.night(date("05-16"));
    assert!(said.contains("Summary of the week before 2014-05-09: "), "{said}");

    // Days that no week of the next night reaches.
    scene.logs_before(date("06-06"), &[date("05-18")]);
    let said = scene.night(date("06-06"));
    assert!(said.contains("module_engagement: 7 missing days, to be filled from the logs: 2014-05-16"), "{said}");
    assert!(said.contains("Warning: module_engagement: there is no log file of 1 day, and it counts as empty: 2014-05-18."), "{said}");
    let of = |scene: &Scene, day: &str| {
        let rows = scene.tables("site", date("05-15")).remove("module_engagement").unwrap();
        rows.iter().filter(|row| row.contains(day)).count()
    };
    assert!(of(&scene, "2014-05-17") > 0 && of(&scene, "2014-05-21") > 0);
    let before = of(&scene, "2014-05-18");
    scene.logs_before(date("06-07"), &[]);
    let said = scene.night(date("06-07"));
    assert!(said.contains("module_engagement: 5 days were made before log files of theirs came, and are made anew: 2014-05-16"), "{said}");
    assert!(of(&scene, "2014-05-18") > before);
}

#[test]
fn an_archive_that_comes_later_and_logs_that_were_cleared_away() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-20"), &may(1..=11));
    scene.night(date("05-20"));
    scene.logs_before(date("05-21"), &[]);
    let said = scene.night(date("05-21"));
    assert!(said.contains("were made before log files of theirs came, and are made anew: 2014-05-10, 2014-05-11, 2014-05-12"), "{said}");

    // Old logs go, and a late one comes: what is there of the days around it is more than the logs have.
    scene.logs_before(date("05-24"), &[date("05-21")]);
    scene.night(date("05-24"));
    scene.logs_before(date("05-29"), &[]);
    for day in may(1..=20) {
        std::fs::remove_file(scene.path(&format!("logs/tracking.log-{}", day.format("%Y%m%d")))).unwrap();
    }
    scene.import(date("05-29"), "f");
    let (code, said) = scene.daily("site", date("05-29"));
    assert_eq!(code, Some(0), "{said}");
    let anew = "course_enrollment_events: 2 days were made before log files of theirs came, and are made anew: 2014-05-21, 2014-05-23";
    assert!(said.contains(anew), "{said}");
    assert!(said.contains("course_enrollment_events: 3 days were made before log files of theirs came, and stay as they are"), "{said}");
}

#[test]
fn what_tasks_make_by_themselves_is_no_history() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-22"), &[]);
    std::fs::create_dir(scene.path("site")).unwrap();
    scene.import(date("05-22"), "f");
    let by_themselves = [
        ("InsertToMysqlLastCountryPerCourseTask", &["--interval-end", "2014-05-22", "--import-date", "2014-05-22"][..]),
        ("InsertToMysqlCourseActivityTask", &["--end-date", "2014-05-22"]),
    ];
    for (task, options) in by_themselves {
        let (code, said) = scene.run(task, "site", options);
        assert!(code == Some(0) && said.contains("are missing and count as none"), "{said}");
    }
    let said = scene.night(date("05-22"));
    assert!(said.contains("last_ip_of_user_id: 20 missing days, to be filled from the logs"), "{said}");
    assert!(!said.contains("Days up to"), "{said}");
    let (_, said) = scene.run("daily", "site", &["--date", "2014-05-20"]);
    let shortened = ["ImportEnrollmentsIntoMysql", "InsertToMysqlLastCountryPerCourseTask", "InsertToMysqlCourseActivityTask"];
    let told = shortened.join(", ") + ", InsertToMysqlAllVideoTask lose them";
    assert!(said.contains("insights: Warning: Days from 2014-05-20 on were made by earlier runs") && said.contains(&told), "{said}");
    for task in shortened {
        let warning = format!("- {task}: Days up to 2014-05-21 were made by earlier runs, and this one counts none from 2014-05-20 on");
        assert!(said.contains(&warning), "{said}");
    }
    // Days of engagement stay, each by itself.
    assert!(!said.contains("- ModuleEngagementWorkflowTask: Days up to"), "{said}");
}

#[test]
fn backfill_makes_no_day_without_its_time() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-13"), &[date("05-01"), date("05-02"), date("05-06")]);
    let interval = ["--from", "2014-04-01", "--to", "2014-05-22"];
    let (code, said) = scene.run("backfill", "site", &interval);
    assert_eq!(code, Some(0), "{said}");
    for told in [
        "30 days before 2014-05-01 are not made",
        "2 days lie before the first log file and count as empty: 2014-05-01, 2014-05-02.",
        "9 days from 2014-05-13 on are not made",
        "Warning: There is no log file of 1 day, and it counts as empty: 2014-05-06.",
    ] {
        assert_eq!(said.matches(&format!("insights: {told}")).count(), 1, "{told}: {said}");
    }
    assert!(!scene.path("site/user_activity_by_user/dt=2014-05-13").exists());
    scene.night(date("05-13"));
    // What came later is made anew, by whichever comes first.
    scene.logs_before(date("05-22"), &[]);
    let (code, said) = scene.run("backfill", "site", &interval);
    assert!(code == Some(0) && said.contains("One scan of") && !said.contains("Warning"), "{said}");
    let said = scene.night(date("05-22"));
    assert!(!said.contains("missing days, to be filled") || said.contains("module_engagement: "), "{said}");
}

#[test]
fn the_file_of_one_of_several_hosts_comes_late() {
    let mut scene = Scene::new(Kind::Sqlite);
    std::fs::create_dir(scene.path("logs/host2")).unwrap();
    let second_host = |scene: &Scene, days: &[NaiveDate]| {
        for day in days {
            let log = format!("tracking.log-{}", day.format("%Y%m%d"));
            std::fs::copy(scene.path("all").join(&log), scene.path("logs/host2").join(log)).unwrap();
        }
    };
    scene.logs_before(date("05-16"), &[]);
    second_host(&scene, &may(1..=13).into_iter().chain(may(15..=15)).filter(|day| *day != date("05-10")).collect::<Vec<_>>());
    scene.night(date("05-16"));
    // Of a day of the window.
    second_host(&scene, &may(14..=14));
    let said = scene.night(date("05-16"));
    assert!(said.contains("One scan of"), "{said}");
    let said = scene.night(date("05-16"));
    assert!(!said.contains("One scan of"), "{said}");
    // Of a day long before it.
    second_host(&scene, &may(10..=10));
    second_host(&scene, &may(16..=21));
    scene.logs_before(date("05-22"), &[]);
    let said = scene.night(date("05-22"));
    assert!(said.contains("days were made before log files of theirs came, and are made anew: 2014-05-08"), "{said}");
    // Compressed, files are no more than they were.
    let log = scene.path("logs/host2/tracking.log-20140520");
    assert!(std::process::Command::new("gzip").arg("--keep").arg(&log).status().unwrap().success());
    std::fs::remove_file(log).unwrap();
    let said = scene.night(date("05-22"));
    assert!(!said.contains("One scan of"), "{said}");
}

#[test]
fn the_files_of_a_second_host_come_when_each_day_had_one() {
    let mut scene = Scene::new(Kind::Sqlite);
    scene.logs_before(date("05-12"), &[]);
    scene.night(date("05-12"));
    std::fs::create_dir(scene.path("logs/host2")).unwrap();
    for day in may(1..=9) {
        let log = format!("tracking.log-{}", day.format("%Y%m%d"));
        std::fs::copy(scene.path("all").join(&log), scene.path("logs/host2").join(log)).unwrap();
    }
    // More days than a night may make again: what it names makes them.
    scene.sections = "[daily]\nfill_days = 5\n".to_owned();
    let (code, said) = scene.daily("site", date("05-12"));
    assert!(
        code == Some(20) && said.contains("10 days of course_enrollment_events") && said.contains(" backfill --from "),
        "{code:?} {said}"
    );
    let (code, said) = scene.run("backfill", "site", &["--from", "2014-04-29", "--to", "2014-05-05"]);
    assert!(code == Some(0) && said.contains("days are missing for 4 tasks") && said.contains("One scan of"), "{said}");
    // And the night the rest.
    scene.sections = String::new();
    let said = scene.night(date("05-12"));
    for table in ["course_enrollment_events", "user_activity_by_user", "last_ip_of_user_id", "video_viewing_by_date"] {
        let told = format!("{table}: 4 days were made before log files of theirs came, and are made anew: 2014-05-05");
        assert!(said.contains(&told), "{said}");
    }
    let said = scene.night(date("05-12"));
    assert!(!said.contains("One scan of") && !said.contains("came"), "{said}");
}
