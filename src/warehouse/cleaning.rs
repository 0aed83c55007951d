//! Removing what is of no use any more: what dead runs left, and markers of long ago. Whoever runs is left alone.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::{DateTime, NaiveDateTime, Utc};

use super::RunId;
use super::commit::{leftover, recover};
use super::inventory::Leftover;
use super::lock::{OutputLock, OutputLocked};
use super::marker::{read_marker, remove_marker};
use super::multi_output::{is_of_files, recover_files};
use crate::storage::{Location, concurrently, store_for};

/// What became of something that should go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cleaned {
    /// It is gone, or in its place again.
    Removed,
    /// A run is at work on it: its words.
    InUse(String),
}

/// A marker of a job that wrote days or files, and the run that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OldMarker {
    /// Its directory.
    pub directory: Location,
    /// The run.
    pub run_id: RunId,
}

/// Clears up after the run of a leftover, under the locks by which a run would hold it. What was moved aside and has no successor is
/// put back.
///
/// # Errors
/// The store failed.
pub(crate) fn clear_leftover(warehouse: &Location, left: &Leftover, run_id: &RunId, task: &str) -> Result<Cleaned> {
    let (Some(parent), Some(name)) = (left.place.parent(), left.place.name()) else { return Ok(Cleaned::Removed) };
    let parent = parent.directory_form();
    // Imports hold the whole table, jobs what they write.
    let table = (parent != warehouse.directory_form()).then(|| parent.clone());
    let of_name = leftover(name).filter(|_| !is_of_files(name)).map(|(target, ..)| parent.join(&format!("{target}/")));
    let mut locks = Vec::new();
    for output in table.iter().chain(&of_name) {
        match OutputLock::acquire(output, run_id, task) {
            Ok(lock) => locks.push(lock),
            Err(error) => match error.downcast_ref::<OutputLocked>() {
                Some(locked) => return Ok(Cleaned::InUse(locked.to_string())),
                None => return Err(error),
            },
        }
    }
    match (&of_name, locks.last()) {
        (Some(target), Some(lock)) => drop(recover(target, lock)?),
        (None, Some(lock)) => drop(recover_files(&parent, lock)?),
        (_, None) => {}
    }
    Ok(Cleaned::Removed)
}

/// Parts leftovers into those of dead runs and those that stay: jobs of a cluster write without a lock, and until some time has passed
/// nothing beside what they have claimed is touched.
pub(crate) fn without_claims(leftovers: Vec<Leftover>, before: DateTime<Utc>) -> (Vec<Leftover>, Vec<Leftover>) {
    let is_young = |left: &Leftover| left.is_claimed && began(&left.run_id).is_none_or(|began| began >= before);
    let claims = leftovers.iter().filter(|left| is_young(left));
    // A job of several tables has one claim.
    let (places, runs): (BTreeSet<_>, BTreeSet<_>) = claims.map(|left| (left.place.parent(), left.run_id.clone())).unzip();
    leftovers.into_iter().partition(|left| !places.contains(&left.place.parent()) && !runs.contains(&left.run_id))
}

/// Lets go of a lock whose run has died.
///
/// # Errors
/// The store failed.
pub(crate) fn clear_lock(file: &Location, run_id: &RunId, task: &str) -> Result<Cleaned> {
    let name = file.name().and_then(|name| name.strip_prefix('.')?.split_once(".lock").map(|(name, _)| name));
    let (Some(parent), Some(name)) = (file.parent(), name) else { return Ok(Cleaned::Removed) };
    match OutputLock::acquire(&parent.join(&format!("{name}/")), run_id, task) {
        Ok(lock) => drop(lock),
        Err(error) => match error.downcast_ref::<OutputLocked>() {
            Some(locked) => return Ok(Cleaned::InUse(locked.to_string())),
            None => return Err(error),
        },
    }
    Ok(Cleaned::Removed)
}

/// Markers below a root whose run began before a time. Those of the original and of Hadoop name no run, and stay.
///
/// # Errors
/// The root cannot be listed, or a marker not be read.
pub(crate) fn old_markers(root: &Location, before: DateTime<Utc>) -> Result<Vec<OldMarker>> {
    let root = root.directory_form();
    let mut markers = Vec::new();
    for child in store_for(&root)?.children(&root)?.into_iter().filter(|child| child.is_directory && is_hash(&child.name)) {
        let directory = root.join(&format!("{}/", child.name));
        if let Some(run_id) = old_run(&directory, before)? {
            markers.push(OldMarker { directory, run_id });
        }
    }
    Ok(markers)
}

/// Halves of markers below a root, left by runs that were killed while they wrote them.
///
/// # Errors
/// The root cannot be listed.
pub(crate) fn unfinished_markers(root: &Location) -> Result<Vec<Location>> {
    let root = root.directory_form();
    let children = store_for(&root)?.children(&root)?;
    let hashes = children.into_iter().filter(|child| child.is_directory && is_hash(&child.name));
    let directories = hashes.map(|child| root.join(&format!("{}/", child.name))).collect();
    let found = concurrently(directories, |directory: Location| store_for(&directory)?.unfinished(&directory))?;
    Ok(found.into_iter().flatten().collect())
}

/// Removes a marker unless a run has made it anew meanwhile.
///
/// # Errors
/// The store failed.
pub(crate) fn remove_old_marker(marker: &OldMarker, before: DateTime<Utc>) -> Result<()> {
    if old_run(&marker.directory, before)?.as_ref() == Some(&marker.run_id) {
        remove_marker(&marker.directory)?;
        store_for(&marker.directory)?.remove(&marker.directory)?;
    }
    Ok(())
}

/// Directories of markers are called by a number; whatever else an operator keeps there is not ours.
fn is_hash(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

fn old_run(directory: &Location, before: DateTime<Utc>) -> Result<Option<RunId>> {
    let run_id = read_marker(directory)?.and_then(|marker| marker.run_id);
    Ok(run_id.filter(|run_id| began(run_id).is_some_and(|began| began < before)))
}

fn began(run_id: &RunId) -> Option<DateTime<Utc>> {
    let time = run_id.as_str().get(..16)?;
    NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;
    use crate::warehouse::inventory::Inventory;
    use crate::warehouse::marker::write_marker;

    fn warehouse() -> (tempfile::TempDir, Location) {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().directory_form();
        (folder, warehouse)
    }

    #[test]
    fn leftovers_of_the_dead_go_and_those_of_the_living_stay() {
        let (_folder, warehouse) = warehouse();
        let (dead, mine) = (RunId::generate(), RunId::generate());
        let write = |path: &str| write_bytes(&warehouse.join(path), b"1").unwrap();
        write(&format!("t/.files.staging-{dead}/dt=2014-05-01/x"));
        write(&format!("u/.dt=2014-05-01.replaced-{dead}/part-00000"));
        write(&format!("v/.dt=2014-05-01.staging-{dead}/part-00000"));
        write(&format!(".w.staging-{dead}/part-00000"));
        let held = OutputLock::acquire(&warehouse.join("v/dt=2014-05-01/"), &RunId::generate(), "Living").unwrap();
        let leftovers = Inventory::of(&warehouse).unwrap().leftovers;
        assert_eq!(leftovers.len(), 4);
        for left in &leftovers {
            let is_living = left.place.as_str().contains("/v/");
            let cleaned = clear_leftover(&warehouse, left, &mine, "clean").unwrap();
            assert_eq!(matches!(&cleaned, Cleaned::InUse(told) if told.contains("Living")), is_living, "{left:?}: {cleaned:?}");
        }
        drop(held);
        let left = Inventory::of(&warehouse).unwrap();
        assert_eq!((left.leftovers.len(), left.locks.len()), (1, 0));
        assert!(left.tables["u"].days.len() == 1, "what was moved aside without a successor is back");
    }

    #[test]
    fn beside_what_a_job_elsewhere_writes_nothing_is_touched() {
        let (_folder, warehouse) = warehouse();
        let (young, old) = (RunId::generate(), "20160101T093000Z-4711-0123456789abcdef".parse::<RunId>().unwrap());
        let write = |path: &str| write_bytes(&warehouse.join(path), b"1").unwrap();
        write(&format!("t/.dt=2014-05-01.staging-{young}/.claimed"));
        write(&format!("t/.dt=2014-05-01.staging-{old}/x"));
        write(&format!("u/.dt=2014-05-01.staging-{old}/.claimed"));
        write(&format!("v/.dt=2014-05-01.staging-{young}/x"));
        let (dead, stay) = without_claims(Inventory::of(&warehouse).unwrap().leftovers, "2020-01-01T00:00:00Z".parse().unwrap());
        assert_eq!((dead.len(), stay.len()), (1, 3));
        assert!(dead[0].place.as_str().contains("/u/"), "{dead:?}");
    }

    #[test]
    fn only_markers_of_old_runs_of_ours_go() {
        let (_folder, warehouse) = warehouse();
        let root = warehouse.join("_marker/");
        let old: RunId = "20160101T093000Z-4711-0123456789abcdef".parse().unwrap();
        write_marker(&root.join("1/"), &old).unwrap();
        write_marker(&root.join("2/"), &RunId::generate()).unwrap();
        write_bytes(&root.join("3/_SUCCESS"), b"").unwrap();
        write_marker(&root.join("somebody/"), &old).unwrap();
        let half = warehouse.path().to_owned() + "_marker/2/._record.pending-4308-686d81a71df85a65";
        std::fs::write(&half, "").unwrap();
        assert_eq!(unfinished_markers(&root).unwrap().iter().map(|file| file.path().to_owned()).collect::<Vec<_>>(), [half]);
        let before = "2020-01-01T00:00:00Z".parse().unwrap();
        let found = old_markers(&root, before).unwrap();
        assert_eq!(found.iter().map(|marker| marker.directory.name().unwrap()).collect::<Vec<_>>(), ["1"]);
        // Made anew in between.
        write_marker(&root.join("1/"), &RunId::generate()).unwrap();
        remove_old_marker(&found[0], before).unwrap();
        assert!(read_marker(&root.join("1/")).unwrap().is_some());
        write_marker(&root.join("1/"), &old).unwrap();
        remove_old_marker(&found[0], before).unwrap();
        assert_eq!(store_for(&root).unwrap().children(&root).unwrap().len(), 3);
    }
}
