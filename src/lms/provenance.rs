//! Whether an import is of the LMS database, or derived from the logs (rules 10, 8).

use anyhow::Result;
use serde_json::Value;

use crate::storage::{is_not_found, read_to_string};
use crate::warehouse::dataset::Partition;
use crate::warehouse::marker::read_marker;

/// Member of `_metadata`: the id of the run that derived the rows.
pub(crate) const DERIVED_BY: &str = "derived_by";
/// Whether a partition holds a complete import that was derived.
///
/// # Errors
/// The store failed.
pub(crate) fn is_derived(partition: &Partition) -> Result<bool> {
    let Some(run_id) = read_marker(partition.directory())?.and_then(|marker| marker.run_id) else { return Ok(false) };
    let text = match read_to_string(&partition.directory().join("_metadata")) {
        Ok(text) => text,
        Err(error) if is_not_found(&error) => return Ok(false),
        Err(error) => return Err(error),
    };
    let metadata: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok(metadata.get(DERIVED_BY).and_then(Value::as_str) == Some(run_id.as_str()))
}
