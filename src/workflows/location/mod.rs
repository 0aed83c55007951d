//! Geography: in which countries the learners of each course are (rules 04).
//!
//! ```text
//! logs ── daily-address ─> last_ip_of_user_id/dt=DAY/
//!      ── last-country ──> last_country_of_user_id/dt=END/
//!      ── enrollment-country (with student_courseenrollment) ─ country-counts ─> course_enrollment_location_current/
//! ```

pub(crate) mod country_counts;
pub(crate) mod daily_address;
pub(crate) mod enrollment_country;
pub mod geolocation;
pub(crate) mod last_country;
pub(crate) mod tables;
pub(crate) mod task;

use crate::streaming::Jobs;
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

/// Its name.
pub const NAME: &str = "location";

/// The jobs.
pub const JOBS: Jobs = &[&daily_address::JOB, &last_country::JOB, &enrollment_country::JOB, &country_counts::JOB];

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "In which countries the learners of each course are",
    jobs: JOBS,
    submission: include_str!("../../../jobs/location.toml"),
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
