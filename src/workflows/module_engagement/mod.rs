//! Learner engagement: what each learner did in each course (spec 07).
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

pub mod daily;
pub mod days;
#[cfg(test)]
mod job_tests;
pub mod metric;
pub mod metric_ranges;
pub mod planner;
pub mod roster;
pub mod roster_cohorts;
pub mod roster_documents;
pub mod roster_index;
pub mod roster_index_step;
pub mod roster_index_task;
pub mod roster_learners;
#[cfg(test)]
mod roster_tests;
pub mod single_tasks;
#[cfg(test)]
mod small_tables;
pub mod summary;
pub mod task;
pub mod user_segments;
pub mod workflow_task;

use crate::streaming::JobSet;

/// The workflow's jobs.
pub const JOBS: JobSet = JobSet {
    workflow: "module-engagement",
    descriptor: include_str!("../../../jobs/module-engagement.toml"),
    jobs: &[
        daily::JOB,
        summary::JOB,
        metric_ranges::JOB,
        user_segments::JOB,
        roster_cohorts::JOB,
        roster_learners::JOB,
        roster::JOB,
        roster_documents::JOB,
        roster_index::JOB,
    ],
};
