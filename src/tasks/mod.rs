//! What the tasks of all workflows share: which logs, which days, imports they need, loads they end with.
//!
//! * [`logs`]: options that choose logs, warehouse and interval
//! * [`day_tables`]: tables with a directory for each day
//! * [`holes`]: days of a history that no run has made
//! * [`imports`]: imports of LMS tables
//! * [`loads`] and [`store`]: the result store

pub mod day_tables;
pub mod holes;
pub mod imports;
pub mod loads;
pub mod logs;
mod missing_data;
pub mod store;

pub use missing_data::MissingData;
