//! A quick look through log files: which days' events are in which file, and how many lines are no events.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::RunnerOptions;
use super::input_order::Split;
use super::parallel::in_parallel;
use super::progress::Progress;
use super::scan::PIECE;
use super::splits::{Piece, Splits, Turn};
use crate::storage::Entry;
use crate::storage::decompression::open_log_sharing;
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
    /// SHA-256 of the text, unpacked: a file that was packed, renamed or moved is known by it. Records of older versions have none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
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

    fn merge(&mut self, other: Self) {
        self.lines += other.lines;
        // 0 stands for none.
        self.first = if self.first == 0 || other.first == 0 { self.first.max(other.first) } else { self.first.min(other.first) };
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

    /// Whether it is of the same text, byte by byte.
    pub(crate) fn is_of_same_text(&self, other: &Self) -> bool {
        !self.digest.is_empty() && self.digest == other.digest
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

    fn next_line<R: Read>(&mut self, log: &mut LineReader<R>, parser: &mut LineParser) -> Result<bool> {
        let Some(line) = log.next_line()? else { return Ok(false) };
        self.lines += 1;
        self.line(line, parser);
        Ok(true)
    }

    /// Takes in what is in another part of the file.
    fn merge(&mut self, other: Self) {
        let Self { lines, days, unreadable, timeless, bad_times, too_long, digest } = other;
        self.lines += lines;
        for (day, events) in days {
            *self.days.entry(day).or_default() += events;
        }
        self.unreadable.merge(unreadable);
        self.timeless.merge(timeless);
        self.bad_times.merge(bad_times);
        self.too_long += too_long;
        // It is that of the whole file, and the one who reads the file has it.
        if self.digest.is_empty() {
            self.digest = digest;
        }
    }
}

/// Passes a text on and keeps its digest.
struct Digested<R> {
    text: R,
    digest: Sha256,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(into)?;
        self.digest.update(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// One of those who look through files.
struct Worker<'w, 'e> {
    splits: &'w Splits<'e>,
    progress: &'w Progress,
    parser: LineParser,
    /// What it has seen of each file, by number.
    seen: BTreeMap<usize, Census>,
}

impl<'e> Worker<'_, 'e> {
    fn work(mut self) -> Result<BTreeMap<usize, Census>> {
        let mut place = self.splits.place();
        while let Some(turn) = self.splits.next(&mut place) {
            let done = match turn {
                Turn::Read(split, _reading) => self.read(&split),
                Turn::Help(piece) => self.help(piece),
                Turn::Inflate(stretch) => {
                    stretch.inflate();
                    Ok(())
                }
            };
            done.inspect_err(|_| self.splits.drop_rest())?;
        }
        Ok(self.seen)
    }

    /// Reads a file. When others have nothing to do, lines go to them.
    fn read(&mut self, split: &Split<'e>) -> Result<()> {
        let Some(file) = split.file else { return Ok(()) };
        let text = open_log_sharing(&file.location, Arc::clone(&self.progress.bytes), self.splits)?;
        let mut text = Digested { text, digest: Sha256::new() };
        let mut log = LineReader::new(&mut text);
        let (mut census, mut given) = (Census::default(), 0);
        let failed = || format!("Reading {} failed.", file.location);
        loop {
            if self.splits.workers > 1 && self.splits.wants_piece() {
                let mut text = self.splits.room();
                let lines = log.take_lines(PIECE, &mut text).with_context(failed)?;
                if lines > 0 {
                    self.splits.offer(Piece { split: split.clone(), text, before: census.lines });
                    (census.lines, given) = (census.lines + lines, given + lines);
                    continue;
                }
                self.splits.emptied(text);
            }
            if !census.next_line(&mut log, &mut self.parser).with_context(failed)? {
                break;
            }
        }
        census.lines -= given;
        census.too_long = log.too_long();
        census.digest = hex::encode(text.digest.finalize());
        self.seen.entry(split.number).or_default().merge(census);
        self.progress.split_done(split);
        Ok(())
    }

    /// Looks at lines that another one has read.
    fn help(&mut self, piece: Piece<'e>) -> Result<()> {
        let mut census = Census { lines: piece.before, ..Census::default() };
        let mut lines = LineReader::new(piece.text.as_slice());
        while census.next_line(&mut lines, &mut self.parser)? {}
        census.lines -= piece.before;
        self.seen.entry(piece.split.number).or_default().merge(census);
        self.splits.emptied(piece.text);
        Ok(())
    }
}

/// Looks through files with all threads; gives what is in each, in their order.
///
/// # Errors
/// A file cannot be read to its end.
pub(crate) fn census(files: &[Entry], options: &RunnerOptions) -> Result<Vec<Census>> {
    let splits = Splits::of_logs(files, options.threads);
    let progress = Progress::new("looking through", splits.files, splits.bytes, options);
    let seen = in_parallel(splits.workers, || {
        Worker { splits: &splits, progress: &progress, parser: LineParser::default(), seen: BTreeMap::new() }.work()
    })?;
    drop(progress);
    let mut found = vec![Census::default(); files.len()];
    for (number, census) in seen.into_iter().flatten() {
        if let Some(of_file) = found.get_mut(number) {
            of_file.merge(census);
        }
    }
    Ok(found)
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

    #[test]
    fn a_large_file_is_the_same_to_several_threads() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap();
        let line = |number: usize| match number {
            number if number % 9_973 == 9_000 => "broken\n".to_owned(),
            number if number % 20_011 == 20_000 => "{}\n".to_owned(),
            number => format!("{{\"time\":\"2024-03-{:02}T10:00:00+00:00\",\"x\":\"{}\"}}\n", number % 28 + 1, "x".repeat(number % 90)),
        };
        let files: Vec<_> = [60_000, 10, 0]
            .iter()
            .map(|&lines| {
                let (text, location) = ((0..lines).map(line).collect::<String>(), root.join(&format!("{lines}.log")));
                write_bytes(&location, text.as_bytes()).unwrap();
                Entry { location, size: text.len() as u64 }
            })
            .collect();
        let by = |threads| census(&files, &RunnerOptions { threads, ..RunnerOptions::default() }).unwrap();
        let [alone, shared] = [1, 4].map(by);
        assert_eq!(alone, shared);
        assert!(alone.iter().all(|census| census.digest.len() == 64) && !alone[0].is_of_same_text(&alone[1]));
        assert_eq!((alone[0].lines, alone[0].unreadable, alone[0].timeless.first), (60_000, Flaw { lines: 6, first: 9_001 }, 20_001));
        assert_eq!((alone[1].lines, alone[1].events(), alone[2].lines), (10, 10, 0));
    }
}
