//! The files that a job reads, or none.

use std::collections::HashSet;
use std::fmt;
use std::path::{PathBuf, absolute};

use chrono::NaiveDate;

use crate::storage::{Entry, Location, store_for};

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
            return Err(NoInputFiles { roots: roots.to_vec(), patterns: patterns.to_vec(), examined: self.examined, dated: None });
        }
        Ok(self)
    }
}

/// Files that were taken before. Roots may overlap, or name one place twice; each file counts once (rules 01, 4.4).
#[derive(Debug, Default)]
pub(crate) struct FilesTaken(HashSet<String>);

impl FilesTaken {
    /// Whether a file has not been taken before; it is now.
    pub(crate) fn is_new(&mut self, file: &Location) -> bool {
        self.0.insert(one_name(file))
    }
}

/// One name for a file, whichever root it was found below.
pub(crate) fn one_name(file: &Location) -> String {
    let scheme = match file.scheme() {
        "s3a" | "s3n" => "s3",
        other => other,
    };
    match file.as_local_path() {
        // Without the empty and the `.` parts that a root may have; paths in a store are texts, in which they count.
        Some(path) => {
            let path = absolute(path).unwrap_or_else(|_| path.to_owned());
            path.components().collect::<PathBuf>().to_string_lossy().into_owned()
        }
        None => format!("{scheme}://{}{}", file.authority(), file.path()),
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
    /// The files that match by name, where only their days are others.
    pub dated: Option<OtherDays>,
}

/// Files that match by name and are of other days than were asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherDays {
    /// How many.
    pub files: usize,
    /// Their first and last day.
    pub dated: (NaiveDate, NaiveDate),
    /// The days that were asked for, those around the interval among them; the end is not included.
    pub wanted: (NaiveDate, NaiveDate),
}

impl NoInputFiles {
    /// The roots at which nothing is.
    fn absent(&self) -> Vec<&str> {
        let is_absent = |root: &&Location| {
            let looked = store_for(root).and_then(|store| Ok(!store.directory_exists(root)? && store.entry(root)?.is_none()));
            looked.unwrap_or(false)
        };
        self.roots.iter().filter(is_absent).map(Location::as_str).collect()
    }
}

impl fmt::Display for OtherDays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, dated: (first, last), wanted: (start, end) } = self;
        if end <= start {
            return write!(formatter, "{files} files match, but the interval has no day: its end is not included.");
        }
        let until = end.pred_opt().unwrap_or(*end);
        write!(
            formatter,
            "{files} files match, dated {first} to {last}; none lies in {start} to {until} (the interval and the days around it that are \
             read, too)."
        )?;
        if until < *first {
            formatter.write_str(
                " The logs begin behind these days: take later ones. Only `insights daily` counts days before the first log as empty.",
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for NoInputFiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roots: Vec<_> = self.roots.iter().map(Location::as_str).collect();
        if let Some(days) = &self.dated {
            return write!(formatter, "No input file was found below {}: {days}", roots.join(", "));
        }
        let absent = self.absent();
        if !absent.is_empty() && absent.len() == roots.len() {
            return write!(
                formatter,
                "No input file was found: there is nothing at {}. Correct the source, or bring the logs there.",
                absent.join(", ")
            );
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_before_the_logs_are_told_from_others() {
        let day = |text: &str| text.parse().unwrap();
        let told = |start, end| {
            let dated = (day("2014-05-13"), day("2014-05-21"));
            OtherDays { files: 9, dated, wanted: (day(start), day(end)) }.to_string()
        };
        let before = told("2014-05-06", "2014-05-13");
        assert!(before.contains("none lies in 2014-05-06 to 2014-05-12 (") && before.contains("Only `insights daily` counts"), "{before}");
        assert!(!told("2014-05-22", "2014-05-23").contains("daily"));
    }

    #[test]
    fn a_file_below_two_roots_is_taken_once() {
        let mut taken = FilesTaken::default();
        let mut new = |texts: &[&str]| texts.iter().map(|text| taken.is_new(&text.parse().unwrap())).collect::<Vec<_>>();
        assert_eq!(
            new(&["/logs/a", "/logs//a", "/logs/./a", "file:///logs/a", "//logs/a", "/logs/b", "log/a", "./log/a"]),
            [true, false, false, false, false, true, true, false]
        );
        assert_eq!(new(&["s3://logs/a", "s3a://logs/a", "s3://logs//a", "s3://other/a", "hdfs://logs/a"]), [true, false, true, true, true]);
    }
}
