//! Which log files the last run with kept records had, kept or not, and what it made of them.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{layer_directories, read_contents, read_if_there, read_seen};
use crate::storage::{Entry, Location, concurrently};
use crate::warehouse::input_selection::one_name;

/// Names the result of the last run.
pub(super) const RESULT: &str = "_result";

/// Those of some files that were not there when a result was made, by what that run has kept below `root`. None of them where another result
/// was the last one, or a runner made it that keeps nothing: nobody knows then. Empty files tell nothing.
///
/// # Errors
/// The store failed.
pub(crate) fn files_come_since(root: &Location, result: &Location, asked: Vec<Entry>) -> Result<Vec<Entry>> {
    let root = root.directory_form();
    if read_if_there(&root.join(RESULT))?.is_none_or(|made| made != result.directory_form().as_str().as_bytes()) {
        return Ok(Vec::new());
    }
    let mut known: BTreeSet<String> = read_seen(&root)?.into_iter().map(|(name, _)| name).collect();
    for contents in concurrently(layer_directories(&root)?, |directory: Location| read_contents(&directory))?.into_iter().flatten() {
        known.extend(contents.files.into_iter().map(|(name, _)| name));
    }
    let is_new =
        |entry: &Entry| entry.size > 0 && entry.location.relative_to(&root).is_none() && !known.contains(&one_name(&entry.location));
    Ok(asked.into_iter().filter(is_new).collect())
}
