//! The contract of every store. `tests/contract/storage.rs` holds each implementation to it.

use std::fmt;
use std::io::{ErrorKind, Read, Write};

use anyhow::Result;

use super::{Location, concurrently};

/// A file of a store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// Where it is; in a listing the text begins with the text of the listed root.
    pub location: Location,
    /// Size in bytes, as stored (compressed).
    pub size: u64,
}

/// A name directly inside a directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Child {
    /// The name, without slashes.
    pub name: String,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// A file being written. Nobody sees it before [`commit`](PendingFile::commit); dropped without commit it is removed.
pub trait PendingFile: Write + Send {
    /// Lets go of what the open file takes of the process, its descriptor above all; the next write goes on where this one ended.
    /// For whoever writes thousands of files by turns. A sweep may take a resting file for a dead one, so it needs a lock around it.
    ///
    /// # Errors
    /// The store failed.
    fn rest(&mut self) -> Result<()>;

    /// Makes the whole file durable and visible in one step, replacing a file of that name.
    ///
    /// # Errors
    /// The store failed; the old file, if any, is then still in place.
    fn commit(self: Box<Self>) -> Result<()>;
}

/// What came of an attempt to take a lock.
#[derive(Debug)]
pub enum LockAttempt {
    /// It is held now.
    Held {
        /// Ends with its drop.
        hold: Box<dyn HeldLock>,
        /// The text of a holder that did not let go in order; empty when there was none.
        previous: String,
    },
    /// Somebody else holds it.
    Busy {
        /// The text of the holder; may be empty or lag behind.
        holder: String,
        /// How the hold ends by itself should its holder be dead; a sentence, or empty.
        ending: &'static str,
    },
}

/// A lock that is held; dropped it is let go in order.
pub trait HeldLock: fmt::Debug + Send + Sync {
    /// Makes sure that nobody has taken the lock over, for instance while this machine slept.
    ///
    /// # Errors
    /// The lock is lost.
    fn verify(&self) -> Result<()>;

    /// Lets go as a killed process would, for tests of what follows.
    fn abandon(&self);
}

/// Where bytes live.
///
/// The contract, for all implementations:
/// * Directories need not be created before a file is written below them.
/// * A location with and without a trailing slash names the same place, except in [`list`](ObjectStore::list).
/// * Errors name the location. A missing file or directory is an error for which [`is_not_found`] is true, where the
///   method does not say otherwise.
/// * Pending files, also those that killed writers left, are never listed.
pub trait ObjectStore: Send + Sync {
    /// All files below the root, recursively, hidden ones too, sorted bytewise by location. A root that is a file gives that
    /// file; a root that does not exist gives nothing, since object stores cannot tell it from an empty one.
    ///
    /// Stores without directories (S3) take a root without trailing slash as a bare prefix: `s3://b/data` also lists
    /// `s3://b/data2/…` (rules 01, 4.2). Callers who mean the directory pass [`Location::directory_form`].
    ///
    /// # Errors
    /// Some part of the tree cannot be read: a listing is never silently incomplete.
    fn list(&self, root: &Location) -> Result<Vec<Entry>>;

    /// The names directly inside a directory, sorted; nothing when it does not exist.
    ///
    /// # Errors
    /// The directory cannot be read, or is a file.
    fn children(&self, directory: &Location) -> Result<Vec<Child>>;

    /// The file at this place; none when there is no file (a directory is none).
    ///
    /// # Errors
    /// The store cannot tell.
    fn entry(&self, location: &Location) -> Result<Option<Entry>>;

    /// Whether there is a directory at this place; for stores without directories: whether any file lies below it.
    ///
    /// # Errors
    /// The store cannot tell.
    fn directory_exists(&self, location: &Location) -> Result<bool>;

    /// Whether there is a file or directory at this place.
    ///
    /// # Errors
    /// The store cannot tell.
    fn exists(&self, location: &Location) -> Result<bool> {
        Ok(self.entry(location)?.is_some() || self.directory_exists(location)?)
    }

    /// Reads a file, as stored. Unbuffered: read in large pieces.
    ///
    /// # Errors
    /// There is no such file, or it is a directory.
    fn open(&self, location: &Location) -> Result<Box<dyn Read + Send>>;

    /// Begins a file. Buffered: small writes are fine.
    ///
    /// # Errors
    /// The store does not accept it.
    fn create(&self, location: &Location) -> Result<Box<dyn PendingFile>>;

    /// As [`create`](Self::create), for a file that [`rename_all`](Self::rename_all) moves before anybody counts on it, or whose name
    /// [`keep_names`](Self::keep_names) keeps with those beside it: its commit makes the contents durable, the name only where that costs
    /// nothing.
    ///
    /// # Errors
    /// The store does not accept it.
    fn create_to_move(&self, location: &Location) -> Result<Box<dyn PendingFile>> {
        self.create(location)
    }

    /// Makes the names of the files directly inside a directory durable, which [`create_to_move`](Self::create_to_move) may have left open.
    ///
    /// # Errors
    /// The store failed.
    fn keep_names(&self, _directory: &Location) -> Result<()> {
        Ok(())
    }

    /// Moves a file or a whole directory. Never replaces: an existing target is an error, and both are left as they are. (The
    /// check and the move are two steps; who can race holds a lock.)
    ///
    /// # Errors
    /// The source is missing, the target exists, or the store failed.
    fn rename(&self, from: &Location, to: &Location) -> Result<()>;

    /// Moves many files or directories, each as [`rename`](Self::rename) does: those of one list in their order, the lists at the
    /// same time. When it returns the moves outlive a power cut; before, each may or may not.
    ///
    /// # Errors
    /// As those of a single move. Other moves may have been made.
    fn rename_all(&self, lists: Vec<Vec<(Location, Location)>>) -> Result<()> {
        concurrently(lists, |list| list.iter().try_for_each(|(from, to)| self.rename(from, to))).map(drop)
    }

    /// Removes a file, or a directory with all below it. A missing one is fine. Roots are refused.
    ///
    /// # Errors
    /// Something could not be removed.
    fn remove(&self, location: &Location) -> Result<()>;

    /// Creates a directory and those above it; an existing one is fine. Nothing to do for stores without directories.
    ///
    /// # Errors
    /// The store failed, or there is a file in the way.
    fn create_directory(&self, location: &Location) -> Result<()>;

    /// What killed writers left directly inside a directory, which listings do not show; not what is still being written.
    ///
    /// # Errors
    /// The store failed.
    fn unfinished(&self, _directory: &Location) -> Result<Vec<Location>> {
        Ok(Vec::new())
    }

    /// Removes what killed writers left directly inside a directory; files still being written are spared. Gives how many.
    ///
    /// # Errors
    /// The store failed.
    fn sweep_pending(&self, directory: &Location) -> Result<usize>;

    /// Takes a lock that is named by a file, at once or not at all. `text` tells others who holds it. A hold ends with its process
    /// however that ends, soon if not at once; `is_dead` may tell of a holder's text that this has happened.
    ///
    /// # Errors
    /// The store failed.
    fn lock(&self, file: &Location, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt>;

    /// Ends renames that killed processes left half done, where the store cannot rename at once: each is then done or undone.
    /// `is_mine` tells of a name directly inside the directory whether the caller's lock covers it; a rename is ended when it leads
    /// from, to or below such a name. Gives how many there were.
    ///
    /// # Errors
    /// The store failed.
    fn settle_renames(&self, _directory: &Location, _is_mine: &dyn Fn(&str) -> bool) -> Result<usize> {
        Ok(0)
    }

    /// Whether a directory is incomplete because a rename from or to it has begun and not ended.
    ///
    /// # Errors
    /// The store cannot tell.
    fn is_being_renamed(&self, _directory: &Location) -> Result<bool> {
        Ok(false)
    }
}

/// Whether an error means "there is no such file".
pub fn is_not_found(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == ErrorKind::NotFound))
}
