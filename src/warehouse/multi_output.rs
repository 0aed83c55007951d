//! Jobs with many outputs: a file per day, a CSV per course. All files are staged; each then moves to its final path, and the task's
//! marker is written last (rules 01, 6.2).

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::RunId;
use super::day_index::{DayIndex, contents, unusual};
use super::lock::OutputLock;
use super::marker::{remove_marker, write_marker, write_record};
use super::names::is_hidden_name;
use super::record::Record;
use crate::storage::{Entry, Location, PendingFile, concurrently, store_for};

const STAGING: &str = ".files.staging-";

/// What is replaced as a whole when the files move to their places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplacedUnit {
    /// Each file by itself; other files stay. For CSVs of courses.
    File,
    /// The whole first directory of a file's path (`dt=DAY`), so that a day never mixes files of two runs. A file without a
    /// directory counts by itself.
    Directory,
}

impl ReplacedUnit {
    /// The hidden directory for what is replaced; its name tells the next run what to put back as a whole.
    fn replaced(self) -> &'static str {
        match self {
            Self::File => ".files.replaced-",
            Self::Directory => ".directories.replaced-",
        }
    }

    /// The paths below a directory that are replaced each as a whole, of the files that were listed there.
    fn paths_of(self, entries: &[Entry], directory: &Location) -> BTreeSet<String> {
        entries
            .iter()
            .filter_map(|entry| entry.location.relative_to(directory))
            // What whoever has staged the files keeps beside them.
            .filter(|relative| !is_hidden_name(relative))
            .map(|relative| match self {
                Self::File => relative,
                Self::Directory => relative.split('/').next().unwrap_or(relative),
            })
            .map(str::to_owned)
            .collect()
    }

    /// As [`paths_of`](Self::paths_of), of all files there.
    fn paths_in(self, directory: &Location) -> Result<BTreeSet<String>> {
        Ok(self.paths_of(&store_for(directory)?.list(directory)?, directory))
    }
}

/// Many files being written below one output directory. Dropped without [`commit`](StagedFiles::commit) they are removed, unless they
/// are left to another process or were begun by one.
///
/// They are staged in `<output>/.files.staging-<run id>/`, on the same file system as their final places.
#[derive(Debug)]
pub struct StagedFiles {
    lock: OutputLock,
    output: Location,
    marker: Location,
    unit: ReplacedUnit,
    clears_on_drop: bool,
}

impl StagedFiles {
    /// Begins to write below `output`; clears away what dead runs left there. `marker` is the directory that gets `_SUCCESS`
    /// ([`task_marker_directory`](super::marker::task_marker_directory)).
    ///
    /// # Errors
    /// The lock does not cover the output, or the store failed.
    pub fn begin(output: &Location, marker: &Location, unit: ReplacedUnit, lock: &OutputLock) -> Result<Self> {
        recover_files(output, lock)?;
        sweep_marker(marker)?;
        let mut staged = Self::new(output, marker, unit, lock);
        staged.clears_on_drop = true;
        store_for(output)?.create_directory(&staged.directory())?;
        Ok(staged)
    }

    /// Leaves what is staged to another process of the same run.
    pub fn leave(mut self) {
        self.clears_on_drop = false;
    }

    /// Takes over files that another process of the same run has staged ([`staged_files_of`]), and clears away what other runs left.
    /// What is staged stays until it is committed, so that a commit that fails can be made again.
    ///
    /// # Errors
    /// The lock does not cover the output, or the store failed.
    pub fn resume(output: &Location, marker: &Location, unit: ReplacedUnit, lock: &OutputLock) -> Result<Self> {
        recover(output, lock, Some(lock.run_id()))?;
        sweep_marker(marker)?;
        Ok(Self::new(output, marker, unit, lock))
    }

    fn new(output: &Location, marker: &Location, unit: ReplacedUnit, lock: &OutputLock) -> Self {
        Self { lock: lock.clone(), output: output.directory_form(), marker: marker.directory_form(), unit, clears_on_drop: false }
    }

    /// Where to write; files may also be written here by other programs.
    pub fn directory(&self) -> Location {
        staged_files_of(&self.output, self.lock.run_id())
    }

    /// Begins a file; `relative` is its final path below the output.
    ///
    /// # Errors
    /// The path leaves the output or is hidden from readers, or the store failed.
    pub fn create(&self, relative: &str) -> Result<Box<dyn PendingFile>> {
        let unsafe_part = |part: &str| part.is_empty() || part.starts_with(['.', '_']);
        if relative.split('/').any(unsafe_part) || relative.contains(['\n', '\0']) {
            bail!(
                "An output file cannot be named {relative:?}: each part of its path must be a plain name that does not begin with a dot or an underscore."
            );
        }
        let location = self.directory().join(relative);
        store_for(&location)?.create_to_move(&location)
    }

    /// Moves all files to their final places, then writes the marker. A kill in between leaves some old and some new files, each
    /// whole, and no marker: the task counts as incomplete and is run again.
    ///
    /// # Errors
    /// The lock was lost, or the store failed.
    pub fn commit(mut self) -> Result<()> {
        self.lock.must_cover(&self.output)?;
        remove_marker(&self.marker)?;
        let entries = store_for(&self.output)?.list(&self.directory())?;
        self.keep_names(&entries)?;
        let units = self.unit.paths_of(&entries, &self.directory());
        let index = self.begin_index(&units, entries)?;
        let moves = concurrently(units.into_iter().collect(), |unit: String| self.moves(&unit))?;
        store_for(&self.output)?.rename_all(moves)?;
        if let Some(index) = index {
            self.lock.must_cover(&self.output)?;
            index.write(&self.output)?;
        }
        self.mark()?;
        // The emptied staging directory, and what was replaced.
        self.clears_on_drop = true;
        Ok(())
    }

    /// A file that moves with its directory moves only as far as the directory knows it.
    fn keep_names(&self, entries: &[Entry]) -> Result<()> {
        if self.unit == ReplacedUnit::File {
            return Ok(());
        }
        let (store, staged) = (store_for(&self.output)?, self.directory());
        let is_shown = |entry: &&Entry| entry.location.relative_to(&staged).is_some_and(|path| !path.split('/').any(is_hidden_name));
        let directories: BTreeSet<_> = entries.iter().filter(is_shown).filter_map(|entry| entry.location.parent()).collect();
        concurrently(directories.into_iter().collect(), |directory: Location| store.keep_names(&directory)).map(drop)
    }

    /// The moves that replace a unit: the old one aside, then the new one into its place.
    fn moves(&self, unit: &str) -> Result<Vec<(Location, Location)>> {
        let (staged, target) = (self.directory().join(unit), self.output.join(unit));
        let aside = || hidden(&self.output, self.unit.replaced(), self.lock.run_id()).join(unit);
        let old = store_for(&target)?.exists(&target)?.then(|| (target.clone(), aside()));
        Ok(old.into_iter().chain([(staged, target)]).collect())
    }

    /// Says in the table's index which days move, and gives the index for when they have moved.
    fn begin_index(&self, units: &BTreeSet<String>, entries: Vec<Entry>) -> Result<Option<DayIndex>> {
        let index = DayIndex::read(&self.output)?;
        if self.unit == ReplacedUnit::File || index.is_none() && self.lock.record().is_none() {
            return Ok(None);
        }
        let before = index.unwrap_or_default();
        // A record that cannot be read is of no job (and none in practice).
        let record = self.lock.record().and_then(|text| serde_json::from_str::<Record>(text).ok()).unwrap_or_default();
        let contents = contents(&self.directory(), entries);
        let mut behind = before.clone();
        behind.keep(contents, self.lock.run_id(), (&unusual(&record.options), &record.awaited));
        before.moving_to(&behind, units.iter()).write(&self.output)?;
        Ok(Some(behind))
    }

    fn mark(&self) -> Result<()> {
        write_record(&self.marker, &self.lock)?;
        write_marker(&self.marker, self.lock.run_id())
    }
}

/// Where a run writes files below an output before they are visible.
pub fn staged_files_of(output: &Location, run_id: &RunId) -> Location {
    hidden(&output.directory_form(), STAGING, run_id)
}

fn hidden(output: &Location, infix: &str, run_id: &RunId) -> Location {
    output.join(&format!("{infix}{run_id}/"))
}

impl Drop for StagedFiles {
    fn drop(&mut self) {
        if self.clears_on_drop {
            let _ = recover_files(&self.output, &self.lock);
        }
    }
}

/// Clears away what killed runs left below an output: what they had moved aside is put back where nothing has taken its place, and
/// the rest is removed. Gives how many leftovers there were.
///
/// # Errors
/// The lock does not cover the output, or the store failed.
pub fn recover_files(output: &Location, lock: &OutputLock) -> Result<usize> {
    recover(output, lock, None)
}

/// Whether a hidden directory holds files of many outputs, staged or replaced, and is no directory of its own.
pub(super) fn is_of_files(name: &str) -> bool {
    [STAGING, ReplacedUnit::File.replaced(), ReplacedUnit::Directory.replaced()].iter().any(|prefix| name.starts_with(prefix))
}

/// Clears away half a marker that a killed run left in the marker's directory.
///
/// # Errors
/// The store failed.
pub fn sweep_marker(marker: &Location) -> Result<usize> {
    store_for(marker)?.sweep_pending(marker)
}

/// What is staged by the run to be kept stays.
fn recover(output: &Location, lock: &OutputLock, kept: Option<&RunId>) -> Result<usize> {
    lock.must_cover(output)?;
    let output = output.directory_form();
    let store = store_for(&output)?;
    let mut leftovers = store.sweep_pending(&output)?;
    // Half a directory must be whole or gone before anything is decided by what is there.
    leftovers += store.settle_renames(&output, &|_| true)?;
    for child in store.children(&output)? {
        let run_of = |prefix: &str| child.name.strip_prefix(prefix).and_then(|run_id| run_id.parse::<RunId>().ok());
        let is_of = |prefix: &str| run_of(prefix).is_some();
        let found = output.join(&format!("{}/", child.name));
        let units = [ReplacedUnit::File, ReplacedUnit::Directory];
        if let Some(unit) = units.into_iter().find(|unit| is_of(unit.replaced())) {
            for path in unit.paths_in(&found)? {
                if !store.exists(&output.join(&path))? {
                    store.rename(&found.join(&path), &output.join(&path))?;
                }
            }
        } else if run_of(STAGING).is_none_or(|run_id| Some(&run_id) == kept || lock.is_shared_with(&run_id)) {
            continue;
        }
        store.remove(&found)?;
        leftovers += 1;
    }
    Ok(leftovers)
}

#[cfg(test)]
mod tests;
