//! Names of the tasks, and of the section that they share.

/// The task that makes a day.
pub const DATA_NAME: &str = "ModuleEngagementDataTask";
/// The task that makes a day and loads it.
pub const MYSQL_NAME: &str = "ModuleEngagementMysqlTask";
/// The task that sums up a week.
pub const SUMMARY_NAME: &str = "ModuleEngagementSummaryDataTask";
/// The task that finds the ranges of a week.
pub const RANGES_NAME: &str = "ModuleEngagementSummaryMetricRangesDataTask";
/// The task that finds the segments of a week.
pub const SEGMENTS_NAME: &str = "ModuleEngagementUserSegmentDataTask";
/// The task that does everything.
pub const WORKFLOW_NAME: &str = "ModuleEngagementWorkflowTask";
/// The task that ends with the roster in the warehouse.
pub const PARTITION_NAME: &str = "ModuleEngagementRosterPartitionTask";
/// The section of this workflow.
pub const SECTION: &str = "module-engagement";
