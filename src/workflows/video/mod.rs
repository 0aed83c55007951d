//! Video: what learners watched of each video (spec 06).
//!
//! ```text
//! logs ── viewing ─> video_viewing/dt=END/
//!          └─ durations of videos on YouTube, if a key is configured ─> video_youtube_duration/
//!      ── by-date ─> video_viewing_by_date/dt=DAY/
//!      ── usage ───> video_usage/dt=END/, video_timeline/dt=END/ ─> table video_timeline
//!                                         video/dt=END/ ──────────> table video
//! ```

pub mod by_date;
pub mod duration_step;
pub mod durations;
pub mod offset;
pub mod player_event;
pub mod task;
pub mod usage;
pub mod viewing;
pub mod youtube;

use crate::streaming::JobSet;

/// The workflow's jobs.
pub const JOBS: JobSet =
    JobSet { workflow: "video", descriptor: include_str!("../../../jobs/video.toml"), jobs: &[viewing::JOB, by_date::JOB, usage::JOB] };
