//! The roster of the warehouse (rules 07, 8): who is in each course, in which segments, and what they did in the week.
//!
//! It is read once, and may be larger than memory: learners of all courses go to a temporary file that has no name, in the order in
//! which they were read, and memory keeps where those of each course are. A page reads its own. Email addresses and the other columns
//! of profiles are not kept at all.

use std::collections::{BinaryHeap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, IntoInnerError, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::say;
use crate::storage::{Location, store_for};
use crate::warehouse::columns::{columns, not_null};
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// Its table.
pub(crate) const TABLE: &str = "module_engagement_roster";
/// Characters of a name or a cohort that are kept.
const LONGEST: usize = 255;
/// Columns of a learner in the temporary file.
const KEPT: usize = 11;

/// The latest complete partition.
#[derive(Debug)]
pub(crate) struct Roster {
    /// The day behind the week.
    pub end: NaiveDate,
    courses: HashMap<Vec<u8>, CourseRoster>,
    learners: File,
}

/// Learners of a course, counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CourseRoster {
    /// All of them.
    pub learners: usize,
    /// Those without activity in two weeks.
    pub inactive: usize,
    /// Those who have left.
    pub unenrolled: usize,
    /// Begin and end of each piece of the temporary file.
    pieces: Vec<(u64, u64)>,
}

/// A learner in a course. They are ordered by what a page shows first: who was active in the week, then who was in the one before, then the
/// inactive, at last the unenrolled; and by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RosterLearner {
    place: u8,
    /// User name.
    pub username: String,
    /// Name in the profile.
    pub name: Option<String>,
    /// Cohort.
    pub cohort: Option<String>,
    /// Enrollment mode.
    pub mode: Option<String>,
    /// Segments, as the rules name them.
    pub segments: Vec<String>,
    /// Values of the metrics as they are written, in the order of [`METRICS`](super::lenses::week::METRICS).
    pub metrics: [Option<String>; 6],
}

impl Roster {
    /// Reads the latest complete partition of a warehouse, up to a last day if one is given; nothing where there is none. Learners are
    /// kept only if they are to be named, in a file in the directory for temporary ones. Damaged rows are left out and told.
    ///
    /// # Errors
    /// The warehouse cannot be read, or the temporary file cannot be written.
    pub(crate) fn read(warehouse: &Location, keep_learners: bool, last_day: Option<NaiveDate>, temporary: &Path) -> Result<Option<Self>> {
        let dataset = Dataset::new(warehouse, TABLE)?;
        let mut ends: Vec<NaiveDate> = dataset.partition_values("dt")?.iter().filter_map(|day| day.parse().ok()).collect();
        ends.sort_unstable();
        let is_wanted = |end: &NaiveDate| last_day.is_none_or(|last| end.pred_opt() <= Some(last));
        for end in ends.into_iter().rev().filter(is_wanted) {
            let partition = dataset.day(end);
            if partition.is_complete(&Completeness::SuccessMarker)? {
                let what = || format!("The roster {} cannot be read.", partition.directory());
                return Self::of(&partition, end, keep_learners, temporary).with_context(what).map(Some);
            }
        }
        Ok(None)
    }

    fn of(partition: &Partition, end: NaiveDate, keep_learners: bool, temporary: &Path) -> Result<Self> {
        let written = || format!("A temporary file in {} cannot be written. Name another directory by --temporary.", temporary.display());
        // A directory that was named need not be there.
        let made = fs::create_dir_all(temporary).and_then(|()| tempfile::tempfile_in(temporary));
        let learners = made.with_context(written)?;
        let mut reading = Reading { keep_learners, writer: BufWriter::new(learners), at: 0, courses: HashMap::new(), damaged: 0 };
        for entry in partition.data_files()? {
            let input = store_for(&entry.location)?.open(&entry.location)?;
            let mut input = BufReader::with_capacity(256 * 1024, input);
            let mut line = Vec::new();
            while input.read_until(b'\n', &mut line).with_context(|| format!("Cannot read {}.", entry.location))? > 0 {
                reading.row(line.strip_suffix(b"\n").unwrap_or(&line)).with_context(written)?;
                line.clear();
            }
        }
        let Reading { writer, courses, damaged, .. } = reading;
        let learners = writer.into_inner().map_err(IntoInnerError::into_error).with_context(written)?;
        if damaged > 0 {
            say!("insights: {damaged} rows of {} are damaged and left out of the report", partition.directory());
        }
        Ok(Self { end, courses, learners })
    }

    /// What it has of a course.
    pub(crate) fn course(&self, id: &str) -> Option<&CourseRoster> {
        self.courses.get(id.as_bytes())
    }

    /// The first learners of a course, at most so many, in their order.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub(crate) fn learners(&self, course: &CourseRoster, most: usize) -> Result<Vec<RosterLearner>> {
        let mut first = BinaryHeap::new();
        let mut line = Vec::new();
        for (begin, end) in &course.pieces {
            let mut input = BufReader::new(Piece { file: &self.learners, at: *begin, end: *end });
            while input.read_until(b'\n', &mut line).context("A temporary file cannot be read.")? > 0 {
                first.extend(RosterLearner::of(line.strip_suffix(b"\n").unwrap_or(&line)));
                if first.len() > most {
                    first.pop();
                }
                line.clear();
            }
        }
        Ok(first.into_sorted_vec())
    }
}

/// A part of a file that several threads read.
struct Piece<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..left).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

struct Reading {
    keep_learners: bool,
    writer: BufWriter<File>,
    at: u64,
    courses: HashMap<Vec<u8>, CourseRoster>,
    damaged: u64,
}

impl Reading {
    /// Takes a row of the table; rows of a course mostly follow each other.
    fn row(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(row) = columns::<27>(line).filter(|_| std::str::from_utf8(line).is_ok()) else {
            self.damaged += 1;
            return Ok(());
        };
        let [id, username, _, _, _, name, mode, _, cohort, metrics @ ..] = row;
        let [attempts, attempted, completed, ratio, videos, contributions, segments, ..] = metrics;
        let course = self.courses.entry(id.to_vec()).or_default();
        course.learners += 1;
        let is_in = |segment: &[u8]| segments.split(|byte| *byte == b',').any(|one| one == segment);
        course.inactive += usize::from(is_in(b"inactive"));
        course.unenrolled += usize::from(is_in(b"unenrolled"));
        if !self.keep_learners {
            return Ok(());
        }
        let kept: [&[u8]; KEPT] =
            [username, cut(name), cut(cohort), mode, segments, attempts, attempted, completed, ratio, videos, contributions];
        let mut kept = kept.join(&b'\t');
        kept.push(b'\n');
        self.writer.write_all(&kept)?;
        let end = self.at + kept.len() as u64;
        match course.pieces.last_mut() {
            Some((_, last)) if *last == self.at => *last = end,
            _ => course.pieces.push((self.at, end)),
        }
        self.at = end;
        Ok(())
    }
}

/// The first characters of a text.
fn cut(text: &[u8]) -> &[u8] {
    let end = std::str::from_utf8(text).ok().and_then(|text| text.char_indices().nth(LONGEST)).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

impl RosterLearner {
    fn of(line: &[u8]) -> Option<Self> {
        let text = |column: &[u8]| not_null(column).map(|text| String::from_utf8_lossy(text).into_owned());
        let [username, name, cohort, mode, segments, metrics @ ..] = columns::<KEPT>(line)?;
        let segments: Vec<String> =
            text(segments).iter().flat_map(|all| all.split(',')).filter(|one| !one.is_empty()).map(str::to_owned).collect();
        let place = |(segment, place): (&str, u8)| segments.iter().any(|one| one == segment).then_some(place);
        let place = [("unenrolled", 3), ("inactive", 2), ("disengaging", 1)].into_iter().find_map(place).unwrap_or(0);
        Some(Self {
            place,
            username: text(username).unwrap_or_default(),
            name: text(name),
            cohort: text(cohort).filter(|cohort| !cohort.is_empty()),
            mode: text(mode),
            segments,
            metrics: metrics.map(text),
        })
    }
}

#[cfg(test)]
mod tests;
