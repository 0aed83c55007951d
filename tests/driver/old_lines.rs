//! The task lines of the old documentation, typed as they stand there, with and without a launcher in front.

use crate::site::{OLD_LINES, Site, generated_logs, said};

const SECTIONS: &str = "[enrollments]\ninterval_start = 2024-02-26\noverwrite_n_days = 14\n[location-per-course]\ninterval_start = 2024-02-26\n\
    overwrite_n_days = 14\n[user-activity]\noverwrite_n_days = 14\n[videos]\noverwrite_n_days = 14\n[module-engagement]\noverwrite_n_days = 14\n\
    alias = roster\nnumber_of_shards = 5\n[geolocation]\ngeolocation_data = countries.mmdb\n[database-export]\ndatabase = reports\n\
    credentials = credentials.json\n";

/// A site with logs, its configuration where the old programs looked for it, and the launchers as names of our program.
fn old_site() -> Site {
    let site = Site::new();
    generated_logs(&site.path("logs"), 1, 40, 600);
    site.configure("override", SECTIONS);
    site.write("credentials.json", r#"{"host":"127.0.0.1","port":"1","username":"u","password":"p"}"#);
    site.link_launchers();
    site
}

#[test]
fn every_line_of_the_old_documentation_is_understood() {
    let site = old_site();
    for line in OLD_LINES {
        let task = line.trim_start_matches("remote-task ");
        let launchers = ["insights ", "launch-task ", "insights launch-task ", "remote-task --host localhost --wait --skip-setup "];
        let fronts = if task == line { &launchers[..] } else { &["remote-task ", "insights remote-task "] };
        let mut plans = Vec::new();
        for front in fronts {
            let planned = site.typed(&format!("{front}{task} --dependency-tree"));
            assert_eq!(planned.status.code(), Some(0), "{front}{task}\n{}", said(&planned));
            plans.push(String::from_utf8(planned.stdout).unwrap());
        }
        let name = task.split(' ').next().unwrap();
        assert!(plans[0].starts_with(name) && plans[0].contains("  1. "), "{}", plans[0]);
        assert!(plans.iter().all(|plan| *plan == plans[0]), "{plans:?}");
    }
    assert!(!site.path("override").exists(), "a plan makes nothing");
}

#[test]
fn a_line_runs_here_and_nowhere_else() {
    let site = old_site();
    let line = "UserActivityTask --local-scheduler --interval 2024-03-04-2024-03-06 --n-reduce-tasks 2 --workers 4 --no-lock";
    let ran = site.typed(&format!("remote-task --host localhost --user hadoop --remote-name x --skip-setup --wait {line}"));
    let told = said(&ran);
    assert_eq!(ran.status.code(), Some(0), "{told}");
    assert!(told.contains("Without effect") && told.contains("--remote-name") && told.contains("--workers (cores: --threads)"), "{told}");
    assert!(site.path("override/user_activity_by_user/dt=2024-03-05").exists());
    let elsewhere = site.typed(&format!("remote-task --host elsewhere.example --wait {line}"));
    assert_eq!(elsewhere.status.code(), Some(2));
    assert!(said(&elsewhere).contains("ssh elsewhere.example insights TASK"), "{}", said(&elsewhere));
}

/// luigi gave every parameter of every task an option of the task's name.
#[test]
fn parameters_may_have_the_name_of_their_task_in_front() {
    let site = old_site();
    let plan = |words: &str, code: i32| {
        let planned = site.typed(&format!("launch-task {words} --dependency-tree"));
        assert_eq!(planned.status.code(), Some(code), "{words}\n{}", said(&planned));
        said(&planned)
    };
    site.write("client.cfg", "[UserActivityTask]\nn_reduce_tasks = 3\noverwrite = true\n");
    let of_task = plan("UserActivityTask --UserActivityTask-interval 2024-03-04 --UserActivityTask-n-reduce-tasks=4", 0);
    assert!(of_task.contains("4 reducers") && of_task.contains("2024-03-04..2024-03-05"), "{of_task}");
    let own = plan("UserActivityTask --interval 2024-03-05 --UserActivityTask-interval 2024-03-04", 0);
    assert!(own.contains("3 reducers") && own.contains("2024-03-05..2024-03-06"), "{own}");
    // A task within a task, and one that this task has not.
    site.write("engine.cfg", "[elasticsearch]\nhost = http://127.0.0.1:9\n");
    let inner = "ModuleEngagementWorkflowTask --date 2024-03-11 --sqlite s.sqlite --config engine.cfg";
    let inner = plan(&format!("{inner} --ModuleEngagementRosterIndexTask-alias other --UserActivityTask-overwrite"), 0);
    assert!(inner.contains("index of the alias other "), "{inner}");
    assert!(inner.contains("does not ask for them: --UserActivityTask-overwrite."), "{inner}");
    for (words, told) in [
        ("--UserActvityTask-interval 2024-03-04", "Did you mean UserActivityTask?"),
        ("--UserActivityTask-intervall 2024-03-04", "Did you mean --UserActivityTask-interval?"),
        ("--UserActivityTask-interval", "needs a value"),
    ] {
        let refused = plan(&format!("UserActivityTask {words}"), 2);
        assert!(refused.contains(told), "{refused}");
    }
}

#[test]
fn old_names_are_answered_by_new_ones() {
    let site = old_site();
    let renamed = site.typed("launch-task CourseActivityWeeklyTask --end-date $TO_DATE --weeks 2 --sqlite s.sqlite --dependency-tree");
    assert!(renamed.status.success() && said(&renamed).contains("InsertToMysqlCourseActivityTask"), "{}", said(&renamed));
    for (old, answer) in [("LastCountryOfUser", "InsertToMysqlLastCountryPerCourseTask"), ("ImportAuthUserTask", "lms-import")] {
        let inner = site.typed(&format!("launch-task {old} --interval 2024-03"));
        assert_eq!(inner.status.code(), Some(2));
        assert!(said(&inner).contains(answer), "{}", said(&inner));
    }
    let nearest = site.typed("insights together 'UserActivtyTask --interval 2024-03'");
    assert_eq!(nearest.status.code(), Some(2));
    assert!(said(&nearest).contains("UserActivityTask"), "{}", said(&nearest));
}

#[test]
fn days_by_their_distance_are_told_once() {
    let site = old_site();
    let planned = site.typed("insights plan UserActivityTask --interval -3d..today");
    let told = String::from_utf8_lossy(&planned.stderr).into_owned();
    assert!(planned.status.success() && told.matches("Today is ").count() == 1 && told.contains("(UTC): --interval is "), "{told}");
    let wrong = site.typed("insights plan daily --date 18.03.2024");
    assert!(wrong.status.code() == Some(2) && said(&wrong).contains("write a day as 2024-03-18"), "{}", said(&wrong));
    let empty = site.typed("insights plan InsertToMysqlLastCountryPerCourseTask --interval-end 2024-02-01");
    assert!(empty.status.code() == Some(2) && said(&empty).contains("The end is not included"), "{}", said(&empty));
}

/// What luigi, its workers and its exit codes took as options, and what tasks had from others.
#[test]
fn options_without_effect_are_accepted_and_told() {
    let site = old_site();
    let told = |line: &str| {
        let ran = site.typed(&format!("{line} --dependency-tree"));
        assert_eq!(ran.status.code(), Some(0), "{line}\n{}", said(&ran));
        said(&ran)
    };
    let interval = "--interval 2024-03-04-2024-03-06";
    let scheduler =
        told(&format!("launch-task UserActivityTask {interval} --retcode-task-failed 1 --worker-keep-alive --no-configure-logging"));
    let named = "since there is no scheduler and exit codes are always the same: --retcode-task-failed, --no-configure-logging, --worker-keep-alive.";
    assert!(scheduler.contains(named), "{scheduler}");
    let of_task = told(&format!("insights ModuleEngagementIntervalTask {interval} --overwrite-from-date 2024-03-05 --overwrite"));
    assert!(of_task.contains("Without effect in ModuleEngagementIntervalTask: --overwrite."), "{of_task}");
    let together = site.typed(&format!("insights together 'UserVideoViewingByDateTask {interval} --overwrite'"));
    assert!(said(&together).contains("Without effect in UserVideoViewingByDateTask: --overwrite."), "{}", said(&together));
    // A flag of the scheduler before the task takes no word for its value.
    told("launch-task --no-lock --worker-keep-alive ModuleEngagementWorkflowTask --date 2024-03-06 --host es.example.com");
    let help = site.typed("insights ModuleEngagementIntervalTask --help");
    assert!(!String::from_utf8(help.stdout).unwrap().contains("--retcode"), "hidden");
}

#[test]
fn keys_of_task_sections_may_have_dashes() {
    let site = old_site();
    let planned = |section: &str| {
        site.write("section.cfg", format!("[UserActivityTask]\n{section}\n"));
        let planned = site.typed("insights plan UserActivityTask --interval 2024-03-04-2024-03-06 --config section.cfg");
        assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));
        (String::from_utf8(planned.stdout.clone()).unwrap(), said(&planned))
    };
    let (with_dashes, told) = planned("n-reduce-tasks = 7\noverwrite-n-days = 2");
    assert_eq!(with_dashes, planned("n_reduce_tasks = 7\noverwrite_n_days = 2").0);
    assert_ne!(with_dashes, planned("").0);
    assert!(!told.contains("Nothing reads"), "{told}");
}

#[test]
fn grades_are_made_anew_by_either_name() {
    let site = old_site();
    for made in ["course_enrollment", "course_grade_by_mode"] {
        std::fs::create_dir_all(site.path(&format!("override/{made}/dt=2024-03-06"))).unwrap();
        site.write(&format!("override/{made}/dt=2024-03-06/_SUCCESS"), "");
    }
    let planned = |option: &str| {
        let line = format!("insights plan CourseGradeByModeDataTask --interval 2024-03-04-2024-03-06 --date 2024-03-06 {option}");
        let planned = site.typed(&line);
        assert_eq!(planned.status.code(), Some(0), "{}", said(&planned));
        String::from_utf8(planned.stdout).unwrap()
    };
    assert_eq!(planned("--overwrite"), planned("--overwrite-hive"));
    assert_ne!(planned("--overwrite"), planned(""));
}

/// Lines of a JSON log say whether somebody should look.
#[test]
fn hints_are_information_and_warnings_are_warnings() {
    let site = old_site();
    let planned = site.typed(
        "insights plan UserActivityTask --interval 2024-03-04-2024-03-06 --additional-config none.cfg --pattern '.*(?P<dat>[0-9]{8}).*' --log-format json",
    );
    let lines: Vec<serde_json::Value> = said(&planned).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let level_of =
        |text: &str| lines.iter().find(|line| line["message"].as_str().unwrap().contains(text)).map(|line| line["level"].clone());
    assert_eq!(level_of("none.cfg"), Some("info".into()), "{lines:?}");
    assert_eq!(level_of("Warning: The group dat"), Some("warning".into()), "{lines:?}");
}
