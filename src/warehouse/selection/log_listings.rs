//! Log files that several jobs choose from: listed and dated once for all of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use anyhow::Result;
use chrono::NaiveDate;

use super::PathSelectionByDateInterval;
use crate::storage::{Entry, Location};
use crate::warehouse::input_selection::FilesTaken;

/// Listings of the log files of selections, each made when it is asked for first. Jobs that are prepared together choose from the same ones:
/// the logs of ten years are not listed again for each of their days, and no job sees a file that another one missed.
#[derive(Debug, Default)]
pub struct LogListings(RefCell<HashMap<LogSource, Rc<LogListing>>>);

/// What a listing follows from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LogSource {
    /// In their order.
    pub roots: Vec<Location>,
    /// In their order.
    pub patterns: Vec<String>,
    /// How dates are read.
    pub date_pattern: String,
}

/// The files below some roots that a pattern matches.
#[derive(Debug, Default)]
pub(super) struct LogListing {
    /// How many files were looked at.
    pub examined: usize,
    /// Roots in a store elsewhere below which there is no file at all.
    pub empty_roots: Vec<Location>,
    /// As found, root by root; a file below two roots is there twice.
    pub files: Vec<(Entry, Dated)>,
}

/// What the first pattern that matches says of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dated {
    /// The pattern's number, and the date.
    On(usize, NaiveDate),
    /// The pattern, which has no date.
    Never(usize),
}

impl Dated {
    /// The date, if the pattern has one.
    pub(crate) const fn date(self) -> Option<NaiveDate> {
        match self {
            Self::On(_, date) => Some(date),
            Self::Never(_) => None,
        }
    }

    /// The number of the pattern.
    pub(crate) const fn pattern(self) -> usize {
        match self {
            Self::On(number, _) | Self::Never(number) => number,
        }
    }
}

impl LogListing {
    /// Each file once (rules 01, 4.4).
    pub(super) fn distinct(&self) -> impl Iterator<Item = &(Entry, Dated)> {
        let mut taken = FilesTaken::default();
        self.files.iter().filter(move |(entry, _)| taken.is_new(&entry.location))
    }
}

impl LogListings {
    /// What a selection chooses from.
    ///
    /// # Errors
    /// A root cannot be listed, or the date of a matching file cannot be read; it is tried again when it is asked for again.
    pub(super) fn of(&self, selection: &PathSelectionByDateInterval) -> Result<Rc<LogListing>> {
        let source = selection.source();
        if let Some(known) = self.0.borrow().get(&source) {
            return Ok(Rc::clone(known));
        }
        let listing = Rc::new(selection.listing()?);
        self.0.borrow_mut().insert(source, Rc::clone(&listing));
        Ok(listing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn selections_of_the_same_logs_choose_from_one_listing() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        let write = |name: &str| write_bytes(&root.join(name), b"").unwrap();
        let of_day = |day: u32, pattern: &str| {
            let start = NaiveDate::from_ymd_opt(2014, 5, day).unwrap();
            let days = (start, start.succ_opt().unwrap());
            PathSelectionByDateInterval::new(vec![root.clone()], days, 0, &[pattern.to_owned()], "%Y%m%d").unwrap()
        };
        let (dated, any) = (r".*/(?P<date>\d{8})", ".*");
        ["20140510", "20140511", "other"].into_iter().for_each(write);
        let listings = LogListings::default();
        let chosen = |day, pattern| {
            let found = of_day(day, pattern).select_from(&listings).unwrap();
            let names: Vec<_> = found.locations().filter_map(Location::name).map(str::to_owned).collect();
            (names.join(" "), found.examined)
        };
        assert_eq!(chosen(10, dated), ("20140510".to_owned(), 3));
        ["20140512", "20140511.more"].into_iter().for_each(write);
        assert_eq!(chosen(11, dated), ("20140511".to_owned(), 3), "what came later is for the next run");
        assert_eq!(chosen(12, any).1, 5, "other patterns, another listing");
        let none = of_day(12, dated).select_some_from(&listings).unwrap_err().to_string();
        assert!(none.contains("2 files match, dated 2014-05-10 to 2014-05-11; none lies in 2014-05-12"), "{none}");
        assert_eq!(of_day(12, dated).select().unwrap().files.len(), 1);
    }
}
