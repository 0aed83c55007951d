//! Names of tasks of the old pipeline that are no tasks here: what does the same now.

use std::ffi::OsString;

use anyhow::Result;

use super::{Workflows, tasks};
use crate::say;
use crate::wrong_usage::wrong_usage;

/// Tasks that only changed their names; the new one runs.
const RENAMED: &[(&str, &str)] = &[
    ("CourseActivityWeeklyTask", "InsertToMysqlCourseActivityTask"),
    ("InsertToMysqlCourseEnrollByCountryWorkflow", "InsertToMysqlLastCountryPerCourseTask"),
    ("ImportCountryWorkflow", "InsertToMysqlLastCountryPerCourseTask"),
];

/// Tasks whose work another one does, or a program: that one first.
const INNER: &[(&str, &[&str])] = &[
    (
        "insights ImportEnrollmentsIntoMysql",
        &[
            "CourseEnrollmentTask",
            "CourseEnrollmentPartitionTask",
            "CourseEnrollmentSummaryTask",
            "CourseEnrollmentSummaryPartitionTask",
            "CourseMetaSummaryEnrollmentDataTask",
            "CourseMetaSummaryEnrollmentIntoMysql",
            "CourseProgramMetadataDataTask",
            "CourseProgramMetadataInsertToMysqlTask",
            "CourseDataTask",
            "CoursePartitionTask",
            "EnrollmentByBirthYearDataTask",
            "EnrollmentByBirthYearTask",
            "EnrollmentByBirthYearToMysqlTask",
            "EnrollmentByEducationLevelDataTask",
            "EnrollmentByEducationLevelMysqlTask",
            "EnrollmentByEducationLevelTask",
            "EnrollmentByGenderDataTask",
            "EnrollmentByGenderMysqlTask",
            "EnrollmentByGenderTask",
            "EnrollmentByModeDataTask",
            "EnrollmentByModeMysqlTask",
            "EnrollmentByModeTask",
            "EnrollmentDailyDataTask",
            "EnrollmentDailyMysqlTask",
            "EnrollmentDailyTask",
            "ImportCourseSummaryEnrollmentsIntoMysql",
            "ProgramCourseDataTask",
            "ProgramCoursePartitionTask",
        ],
    ),
    ("insights CourseGradeByModeDataTask", &["CourseGradeByModePartitionTask"]),
    (
        "insights InsertToMysqlLastCountryPerCourseTask",
        &[
            "InsertToMysqlCourseEnrollByCountryTask",
            "LastCountryForEachUser",
            "LastCountryOfUser",
            "LastCountryOfUserDataTask",
            "LastCountryOfUserPartitionTask",
            "LastCountryOfUserTableTask",
            "QueryLastCountryPerCoursePartitionTask",
            "QueryLastCountryPerCourseTask",
            "QueryLastCountryPerCourseWorkflow",
        ],
    ),
    (
        "insights InsertToMysqlCourseActivityTask",
        &[
            "CalendarTableTask",
            "CalendarTask",
            "CourseActivityDailyTask",
            "CourseActivityMonthlyTask",
            "CourseActivityPartitionTask",
            "CourseActivityTableTask",
            "UserActivityPartitionTask",
            "UserActivityTableTask",
        ],
    ),
    (
        "insights InsertToMysqlAllVideoTask",
        &[
            "InsertToMysqlVideoTask",
            "InsertToMysqlVideoTimelineTask",
            "UserVideoViewingTableTask",
            "VideoDataTask",
            "VideoPartitionTask",
            "VideoTableDataTask",
            "VideoTableTask",
            "VideoTimelineDataTask",
            "VideoTimelinePartitionTask",
            "VideoTimelineTableTask",
            "VideoUsagePartitionTask",
            "VideoUsageTableTask",
        ],
    ),
    (
        "insights ModuleEngagementWorkflowTask",
        &[
            "ModuleEngagementPartitionTask",
            "ModuleEngagementRosterTableTask",
            "ModuleEngagementSummaryMetricRangesMysqlTask",
            "ModuleEngagementSummaryMetricRangesPartitionTask",
            "ModuleEngagementSummaryMetricRangesTableTask",
            "ModuleEngagementSummaryPartitionTask",
            "ModuleEngagementSummaryTableTask",
            "ModuleEngagementTableTask",
            "ModuleEngagementUserSegmentPartitionTask",
            "ModuleEngagementUserSegmentTableTask",
        ],
    ),
    (
        "insights AnswerDistributionWorkflow",
        &[
            "AnswerDistributionOneFilePerCourseTask",
            "AnswerDistributionPerCourse",
            "AnswerDistributionToMySQLTaskWorkflow",
            "LastProblemCheckEvent",
            "ProblemCheckEvent",
        ],
    ),
    (
        "lms-import",
        &[
            "ImportAllDatabaseTablesTask",
            "ImportAuthUserProfileTask",
            "ImportAuthUserTask",
            "ImportCourseUserGroupTask",
            "ImportCourseUserGroupUsersTask",
            "ImportMysqlToHiveTableTask",
            "ImportPersistentCourseGradeTask",
            "ImportStudentCourseEnrollmentTask",
            "SqoopImportFromMysql",
            "SqoopImportTask",
        ],
    ),
    ("mysql-loader", &["MysqlInsertTask", "IncrementalMysqlInsertTask"]),
];

/// Beginnings and parts of the names of tasks that have no successor: they are of no workflow of Insights.
const ELSEWHERE: &[&str] = &[
    "Vertica",
    "BigQuery",
    "Warehouse",
    "LoadInternalReporting",
    "Obfuscat",
    "EventExport",
    "TagsDistribution",
    "StudentEngagement",
    "StudentModule",
    "ProblemResponse",
    "GradeDist",
    "SeqOpenDist",
    "TotalEvents",
    "CourseEnrollmentValidation",
    "Paypal",
    "Cybersource",
    "Enterprise",
    "CourseBlocks",
    "CourseList",
    "AllCourse",
];

/// The command line with the new name of its task.
///
/// # Errors
/// The old task is none here; the error tells what does its work.
pub(super) fn renamed(workflows: Workflows, mut arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    let place = task_place(&arguments);
    let Some(word) = place.and_then(|place| arguments.get_mut(place)) else { return Ok(arguments) };
    let name = word.to_string_lossy().into_owned();
    if tasks(workflows).any(|task| task.name == name) {
        return Ok(arguments);
    }
    if let Some(new) = new_name(&name) {
        say!("insights: {name} is now called {new}, which runs.");
        *word = new.into();
    } else if let Some(told) = told(&name) {
        return Err(wrong_usage(told));
    }
    Ok(arguments)
}

/// The name of a task that only changed it.
pub(super) fn new_name(name: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

/// What does the work of an old task now, as sentences; none if no old task is called so.
pub(super) fn told(name: &str) -> Option<String> {
    if let Some(new) = new_name(name) {
        return Some(format!("{name} is now called {new}."));
    }
    if let Some((successor, _)) = INNER.iter().find(|(_, names)| names.contains(&name)) {
        return Some(format!(
            "{name} was a step of the old pipeline, and is none by itself here: `{successor}` does its work. `insights plan` shows its steps."
        ));
    }
    // Names of tasks, not of settings or counters that contain such a word.
    let is_elsewhere = ELSEWHERE.iter().any(|part| name.contains(part)) && !name.contains([' ', '_']);
    is_elsewhere
        .then(|| format!("{name} is of no workflow of Insights and has no successor here; `insights list` shows the tasks that there are."))
}

/// Where the name of a task stands, if one does: before any command but `plan`. A word behind an option may be its value.
fn task_place(arguments: &[OsString]) -> Option<usize> {
    let mut follows_option = false;
    for (place, word) in arguments.iter().enumerate().skip(1).filter(|(_, word)| *word != "plan") {
        let word = word.to_string_lossy();
        match word.chars().next() {
            Some(first) if first.is_ascii_uppercase() => return Some(place),
            Some('-') => follows_option = !word.contains('='),
            _ if !follows_option => return None,
            _ => follows_option = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workflows::WORKFLOWS;

    fn first_task(words: &[&str]) -> Result<String> {
        let words = [&["insights"], words].concat().into_iter().map(OsString::from).collect();
        let words = renamed(WORKFLOWS, words)?;
        Ok(words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_new_name_runs_and_an_inner_name_is_explained() {
        assert_eq!(
            first_task(&["plan", "CourseActivityWeeklyTask", "--weeks", "2"]).unwrap(),
            "insights plan InsertToMysqlCourseActivityTask --weeks 2"
        );
        assert_eq!(
            first_task(&["--config", "a.cfg", "ImportCountryWorkflow"]).unwrap(),
            "insights --config a.cfg InsertToMysqlLastCountryPerCourseTask"
        );
        let error = |name: &str| first_task(&[name]).unwrap_err().to_string();
        assert!(error("LastCountryOfUser").contains("`insights InsertToMysqlLastCountryPerCourseTask`"));
        assert!(error("ImportAuthUserTask").contains("`lms-import`"));
        assert!(error("LoadInternalReportingUserToWarehouse").contains("no successor"));
        assert_eq!(told("CourseActivityWeeklyTask").unwrap(), "CourseActivityWeeklyTask is now called InsertToMysqlCourseActivityTask.");
        assert_eq!(told("UserActivtyTask"), None);
        assert_eq!(first_task(&["daily", "--only", "video"]).unwrap(), "insights daily --only video");
        assert_eq!(first_task(&["UserActivtyTask"]).unwrap(), "insights UserActivtyTask");
    }

    #[test]
    fn names_are_old_and_successors_are_there() {
        let known: BTreeSet<_> = WORKFLOWS.iter().flat_map(|workflow| workflow.tasks).map(|task| task.name).collect();
        let inner =
            INNER.iter().flat_map(|(successor, names)| names.iter().map(move |name| (*name, successor.trim_start_matches("insights "))));
        let mut seen = BTreeSet::new();
        for (old, new) in RENAMED.iter().copied().chain(inner) {
            assert!(!known.contains(old) && seen.insert(old), "{old}");
            assert!(known.contains(new) || ["lms-import", "mysql-loader"].contains(&new), "{new}");
        }
    }
}
