//! The recursive listing of a local directory.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::local_pending::is_pending_name;
use super::{Entry, Location};

struct Directory {
    path: PathBuf,
    location: Location,
}

#[derive(Default)]
struct Walk {
    entries: Vec<Entry>,
    /// Device and inode of the directories walked so far.
    visited: HashSet<(u64, u64)>,
    /// Real directories still to walk.
    real: Vec<Directory>,
    /// Links to directories: walked after all real ones, so that the real path wins.
    linked: VecDeque<Directory>,
}

/// All files below a directory, sorted bytewise.
pub(super) fn walk(path: &Path, root: &Location) -> Result<Vec<Entry>> {
    let mut walk = Walk::default();
    walk.real.push(Directory { path: path.to_owned(), location: root.clone() });
    while let Some(directory) = walk.real.pop().or_else(|| walk.linked.pop_front()) {
        walk.directory(&directory).with_context(|| format!("Cannot list {}.", directory.location))?;
    }
    walk.entries.sort();
    Ok(walk.entries)
}

impl Walk {
    fn directory(&mut self, directory: &Directory) -> Result<()> {
        let found = match fs::metadata(&directory.path) {
            // It went away since its parent was read.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        if !self.visited.insert((found.dev(), found.ino())) {
            return Ok(());
        }
        let mut children = fs::read_dir(&directory.path)?
            .map(|child| {
                let child = child?;
                Ok((file_name_text(&child)?, child))
            })
            .collect::<Result<Vec<_>>>()?;
        // Which of several links to one directory wins must not depend on the order of the file system.
        children.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, child) in children {
            if !is_pending_name(&name) {
                self.child(directory, &name, &child)?;
            }
        }
        Ok(())
    }

    fn child(&mut self, directory: &Directory, name: &str, child: &DirEntry) -> Result<()> {
        let path = child.path();
        let is_link = child.file_type()?.is_symlink();
        let size = match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {
                let below = Directory { location: directory.location.join(name), path };
                if is_link {
                    self.linked.push_back(below);
                } else {
                    self.real.push(below);
                }
                return Ok(());
            }
            Ok(found) if found.is_file() => found.len(),
            // Pipes, sockets and devices hold no logs, and opening them may block for ever.
            Ok(_) => return Ok(()),
            // A link to nothing is listed, so that opening it fails aloud if it is chosen.
            Err(error) if error.kind() == ErrorKind::NotFound && is_link => 0,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            // A link in a loop of its own.
            Err(_) if is_link => 0,
            Err(error) => {
                return Err(error).with_context(|| format!("Cannot look at {}.", path.display()));
            }
        };
        self.entries.push(Entry { location: directory.location.join(name), size });
        Ok(())
    }
}

/// The name of a directory entry as text.
///
/// # Errors
/// The name is not UTF-8; to skip the file would lose its data silently.
pub(super) fn file_name_text(child: &DirEntry) -> Result<String> {
    child
        .file_name()
        .into_string()
        .map_err(|_| anyhow!("The name of {} is not UTF-8. Rename the file or move it away.", child.path().display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    fn listed(directory: &Path) -> Vec<String> {
        let root = Location::from_path(directory).unwrap();
        walk(directory, &root).unwrap().iter().map(|entry| entry.location.relative_to(&root).unwrap().to_owned()).collect()
    }

    #[test]
    fn loops_end_and_linked_directories_are_listed_once() {
        let directory = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("deep/real")).unwrap();
        fs::write(at("deep/real/log"), "x").unwrap();
        fs::write(outside.path().join("other"), "y").unwrap();
        symlink(directory.path(), at("deep/loop")).unwrap();
        symlink(at("deep/real"), at("alias")).unwrap();
        symlink(outside.path(), at("elsewhere")).unwrap();
        symlink(outside.path(), at("elsewhere2")).unwrap();
        symlink(at("deep/real/log"), at("file_link")).unwrap();
        symlink(at("nothing"), at("dangling")).unwrap();
        symlink(at("self"), at("self")).unwrap();
        assert_eq!(listed(directory.path()), ["dangling", "deep/real/log", "elsewhere/other", "file_link", "self"]);
    }

    #[test]
    fn sockets_are_no_logs() {
        let directory = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
        fs::write(directory.path().join("log"), "").unwrap();
        assert_eq!(listed(directory.path()), ["log"]);
    }

    #[test]
    fn a_name_that_is_not_utf8_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(OsStr::from_bytes(b"log\xff")), "").unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        let error = format!("{:#}", walk(directory.path(), &root).unwrap_err());
        assert!(error.contains("log\u{fffd}") && error.contains("not UTF-8"), "{error}");
    }
}
