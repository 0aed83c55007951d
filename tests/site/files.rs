//! What a directory holds.
#![allow(clippy::unwrap_used)] // only tests use it

use std::fs;
use std::path::{Path, PathBuf};

/// Files that are not hidden, with those in directories that are not hidden.
pub fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() && !name.starts_with('.') {
            found.extend(files_below(&entry.path()));
        } else if !name.starts_with(['.', '_']) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
