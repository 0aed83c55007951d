//! `hdfs://`: spoken to NameNode and DataNodes without a JVM.
//!
//! `hdfs:///path` is of the `fs.defaultFS` in `$HADOOP_CONF_DIR/core-site.xml` (or `$HADOOP_HOME/etc/hadoop`); nameservices with
//! several NameNodes are those of its `hdfs-site.xml`. The user is `HADOOP_USER_NAME`, else the one of the operating system, else,
//! where `hadoop.security.authentication` asks for it, Kerberos's.
//!
//! Renames are atomic, and so are commits: a pending file is a hidden sibling that is renamed over its target.

mod client;
mod lock;
mod pending;

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use hdfs_native::client::FileStatus;

use client::{call, client_of, meaning, path_of};
use pending::HdfsPendingFile;

use super::local_pending::is_pending_name;
use super::remote::{ReadAhead, reading_failed};
use super::{Child, Entry, Location, LockAttempt, ObjectStore, PendingFile, is_not_found};

/// Permissions of new directories; the NameNode's rules come on top.
const DIRECTORY_PERMISSION: u32 = 0o755;
/// Writers do not take this long for the small files that they write beside finished ones.
const DEAD_AFTER: Duration = Duration::from_hours(24);

/// The store for `hdfs://`.
#[derive(Clone, Copy, Debug)]
pub struct HdfsStore;

impl ObjectStore for HdfsStore {
    fn list(&self, root: &Location) -> Result<Vec<Entry>> {
        let Some(found) = status(root)? else {
            return Ok(Vec::new());
        };
        if !found.isdir {
            return Ok(vec![entry_of(root.clone(), &found)]);
        }
        let path = path_of(root);
        let mut entries: Vec<_> = files_below(root)?
            .iter()
            .filter(|found| !is_pending_name(name_of(found)))
            .map(|found| {
                let relative = found.path.get(path.trim_end_matches('/').len()..).unwrap_or_default();
                entry_of(root.join(relative.trim_start_matches('/')), found)
            })
            .collect();
        entries.sort();
        Ok(entries)
    }

    fn children(&self, directory: &Location) -> Result<Vec<Child>> {
        match status(directory)? {
            None => return Ok(Vec::new()),
            Some(found) if !found.isdir => bail!("Cannot list {directory}: it is a file."),
            Some(_) => {}
        }
        let found = statuses(directory)?;
        let children = found.iter().map(|found| Child { name: name_of(found).to_owned(), is_directory: found.isdir });
        let mut children: Vec<_> = children.filter(|child| !is_pending_name(&child.name)).collect();
        children.sort();
        Ok(children)
    }

    fn entry(&self, location: &Location) -> Result<Option<Entry>> {
        Ok(status(location)?.filter(|found| !found.isdir).map(|found| entry_of(location.clone(), &found)))
    }

    fn directory_exists(&self, location: &Location) -> Result<bool> {
        Ok(status(location)?.is_some_and(|found| found.isdir))
    }

    fn open(&self, location: &Location) -> Result<Box<dyn Read + Send>> {
        let client = client_of(location)?;
        let reader = call(location, "open", client.read(&path_of(location)))?;
        let (length, place) = (reader.file_length(), location.clone());
        let opened = Instant::now();
        let stream = reader
            .read_range_stream(0, length)
            .map(move |piece| piece.map_err(|error| reading_failed(&place, meaning(&error, opened.elapsed()))));
        Ok(Box::new(ReadAhead::start(stream)?))
    }

    fn create(&self, location: &Location) -> Result<Box<dyn PendingFile>> {
        Ok(Box::new(HdfsPendingFile::create(location)?))
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        let what = || format!("Cannot rename {from} to {to}.");
        if status(from)?.is_none() {
            return Err(io::Error::from(ErrorKind::NotFound)).with_context(what);
        }
        if status(to)?.is_some() {
            return Err(io::Error::from(ErrorKind::AlreadyExists)).with_context(what);
        }
        if let Some(parent) = to.parent() {
            self.create_directory(&parent).with_context(what)?;
        }
        let client = client_of(from)?;
        call(from, "rename", client.rename(&path_of(from), &path_of(to), false)).with_context(what)
    }

    fn remove(&self, location: &Location) -> Result<()> {
        if location.name().is_none() {
            bail!("Refusing to remove {location}: it is not a named file or directory.");
        }
        let client = client_of(location)?;
        call(location, "remove", client.delete(&path_of(location), true)).map(drop)
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        let client = client_of(location)?;
        call(location, "create the directory", client.mkdirs(&path_of(location), DIRECTORY_PERMISSION, true))
    }

    fn unfinished(&self, directory: &Location) -> Result<Vec<Location>> {
        if !self.directory_exists(directory)? {
            return Ok(Vec::new());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let is_dead = |found: &FileStatus| {
            let age = now.saturating_sub(Duration::from_millis(found.modification_time));
            !found.isdir && is_pending_name(name_of(found)) && age > DEAD_AFTER
        };
        Ok(statuses(directory)?.iter().filter(|found| is_dead(found)).map(|found| directory.join(name_of(found))).collect())
    }

    fn sweep_pending(&self, directory: &Location) -> Result<usize> {
        let unfinished = self.unfinished(directory)?;
        unfinished.iter().try_for_each(|file| self.remove(file))?;
        Ok(unfinished.len())
    }

    fn lock(&self, file: &Location, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
        lock::lock(file, text, is_dead)
    }
}

fn status(location: &Location) -> Result<Option<FileStatus>> {
    let client = client_of(location)?;
    match call(location, "look at", client.get_file_info(&path_of(location))) {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_not_found(&error) => Ok(None),
        // What a NameNode says of a path that leads through a file.
        Err(error) if error.chain().any(|cause| cause.to_string().contains("ParentNotDirectoryException")) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All files below a directory. A directory below that goes away meanwhile has none, as in a local walk.
fn files_below(root: &Location) -> Result<Vec<FileStatus>> {
    let mut files = Vec::new();
    let mut directories = Vec::new();
    let mut found = statuses(root)?;
    loop {
        for status in found {
            if status.isdir {
                directories.push(root.join(&status.path));
            } else {
                files.push(status);
            }
        }
        let Some(directory) = directories.pop() else {
            return Ok(files);
        };
        found = match statuses(&directory) {
            Err(error) if is_not_found(&error) => Vec::new(),
            listed => listed?,
        };
    }
}

fn statuses(directory: &Location) -> Result<Vec<FileStatus>> {
    let client = client_of(directory)?;
    call(directory, "list", client.list_status(&path_of(directory), false))
}

fn entry_of(location: Location, found: &FileStatus) -> Entry {
    Entry { location, size: found.length as u64 }
}

fn name_of(found: &FileStatus) -> &str {
    found.path.rsplit('/').next().unwrap_or_default()
}
