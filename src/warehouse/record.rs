//! What a result was made from: `_record` beside its marker (rules 10, 7).
//!
//! Results of the original, and of versions without records, have none and count as they always did. Whoever plans compares the record
//! with what there is now; what differs is made again, with the difference as the reason.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::awaited::Awaited;
use super::contents::{content, hashed};
use super::day_index::day_runs;
use super::marker::read_marker;
use super::names::{RECORD, is_hidden_name};
use crate::calendar::interval::DateInterval;
use crate::storage::{Location, is_not_found, read_to_string, store_for};

/// What the original's imports keep of themselves.
const METADATA: &str = "_metadata";

/// What a job was told and what it read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// Workflow and job: `enrollment/state`.
    pub job: String,
    /// Version of the job's rules.
    pub rules: u32,
    /// Options of the job, as on a command line.
    pub options: Vec<String>,
    /// What it read from the warehouse, in order.
    pub inputs: Vec<RecordedInput>,
    /// What days that were made from the logs wait for. No difference to other results: whoever makes days asks for it.
    #[serde(default, skip_serializing_if = "Awaited::is_empty")]
    pub awaited: Awaited,
}

/// One input of a job. Inputs are known by the end of their path, so that a warehouse can be moved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedInput {
    /// A directory that is made as a whole.
    Directory {
        /// `course_enrollment/dt=2014-05-23`
        name: String,
        /// By whom ([`made_by`]); none when it was not there.
        made: Option<String>,
    },
    /// Days of a table.
    Days {
        /// `course_enrollment_events`
        name: String,
        /// The days, `START-END`.
        days: String,
        /// By whom each was made ([`day_runs`]); consecutive days of one run as `RUN*NUMBER`, days without file as `-`.
        made: String,
    },
}

impl Record {
    /// The record of a result, if it has one. One that cannot be read is of no job.
    ///
    /// # Errors
    /// The store failed.
    pub fn read(directory: &Location) -> Result<Option<Self>> {
        match read_to_string(&directory.join(RECORD)) {
            Ok(text) => Ok(Some(serde_json::from_str(&text).unwrap_or_default())),
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// None in practice.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

impl RecordedInput {
    /// A directory as it is now.
    ///
    /// # Errors
    /// The store failed.
    pub fn directory(directory: &Location) -> Result<Self> {
        Ok(Self::Directory { name: input_name(directory), made: made_by(directory)? })
    }

    /// Days as they are now.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub fn days(root: &Location, days: &DateInterval) -> Result<Self> {
        let runs = day_runs(root)?;
        let runs = days.days().map(|day| runs.get(&day).map_or("-", String::as_str));
        Ok(Self::Days { name: last_parts(root, 1), days: format!("{}-{}", days.start(), days.end()), made: shortened(runs) })
    }
}

/// The name of an input: table and partition, or the table alone.
pub(crate) fn input_name(directory: &Location) -> String {
    let is_partition = directory.name().is_some_and(|name| name.contains('='));
    last_parts(directory, if is_partition { 2 } else { 1 })
}

fn last_parts(place: &Location, number: usize) -> String {
    let parts: Vec<_> = place.path().trim_end_matches('/').rsplit('/').take(number).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

/// By whom a directory was made: the id of the run in its marker, or else `~` and a hash of what lies in it. None when nothing does.
///
/// # Errors
/// The store failed.
pub(crate) fn made_by(directory: &Location) -> Result<Option<String>> {
    if let Some(run_id) = read_marker(directory)?.and_then(|marker| marker.run_id) {
        return Ok(Some(run_id.to_string()));
    }
    let directory = directory.directory_form();
    let mut entries = store_for(&directory)?.list(&directory)?;
    let metadata = directory.join(METADATA);
    let has_metadata = entries.iter().any(|entry| entry.location == metadata);
    entries.retain(|entry| entry.location.relative_to(&directory).is_some_and(|name| !is_hidden_name(name)));
    if entries.is_empty() && !has_metadata {
        return Ok(None);
    }
    let mut hash = Sha1::new();
    hash.update(content(&directory, &entries));
    if has_metadata {
        // It holds the time of the import.
        hash.update(read_to_string(&metadata)?);
    }
    Ok(Some(hashed(hash)))
}

/// By whom days of a table were made, as one text.
///
/// # Errors
/// The table cannot be listed.
pub(crate) fn made_by_days(root: &Location, days: &DateInterval) -> Result<String> {
    let RecordedInput::Days { days, made, .. } = RecordedInput::days(root, days)? else { return Ok(String::new()) };
    Ok(hashed(Sha1::new_with_prefix(format!("{days} {made}"))))
}

/// Consecutive equal words as one.
fn shortened<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for word in words {
        match runs.last_mut() {
            Some((last, number)) if *last == word => *number += 1,
            _ => runs.push((word, 1)),
        }
    }
    let text = |(word, number): (&str, usize)| if number == 1 { word.to_owned() } else { format!("{word}*{number}") };
    runs.into_iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The words of [`RecordedInput::Days`], one for each day. A text of another kind has other words.
pub(crate) fn lengthened(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').flat_map(|word| match word.rsplit_once('*') {
        Some((word, number)) => std::iter::repeat_n(word, number.parse().unwrap_or(1)),
        None => std::iter::repeat_n(word, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;
    use crate::warehouse::RunId;
    use crate::warehouse::marker::write_marker;

    fn root() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        (directory, root)
    }

    #[test]
    fn a_directory_is_made_by_its_run_or_known_by_its_content() {
        let (_directory, root) = root();
        let day = root.join("t/dt=2014-01-01/");
        assert_eq!(made_by(&day).unwrap(), None);
        write_bytes(&day.join("part-m-00000"), b"1\n").unwrap();
        write_bytes(&day.join("_SUCCESS"), b"").unwrap();
        let first = made_by(&day).unwrap().unwrap();
        assert!(first.starts_with('~') && made_by(&day).unwrap().as_ref() == Some(&first), "{first}");
        write_bytes(&day.join("_metadata"), b"{\"start_time\": 1}").unwrap();
        let second = made_by(&day).unwrap().unwrap();
        assert_ne!(second, first);
        write_bytes(&day.join("_metadata"), b"{\"start_time\": 2}").unwrap();
        assert_ne!(made_by(&day).unwrap().unwrap(), second, "an import made anew by another program, with rows of the same length");
        let run_id = RunId::generate();
        write_marker(&day, &run_id).unwrap();
        assert_eq!(made_by(&day).unwrap(), Some(run_id.to_string()));
        assert_eq!((input_name(&day), input_name(&root.join("t/"))), ("t/dt=2014-01-01".to_owned(), "t".to_owned()));
    }

    #[test]
    fn runs_of_days_are_short_and_come_back() {
        let words = ["a", "a", "a", "-", "b", "-", "-"];
        let text = shortened(words.into_iter());
        assert_eq!(text, "a*3 - b -*2");
        assert!(lengthened(&text).eq(words));
        assert!(lengthened("a*x").eq(["a"]));
    }

    #[test]
    fn a_record_comes_back_and_one_of_another_kind_is_of_no_job() {
        let (_directory, root) = root();
        assert_eq!(Record::read(&root).unwrap(), None);
        let days = RecordedInput::days(&root.join("t/"), &"2014".parse().unwrap()).unwrap();
        assert!(matches!(&days, RecordedInput::Days { made, .. } if made == "-*365"));
        let record = Record { job: "a/b".to_owned(), rules: 2, options: vec!["--x".to_owned()], inputs: vec![days], ..Record::default() };
        assert!(!record.text().unwrap().contains("awaited"));
        let awaited = Awaited::from(vec!["2014-05-08=2014-05-09".to_owned()]);
        let record = Record { awaited, ..record };
        write_bytes(&root.join(RECORD), record.text().unwrap().as_bytes()).unwrap();
        assert_eq!(Record::read(&root).unwrap(), Some(record));
        write_bytes(&root.join(RECORD), b"torn").unwrap();
        assert_eq!(Record::read(&root).unwrap(), Some(Record::default()));
    }
}
