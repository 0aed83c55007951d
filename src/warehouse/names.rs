//! Names in the directories of the warehouse.

pub use crate::storage::SUCCESS;

/// The partition key unless stated otherwise.
pub(crate) const DATE_KEY: &str = "dt";

/// Name of the file. It travels with the directory, so that it is never of another run than the rows.
pub(crate) const RECORD: &str = "_record";

/// What a process leaves beside the output of a job that other programs run: nobody holds the lock meanwhile.
pub(crate) const CLAIM: &str = ".claimed";

/// Whether readers of job output skip this name.
pub(crate) fn is_hidden_name(name: &str) -> bool {
    name.starts_with(['_', '.'])
}
