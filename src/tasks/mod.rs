//! What the tasks of all workflows share: which logs, which days, imports they need, loads they end with.
//!
//! * [`logs`]: options that choose logs, warehouse and interval
//! * [`day_tables`]: tables with a directory for each day
//! * [`course_keys`]: which course ids count
//! * [`derivation`]: sites without LMS database
//! * [`filling`]: how tasks look for holes, and fill them
//! * [`log_days`]: the days by which log files are called
//! * [`holes`]: days of a history that no run has made
//! * [`imports`]: imports of LMS tables
//! * [`loads`] and [`store`]: the result store
//! * [`options`]: what most tasks are told, declared and resolved once
//! * [`workflow`]: a workflow as one value

pub mod course_keys;
pub mod day_tables;
pub mod derivation;
pub mod filling;
pub mod holes;
pub mod imports;
pub mod loads;
pub mod log_days;
pub mod logs;
mod missing_data;
pub mod options;
pub mod store;
pub mod workflow;

pub use missing_data::{MissingData, MissingDays};
