//! The files that a job reads, or none.
use crate::storage::{Entry, Location};
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

/// No file matched: the run ends as `missing_data` (rules 01, 9).
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
