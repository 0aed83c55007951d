//! Course activity: how many learners did what, by course and ISO week (spec 05).
//!
//! ```text
//! logs ── daily ──> user_activity_by_user/dt=DAY/
//!      ── weekly ─> course_activity/dt=END_DATE/ ─> table course_activity
//! ```

pub mod daily;
pub mod task;
pub mod weekly;

use crate::streaming::JobSet;

/// The workflow's jobs.
pub const JOBS: JobSet =
    JobSet { workflow: "user-activity", descriptor: include_str!("../../../jobs/user-activity.toml"), jobs: &[daily::JOB, weekly::JOB] };
