//! Which log files the last run with kept records had, kept or not.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{is_layer, read_contents, read_seen};
use crate::storage::{Entry, Location, concurrently, store_for};
use crate::warehouse::input_selection::one_name;

/// Those of some files that no run had that kept records below `root`. None of them where nothing was ever kept: nobody knows then. Empty
/// files tell nothing.
///
/// # Errors
/// The store failed.
pub(crate) fn files_come_since(root: &Location, asked: Vec<Entry>) -> Result<Vec<Entry>> {
    let root = root.directory_form();
    let mut known: BTreeSet<String> = read_seen(&root)?.into_iter().map(|(name, _)| name).collect();
    let children = store_for(&root)?.children(&root)?.into_iter().filter(|child| child.is_directory && is_layer(&child.name));
    let directories: Vec<_> = children.map(|child| root.join(&format!("{}/", child.name))).collect();
    for contents in concurrently(directories, |directory: Location| read_contents(&directory))?.into_iter().flatten() {
        known.extend(contents.files.into_iter().map(|(name, _)| name));
    }
    let is_new =
        |entry: &Entry| entry.size > 0 && entry.location.relative_to(&root).is_none() && !known.contains(&one_name(&entry.location));
    Ok(if known.is_empty() { Vec::new() } else { asked.into_iter().filter(is_new).collect() })
}
