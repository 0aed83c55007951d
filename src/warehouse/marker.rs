//! Completeness markers: written last, after the result is visible (rules 01, 6.2).

use super::RunId;
use super::contents::identity_hash;
use super::lock::OutputLock;
use super::names::RECORD;
pub use super::names::SUCCESS;
use crate::storage::{Location, is_not_found, read_to_string, store_for, write_bytes};
use anyhow::{Context, Result};

/// What a marker file tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Marker {
    /// The run that wrote it; none when Hadoop or the original did, whose markers are empty.
    pub run_id: Option<RunId>,
}

/// Writes `_SUCCESS` with the run's id into a directory.
///
/// # Errors
/// The store failed.
pub fn write_marker(directory: &Location, run_id: &RunId) -> Result<()> {
    write_bytes(&directory.join(SUCCESS), format!("{run_id}\n").as_bytes())
}

/// Writes the record of what a directory was made from, unless the run has none. The marker comes behind it into the same directory, or
/// its names are kept: that makes the name of the record durable.
///
/// # Errors
/// The store failed.
pub fn write_record(directory: &Location, lock: &OutputLock) -> Result<()> {
    match lock.record() {
        Some(record) => {
            let place = directory.join(RECORD);
            let mut file = store_for(&place)?.create_to_move(&place)?;
            file.write_all(record.as_bytes()).with_context(|| format!("Cannot write {place}."))?;
            file.commit()
        }
        None => Ok(()),
    }
}

/// The marker of a directory, if it has one.
///
/// # Errors
/// The marker exists but cannot be read.
pub fn read_marker(directory: &Location) -> Result<Option<Marker>> {
    match read_to_string(&directory.join(SUCCESS)) {
        Ok(text) => Ok(Some(Marker { run_id: text.trim_end().parse().ok() })),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a directory has its marker; the marker's text does not matter.
///
/// # Errors
/// The store cannot tell.
pub fn has_marker(directory: &Location) -> Result<bool> {
    let marker = directory.join(SUCCESS);
    Ok(store_for(&marker)?.entry(&marker)?.is_some())
}

/// Removes the marker of a directory, so that it counts as incomplete. A missing one is fine.
///
/// # Errors
/// The store failed.
pub fn remove_marker(directory: &Location) -> Result<()> {
    let marker = directory.join(SUCCESS);
    store_for(&marker)?.remove(&marker)
}

/// The directory that marks a multi-output task as done: `<marker>/<hash of task>/` (rules 01, 6.2). `identity` is the text of
/// the task's name and significant parameters: another interval is another marker.
pub fn task_marker_directory(marker_root: &Location, identity: &str) -> Location {
    marker_root.join(&format!("{}/", identity_hash(identity)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_carries_its_run() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        let marked = task_marker_directory(&root, "VideoUsage interval=2016");
        assert_ne!(marked, task_marker_directory(&root, "VideoUsage interval=2017"));
        assert_eq!(read_marker(&marked).unwrap(), None);
        let run_id = RunId::generate();
        write_marker(&marked, &run_id).unwrap();
        assert!(has_marker(&marked).unwrap());
        assert_eq!(read_marker(&marked).unwrap().unwrap().run_id, Some(run_id));
        remove_marker(&marked).unwrap();
        assert!(!has_marker(&marked).unwrap());
        remove_marker(&marked).unwrap();
    }

    #[test]
    fn markers_of_hadoop_are_empty() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        write_bytes(&root.join(SUCCESS), b"").unwrap();
        assert_eq!(read_marker(&root).unwrap(), Some(Marker { run_id: None }));
        assert!(has_marker(&root).unwrap());
    }
}
