//! The warehouse: rows, datasets with their completeness, choice of input files, manifests.

pub mod awaited;
pub(crate) mod cleaning;
pub(crate) mod columns;
pub mod commit;
pub(crate) mod contents;
pub mod dataset;
pub(crate) mod day_index;
pub(crate) mod glob;
pub(crate) mod input_selection;
pub(crate) mod inventory;
pub(crate) mod kept;
pub mod lock;
pub mod manifest;
pub mod marker;
pub mod multi_output;
pub(crate) mod names;
pub(crate) mod record;
pub(crate) mod run_history;
mod run_id;
pub mod selection;

pub use run_id::RunId;
