//! A quick look through log files: which days' events are in which file, and how many lines are no events.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::RunnerOptions;
use super::parallel::in_parallel;
use super::progress::Progress;
use crate::storage::Entry;
use crate::storage::decompression::open_log_counting;
use crate::streaming::lines::{LineReader, LineSource};
use crate::tracking::LineParser;
use crate::tracking::time::EventTime;

/// What is in a log file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Census {
    /// Lines, blank ones included.
    pub lines: u64,
    /// Events of each day.
    pub days: BTreeMap<NaiveDate, u64>,
    /// Lines that are no JSON object, even behind a prefix.
    pub unreadable: Flaw,
    /// Objects without a time.
    pub timeless: Flaw,
    /// Objects whose time cannot be read.
    pub bad_times: Flaw,
    /// Lines longer than any event.
    pub too_long: u64,
}

/// Lines that are no events, all for the same reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flaw {
    /// How many.
    pub lines: u64,
    /// Number of the first one; 0 if there is none.
    pub first: u64,
}

impl Flaw {
    fn on(&mut self, line: u64) {
        if self.lines == 0 {
            self.first = line;
        }
        self.lines += 1;
    }
}

impl Census {
    /// Lines that are events of a day.
    pub(crate) fn events(&self) -> u64 {
        self.days.values().sum()
    }

    /// Whether it has events of the days from `start` to `end`, which is excluded.
    pub(crate) fn has_days(&self, (start, end): (NaiveDate, NaiveDate)) -> bool {
        start < end && self.days.range(start..end).next().is_some()
    }

    fn line(&mut self, line: &[u8], parser: &mut LineParser) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let Some(event) = parser.parse(line) else { return self.unreadable.on(self.lines) };
        let Some(time) = event.time() else { return self.timeless.on(self.lines) };
        match EventTime::read(&time).and_then(|time| time.date().parse().ok()) {
            Some(day) => *self.days.entry(day).or_default() += 1,
            None => self.bad_times.on(self.lines),
        }
    }

    fn of_file(file: &Entry, progress: &Progress) -> Result<Self> {
        let input = open_log_counting(&file.location, Arc::clone(&progress.bytes))?;
        let (mut log, mut parser, mut census) = (LineReader::new(input), LineParser::default(), Self::default());
        while let Some(line) = log.next_line().with_context(|| format!("Reading {} failed.", file.location))? {
            census.lines += 1;
            census.line(line, &mut parser);
        }
        census.too_long = log.too_long();
        progress.file_done();
        Ok(census)
    }
}

/// Looks through files, several at a time; gives what is in each, in their order.
///
/// # Errors
/// A file cannot be read to its end.
pub(crate) fn census(files: &[Entry], options: &RunnerOptions) -> Result<Vec<Census>> {
    let bytes = files.iter().map(|file| file.size).sum();
    let progress = Progress::new("looking through", files.len(), bytes, options);
    // The largest first, so that the last worker does not finish late.
    let mut order: Vec<(usize, &Entry)> = files.iter().enumerate().collect();
    order.sort_by_key(|(_, file)| std::cmp::Reverse(file.size));
    let next = AtomicUsize::new(0);
    let found = in_parallel(options.threads.min(files.len()), || {
        let mut found = Vec::new();
        while let Some((number, file)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let census = Census::of_file(file, &progress).inspect_err(|_| next.store(order.len(), Ordering::Relaxed))?;
            found.push((*number, census));
        }
        Ok(found)
    })?;
    drop(progress);
    let found: BTreeMap<usize, Census> = found.into_iter().flatten().collect();
    Ok(found.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Location, write_bytes};

    #[test]
    fn lines_are_counted_by_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::from_path(folder.path()).unwrap().join("a.log");
        let text = "Jan 1 host: {\"time\":\"2024-03-04T23:59:59+00:00\"}\n\nbroken {\n{\"time\":\"2024-03-05 00:00:00\"}\n{}\n{\"time\":\"soon\"}\nbroken\n";
        write_bytes(&place, text.as_bytes()).unwrap();
        let files = [Entry { location: place, size: text.len() as u64 }];
        let census = census(&files, &RunnerOptions::default()).unwrap().remove(0);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!((census.lines, census.events()), (7, 2));
        assert_eq!(census.unreadable, Flaw { lines: 2, first: 3 });
        assert_eq!((census.timeless, census.bad_times), (Flaw { lines: 1, first: 5 }, Flaw { lines: 1, first: 6 }));
        assert!(census.has_days((day("2024-03-05"), day("2024-03-06"))) && !census.has_days((day("2024-03-06"), day("2024-04-01"))));
    }
}
