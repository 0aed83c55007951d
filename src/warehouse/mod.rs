//! The warehouse: rows, datasets with their completeness, intervals, choice of input files, manifests.

pub mod columns;
pub mod commit;
pub mod dataset;
pub mod day_delta;
pub mod glob;
pub mod interval;
pub mod lock;
pub mod manifest;
pub mod marker;
pub mod multi_output;
pub mod python_text;
mod run_id;
pub mod selection;

pub use run_id::RunId;
