//! Enrollment: who was enrolled in which course on which day (rules 03).
//!
//! ```text
//! logs ── events ──> course_enrollment_events/dt=DAY/
//!      ── state ───> course_enrollment/, course_enrollment_summary/
//!          ├─ changes (with auth_userprofile) ─ daily-counts ─> course_enrollment_{daily,mode,gender,birth_year,education_level}_daily/
//!          ├─ passing (with grades) ─ grade-by-mode ──────────> course_grade_by_mode/
//!          └─ meta-summary (mode_daily, grades, catalog) ─────> course_meta_summary_enrollment/
//! catalog ── course_catalog ──────────────────────────────────> course_catalog/, program_course/
//!          └─ program-metadata ───────────────────────────────> course_program_metadata/
//! ```
//!
//! Without LMS database it makes what is derived of it, too: [`without_lms`].
//!
//! # Cost
//!
//! Raw logs are read for the last `overwrite_n_days` days only. `state` reads the event files of all days: the state of a learner
//! depends on all events before. It writes a row for each learner, course and day, because other workflows read that table. What
//! comes after does not pay for these rows: the mappers of `changes` and `passing` fold the days on which nothing changed into one
//! record, and `daily-counts` adds up differences, so that both shuffle as many records as there were changes of state, not as
//! there were days. The sums are those of the original's queries over all rows: a row of the table lies in exactly one run of days,
//! and a run adds its learner on its first day and takes it away behind its last.

pub(crate) mod changes;
pub(crate) mod course_catalog;
pub(crate) mod daily_counts;
pub(crate) mod enrollment_event;
pub(crate) mod events;
pub(crate) mod grade_by_mode;
pub(crate) mod meta_summary;
pub(crate) mod passing;
pub(crate) mod program_metadata;
pub(crate) mod runs;
pub(crate) mod state;
pub(crate) mod summary;
pub(crate) mod tables;
pub(crate) mod task;
pub(crate) mod without_lms;

use crate::streaming::Jobs;
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

const NAME: &str = "enrollment";

/// The jobs.
pub const JOBS: Jobs = &[
    &events::JOB,
    &state::JOB,
    &changes::JOB,
    &daily_counts::JOB,
    &passing::JOB,
    &grade_by_mode::JOB,
    &meta_summary::JOB,
    &program_metadata::JOB,
    &without_lms::accounts::JOB,
    &without_lms::account_rows::JOB,
    &without_lms::enrollment_rows::JOB,
];

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "Who was enrolled in which course on which day, by mode, gender, age and education",
    jobs: JOBS,
    submission: include_str!("../../../jobs/enrollment.toml"),
    tables: tables::TABLES,
    tasks: &[
        task!(task::NAME, task::Options, task::plan),
        task!(task::GRADES_NAME, task::GradesOptions, task::plan_grades),
        task!(events::EVENTS_NAME, task::EventsOptions, task::plan_events),
    ],
    daily: Some(Daily {
        task: task::NAME,
        options: task::daily,
        needs_section: false,
        history: Some(events::EVENTS_NAME),
        history_apart: None,
    }),
};
