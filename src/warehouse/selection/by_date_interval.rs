//! Roots, regexes and dates (rules 01, 4.2).

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use chrono::format::{Item, StrftimeItems};
use chrono::{Days, NaiveDate};

use super::date_pattern::Pattern;
use super::log_listings::{Dated, LogListing, LogListings, LogSource};
use super::{InputSelection, NoInputFiles};
use crate::storage::{Entry, Location, store_for};
use crate::warehouse::awaited::LogsSeen;
use crate::warehouse::input_selection::{FilesTaken, OtherDays};
use crate::wrong_usage::wrong_usage;

/// Chooses log files whose URL matches one of some regexes, and whose date, if the regex has one, lies in an interval.
#[derive(Clone, Debug)]
pub struct PathSelectionByDateInterval {
    roots: Vec<Location>,
    /// Effective interval, half open.
    start: NaiveDate,
    end: NaiveDate,
    patterns: Vec<Pattern>,
    date_pattern: String,
}

/// By which dates files are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatesOfFiles {
    /// The dates, with the number of files.
    pub numbers: LogsSeen,
    /// Whether there is a file whose pattern has no date.
    pub undated: bool,
    /// Files that lie beside their compressed, or their plain, form.
    pub twice: Vec<Location>,
    /// Roots in a store elsewhere below which there is no file at all.
    pub empty_roots: Vec<Location>,
}

impl PathSelectionByDateInterval {
    /// The selection for `[start - expand_days, end + expand_days)`.
    ///
    /// # Errors
    /// A regex does not compile, the date pattern is malformed, or the expanded interval leaves the calendar.
    pub fn new(
        roots: Vec<Location>,
        (start, end): (NaiveDate, NaiveDate),
        expand_days: i64,
        patterns: &[String],
        date_pattern: &str,
    ) -> Result<Self> {
        if StrftimeItems::new(date_pattern).any(|item| matches!(item, Item::Error)) {
            return Err(wrong_usage(format!("The date pattern {date_pattern} is malformed. Use strftime signs such as %Y%m%d.")));
        }
        let moved = |date: NaiveDate, forward: bool| {
            let days = Days::new(expand_days.unsigned_abs());
            if forward == (expand_days >= 0) { date.checked_add_days(days) } else { date.checked_sub_days(days) }
                .with_context(|| format!("Expanding the interval by {expand_days} days leaves the calendar."))
        };
        Ok(Self {
            roots,
            start: moved(start, false)?,
            end: moved(end, true)?,
            patterns: patterns.iter().map(|text| Pattern::of(text)).collect::<Result<_>>()?,
            date_pattern: date_pattern.to_owned(),
        })
    }

    /// The days whose files are chosen, end excluded.
    pub fn days(&self) -> (NaiveDate, NaiveDate) {
        (self.start, self.end)
    }

    /// Where the files lie.
    pub(crate) fn roots(&self) -> &[Location] {
        &self.roots
    }

    /// Lists the roots in their order and chooses. May be empty; see [`InputSelection::require_files`].
    ///
    /// # Errors
    /// A root cannot be listed, or the date of a matching file cannot be read.
    pub fn select(&self) -> Result<InputSelection> {
        self.select_from(&LogListings::default())
    }

    /// As [`Self::select`], from what others have listed.
    ///
    /// # Errors
    /// As there.
    pub fn select_from(&self, listings: &LogListings) -> Result<InputSelection> {
        Ok(self.chosen(&*listings.of(self)?))
    }

    /// As [`Self::select_from`], but there must be a file.
    ///
    /// # Errors
    /// As there, and [`NoInputFiles`](super::NoInputFiles).
    pub fn select_some_from(&self, listings: &LogListings) -> Result<InputSelection> {
        let listing = listings.of(self)?;
        let chosen = self.chosen(&listing).require_files(&self.roots, &self.pattern_texts());
        Ok(chosen.map_err(|none| NoInputFiles { dated: self.other_days(&listing), ..none })?)
    }

    fn chosen(&self, listing: &LogListing) -> InputSelection {
        let mut taken = FilesTaken::default();
        let chosen = listing.files.iter().filter(|(entry, dated)| self.is_chosen(*dated) && taken.is_new(&entry.location));
        InputSelection { files: chosen.map(|(entry, _)| entry.clone()).collect(), examined: listing.examined }
    }

    /// The files that match, of which none is chosen.
    fn other_days(&self, listing: &LogListing) -> Option<OtherDays> {
        let matching = listing.distinct().count();
        let days: BTreeSet<_> = listing.files.iter().filter_map(|(_, dated)| dated.date()).collect();
        Some(OtherDays { files: matching, dated: (*days.first()?, *days.last()?), wanted: self.days() })
    }

    fn is_chosen(&self, dated: Dated) -> bool {
        dated.date().is_none_or(|date| self.start <= date && date < self.end)
    }

    /// All files that a pattern matches, whatever their date.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub(crate) fn matching(&self) -> Result<Vec<(Entry, Dated)>> {
        Ok(self.listing()?.distinct().cloned().collect())
    }

    /// The dates of the files that match, of what others have listed, whether they are chosen or not. A file and its compressed form are one.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn all_dates_from(&self, listings: &LogListings) -> Result<DatesOfFiles> {
        let (listing, mut forms) = (listings.of(self)?, FilesTaken::default());
        let mut found = DatesOfFiles { empty_roots: listing.empty_roots.clone(), ..DatesOfFiles::default() };
        for (entry, dated) in listing.distinct() {
            match dated.date() {
                Some(date) if forms.is_new(&without_compression(&entry.location)) => *found.numbers.entry(date).or_default() += 1,
                Some(_) => found.twice.push(entry.location.clone()),
                None => found.undated = true,
            }
        }
        Ok(found)
    }

    /// What the listing follows from: selections that only differ in their days share it.
    pub(super) fn source(&self) -> LogSource {
        LogSource { roots: self.roots.clone(), patterns: self.pattern_texts(), date_pattern: self.date_pattern.clone() }
    }

    fn pattern_texts(&self) -> Vec<String> {
        self.patterns.iter().map(|pattern| pattern.text.clone()).collect()
    }

    /// Lists the roots in their order; what counts as no file is left out.
    pub(super) fn listing(&self) -> Result<LogListing> {
        let mut listing = LogListing::default();
        for root in &self.roots {
            let skips_empty = root.scheme().starts_with("s3");
            let listed = store_for(root)?.list(root)?;
            listing.examined += listed.len();
            if listed.is_empty() && root.as_local_path().is_none() {
                listing.empty_roots.push(root.clone());
            }
            for entry in listed.into_iter().filter(|entry| !(skips_empty && entry.size == 0)) {
                if let Some(dated) = self.dated(entry.location.as_str())? {
                    listing.files.push((entry, dated));
                }
            }
        }
        Ok(listing)
    }

    /// What the first pattern that matches says of a file.
    fn dated(&self, url: &str) -> Result<Option<Dated>> {
        for (number, pattern) in self.patterns.iter().enumerate() {
            if let Some(dated) = pattern.dated(number, url, &self.date_pattern)? {
                return Ok(Some(dated));
            }
        }
        Ok(None)
    }
}

/// The location that a log file had before it was compressed.
fn without_compression(file: &Location) -> Location {
    let bare = [".gz", ".bz2", ".zst"].iter().find_map(|suffix| file.as_str().strip_suffix(suffix));
    bare.and_then(|bare| bare.parse().ok()).unwrap_or_else(|| file.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    impl PathSelectionByDateInterval {
        fn chooses(&self, url: &str) -> Result<bool> {
            Ok(self.dated(url)?.is_some_and(|dated| self.is_chosen(dated)))
        }
    }

    fn selection(expand_days: i64, patterns: &[&str], date_pattern: &str) -> Result<PathSelectionByDateInterval> {
        let start = NaiveDate::from_ymd_opt(2014, 5, 10).unwrap();
        let patterns: Vec<_> = patterns.iter().map(|&text| text.to_owned()).collect();
        let interval = (start, start.succ_opt().unwrap());
        PathSelectionByDateInterval::new(Vec::new(), interval, expand_days, &patterns, date_pattern)
    }

    #[test]
    fn the_example_of_the_specification() {
        let chosen = selection(2, &[r".*tracking.log-(?P<date>\d{8}).*\.gz"], "%Y%m%d").unwrap();
        let days = [("20140507", false), ("20140508", true), ("20140512", true), ("20140513", false)];
        for (day, expected) in days {
            let url = format!("s3://b/h1/tracking.log-{day}.gz");
            assert_eq!(chosen.chooses(&url).unwrap(), expected, "{day}");
        }
        // Anchored at the start, not at the end.
        assert!(chosen.chooses("s3://b/tracking.log-20140510.gz.bak").unwrap());
        assert!(!selection(0, &["tracking"], "%Y").unwrap().chooses("s3://tracking").unwrap());
        // Patterns may look around and refer back, as those of the original.
        let without_test_hosts = selection(0, &[r"s3://b/(?!test)(\w+)/\1-(?P<date>\d{8})(?<!0511)$"], "%Y%m%d").unwrap();
        for (url, expected) in [("s3://b/h/h-20140510", true), ("s3://b/test/test-20140510", false), ("s3://b/h/i-20140510", false)] {
            assert_eq!(without_test_hosts.chooses(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn the_first_matching_pattern_decides() {
        let patterns = [r".*/(?P<date>\d{8})", r".*/(?P<timestamp>[\d.]+)", ".*other"];
        let chosen = selection(0, &patterns, "%Y%m%d").unwrap();
        let cases = [("/20140510", true), ("/20140511.other", false), ("/1399679.other", false), ("/x/other", true), ("/x/none", false)];
        let seconds_first = selection(0, &[patterns[1]], "%Y%m%d").unwrap();
        for (url, expected) in cases {
            assert_eq!(chosen.chooses(url).unwrap(), expected, "{url}");
        }
        for (url, expected) in [("/1399680000", true), ("/1399766399.9", true), ("/1399766400", false)] {
            assert_eq!(seconds_first.chooses(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let unclosed = format!("{:#}", selection(0, &["a(b"], "%Y").unwrap_err());
        assert!(unclosed.contains("a(b"), "{unclosed}");
        let endless = selection(0, &[r"(x+x+)+(?=y)\1z"], "%Y").unwrap().chooses(&"x".repeat(200)).unwrap_err();
        assert!(format!("{endless:#}").contains("too many steps"), "{endless:#}");
        assert!(selection(0, &["a"], "%Y%!").unwrap_err().to_string().contains("%Y%!"));
        assert!(selection(i64::MAX, &["a"], "%Y").is_err());
        assert!(!selection(-1, &[".*(?P<date>.{8})"], "%Y%m%d").unwrap().chooses("20140510").unwrap());
    }

    #[test]
    fn roots_keep_their_order_and_empty_local_files_count() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| Location::from_path(directory.path()).unwrap().join(name);
        for name in ["z/20140510", "a/20140510", "a/20140520", "a/other"] {
            write_bytes(&at(name), b"").unwrap();
        }
        let mut chosen = selection(0, &[r".*/(?P<date>\d{8})$"], "%Y%m%d").unwrap();
        chosen.roots = vec![at("z"), at("missing"), at("a")];
        let found = chosen.select().unwrap();
        assert_eq!(found.examined, 4);
        assert_eq!(found.locations().cloned().collect::<Vec<_>>(), [at("z/20140510"), at("a/20140510")]);
        let day = |day| NaiveDate::from_ymd_opt(2014, 5, day).unwrap();
        let dates = chosen.all_dates_from(&LogListings::default()).unwrap();
        assert_eq!((dates.numbers, dates.undated, dates.twice.len()), ([(day(10), 2), (day(20), 1)].into(), false, 0));
    }
}
