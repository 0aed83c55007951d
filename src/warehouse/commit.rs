//! Commit or nothing (rules 01, 6.2): a directory is written under a hidden name and becomes visible by one rename.
//!
//! Beside `<name>/` there may be, both hidden from readers of job output:
//! * `.<name>.staging-<run id>/`: being written
//! * `.<name>.replaced-<run id>/`: the old directory, while the new one takes its place

use anyhow::{Context, Result, ensure};

use super::RunId;
use super::lock::OutputLock;
use super::marker::{write_marker, write_record};
use crate::storage::{Location, ObjectStore, PendingFile, store_for};

const STAGING: &str = ".staging-";
const REPLACED: &str = ".replaced-";

/// A directory being written. Dropped without [`commit`](StagedDirectory::commit) it is removed, unless it is left to another process
/// or was begun by one.
#[derive(Debug)]
pub struct StagedDirectory {
    lock: OutputLock,
    target: Location,
    staging: Location,
    clears_on_drop: bool,
}

/// Whether a commit ends with `_SUCCESS`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SuccessMarker {
    /// Written last.
    Write,
    /// Not written: the directory's existence tells.
    Omit,
}

impl StagedDirectory {
    /// Begins to write a directory, and clears away what dead runs left of it. A run stages a directory once at a time.
    ///
    /// # Errors
    /// The lock does not cover the directory, or the store failed.
    pub fn begin(target: &Location, lock: &OutputLock) -> Result<Self> {
        recover(target, lock)?;
        let staging = staging_of(target, lock.run_id())?;
        store_for(&staging)?.create_directory(&staging)?;
        Ok(Self { lock: lock.clone(), target: target.directory_form(), staging, clears_on_drop: true })
    }

    /// Leaves what is staged to another process of the same run.
    pub fn leave(mut self) {
        self.clears_on_drop = false;
    }

    /// Takes over a directory that another process of the same run has staged ([`staging_of`]), and clears away what other runs left.
    /// What is staged stays until it is committed, so that a commit that fails can be made again.
    ///
    /// # Errors
    /// The lock does not cover the directory, or the store failed.
    pub fn resume(target: &Location, lock: &OutputLock) -> Result<Self> {
        lock.must_cover(target)?;
        recover_siblings(&parent_of(target)?, |found, run| Some(found) == target.name() && run != Some(lock.run_id()))?;
        let staging = staging_of(target, lock.run_id())?;
        let resumed = Self { lock: lock.clone(), target: target.directory_form(), staging, clears_on_drop: false };
        // Killed in an earlier commit of this run, behind its exchange of the two directories.
        if resumed.store()?.directory_exists(target)? {
            resumed.remove_old()?;
        }
        Ok(resumed)
    }

    /// Where to write; files may also be written here by other programs.
    pub fn directory(&self) -> &Location {
        &self.staging
    }

    /// Begins a file directly inside the directory; the commit makes its name durable with those of all others.
    ///
    /// # Errors
    /// The store does not accept it.
    pub fn create(&self, name: &str) -> Result<Box<dyn PendingFile>> {
        ensure!(!name.contains('/'), "{name} cannot be a part file: it names a directory below {}.", self.staging);
        store_for(&self.staging)?.create_to_move(&self.staging.join(name))
    }

    /// Puts the directory into its place, instead of an older one; `_SUCCESS` is written last. A kill at any point leaves the
    /// old directory, or the new one, which is incomplete for as long as it lacks its marker. The next [`recover`] clears up. The
    /// record of what it was made from travels with the directory.
    ///
    /// # Errors
    /// The lock was lost, or the store failed. The error tells the step.
    pub fn commit(mut self, marker: SuccessMarker) -> Result<()> {
        self.lock.must_cover(&self.target)?;
        write_record(&self.staging, &self.lock)?;
        self.store()?.keep_names(&self.staging)?;
        self.move_old_aside()?;
        self.move_into_place()?;
        self.clears_on_drop = false;
        if marker == SuccessMarker::Write {
            write_marker(&self.target, self.lock.run_id())?;
        }
        self.remove_old()
    }

    fn store(&self) -> Result<&'static dyn ObjectStore> {
        store_for(&self.target)
    }

    fn move_old_aside(&self) -> Result<()> {
        if !self.store()?.directory_exists(&self.target)? {
            return Ok(());
        }
        let aside = sibling(&self.target, REPLACED, self.lock.run_id())?;
        self.store()?.rename(&self.target, &aside).with_context(|| format!("Cannot move the old {} aside.", self.target))
    }

    fn move_into_place(&self) -> Result<()> {
        self.store()?.rename(&self.staging, &self.target).with_context(|| format!("Cannot put the new {} into place.", self.target))
    }

    fn remove_old(&self) -> Result<()> {
        let aside = sibling(&self.target, REPLACED, self.lock.run_id())?;
        self.store()?.remove(&aside)
    }
}

impl Drop for StagedDirectory {
    fn drop(&mut self) {
        if self.clears_on_drop {
            // Leftovers are cleared by the next run, too; an error in a commit may have left the old directory aside.
            let _ = recover(&self.target, &self.lock);
        }
    }
}

/// Clears away what killed runs left beside a directory: staged ones are removed; an old one that was moved aside is put back when
/// no new one has taken its place, else removed. Gives how many leftovers there were.
///
/// # Errors
/// The lock does not cover the directory, or the store failed.
pub fn recover(target: &Location, lock: &OutputLock) -> Result<usize> {
    lock.must_cover(target)?;
    let parent = parent_of(target)?;
    let name = target.name().unwrap_or_default();
    recover_siblings(&parent, |found, _| found == name)
}

/// As [`recover`], for all directories directly inside one, such as the partitions of a table. To be called before this run stages
/// anything there.
///
/// # Errors
/// As [`recover`].
pub fn recover_all(parent: &Location, lock: &OutputLock) -> Result<usize> {
    recover_some(parent, lock, |_| true)
}

/// As [`recover_all`], for directories of some names.
///
/// # Errors
/// As [`recover`].
pub(crate) fn recover_some(parent: &Location, lock: &OutputLock, is_wanted: impl Fn(&str) -> bool) -> Result<usize> {
    lock.must_cover(parent)?;
    recover_siblings(parent, |name, _| is_wanted(name))
}

/// `is_wanted` is asked of the name of a directory, and of the run if one left something of it.
fn recover_siblings(parent: &Location, is_wanted: impl Fn(&str, Option<&RunId>) -> bool) -> Result<usize> {
    let store = store_for(parent)?;
    let mut leftovers = store.sweep_pending(parent)?;
    let mut children = store.children(parent)?;
    // Half a marker of a directory that is in place.
    for child in children.iter().filter(|child| child.is_directory && leftover(&child.name).is_none()) {
        if is_wanted(&child.name, None) {
            leftovers += store.sweep_pending(&parent.join(&format!("{}/", child.name)))?;
        }
    }
    // Half a directory must be whole or gone before anything is decided by what is there.
    let is_mine = |name: &str| leftover(name).map_or_else(|| is_wanted(name, None), |(name, _, run)| is_wanted(name, Some(&run)));
    let settled = store.settle_renames(parent, &is_mine)?;
    if settled > 0 {
        leftovers += settled;
        children = store.children(parent)?;
    }
    for child in children {
        let Some((name, infix, _)) = leftover(&child.name).filter(|(name, _, run)| is_wanted(name, Some(run))) else {
            continue;
        };
        let found = parent.join(&child.name);
        let target = parent.join(name);
        if infix == REPLACED && !store.exists(&target)? {
            store.rename(&found, &target).with_context(|| format!("Cannot put the old {target} back after a killed run."))?;
        } else {
            store.remove(&found)?;
        }
        leftovers += 1;
    }
    Ok(leftovers)
}

/// The name, infix and run id of `.<name><infix><run id>`.
pub(super) fn leftover(name: &str) -> Option<(&str, &'static str, RunId)> {
    [STAGING, REPLACED].into_iter().find_map(|infix| {
        let (name, run_id) = name.strip_prefix('.')?.rsplit_once(infix)?;
        Some((name, infix, run_id.parse().ok()?))
    })
}

/// Where a run writes a directory before it is visible.
///
/// # Errors
/// The directory has no name.
pub fn staging_of(target: &Location, run_id: &RunId) -> Result<Location> {
    sibling(target, STAGING, run_id)
}

fn sibling(target: &Location, infix: &str, run_id: &RunId) -> Result<Location> {
    let name = target.name().unwrap_or_default();
    Ok(parent_of(target)?.join(&format!(".{name}{infix}{run_id}/")))
}

fn parent_of(target: &Location) -> Result<Location> {
    target.parent().with_context(|| format!("{target} cannot be an output: it has no name."))
}

#[cfg(test)]
mod tests;
