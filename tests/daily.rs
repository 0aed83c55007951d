//! `insights daily`: the same as its tasks one by one, from one scan, and what happens when a task fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program

mod site;

use std::fs;
use std::time::Instant;

use site::{DAY, Site, files_below, said};

#[test]
fn a_day_gives_what_its_tasks_give_one_by_one() {
    let site = Site::three_weeks(20_000);
    site.daily_warehouse("apart");
    let started = Instant::now();
    let common = ["--config", "apart.cfg", "--sqlite", "apart.sqlite", "--n-reduce-tasks", "3"];
    let run = |task: &str, more: &[&str]| site.task(task, &[&common[..], more].concat());
    let interval = ["--interval", "2014-05-01-2014-05-21"];
    run("ImportEnrollmentsIntoMysql", &[&interval[..], &["--date", DAY, "--import-date", DAY, "--overwrite-mysql"]].concat());
    run("InsertToMysqlLastCountryPerCourseTask", &[&interval[..], &["--import-date", DAY, "--overwrite"]].concat());
    run("InsertToMysqlCourseActivityTask", &["--end-date", DAY, "--overwrite-mysql"]);
    run("InsertToMysqlAllVideoTask", &interval);
    run("ModuleEngagementWorkflowTask", &["--date", DAY]);
    run("AnswerDistributionWorkflow", &["--name", "daily_2014-05-21"]);
    let apart = started.elapsed();

    site.daily_warehouse("together");
    let started = Instant::now();
    let (code, said) = site.daily("together", &[]);
    assert_eq!(code, Some(0), "{said}");
    println!("time of a day to its tasks one by one: {:.2}", started.elapsed().as_secs_f64() / apart.as_secs_f64());
    // Enrollment, geography, activity, video, answers, and two weeks of engagement.
    let logs = files_below(&site.path("logs")).iter().filter(|file| file.display().to_string().contains("tracking.log")).count();
    assert!(said.contains(&format!("One scan of {logs} log files for 19 jobs, instead of ")), "{said}");
    assert_eq!(said.matches("One scan of").count(), 1, "{said}");

    let (apart, together) = (site.contents("apart"), site.contents("together"));
    assert_eq!(together.keys().collect::<Vec<_>>(), apart.keys().collect::<Vec<_>>());
    let different: Vec<_> = apart.keys().filter(|name| apart[*name] != together[*name]).collect();
    assert!(different.is_empty(), "{different:?}");
    assert!(apart.iter().any(|(name, bytes)| name.starts_with("module_engagement_roster/") && !bytes.is_empty()));
    let (apart, together) = (site.tables("apart"), site.tables("together"));
    assert_eq!(apart.len(), 14, "{:?}", apart.keys());
    assert!(apart == together);
    assert!(apart.iter().all(|(name, rows)| name == "course_program_metadata" || !rows.is_empty()));

    // Again on the same day: no log is read for what is there, and the tables are the same.
    let (code, said) = site.daily("together", &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("One scan of") && said.contains("Roster: skipped"), "{said}");
    assert!(site.tables("together") == together);
}

#[test]
fn nights_keep_what_answers_have_read_and_read_the_rest() {
    let site = Site::three_weeks(6_000);
    site.daily_warehouse("w");
    let logs = files_below(&site.path("logs")).iter().filter(|file| file.display().to_string().contains("tracking.log")).count();
    let night = |command: &[&str], day: &str| {
        let words = ["--config", "w.cfg", "--sqlite", "w.sqlite", "--n-reduce-tasks", "3", "--date", day];
        let output = site.tried(command[0], &[&command[1..], &words, &["--only", "answer-distribution", "--only", "video"]].concat());
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    let days = ["2014-05-19", "2014-05-20", "2014-05-21"];
    for (day, kept) in days.into_iter().zip([0, 0, logs]) {
        let planned = night(&["plan", "daily"], day);
        assert!(
            planned.contains(&format!("the local runner finds records of {kept} files in "))
                && planned.contains("/answers/kept_submissions_daily/"),
            "{planned}"
        );
        let told = night(&["daily"], day);
        assert!(told.contains("One scan of"), "{told}");
        assert_eq!(told.contains(&format!(", records of {logs} files were kept")), kept > 0, "{told}");
    }
    let answers = |name: &str| site.contents(&format!("w/answers/problem_check_events_{name}"));
    let rows = |name: &str| answers(name).into_iter().filter(|(name, _)| name.starts_with("part-")).collect::<Vec<_>>();
    assert!(!rows("daily_2014-05-19").is_empty() && days.iter().all(|day| rows(&format!("daily_{day}")) == rows("daily_2014-05-19")));
    assert!(site.path("w/answers/kept_submissions_daily/_seen.json").exists());

    // Where the section says so, nothing is kept.
    let text = fs::read_to_string(site.path("w.cfg")).unwrap();
    fs::write(
        site.path("w.cfg"),
        text.replace("[AnswerDistributionWorkflow]", "[AnswerDistributionWorkflow]\nname = all\nkept_submissions = none"),
    )
    .unwrap();
    for day in days {
        assert!(!night(&["daily"], day).contains("were kept"));
        assert_eq!(rows(&format!("all_{day}")), rows("daily_2014-05-19"));
    }
    assert!(!site.path("w/answers/kept_submissions_all").exists());
}

#[test]
fn a_task_that_fails_does_not_keep_others_from_running() {
    let site = Site::three_weeks(20_000);
    site.daily_warehouse("w");
    // Geography has no database, and video no history of the first days.
    let text = fs::read_to_string(site.path("w.cfg")).unwrap();
    let text = text.replace("[videos]\noverwrite_n_days = 20", "[videos]\noverwrite_n_days = 3").replace("geolocation_data = ", "other = ");
    fs::write(site.path("w.cfg"), text + "[daily]\nfill_days = 1\n").unwrap();
    let (code, said) = site.daily("w", &["--skip", "enrollment", "--skip", "AnswerDistributionWorkflow"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("InsertToMysqlLastCountryPerCourseTask failed") && said.contains("geolocation_data"), "{said}");
    assert!(said.contains("InsertToMysqlAllVideoTask failed") && said.contains("w.cfg backfill --from 2014-05-01"), "{said}");
    assert!(said.contains("ModuleEngagementWorkflowTask failed") && said.contains("ImportEnrollmentsIntoMysql --interval-end 2014-05-21"));
    let tables = site.tables("w");
    assert_eq!(tables.keys().collect::<Vec<_>>(), ["course_activity"]);
    assert!(!tables["course_activity"].is_empty());
    assert!(!site.path("w/module_engagement").exists(), "what is missing is found before the logs are read");

    // A lock held on one job's output is that task's failure; the roster waits for the enrollment that failed.
    fs::remove_dir_all(site.path("w/auth_userprofile")).unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "module-engagement", "--only", "user-activity"]);
    assert_eq!(code, Some(20), "{said}");
    assert!(said.contains("ImportEnrollmentsIntoMysql failed") && said.contains("auth_userprofile"), "{said}");
    assert!(said.contains("ModuleEngagementWorkflowTask failed") && said.contains("Table course_activity: "), "{said}");
    let (code, said) = site.daily("w", &["--only", "nothing"]);
    assert!(code == Some(2) && said.contains("ImportEnrollmentsIntoMysql (enrollment)"), "{said}");
}

#[test]
fn a_job_that_fails_behind_the_scan_does_not_undo_it_for_others() {
    let site = Site::three_weeks(20_000);
    site.daily_warehouse("w");
    // A file where a directory belongs: the viewings cannot be put into place.
    fs::create_dir_all(site.path("w/video_viewing")).unwrap();
    fs::write(site.path(&format!("w/video_viewing/dt={DAY}")), "").unwrap();
    let (code, said) = site.daily("w", &["--only", "enrollment", "--only", "video", "--only", "user-activity"]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("InsertToMysqlAllVideoTask failed") && said.contains("Viewings failed"), "{said}");
    assert_eq!((said.matches("One scan of").count(), said.matches(" failed: ").count()), (1, 1), "{said}");
    let tables = site.tables("w");
    assert!(!tables["course_activity"].is_empty() && !tables["course_enrollment_daily"].is_empty());
    assert!(!tables.contains_key("video"));

    // A log that cannot be read fails every task that reads it, and is told once.
    fs::remove_file(site.path(&format!("w/video_viewing/dt={DAY}"))).unwrap();
    fs::write(site.path("logs/tracking.log-20140520-broken.gz"), b"\x1f\x8b\x08\0broken").unwrap();
    let (code, said) = site.daily("w", &["--only", "location", "--only", "video", "--only", "user-activity"]);
    assert_eq!(code, Some(30), "{said}");
    // Also that of the days that are there: each had one file when it was made, and one of them has two now.
    assert!(said.contains("20140520-broken.gz") && !said.contains("Table course_activity: "), "{said}");
    assert_eq!(said.matches(" failed: ").count(), 3, "{said}");
    let after = site.tables("w");
    assert!(!after.contains_key("video") && after["course_activity"] == tables["course_activity"], "what was there stays");
}

#[test]
fn a_load_that_fails_stops_its_own_task_whether_it_runs_beside_jobs_or_not() {
    let site = Site::three_weeks(20_000);
    for (name, threads) in [("beside", "2"), ("alone", "1")] {
        site.daily_warehouse(name);
        let store = rusqlite::Connection::open(site.path(&format!("{name}.sqlite"))).unwrap();
        store.execute_batch("CREATE TABLE video_timeline (something_else TEXT)").unwrap();
        drop(store);
        let few = ["--only", "video", "--only", "user-activity", "--only", "answer-distribution", "--threads", threads];
        let (code, said) = site.daily(name, &few);
        assert_eq!(code, Some(30), "{said}");
        assert!(said.contains("InsertToMysqlAllVideoTask failed") && said.contains("Table video_timeline failed"), "{said}");
        let tables = site.tables(name);
        assert!(!tables["course_activity"].is_empty() && !tables["answer_distribution"].is_empty(), "{said}");
        assert!(!tables.contains_key("video"), "a load behind the one that failed is not begun");

        let store = rusqlite::Connection::open(site.path(&format!("{name}.sqlite"))).unwrap();
        store.execute_batch("DROP TABLE video_timeline").unwrap();
        drop(store);
        let (code, said) = site.daily(name, &few);
        assert!(code == Some(0) && !said.contains("One scan of"), "the jobs before it were committed: {said}");
        assert!(!site.tables(name)["video_timeline"].is_empty() && !site.tables(name)["video"].is_empty());
    }
    assert!(site.tables("beside") == site.tables("alone"));
}

#[test]
fn the_plan_of_a_day_shows_every_task_and_runs_none() {
    let site = Site::three_weeks(20_000);
    site.daily_warehouse("w");
    let output = site.tried("plan", &["--config", "w.cfg", "daily", "--date", DAY]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for task in ["ImportEnrollmentsIntoMysql", "InsertToMysqlAllVideoTask", "ModuleEngagementWorkflowTask", "AnswerDistributionWorkflow"] {
        assert!(shown.lines().any(|line| line == task), "{shown}");
    }
    assert!(shown.contains("Roster ") && shown.contains("module_engagement_roster/dt=2014-05-21/"), "{shown}");
    assert!(!site.path("w/course_enrollment").exists() && !site.path("w-markers").exists());
}
