//! Choosing input files (spec 01, 4): what was chosen, and the two ways to choose logs.
//!
//! * [`PathSet`]: roots and globs (answer distribution)
//! * [`PathSelectionByDateInterval`]: roots, regexes and dates (all other workflows)
//! * [`DayFiles`]: what earlier jobs wrote for the days of an interval
//! * [`job_output_files`]: what an earlier job wrote
mod by_date_interval;
mod day_files;
mod path_set;

pub use by_date_interval::PathSelectionByDateInterval;
pub use day_files::DayFiles;
pub use path_set::{ManifestUse, PathSet};

use crate::storage::{Entry, Location, store_for};
use anyhow::{Result, bail};
use std::fmt;

/// The files that a job reads, in listing order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InputSelection {
    /// The chosen files with their stored sizes.
    pub files: Vec<Entry>,
    /// How many files were looked at to choose them.
    pub examined: usize,
}

impl InputSelection {
    /// The stored size of all files together, in bytes.
    pub fn total_size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The chosen places.
    pub fn locations(&self) -> impl Iterator<Item = &Location> {
        self.files.iter().map(|file| &file.location)
    }

    /// The selection itself, unless it is empty.
    ///
    /// # Errors
    /// [`NoInputFiles`], when there is no file.
    pub fn require_files(self, roots: &[Location], patterns: &[String]) -> Result<Self, NoInputFiles> {
        if self.files.is_empty() {
            return Err(NoInputFiles { roots: roots.to_vec(), patterns: patterns.to_vec(), examined: self.examined });
        }
        Ok(self)
    }
}

/// No file matched: the run ends as `missing_data` (spec 01, 9).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoInputFiles {
    /// Where was looked.
    pub roots: Vec<Location>,
    /// The globs or regexes that nothing matched.
    pub patterns: Vec<String>,
    /// How many files were looked at.
    pub examined: usize,
}

impl fmt::Display for NoInputFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots: Vec<_> = self.roots.iter().map(Location::as_str).collect();
        write!(
            formatter,
            "No input file was found. Looked at {} files below {}; none is chosen by {}. Check the roots, the patterns and the interval.",
            self.examined,
            roots.join(", "),
            self.patterns.join(", ")
        )
    }
}

impl std::error::Error for NoInputFiles {}

/// The data files of a job's output (spec 01, 4.5). A location in directory form, or one that is a directory, gives all files
/// below it but those with a name, or in a directory with a name, that starts with `_` or `.`; else the one file.
///
/// # Errors
/// There is nothing at the location, or it cannot be read.
pub fn job_output_files(location: &Location) -> Result<Vec<Entry>> {
    let store = store_for(location)?;
    if !location.is_directory_form()
        && let Some(entry) = store.entry(location)?
    {
        return Ok(vec![entry]);
    }
    if !store.directory_exists(location)? {
        bail!("There is no job output at {location}. Run the step that writes it first.");
    }
    let root = location.directory_form();
    let mut entries = store.list(&root)?;
    entries.retain(|entry| {
        let relative = entry.location.relative_to(&root).unwrap_or_default();
        !relative.split('/').any(is_hidden_name)
    });
    Ok(entries)
}

/// Whether readers of job output skip this name.
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with(['_', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn job_output_is_read_without_markers_and_leftovers() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("out/");
        assert!(job_output_files(&root).is_err());
        let names =
            ["_SUCCESS", "_logs/history", "_temporary/0/part-00001", ".part-00000.crc", "part-00000", "sub/part_1", "sub/_metadata"];
        for name in names {
            write_bytes(&root.join(name), b"x\n").unwrap();
        }
        let found = |location: &Location| -> Vec<String> {
            let entries = job_output_files(location).unwrap();
            let relative = |entry: &Entry| entry.location.relative_to(&root).unwrap().to_owned();
            entries.iter().map(relative).collect()
        };
        assert_eq!(found(&root), ["part-00000", "sub/part_1"]);
        assert_eq!(found(&root.join("_SUCCESS")), ["_SUCCESS"]);
    }
}
