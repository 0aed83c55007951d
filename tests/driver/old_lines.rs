//! The task lines of the old documentation, typed as they stand there, with and without a launcher in front.

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use crate::site::{Site, generated_logs, programs, said};

/// All fifteen. Only the roots of stores are this test's.
const LINES: [&str; 15] = [
    r#"AnswerDistributionWorkflow --local-scheduler --src ["$ROOT/logs/"] --dest $ROOT/intermediate/ --name unique_name --output-root $ROOT/final/ --include ["*tracking.log*"] --manifest "$ROOT/manifest.txt" --base-input-format "org.edx.hadoop.input.ManifestTextInputFormat" --lib-jar ["hdfs://localhost:9000/edx-analytics-pipeline/packages/edx-analytics-hadoop-util.jar"] --n-reduce-tasks $NUM_REDUCE_TASKS --marker $dest/marker --credentials $CREDENTIALS"#,
    r#"remote-task AnswerDistributionWorkflow --host localhost --user ubuntu --remote-name analyticstack --skip-setup --wait --local-scheduler  --verbose --src ["$ROOT/logs"] --dest $ROOT/AnswerDistributionWorkflow/1449177792/dest --name pt_1449177792 --output-root $ROOT/AnswerDistributionWorkflow/1449177792/course --include ["*tracking.log*"] --manifest $ROOT/1449177792/manifest.txt --base-input-format "org.edx.hadoop.input.ManifestTextInputFormat"  --lib-jar ["hdfs://localhost:9000/edx-analytics-pipeline/site-packages/edx-analytics-hadoop-util.jar"]  --n-reduce-tasks 1 --marker $ROOT/1449177792/marker --credentials $CREDENTIALS"#,
    r#"ImportEnrollmentsIntoMysql --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite-mysql --overwrite-hive"#,
    r#"CourseEnrollmentEventsTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS"#,
    r#"InsertToMysqlLastCountryPerCourseTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --course-country-output $INTERMEDIATE_OUTPUT_ROOT/$(date +%Y-%m-%d -d "$TO_DATE")/country_course --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite"#,
    r#"InsertToMysqlLastCountryPerCourseTask --local-scheduler --interval-end $(date +%Y-%m-%d -d "$TO_DATE") --course-country-output $INTERMEDIATE_OUTPUT_ROOT/$(date +%Y-%m-%d -d "$TO_DATE")/country_course --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite"#,
    r#"LastDailyIpAddressOfUserTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS"#,
    r#"InsertToMysqlCourseActivityTask --local-scheduler --end-date $(date +%Y-%m-%d -d "$TO_DATE") --weeks 24 --credentials $CREDENTIALS --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite-mysql"#,
    r#"UserActivityTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS"#,
    r#"InsertToMysqlCourseActivityTask --local-scheduler --end-date $(date +%Y-%m-%d -d "$TO_DATE") --weeks 24 --credentials $CREDENTIALS --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite-n-days 169"#,
    r#"InsertToMysqlAllVideoTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS"#,
    r#"UserVideoViewingByDateTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS"#,
    r#"InsertToMysqlAllVideoTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite-n-days 169"#,
    r#"ModuleEngagementIntervalTask --local-scheduler --interval $(date +%Y-%m-%d -d "$FROM_DATE")-$(date +%Y-%m-%d -d "$TO_DATE") --n-reduce-tasks $NUM_REDUCE_TASKS --overwrite-from-date $(date +%Y-%m-%d -d "$TO_DATE") --overwrite-mysql"#,
    r#"ModuleEngagementWorkflowTask --local-scheduler --date $(date +%Y-%m-%d -d "$TO_DATE") --indexing-tasks 5 --throttle 0.5 --n-reduce-tasks $NUM_REDUCE_TASKS"#,
];

const SECTIONS: &str = "[enrollments]\ninterval_start = 2024-03-01\noverwrite_n_days = 6\n[location-per-course]\ninterval_start = 2024-03-01\n\
    overwrite_n_days = 6\n[user-activity]\noverwrite_n_days = 6\n[videos]\noverwrite_n_days = 6\n[module-engagement]\noverwrite_n_days = 6\n\
    alias = roster\nnumber_of_shards = 5\n[geolocation]\ngeolocation_data = countries.mmdb\n[database-export]\ndatabase = reports\n\
    credentials = results.json\n";

/// A site with logs, its configuration where the old programs looked for it, and the launchers as names of our program.
fn old_site() -> Site {
    let site = Site::new();
    generated_logs(&site.path("logs"), 1, 40, 600);
    site.configure("override", SECTIONS);
    site.write("results.json", r#"{"host":"127.0.0.1","port":"1","username":"u","password":"p"}"#);
    for name in ["launch-task", "remote-task"] {
        symlink(programs().join("insights"), site.path(name)).unwrap();
    }
    site
}

fn typed(site: &Site, line: &str) -> Output {
    let mut shell = Command::new("bash");
    shell.current_dir(site.folder.path()).env_remove("LUIGI_CONFIG_PATH");
    let path = format!("{}:{}:/usr/bin:/bin", site.folder.path().display(), programs().display());
    let variables =
        [("FROM_DATE", "2024-03-01"), ("TO_DATE", "2024-03-07"), ("NUM_REDUCE_TASKS", "3"), ("INTERMEDIATE_OUTPUT_ROOT", "between")];
    let root = site.folder.path().display().to_string();
    let places = [("ROOT", root.as_str()), ("dest", root.as_str()), ("CREDENTIALS", "results.json"), ("PATH", path.as_str())];
    shell.envs(variables).envs(places).args(["-c", line]).output().unwrap()
}

#[test]
fn every_line_of_the_old_documentation_is_understood() {
    let site = old_site();
    for line in LINES {
        let task = line.trim_start_matches("remote-task ");
        let launchers = ["insights ", "launch-task ", "insights launch-task ", "remote-task --host localhost --wait --skip-setup "];
        let fronts = if task == line { &launchers[..] } else { &["remote-task ", "insights remote-task "] };
        let mut plans = Vec::new();
        for front in fronts {
            let planned = typed(&site, &format!("{front}{task} --dependency-tree"));
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
    let ran = typed(&site, &format!("remote-task --host localhost --user hadoop --remote-name x --skip-setup --wait {line}"));
    let told = said(&ran);
    assert_eq!(ran.status.code(), Some(0), "{told}");
    assert!(told.contains("Without effect") && told.contains("--remote-name") && told.contains("--workers (cores: --threads)"), "{told}");
    assert!(site.path("override/user_activity_by_user/dt=2024-03-05").exists());
    let elsewhere = typed(&site, &format!("remote-task --host elsewhere.example --wait {line}"));
    assert_eq!(elsewhere.status.code(), Some(2));
    assert!(said(&elsewhere).contains("ssh elsewhere.example insights TASK"), "{}", said(&elsewhere));
}

#[test]
fn old_names_are_answered_by_new_ones() {
    let site = old_site();
    let renamed = typed(&site, "launch-task CourseActivityWeeklyTask --end-date $TO_DATE --weeks 2 --sqlite s.sqlite --dependency-tree");
    assert!(renamed.status.success() && said(&renamed).contains("InsertToMysqlCourseActivityTask"), "{}", said(&renamed));
    for (old, answer) in [("LastCountryOfUser", "InsertToMysqlLastCountryPerCourseTask"), ("ImportAuthUserTask", "lms-import")] {
        let inner = typed(&site, &format!("launch-task {old} --interval 2024-03"));
        assert_eq!(inner.status.code(), Some(2));
        assert!(said(&inner).contains(answer), "{}", said(&inner));
    }
    let nearest = typed(&site, "insights together 'UserActivtyTask --interval 2024-03'");
    assert_eq!(nearest.status.code(), Some(2));
    assert!(said(&nearest).contains("UserActivityTask"), "{}", said(&nearest));
}

#[test]
fn days_by_their_distance_are_told_once() {
    let site = old_site();
    let planned = typed(&site, "insights plan UserActivityTask --interval -3d..today");
    let told = String::from_utf8_lossy(&planned.stderr).into_owned();
    assert!(planned.status.success() && told.matches("Today is ").count() == 1 && told.contains("(UTC): --interval is "), "{told}");
    let wrong = typed(&site, "insights plan daily --date 18.03.2024");
    assert!(wrong.status.code() == Some(2) && said(&wrong).contains("write a day as 2024-03-18"), "{}", said(&wrong));
    let empty = typed(&site, "insights plan InsertToMysqlLastCountryPerCourseTask --interval-end 2024-02-01");
    assert!(empty.status.code() == Some(2) && said(&empty).contains("The end is not included"), "{}", said(&empty));
}
