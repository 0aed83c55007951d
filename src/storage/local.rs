//! The local file system: `file://` and plain paths.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use super::local_parent::create_parent;
use super::local_pending::{LocalPendingFile, dead, is_pending_name, sweep};
use super::local_sync::{sync_directory, sync_parent};
use super::local_walk::{file_name_text, walk};
use super::{Child, Entry, Location, LockAttempt, ObjectStore, PendingFile, concurrently, local_lock};

/// The store for `file://` and plain paths.
///
/// Symbolic links are followed. In a listing every directory is walked once, under its real path where that lies below the
/// root: loops end, and a log is not counted twice because some link leads to it once more.
#[derive(Clone, Copy, Debug)]
pub struct LocalStore;

impl ObjectStore for LocalStore {
    fn list(&self, root: &Location) -> Result<Vec<Entry>> {
        let Some(found) = metadata(root)? else {
            return Ok(Vec::new());
        };
        if found.is_dir() {
            return walk(path_of(root)?, root);
        }
        Ok(vec![Entry { location: root.clone(), size: found.len() }])
    }

    fn children(&self, directory: &Location) -> Result<Vec<Child>> {
        let mut children = Vec::new();
        let listing = match fs::read_dir(path_of(directory)?) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(children),
            listing => listing.with_context(|| format!("Cannot list {directory}."))?,
        };
        for child in listing {
            let child = child.with_context(|| format!("Cannot list {directory}."))?;
            let name = file_name_text(&child)?;
            if is_pending_name(&name) {
                continue;
            }
            // Most file systems tell the kind with the name; only where a link leads to has to be looked at.
            let is_directory = match child.file_type() {
                Ok(kind) if !kind.is_symlink() => kind.is_dir(),
                _ => fs::metadata(child.path()).is_ok_and(|found| found.is_dir()),
            };
            children.push(Child { name, is_directory });
        }
        children.sort();
        Ok(children)
    }

    fn entry(&self, location: &Location) -> Result<Option<Entry>> {
        Ok(metadata(location)?.filter(|found| !found.is_dir()).map(|found| Entry { location: location.clone(), size: found.len() }))
    }

    fn directory_exists(&self, location: &Location) -> Result<bool> {
        Ok(metadata(location)?.is_some_and(|found| found.is_dir()))
    }

    fn open(&self, location: &Location) -> Result<Box<dyn Read + Send>> {
        let file = File::open(path_of(location)?).with_context(|| format!("Cannot open {location}."))?;
        let found = file.metadata().with_context(|| format!("Cannot open {location}."))?;
        if found.is_dir() {
            bail!("Cannot open {location}: it is a directory.");
        }
        Ok(Box::new(file))
    }

    fn create(&self, location: &Location) -> Result<Box<dyn PendingFile>> {
        Ok(Box::new(LocalPendingFile::create(location.clone(), path_of(location)?)?))
    }

    fn create_to_move(&self, location: &Location) -> Result<Box<dyn PendingFile>> {
        Ok(Box::new(LocalPendingFile::create(location.clone(), path_of(location)?)?.moved_later()))
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        let (source, target) = renamed(from, to)?;
        let what = || format!("Cannot rename {from} to {to}.");
        sync_parent(target).with_context(what)?;
        if source.parent() == target.parent() { Ok(()) } else { sync_parent(source).with_context(what) }
    }

    /// Each directory is synced once, however many moves lead into it. Where a move led from needs no sync: a file system knows a move as
    /// one change, and the move that makes room is synced where it leads to.
    fn rename_all(&self, lists: Vec<Vec<(Location, Location)>>) -> Result<()> {
        let mut changed = BTreeMap::new();
        for (_, to) in lists.iter().flatten() {
            changed.entry(path_of(to)?.parent().map(Path::to_owned)).or_insert_with(|| to.clone());
        }
        concurrently(lists, |list| list.iter().try_for_each(|(from, to)| renamed(from, to).map(drop)))?;
        let sync = |location: Location| {
            sync_parent(path_of(&location)?).with_context(|| format!("Cannot bring the rename of {location} to the disk."))
        };
        concurrently(changed.into_values().collect(), sync).map(drop)
    }

    fn keep_names(&self, directory: &Location) -> Result<()> {
        sync_directory(path_of(directory)?).with_context(|| format!("Cannot bring the names in {directory} to the disk."))
    }

    fn remove(&self, location: &Location) -> Result<()> {
        let path = path_of(location)?;
        if path.file_name().is_none() {
            bail!("Refusing to remove {location}: it is not a named file or directory.");
        }
        let removed = match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| format!("Cannot remove {location}.")),
            _ => Ok(()),
        }
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        fs::create_dir_all(path_of(location)?).with_context(|| format!("Cannot create the directory {location}."))
    }

    fn unfinished(&self, directory: &Location) -> Result<Vec<Location>> {
        let dead = dead(path_of(directory)?).with_context(|| format!("Cannot look for unfinished files in {directory}."))?;
        dead.iter().map(|path| Location::from_path(path)).collect()
    }

    fn sweep_pending(&self, directory: &Location) -> Result<usize> {
        sweep(path_of(directory)?).with_context(|| format!("Cannot remove unfinished files in {directory}."))
    }

    fn lock(&self, file: &Location, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
        local_lock::lock(file, path_of(file)?, text, is_dead)
    }
}

/// Renames; not yet synced.
fn renamed<'l>(from: &'l Location, to: &'l Location) -> Result<(&'l Path, &'l Path)> {
    let (source, target) = (path_of(from)?, path_of(to)?);
    let what = || format!("Cannot rename {from} to {to}.");
    fs::symlink_metadata(source).with_context(what)?;
    if fs::symlink_metadata(target).is_ok() {
        return Err(io::Error::from(ErrorKind::AlreadyExists)).with_context(what);
    }
    create_parent(target).with_context(what)?;
    fs::rename(source, target).with_context(what)?;
    Ok((source, target))
}

fn path_of(location: &Location) -> Result<&Path> {
    location.as_local_path().ok_or_else(|| anyhow!("{location} is not a local path."))
}

/// What is at a place, links followed; none when nothing is, or when a parent is a file.
fn metadata(location: &Location) -> Result<Option<Metadata>> {
    match fs::metadata(path_of(location)?) {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("Cannot look at {location}.")),
    }
}
