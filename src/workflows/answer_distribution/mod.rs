//! Answer distribution: how many learners gave each answer to each part of each problem, counting each learner's first
//! and last submission (rules 02).
//!
//! ```text
//! logs ── first-last ──> <dest>/problem_check_events_<name>/
//!      ── distribution ─> <dest>/answer_distribution_per_course_<name>/
//!                          ├─ course-csv ─> <output root>/<sha1 of course>/<course>_answer_distribution.csv
//!                          └─ load ───────> table answer_distribution
//! ```

pub(crate) mod answer;
mod attempt;
pub(crate) mod course_csv;
pub(crate) mod distribution;
mod entry;
pub(crate) mod first_last;
pub(crate) mod html_text;
pub(crate) mod load;
mod lookup;
pub(crate) mod metadata;
mod repeated_rows;
mod submission;
pub mod tables;
pub(crate) mod task;

use crate::streaming::Jobs;
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

/// Response types that are counted unless the configuration says otherwise (rules 02, 4.1).
pub const VALID_RESPONSE_TYPES: &str =
    "choiceresponse,optionresponse,multiplechoiceresponse,numericalresponse,stringresponse,formularesponse";

const NAME: &str = "answer-distribution";

/// Group of the counters of all jobs.
const GROUP: &str = "Answer Distribution";

/// The jobs.
pub const JOBS: Jobs = &[&first_last::JOB, &distribution::JOB, &course_csv::JOB];

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "How many learners gave each answer to each part of each problem, first and last attempt",
    jobs: JOBS,
    submission: include_str!("../../../jobs/answer-distribution.toml"),
    tables: tables::TABLES,
    tasks: &[task!(task::NAME, task::Options, task::plan)],
    // Its logs and places have no defaults.
    daily: Some(Daily { task: task::NAME, options: task::daily, needs_section: true, history: None, history_apart: None }),
};
