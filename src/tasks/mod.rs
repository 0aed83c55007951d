//! What the tasks of all workflows share: which logs, which days, imports they need, loads they end with.
//!
//! * [`logs`]: options that choose logs, warehouse and interval
//! * [`day_tables`]: tables with a directory for each day
//! * [`course_keys`]: which course ids count
//! * [`imports`]: imports of LMS tables
//! * [`loads`] and [`store`]: the result store

pub mod course_keys;
pub mod day_tables;
pub mod imports;
pub mod loads;
pub mod logs;
mod missing_data;
pub mod store;

pub use missing_data::MissingData;
