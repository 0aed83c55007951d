//! The task lines of the old documentation, and a shell that types them.

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use super::{Site, programs};

/// All fifteen, as they stand there. Only the roots of stores are ours.
pub(crate) const OLD_LINES: [&str; 15] = [
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

/// `FROM_DATE` of the lines, a Monday.
pub(crate) const FROM_DATE: &str = "2024-02-26";
/// `TO_DATE` of the lines: two weeks are over by then.
pub(crate) const TO_DATE: &str = "2024-03-11";

impl Site {
    /// The old programs, as names of ours.
    pub(crate) fn link_launchers(&self) {
        for name in ["launch-task", "remote-task"] {
            symlink(programs().join("insights"), self.path(name)).unwrap();
        }
    }

    /// What comes of a line that is typed in the site's directory, with the variables of the old documentation.
    pub(crate) fn typed(&self, line: &str) -> Output {
        let mut shell = Command::new("bash");
        shell.current_dir(self.folder.path()).env_remove("LUIGI_CONFIG_PATH");
        let path = format!("{}:{}:/usr/bin:/bin", self.folder.path().display(), programs().display());
        let variables =
            [("FROM_DATE", FROM_DATE), ("TO_DATE", TO_DATE), ("NUM_REDUCE_TASKS", "3"), ("INTERMEDIATE_OUTPUT_ROOT", "between")];
        let root = self.folder.path().display().to_string();
        let places = [("ROOT", root.as_str()), ("dest", root.as_str()), ("CREDENTIALS", "credentials.json"), ("PATH", path.as_str())];
        shell.envs(variables).envs(places).args(["-c", line]).output().unwrap()
    }
}
