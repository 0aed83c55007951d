//! Names of the tasks, and of the section that they share.

/// The task that makes a day.
pub(crate) const DATA_NAME: &str = "ModuleEngagementDataTask";
/// The task that makes a day and loads it.
pub(crate) const MYSQL_NAME: &str = "ModuleEngagementMysqlTask";
/// The task that sums up a week.
pub(crate) const SUMMARY_NAME: &str = "ModuleEngagementSummaryDataTask";
/// The task that finds the ranges of a week.
pub(crate) const RANGES_NAME: &str = "ModuleEngagementSummaryMetricRangesDataTask";
/// The task that finds the segments of a week.
pub(crate) const SEGMENTS_NAME: &str = "ModuleEngagementUserSegmentDataTask";
/// The task that does everything.
pub(crate) const WORKFLOW_NAME: &str = "ModuleEngagementWorkflowTask";
/// The task that ends with the roster in the warehouse.
pub(crate) const PARTITION_NAME: &str = "ModuleEngagementRosterPartitionTask";
/// The section of this workflow.
pub(crate) const SECTION: &str = "module-engagement";
/// Table of the days, in the warehouse and in the store.
pub(crate) const TABLE: &str = "module_engagement";
