//! Course activity: how many learners did what, by course and ISO week (rules 05).
//!
//! ```text
//! logs ── daily ──> user_activity_by_user/dt=DAY/
//!      ── weekly ─> course_activity/dt=END_DATE/ ─> table course_activity
//! ```

pub(crate) mod daily;
pub mod tables;
pub(crate) mod task;
pub(crate) mod weekly;

use crate::streaming::Jobs;
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

const NAME: &str = "user-activity";

/// The jobs.
pub const JOBS: Jobs = &[&daily::JOB, &weekly::JOB];

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "How many learners were active, tried a problem, played a video or posted, by course and week",
    jobs: JOBS,
    submission: include_str!("../../../jobs/user-activity.toml"),
    tables: tables::TABLES,
    tasks: &[task!(task::NAME, task::Options, task::plan), task!(task::HISTORY_NAME, task::HistoryOptions, task::plan_history)],
    daily: Some(Daily {
        task: task::NAME,
        options: task::daily,
        needs_section: false,
        history: Some(task::HISTORY_NAME),
        history_apart: None,
    }),
};
