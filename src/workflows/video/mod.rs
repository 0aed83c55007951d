//! Video: what learners watched of each video (rules 06).
//!
//! ```text
//! logs ── viewing ─> video_viewing/dt=END/
//!          └─ durations of videos on YouTube, if a key is configured ─> video_youtube_duration/
//!      ── by-date ─> video_viewing_by_date/dt=DAY/
//!      ── usage ───> video_usage/dt=END/, video_timeline/dt=END/ ─> table video_timeline
//!                                         video/dt=END/ ──────────> table video
//! ```

pub(crate) mod by_date;
pub(crate) mod duration_step;
pub(crate) mod durations;
pub(crate) mod offset;
pub(crate) mod player_event;
pub mod tables;
pub(crate) mod task;
pub(crate) mod usage;
pub(crate) mod viewing;
pub(crate) mod youtube;

use crate::streaming::Jobs;
use crate::task;
use crate::tasks::workflow::{Daily, Workflow};

const NAME: &str = "video";

/// The jobs.
pub const JOBS: Jobs = &[&viewing::JOB, &by_date::JOB, &usage::JOB];

/// The workflow.
pub const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "How many learners started and finished each video, and watched each five seconds of it",
    jobs: JOBS,
    submission: include_str!("../../../jobs/video.toml"),
    tables: tables::TABLES,
    tasks: &[
        task!(task::NAME, task::Options, task::plan),
        task!(task::BY_DATE_NAME, task::DayOptions, task::plan_by_date),
        task!(task::VIEWING_NAME, task::ViewingOptions, task::plan_viewing),
        task!(task::USAGE_NAME, task::UsageOptions, task::plan_usage),
    ],
    daily: Some(Daily {
        task: task::NAME,
        options: task::daily,
        needs_section: false,
        history: Some(task::BY_DATE_NAME),
        history_apart: None,
    }),
};
