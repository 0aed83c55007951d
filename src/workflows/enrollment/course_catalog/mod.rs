//! The course catalog of an Open edX site: pulled once for each day, then written as two tables (rules 03, 9; rules 09, 6).
//!
//! ```text
//! course_runs/ of each partner ── pull ─> discovery_api_raw/dt=DATE/course_runs.json
//!                              ── tables > course_catalog/dt=DATE/course_catalog.tsv, program_course/dt=DATE/program_course.tsv
//! ```
//!
//! * [`options`]: which partners at which addresses, from options and configuration; the steps
//! * [`pull`]: page after page into one file, visible as a whole
//! * [`fields`]: a member of the JSON becomes a column
//! * [`tables`]: the two tables

pub(crate) mod fields;
pub(crate) mod options;
pub(crate) mod pull;
pub(crate) mod tables;
