//! What earlier calls have read into the folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::engine::census::Census;
use crate::storage::{Entry, Location, is_not_found, read_to_string, write_bytes};

/// Name of the file in the folder.
pub(super) const FILE: &str = "logs.json";

/// The files that are in the results, and how these were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// Files that are logs, by location.
    pub files: BTreeMap<String, File>,
    /// First day, and the day behind the last one.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// Geolocation database.
    pub geolocation: Option<String>,
    /// How often results were made.
    pub runs: u64,
    /// Version of this program; none while a run is under way.
    pub version: String,
}

/// A log file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Its size as stored.
    pub size: u64,
    /// What is in it.
    pub census: Census,
    /// Other files of the same text, by location, and their sizes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, u64>,
}

impl File {
    /// A file that is alone.
    fn of(file: &Entry, census: Census) -> Self {
        Self { size: file.size, census, copies: BTreeMap::new() }
    }
}

impl Known {
    /// What is known in a folder; nothing if it is new.
    ///
    /// # Errors
    /// The file there cannot be used.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let place = Location::from_path(&folder.join(FILE))?;
        match read_to_string(&place) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{place} cannot be used. Choose another --out.")),
            Err(error) if is_not_found(&error) => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Keeps it for later calls.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        write_bytes(&Location::from_path(&folder.join(FILE))?, serde_json::to_string(self)?.as_bytes())
    }

    /// What is known while a run makes results anew: if it does not end, they may be of any state, and the next call makes all of
    /// them, under another number.
    pub(crate) fn while_running(&self, run: u64) -> Self {
        Self { runs: run, version: String::new(), ..self.clone() }
    }

    /// Whether a file is in it, by name and size.
    pub(crate) fn has(&self, file: &Entry) -> bool {
        let name = file.location.as_str();
        self.files.get(name).is_some_and(|known| known.size == file.size)
            || self.files.values().any(|known| known.copies.get(name) == Some(&file.size))
    }

    /// Adds a file, or replaces what it was.
    pub(crate) fn add(&mut self, file: &Entry, census: Census) {
        self.files.insert(file.location.as_str().to_owned(), File::of(file, census));
    }

    /// Takes a file out because its name stands for something else now.
    pub(crate) fn take_out(&mut self, name: &str) -> Option<File> {
        for file in self.files.values_mut() {
            file.copies.remove(name);
        }
        self.files.remove(name)
    }

    /// The name of the file with the same text.
    pub(crate) fn twin(&self, census: &Census) -> Option<String> {
        self.files.iter().find(|(_, known)| known.census.is_of_same_text(census)).map(|(name, _)| name.clone())
    }

    /// Gives a file the name and size that it has now.
    pub(crate) fn rename(&mut self, name: &str, now: &str, size: u64) {
        if let Some(mut file) = self.files.remove(name) {
            file.copies.remove(now);
            self.files.insert(now.to_owned(), File { size, ..file });
        }
    }

    /// Notes another file of the same text.
    pub(crate) fn add_copy(&mut self, name: &str, copy: &Entry) {
        if let Some(file) = self.files.get_mut(name) {
            file.copies.insert(copy.location.as_str().to_owned(), copy.size);
        }
    }

    /// Events of each day.
    pub(crate) fn events_by_day(&self) -> BTreeMap<NaiveDate, u64> {
        let mut days = BTreeMap::new();
        for (day, events) in self.files.values().flat_map(|file| &file.census.days) {
            *days.entry(*day).or_default() += events;
        }
        days
    }

    /// The files with events of the days from start to end, which is excluded.
    ///
    /// # Errors
    /// A name is no location.
    pub(crate) fn files_of(&self, days: (NaiveDate, NaiveDate)) -> Result<Vec<Entry>> {
        let files = self.files.iter().filter(|(_, file)| file.census.has_days(days));
        files.map(|(name, file)| Ok(Entry { location: name.parse()?, size: file.size })).collect()
    }
}
