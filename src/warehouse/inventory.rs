//! What lies in a warehouse, from one listing: tables with their days and sizes, locks, what dead or running runs have left.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::NaiveDate;

use super::RunId;
use super::day_index;
use super::names::{CLAIM, day_of_directory, is_hidden_name};
use crate::storage::{Entry, Location, store_for};

/// All that lies in a warehouse.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    /// Tables by name.
    pub tables: BTreeMap<String, TableContents>,
    /// What is being written, or was left by a killed run.
    pub leftovers: Vec<Leftover>,
    /// Files of locks that have a text: held, or left.
    pub locks: Vec<Location>,
    /// Bytes of all files.
    pub bytes: u64,
}

/// What lies in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableContents {
    /// Days that have a file.
    pub days: BTreeSet<NaiveDate>,
    /// Whether it has a directory for each day of a history.
    pub is_history: bool,
    /// Data files.
    pub files: u64,
    /// Bytes of all its files.
    pub bytes: u64,
}

/// A directory that is being written, or was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// The directory.
    pub place: Location,
    /// The run.
    pub run_id: RunId,
    /// Bytes below it.
    pub bytes: u64,
    /// Whether a job may be writing it that runs elsewhere, without the lock.
    pub is_claimed: bool,
}

impl Inventory {
    /// Looks into a warehouse; one that does not exist is empty.
    ///
    /// # Errors
    /// It cannot be listed.
    pub(crate) fn of(warehouse: &Location) -> Result<Self> {
        let warehouse = warehouse.directory_form();
        let mut inventory = Self::default();
        let mut leftovers: BTreeMap<String, (RunId, u64, bool)> = BTreeMap::new();
        for Entry { location, size } in store_for(&warehouse)?.list(&warehouse)? {
            let Some(path) = location.relative_to(&warehouse) else { continue };
            inventory.bytes += size;
            let name = path.rsplit('/').next().unwrap_or(path);
            if is_lock(name) {
                if size > 0 {
                    inventory.locks.push(location);
                }
            } else if let Some((directory, run_id)) = leftover(path) {
                let (_, bytes, is_claimed) = leftovers.entry(directory.to_owned()).or_insert((run_id, 0, false));
                *bytes += size;
                *is_claimed |= name == CLAIM;
            } else {
                inventory.enter(path, size);
            }
        }
        let found = leftovers.into_iter().map(|(directory, (run_id, bytes, is_claimed))| Leftover {
            place: warehouse.join(&format!("{directory}/")),
            run_id,
            bytes,
            is_claimed,
        });
        inventory.leftovers = found.collect();
        Ok(inventory)
    }

    fn enter(&mut self, path: &str, size: u64) {
        let Some((table, file)) = path.split_once('/') else { return };
        if is_hidden_name(table) {
            return;
        }
        let table = self.tables.entry(table.to_owned()).or_default();
        table.bytes += size;
        table.is_history |= file == day_index::NAME;
        if file.split('/').any(is_hidden_name) {
            return;
        }
        table.files += 1;
        table.days.extend(file.split_once('/').and_then(|(partition, _)| day_of_directory(partition)));
    }
}

/// `.NAME.lock`, in HDFS with a file for its text beside it.
fn is_lock(name: &str) -> bool {
    name.starts_with('.') && name.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "lock" | "lock-holder"))
}

/// The directory of a run that a path lies in, as far as its name, and the run.
fn leftover(path: &str) -> Option<(&str, RunId)> {
    let mut end = 0;
    for part in path.split_inclusive('/') {
        end += part.len();
        let name = part.trim_end_matches('/');
        if let Some(run_id) = name.starts_with('.').then(|| run_of(name)).flatten() {
            return Some((path.get(..end)?.trim_end_matches('/'), run_id));
        }
    }
    None
}

fn run_of(name: &str) -> Option<RunId> {
    ["staging-", "replaced-"].into_iter().find_map(|infix| name.rsplit_once(infix)?.1.parse().ok())
}

impl TableContents {
    /// Days between the first and the last one that are not there.
    pub(crate) fn holes(&self) -> Vec<NaiveDate> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return Vec::new() };
        first.iter_days().take_while(|day| day < last).filter(|day| !self.days.contains(day)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn tables_days_locks_and_leftovers_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().directory_form();
        let run = RunId::generate();
        let write = |path: &str, text: &str| write_bytes(&warehouse.join(path), text.as_bytes()).unwrap();
        for day in ["01", "02", "05"] {
            write(&format!("t/dt=2014-05-{day}/t_2014-05-{day}"), "12345");
        }
        write("t/_days", "x\n");
        write("u/dt=2014-05-20/part-00000", "1");
        write("u/dt=2014-05-20/_SUCCESS", "");
        write(&format!("u/.dt=2014-05-21.staging-{run}/part-00000"), "1234");
        write(&format!("t/.files.staging-{run}/dt=2014-05-06/t_2014-05-06"), "12");
        write(&format!("t/.files.staging-{run}/.claimed"), "");
        write(".t.lock", "{}");
        write(".u.lock", "");
        write("_runs/x.json", "{}");
        let found = Inventory::of(&warehouse).unwrap();
        assert_eq!(found.tables.keys().collect::<Vec<_>>(), ["t", "u"]);
        let t = &found.tables["t"];
        assert_eq!((t.days.len(), t.files, t.bytes, t.is_history), (3, 3, 17, true));
        assert_eq!(t.holes(), ["2014-05-03", "2014-05-04"].map(|day| day.parse().unwrap()));
        assert!(!found.tables["u"].is_history);
        let leftovers: Vec<_> = found.leftovers.iter().map(|left| (left.place.relative_to(&warehouse).unwrap(), left.bytes)).collect();
        assert_eq!(leftovers, [(format!("t/.files.staging-{run}/").as_str(), 2), (format!("u/.dt=2014-05-21.staging-{run}/").as_str(), 4)]);
        assert_eq!(found.leftovers.iter().map(|left| left.is_claimed).collect::<Vec<_>>(), [true, false]);
        assert_eq!(found.locks, [warehouse.join(".t.lock")]);
        assert!(Inventory::of(&warehouse.join("none")).unwrap().tables.is_empty());
    }
}
