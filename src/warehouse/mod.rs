//! The warehouse: rows, datasets with their completeness, choice of input files, manifests.

pub mod columns;
pub mod commit;
pub mod contents;
pub mod dataset;
pub mod day_index;
pub mod glob;
pub mod input_selection;
pub mod lock;
pub mod manifest;
pub mod marker;
pub mod multi_output;
pub mod names;
pub mod record;
mod run_id;
pub mod selection;

pub use run_id::RunId;
