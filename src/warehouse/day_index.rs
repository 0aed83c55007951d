//! Which run made each day of a table: one file `_days` for all of them, so that ten years of days are looked up at once.
//!
//! A line is `dt=DAY`, the run, a hash of names and sizes of the day's files, the options of its job that are not the usual ones
//! ([`unusual`]), and what is known of the log files that it was made from ([`Awaited`]: `DAY,DAY:2`), each separated by a TAB; what is
//! empty at its end may be left out. The file is written by whoever holds the table's lock. While the files of a commit move, its days
//! have a line for each that may lie there, the old one and the new one, which end with `moving`; when all have moved, that of the new
//! one is left. A commit that was killed leaves them as they are: days that may be the old ones are made anew. A day whose files are not
//! those of its lines was made, or taken away, by somebody else, and is known by its content.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::NaiveDate;
use sha1::{Digest, Sha1};

use super::RunId;
use super::awaited::{Awaited, lacked_by_both};
use super::contents::{content, hashed};
use super::names::{day_of_directory, is_hidden_name};
use crate::storage::{Entry, Location, is_not_found, read_to_string, store_for, write_bytes};

pub(super) const NAME: &str = "_days";

/// Behind the lines of a day whose files move.
const MOVING: &str = "moving";

/// What is known of a table's days, by directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DayIndex(BTreeMap<String, Known>);

/// What is known of a day.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Known {
    /// It is this one, if it has its content.
    Made(Line),
    /// It is one of these, for its files move, or a killed run left off there; the last one is the newest.
    Moving(Vec<Line>),
}

/// What a day was made with.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    run: String,
    content: String,
    /// Unusual options.
    options: String,
    awaited: String,
}

impl DayIndex {
    /// As it is; none when there is no file.
    pub(super) fn read(root: &Location) -> Result<Option<Self>> {
        let text = match read_to_string(&root.join(NAME)) {
            Ok(text) => text,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut index = Self::default();
        // A line of another kind says nothing of its day.
        for line in text.lines() {
            let _ = index.enter(line);
        }
        Ok(Some(index))
    }

    fn enter(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t').map(str::to_owned);
        let (unit, run, content) = (fields.next()?, fields.next()?, fields.next()?);
        let mut more = || fields.next().unwrap_or_default();
        let line = Line { run, content, options: more(), awaited: more() };
        let known = match (more() == MOVING, self.0.remove(&unit)) {
            (true, Some(Known::Moving(lines))) => Known::Moving(lines.into_iter().chain([line]).collect()),
            (true, _) => Known::Moving(vec![line]),
            (false, _) => Known::Made(line),
        };
        self.0.insert(unit, known);
        Some(())
    }

    /// Writes it.
    pub(super) fn write(&self, root: &Location) -> Result<()> {
        let line = |unit: &str, Line { run, content, options, awaited }: &Line, end| {
            let line = [unit, run, content, options, awaited, end].join("\t");
            format!("{}\n", line.trim_end_matches('\t'))
        };
        let lines = |(unit, known): (&String, &Known)| match known {
            Known::Made(made) => line(unit, made, ""),
            Known::Moving(lines) => lines.iter().map(|moving| line(unit, moving, MOVING)).collect(),
        };
        write_bytes(&root.join(NAME), self.0.iter().map(lines).collect::<String>().as_bytes())
    }

    /// With the days of a run, the unusual options of its job, and what the days wait for. What the run itself has begun to move before
    /// has arrived, too.
    pub(super) fn keep(&mut self, units: BTreeMap<String, String>, run_id: &RunId, (options, awaited): (&str, &Awaited)) {
        for known in self.0.values_mut() {
            if let Known::Moving(lines) = known
                && let Some(own) = lines.pop_if(|line| line.run == run_id.as_str())
            {
                *known = Known::Made(own);
            }
        }
        let line = |(unit, content): (String, String)| {
            let awaited = day_of_directory(&unit).and_then(|day| awaited.text_of(day)).unwrap_or_default();
            (unit, Known::Made(Line { run: run_id.to_string(), content, options: options.to_owned(), awaited }))
        };
        self.0.extend(units.into_iter().map(line));
    }

    /// While some days move from what this index says of them to what another one says.
    pub(super) fn moving_to<'u>(&self, behind: &Self, units: impl Iterator<Item = &'u String>) -> Self {
        let mut index = self.clone();
        let of = |index: &Self, unit: &String| index.0.get(unit).map(|known| known.lines().to_vec()).unwrap_or_default();
        for unit in units {
            let mut lines: Vec<Line> = Vec::new();
            for line in of(self, unit) {
                // Runs that are killed night after night leave no more lines than tell days apart.
                lines.retain(|other| (&other.content, &other.options, &other.awaited) != (&line.content, &line.options, &line.awaited));
                lines.push(line);
            }
            lines.extend(of(behind, unit));
            index.0.insert(unit.clone(), Known::Moving(lines));
        }
        index
    }
}

impl Known {
    fn lines(&self) -> &[Line] {
        match self {
            Self::Made(line) => std::slice::from_ref(line),
            Self::Moving(lines) => lines,
        }
    }

    /// Those that a day of this content may be, in their order.
    fn matching<'k>(&'k self, content: &'k str) -> impl Iterator<Item = &'k Line> {
        self.lines().iter().filter(move |line| line.content == content)
    }

    /// Whether a day of this content may be an older one than the run would have made that moves it, or moved it when it was killed.
    fn may_be_older(&self, content: &str) -> bool {
        let Self::Moving(lines) = self else { return false };
        let [older @ .., newest] = lines.as_slice() else { return true };
        newest.content != content || older.iter().any(|line| line.content == content)
    }
}

/// The options of a job that say what differs from the usual, as one text: they are words `--name=value`, whereas those that name days
/// and places have their values behind them.
pub(crate) fn unusual(options: &[String]) -> String {
    let words = options.iter().filter(|word| word.starts_with("--") && word.contains('=') && !word.contains(char::is_control));
    words.map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The content of each directory directly below a root that holds a file, by name.
pub(super) fn contents(root: &Location, entries: Vec<Entry>) -> BTreeMap<String, String> {
    let mut by_unit: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        let Some(relative) = entry.location.relative_to(root) else { continue };
        let Some((unit, file)) = relative.split_once('/') else { continue };
        if !is_hidden_name(unit) && !is_hidden_name(file) {
            by_unit.entry(unit.to_owned()).or_default().push(entry);
        }
    }
    let of = |(unit, entries): (String, Vec<Entry>)| {
        let content = hashed(Sha1::new_with_prefix(content(root, &entries)));
        (unit, content)
    };
    by_unit.into_iter().map(of).collect()
}

/// Who made each day of a table that has a file: the first digits of the run's random part, or `~` and a hash of what lies there. A
/// table that does not exist has none. One listing and one small file, however many days there are.
///
/// # Errors
/// The table cannot be listed.
pub(crate) fn day_runs(root: &Location) -> Result<BTreeMap<NaiveDate, String>> {
    let root = root.directory_form();
    let contents = contents(&root, store_for(&root)?.list(&root)?);
    let index = if contents.is_empty() { None } else { DayIndex::read(&root)? }.unwrap_or_default();
    let mut runs = BTreeMap::new();
    for (unit, content) in contents {
        let Some(day) = day_of_directory(&unit) else { continue };
        let run = match index.0.get(&unit) {
            Some(Known::Made(line)) if line.content == content => short(&line.run),
            // Of equal content may be what moves, and what it replaces.
            _ => content.chars().take(9).collect(),
        };
        runs.insert(day, run);
    }
    Ok(runs)
}

/// The days of a table that are there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct DaysThere {
    /// Those that have a file, maybe an empty one; of days that a killed run left half moved none.
    pub days: BTreeSet<NaiveDate>,
    /// The unusual options ([`unusual`]) under which they were made, where there are any; of days of other hands and of earlier versions
    /// none are known.
    pub options: BTreeMap<NaiveDate, String>,
    /// What they wait for.
    pub awaited: Awaited,
    /// Those of which it is known who made them: what they wait for is kept, if it is anything.
    pub recorded: BTreeSet<NaiveDate>,
    /// Those that a run may have been about to replace when it was killed, or is replacing now: they lack what it has read.
    pub interrupted: BTreeSet<NaiveDate>,
}

impl DaysThere {
    /// Days that were made under other options than these.
    pub(crate) fn outdated(&self, options: &str) -> BTreeSet<NaiveDate> {
        let of = |day: &NaiveDate| self.options.get(day).map_or("", String::as_str);
        self.days.iter().copied().filter(|day| of(day) != options).collect()
    }
}

/// The days of a table that are there.
///
/// # Errors
/// The table cannot be listed.
pub(crate) fn days_there(root: &Location) -> Result<DaysThere> {
    let root = root.directory_form();
    let store = store_for(&root)?;
    let entries = store.list(&root)?;
    // What is under way, or was left by a killed run, lies in hidden directories beside the days.
    let is_hidden = |entry: &Entry| entry.location.relative_to(&root).is_some_and(|path| path.starts_with('.') && path.contains('/'));
    let is_settled = !entries.iter().any(is_hidden);
    let contents = contents(&root, entries);
    let index = if contents.is_empty() { None } else { DayIndex::read(&root)? }.unwrap_or_default();
    let mut there = DaysThere::default();
    for (unit, content) in contents {
        if let Some(day) = day_of_directory(&unit)
            && (is_settled || !store.is_being_renamed(&root.join(&format!("{unit}/")))?)
        {
            there.days.insert(day);
            let Some(known) = index.0.get(&unit) else { continue };
            if known.may_be_older(&content) {
                there.interrupted.insert(day);
            }
            // What somebody else has put there waits for nothing; of a day that may be one of several only what all of them lack is known
            // to be missing.
            let awaited =
                known.matching(&content).map(|line| Awaited::logs_of(&line.awaited)).reduce(|one, other| lacked_by_both(&one, &other));
            if awaited.is_some() {
                there.recorded.insert(day);
            }
            there.awaited.add(day, awaited.unwrap_or_default());
            if let Some(line) = known.matching(&content).last().filter(|line| !line.options.is_empty()) {
                there.options.insert(day, line.options.clone());
            }
        }
    }
    Ok(there)
}

/// Enough of a run's id to tell it from others.
fn short(run: &str) -> String {
    run.rsplit('-').next().unwrap_or(run).chars().take(8).collect()
}

#[cfg(test)]
mod tests;
