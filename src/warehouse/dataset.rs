//! Tables of the warehouse: their directories, and whether they are complete (rules 01, 6.1 and 6.2).

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::RunId;
use super::commit::{StagedDirectory, recover_all};
use super::lock::OutputLock;
use super::marker::{has_marker, remove_marker, task_marker_directory};
use super::names::{DATE_KEY, RECORD, is_hidden_name};
use super::selection::job_output_files;
use crate::storage::{Entry, Location, store_for};

/// A table: `<warehouse>/<table>/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Dataset {
    directory: Location,
}

/// A part of a table that is written and complete as a whole: `<warehouse>/<table>/<key>=<value>/`, or the table itself when it
/// has no partitions.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Partition {
    directory: Location,
}

/// What makes an output complete (rules 01, 6.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// `<directory>/_SUCCESS` exists: direct output, Hive data, and all that this program commits.
    SuccessMarker,
    /// The directory exists: plain jobs, which rename it into place. One of ours also has its marker: a run that was killed between
    /// the two leaves a record without it.
    DirectoryExists,
    /// The directory holds at least one data file, maybe an empty one: days of multi-output jobs, also those that the original
    /// wrote, which have no marker of their own.
    DataFile,
    /// `<root>/<hash of identity>/_SUCCESS` exists: multi-output jobs as a whole.
    TaskMarker {
        /// `[map-reduce] marker`, or `--marker`.
        root: Location,
        /// The task's name and significant parameters.
        identity: String,
    },
}

impl Dataset {
    /// The table of a warehouse.
    ///
    /// # Errors
    /// The name is not usable as a directory's name.
    pub fn new(warehouse: &Location, table: &str) -> Result<Self> {
        must_be_plain(table, "table")?;
        Ok(Self { directory: warehouse.join(&format!("{table}/")) })
    }

    /// The table's directory, with trailing slash.
    pub fn directory(&self) -> &Location {
        &self.directory
    }

    /// The partition `<key>=<value>`.
    ///
    /// # Errors
    /// Key or value is not usable in a directory's name.
    pub fn partition(&self, key: &str, value: &str) -> Result<Partition> {
        must_be_plain(key, "partition key")?;
        must_be_plain(value, "partition value")?;
        Ok(Partition { directory: self.directory.join(&format!("{key}={value}/")) })
    }

    /// The partition `dt=<YYYY-MM-DD>`.
    pub fn day(&self, date: NaiveDate) -> Partition {
        let date = date.format("%Y-%m-%d");
        Partition { directory: self.directory.join(&format!("{DATE_KEY}={date}/")) }
    }

    /// The table as one part, when it has no partitions.
    pub fn whole(&self) -> Partition {
        Partition { directory: self.directory.clone() }
    }

    /// The days of `[start, end)` that are not complete, in order.
    ///
    /// # Errors
    /// The store cannot tell.
    pub fn incomplete_days(&self, start: NaiveDate, end: NaiveDate, completeness: &Completeness) -> Result<Vec<NaiveDate>> {
        let mut days = Vec::new();
        for date in start.iter_days().take_while(|date| *date < end) {
            if !self.day(date).is_complete(completeness)? {
                days.push(date);
            }
        }
        Ok(days)
    }

    /// The values of a key for which there are partitions, sorted; complete or not.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub fn partition_values(&self, key: &str) -> Result<Vec<String>> {
        let prefix = format!("{key}=");
        let children = store_for(&self.directory)?.children(&self.directory)?;
        Ok(children
            .iter()
            .filter(|child| child.is_directory)
            .filter_map(|child| child.name.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect())
    }

    /// Takes the table's lock and clears away what dead runs left in it.
    ///
    /// # Errors
    /// [`OutputLocked`](super::lock::OutputLocked) when another run is at work on the table, or the store failed.
    pub fn lock(&self, run_id: &RunId, task: &str) -> Result<OutputLock> {
        let lock = OutputLock::acquire(&self.directory, run_id, task)?;
        recover_all(&self.directory, &lock)?;
        Ok(lock)
    }
}

impl Partition {
    /// The directory, with trailing slash.
    pub fn directory(&self) -> &Location {
        &self.directory
    }

    /// Whether it is complete under a rule.
    ///
    /// # Errors
    /// The store cannot tell.
    pub fn is_complete(&self, completeness: &Completeness) -> Result<bool> {
        let store = store_for(&self.directory)?;
        match completeness {
            Completeness::SuccessMarker => has_marker(&self.directory),
            Completeness::DirectoryExists => {
                let record = self.directory.join(RECORD);
                let is_there = store.directory_exists(&self.directory)? && !store.is_being_renamed(&self.directory)?;
                Ok(is_there && (has_marker(&self.directory)? || !store.exists(&record)?))
            }
            Completeness::DataFile => {
                let children = store.children(&self.directory)?;
                let has_data = children.iter().any(|child| !child.is_directory && !is_hidden_name(&child.name));
                Ok(has_data && !store.is_being_renamed(&self.directory)?)
            }
            Completeness::TaskMarker { root, identity } => has_marker(&task_marker_directory(root, identity)),
        }
    }

    /// The data files, without markers.
    ///
    /// # Errors
    /// The directory does not exist or cannot be listed.
    pub fn data_files(&self) -> Result<Vec<Entry>> {
        job_output_files(&self.directory)
    }

    /// Begins to write the directory anew; the old one stays until the commit.
    ///
    /// # Errors
    /// The lock is not the table's, or the store failed.
    pub fn stage(&self, lock: &OutputLock) -> Result<StagedDirectory> {
        StagedDirectory::begin(&self.directory, lock)
    }

    /// Removes the directory, the marker first: it must not look complete while it goes (rules 01, 6.3).
    ///
    /// # Errors
    /// The lock is not the table's, or the store failed.
    pub fn remove(&self, lock: &OutputLock) -> Result<()> {
        lock.must_cover(&self.directory)?;
        remove_marker(&self.directory)?;
        store_for(&self.directory)?.remove(&self.directory)
    }
}

/// Names come from configuration and parameters; none may leave its directory or be hidden from readers.
fn must_be_plain(name: &str, what: &str) -> Result<()> {
    if name.is_empty() || is_hidden_name(name) || name.contains(['/', '\n', '\r', '\t', '\0']) {
        bail!(
            "The {what} {name:?} cannot be part of a warehouse path: it must be a plain name that does not begin with a dot or an underscore."
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
