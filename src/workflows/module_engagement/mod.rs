//! Learner engagement: what each learner did in each course (rules 07).
//!
//! ```text
//! logs ── daily ─────────> module_engagement/dt=DAY/ ─> table module_engagement
//!      ── summary ───────> module_engagement_summary/dt=END/
//!      ── metric-ranges ─> module_engagement_metric_ranges/dt=END/ ─> table module_engagement_metric_ranges
//!      ── user-segments ─> module_engagement_user_segments/dt=END/
//!
//! course_groups_courseusergroup(_users)                       ── roster-cohorts ──> module_engagement_roster_cohorts/dt=END/
//! those, course_enrollment/dt=END/, auth_user(profile)        ── roster-learners ─> module_engagement_roster_learners/dt=END/
//! those, module_engagement_summary (two weeks), user_segments ── roster ──────────> module_engagement_roster/dt=END/
//!
//! module_engagement_roster/dt=END/ ── roster-documents ─> documents of the roster index, as text
//!                                  └─ roster-index ─────> the roster index (task ModuleEngagementRosterIndexTask)
//! ```

pub(crate) mod daily;
pub(crate) mod days;
mod earlier_days;
mod enrolled_days;
mod enrolled_rows;
#[cfg(test)]
mod job_tests;
mod late_days;
pub(crate) mod metric;
pub(crate) mod metric_ranges;
mod missing_days;
pub(crate) mod names;
#[cfg(test)]
mod plan_trial;
pub(crate) mod planner;
pub(crate) mod roster;
pub(crate) mod roster_cohorts;
pub(crate) mod roster_documents;
pub(crate) mod roster_index;
pub(crate) mod roster_index_step;
pub(crate) mod roster_index_task;
pub(crate) mod roster_learners;
#[cfg(test)]
mod roster_tests;
pub(crate) mod single_tasks;
#[cfg(test)]
mod small_tables;
pub(crate) mod summary;
pub mod tables;
pub(crate) mod task;
pub(crate) mod user_segments;
mod week_days;
pub(crate) mod workflow_task;

use crate::streaming::{AnyJob, Jobs};
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

const NAME: &str = "module-engagement";

/// The jobs of the mapper and the reducer.
pub const STREAMED: Jobs = &[
    &daily::JOB,
    &summary::JOB,
    &metric_ranges::JOB,
    &user_segments::JOB,
    &roster_cohorts::JOB,
    &roster_learners::JOB,
    &roster::JOB,
    &roster_documents::JOB,
];

/// All jobs; the one that sends documents runs in `roster-indexer`, which has what speaks to servers.
pub const JOBS: Jobs = &{
    let mut jobs: [&'static dyn AnyJob; STREAMED.len() + 1] = [&roster_index::JOB; STREAMED.len() + 1];
    let (streamed, _) = jobs.split_at_mut(STREAMED.len());
    streamed.copy_from_slice(STREAMED);
    jobs
};

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "What each learner did in each course: by day, by week, and beside the other learners",
    jobs: JOBS,
    submission: include_str!("../../../jobs/module-engagement.toml"),
    tables: tables::TABLES,
    tasks: &[
        task!(names::WORKFLOW_NAME, workflow_task::Options, workflow_task::plan),
        task!(names::PARTITION_NAME, workflow_task::PartitionOptions, workflow_task::plan_partition),
        task!(task::INTERVAL_NAME, task::IntervalOptions, task::plan_interval),
        task!(names::DATA_NAME, single_tasks::DataOptions, single_tasks::plan_data),
        task!(names::MYSQL_NAME, single_tasks::MysqlOptions, single_tasks::plan_mysql),
        task!(names::SUMMARY_NAME, single_tasks::SummaryOptions, single_tasks::plan_summary),
        task!(names::RANGES_NAME, single_tasks::RangesOptions, single_tasks::plan_ranges),
        task!(names::SEGMENTS_NAME, single_tasks::SegmentsOptions, single_tasks::plan_segments),
        task!(roster_index_task::NAME, roster_index_task::Options, roster_index_task::plan),
    ],
    daily: Some(Daily {
        task: names::WORKFLOW_NAME,
        options: workflow_task::daily,
        needs_section: false,
        history: None,
        history_apart: Some(task::INTERVAL_NAME),
    }),
};
