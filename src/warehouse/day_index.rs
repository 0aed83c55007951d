//! Which run made each day of a table: one file `_days` for all of them, so that ten years of days are looked up at once.
//!
//! A line is `dt=DAY`, the run, a hash of names and sizes of the day's files, the options of its job that are not the usual ones
//! ([`unusual`]), and, if the day waits for log files, the days by which they are called (`DAY,DAY`), each separated by a TAB; what is
//! empty at its end may be left out. The file is written by whoever holds the table's lock: the days of a commit leave it before their
//! files move, and come back when all have moved. A day whose files are not those of its line was made, or taken away, by somebody
//! else, and is known by its content.
use super::RunId;
use super::awaited::Awaited;
use super::contents::{content, hashed};
use super::names::{DATE_KEY, is_hidden_name};
use crate::storage::{Entry, Location, is_not_found, read_to_string, store_for, write_bytes};
use anyhow::Result;
use chrono::NaiveDate;
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const NAME: &str = "_days";

/// The lines of a table by directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DayIndex(BTreeMap<String, Line>);

/// What is known of a day.
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
        // A line of another kind says nothing of its day.
        let line = |line: &str| {
            let mut fields = line.split('\t').map(str::to_owned);
            let (unit, run, content) = (fields.next()?, fields.next()?, fields.next()?);
            let mut more = || fields.next().unwrap_or_default();
            Some((unit, Line { run, content, options: more(), awaited: more() }))
        };
        Ok(Some(Self(text.lines().filter_map(line).collect())))
    }

    /// Writes it.
    pub(super) fn write(&self, root: &Location) -> Result<()> {
        let line = |(unit, Line { run, content, options, awaited }): (&String, &Line)| {
            let line = [unit, run, content, options, awaited].map(String::as_str).join("\t");
            format!("{}\n", line.trim_end_matches('\t'))
        };
        write_bytes(&root.join(NAME), self.0.iter().map(line).collect::<String>().as_bytes())
    }

    /// Without some days.
    pub(super) fn forget<'u>(&mut self, units: impl Iterator<Item = &'u String>) {
        units.for_each(|unit| drop(self.0.remove(unit)));
    }

    /// With the days of a run, the unusual options of its job, and what the days wait for.
    pub(super) fn keep(&mut self, units: BTreeMap<String, String>, run_id: &RunId, (options, awaited): (&str, &Awaited)) {
        let line = |(unit, content): (String, String)| {
            let awaited = day_of(&unit).and_then(|day| awaited.text_of(day)).unwrap_or_default();
            (unit, Line { run: run_id.to_string(), content, options: options.to_owned(), awaited })
        };
        self.0.extend(units.into_iter().map(line));
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
        let Some(day) = day_of(&unit) else { continue };
        let run = match index.0.get(&unit) {
            Some(line) if line.content == content => short(&line.run),
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
        if let Some(day) = day_of(&unit)
            && (is_settled || !store.is_being_renamed(&root.join(&format!("{unit}/")))?)
        {
            there.days.insert(day);
            // What somebody else has put there waits for nothing.
            if let Some(line) = index.0.get(&unit).filter(|line| line.content == content) {
                there.awaited.add(day, Awaited::days_of(&line.awaited));
                if !line.options.is_empty() {
                    there.options.insert(day, line.options.clone());
                }
            }
        }
    }
    Ok(there)
}

fn day_of(unit: &str) -> Option<NaiveDate> {
    unit.split_once('=').filter(|(key, _)| *key == DATE_KEY)?.1.parse().ok()
}

/// Enough of a run's id to tell it from others.
fn short(run: &str) -> String {
    run.rsplit('-').next().unwrap_or(run).chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::lock::OutputLock;
    use crate::warehouse::multi_output::{ReplacedUnit, StagedFiles};
    use crate::warehouse::record::Record;
    use std::io::Write;

    fn table() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("w/t/");
        (directory, root)
    }

    fn made(root: &Location, days: &[&str], rows: &str) -> (RunId, Result<()>) {
        let run_id = RunId::generate();
        let lock = OutputLock::acquire(root, &run_id, "test").unwrap().with_record("{}");
        let marker = root.parent().unwrap().join("marker/");
        let staged = StagedFiles::begin(root, &marker, ReplacedUnit::Directory, &lock).unwrap();
        for day in days {
            let mut file = staged.create(&format!("dt={day}/t_{day}")).unwrap();
            file.write_all(rows.as_bytes()).unwrap();
            file.commit().unwrap();
        }
        (run_id, staged.commit())
    }

    fn runs(root: &Location) -> Vec<String> {
        day_runs(root).unwrap().into_values().collect()
    }

    #[test]
    fn each_day_knows_its_run_and_other_hands_are_seen() {
        let (_directory, root) = table();
        assert!(runs(&root).is_empty());
        // Of the original.
        write_bytes(&root.join("dt=2013-12-31/t_2013-12-31"), b"x\n").unwrap();
        let old = runs(&root);
        assert!(old.len() == 1 && old[0].starts_with('~'), "{old:?}");
        let (one, _) = made(&root, &["2014-01-01", "2014-01-02"], "1\n");
        let (two, _) = made(&root, &["2014-01-02", "2014-01-03"], "2\n");
        let [one, two] = [one, two].map(|run| short(run.as_str()));
        assert_eq!(runs(&root), [old[0].clone(), one.clone(), two.clone(), two.clone()]);
        // Somebody replaces a day, and takes another away.
        write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"other\n").unwrap();
        store_for(&root).unwrap().remove(&root.join("dt=2014-01-03/")).unwrap();
        let seen = runs(&root);
        assert!(seen.len() == 3 && seen[1] == one && seen[2].starts_with('~'), "{seen:?}");
        // An empty day has a file, too.
        let (three, _) = made(&root, &["2014-01-02"], "");
        assert_eq!(runs(&root)[2], short(three.as_str()));
    }

    #[test]
    fn each_day_knows_the_options_that_were_not_the_usual_ones() {
        let (_directory, root) = table();
        let made = |day: &str, options: &[&str]| {
            let options = options.iter().map(ToString::to_string).collect();
            let record = Record { options, ..Record::default() }.text().unwrap();
            let lock = OutputLock::acquire(&root, &RunId::generate(), "test").unwrap().with_record(&record);
            let staged = StagedFiles::begin(&root, &root.parent().unwrap().join("marker/"), ReplacedUnit::Directory, &lock).unwrap();
            staged.create(&format!("dt={day}/t_{day}")).unwrap().commit().unwrap();
            staged.commit().unwrap();
        };
        made("2014-01-01", &["--interval", "2014-01-01"]);
        made("2014-01-02", &["--interval", "2014-01-02", "--ccx=false", "--course-urls=original"]);
        let outdated =
            |options: &str| days_there(&root).unwrap().outdated(options).into_iter().map(|day| day.to_string()).collect::<Vec<_>>();
        assert_eq!(outdated(""), ["2014-01-02"]);
        assert_eq!(outdated("--ccx=false --course-urls=original"), ["2014-01-01"]);
        // Another hand replaces the day.
        write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"other\n").unwrap();
        assert_eq!(outdated(""), [""; 0]);
    }

    #[test]
    fn a_kill_while_files_move_leaves_no_day_under_a_wrong_run() {
        let (_directory, root) = table();
        let (one, _) = made(&root, &["2014-01-01", "2014-01-02"], "1\n");
        let mut index = DayIndex::read(&root).unwrap().unwrap();
        index.forget(["dt=2014-01-02".to_owned()].iter());
        index.write(&root).unwrap();
        // A file of the same name and size has taken the old one's place, and the run was killed.
        write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"2\n").unwrap();
        let seen = runs(&root);
        assert!(seen[0] == short(one.as_str()) && seen[1].starts_with('~'), "{seen:?}");
    }
}
