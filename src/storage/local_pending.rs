//! A local file that is invisible until it is committed: a hidden sibling, renamed at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::local_parent::create_parent;
use super::local_sync::{sync_file, sync_parent};
use super::{Location, PendingFile};

const BUFFER_BYTES: usize = 64 * 1024;
const INFIX: &str = ".pending-";
/// File systems allow 255 bytes in a name; the rest is for dot, infix, process id and random part.
const KEPT_NAME_BYTES: usize = 200;

/// The writer holds a lock on the hidden file, so that a sweep can tell the living from the dead.
pub(super) struct LocalPendingFile {
    location: Location,
    target: PathBuf,
    /// Empty once the file is committed.
    hidden: PathBuf,
    /// None while the file rests.
    file: Option<BufWriter<File>>,
    /// Whether its directory is synced with it; not if the file is moved to another one before anybody counts on it.
    syncs_directory: bool,
}

impl LocalPendingFile {
    pub(super) fn create(location: Location, target: &Path) -> Result<Self> {
        let what = || format!("Cannot create {location}.");
        create_parent(target).with_context(what)?;
        let name = target
            .file_name()
            .and_then(|name| name.to_str())
            .with_context(|| format!("Cannot create {location}: it does not name a file."))?;
        let hidden = target.with_file_name(pending_name(name));
        let file = OpenOptions::new().write(true).create_new(true).open(&hidden).with_context(what)?;
        // Where the file system has no locks, files are swept by hand only.
        let _ = file.try_lock();
        Ok(Self {
            target: target.to_owned(),
            hidden,
            file: Some(BufWriter::with_capacity(BUFFER_BYTES, file)),
            location,
            syncs_directory: true,
        })
    }

    /// For a file whose move is synced where it leads to.
    pub(super) const fn moved_later(mut self) -> Self {
        self.syncs_directory = false;
        self
    }

    fn writer(&mut self) -> io::Result<&mut BufWriter<File>> {
        match &mut self.file {
            Some(writer) => Ok(writer),
            resting => {
                let file = OpenOptions::new().append(true).open(&self.hidden)?;
                let _ = file.try_lock();
                Ok(resting.insert(BufWriter::with_capacity(BUFFER_BYTES, file)))
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer()?;
        if let Some(writer) = self.file.take() {
            // The buffer goes before the disk is waited for.
            sync_file(&writer.into_inner().map_err(IntoInnerError::into_error)?)?;
        }
        fs::rename(&self.hidden, &self.target)?;
        self.hidden = PathBuf::new();
        if self.syncs_directory { sync_parent(&self.target) } else { Ok(()) }
    }
}

impl Write for LocalPendingFile {
    #[allow(clippy::disallowed_methods, reason = "implements that very method")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer()?.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

impl PendingFile for LocalPendingFile {
    fn rest(&mut self) -> Result<()> {
        let Some(mut writer) = self.file.take() else { return Ok(()) };
        writer.flush().with_context(|| format!("Cannot write {}.", self.location))
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        self.finish().with_context(|| format!("Cannot finish {}.", self.location))
    }
}

impl Drop for LocalPendingFile {
    fn drop(&mut self) {
        if !self.hidden.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

/// A hidden name for a file to be: `.NAME.pending-PID-RANDOM`
pub(super) fn pending_name(name: &str) -> String {
    let kept = &name[..name.floor_char_boundary(KEPT_NAME_BYTES)];
    format!(".{kept}{INFIX}{}-{:016x}", std::process::id(), fastrand::u64(..))
}

/// Whether a name is one of [`pending_name`].
pub(super) fn is_pending_name(name: &str) -> bool {
    name.starts_with('.')
        && name.rsplit_once(INFIX).and_then(|(_, suffix)| suffix.split_once('-')).is_some_and(|(process, random)| {
            !process.is_empty()
                && process.bytes().all(|byte| byte.is_ascii_digit())
                && random.len() == 16
                && random.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// Removes the hidden files in a directory that no living process holds.
pub(super) fn sweep(directory: &Path) -> io::Result<usize> {
    let dead = dead(directory)?;
    dead.iter().try_for_each(fs::remove_file)?;
    Ok(dead.len())
}

/// The hidden files in a directory that no living process holds.
pub(super) fn dead(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing?,
    };
    let mut dead = Vec::new();
    for child in listing {
        let child = child?;
        if !child.file_name().to_str().is_some_and(is_pending_name) {
            continue;
        }
        let Ok(file) = File::open(child.path()) else {
            continue;
        };
        if file.try_lock().is_ok() {
            dead.push(child.path());
        }
    }
    Ok(dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(directory: &Path, name: &str) -> LocalPendingFile {
        let target = directory.join(name);
        LocalPendingFile::create(Location::from_path(&target).unwrap(), &target).unwrap()
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|child| child.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_hidden_name_is_recognised() {
        let directory = tempfile::tempdir().unwrap();
        let _file = pending(directory.path(), &"é".repeat(120));
        let found = names(directory.path());
        assert_eq!(found.len(), 1);
        assert!(is_pending_name(&found[0]), "{found:?}");
        for other in [".a.pending-1-2", "a.pending-1-0123456789abcdef", ".hidden"] {
            assert!(!is_pending_name(other), "{other}");
        }
    }

    #[test]
    fn a_file_goes_on_after_a_rest() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = Box::new(pending(directory.path(), "name"));
        file.rest().unwrap();
        file.write_all(b"one ").unwrap();
        file.rest().unwrap();
        file.rest().unwrap();
        file.write_all(b"two").unwrap();
        file.rest().unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(directory.path().join("name")).unwrap(), b"one two");
        let mut left = pending(directory.path(), "left");
        left.rest().unwrap();
        drop(left);
        assert_eq!(names(directory.path()), ["name"], "a resting file that is not committed is removed");
    }

    #[test]
    fn a_sweep_removes_the_dead_and_spares_the_living() {
        let directory = tempfile::tempdir().unwrap();
        let alive = pending(directory.path(), "alive");
        let dead = directory.path().join(".dead.pending-1-0123456789abcdef");
        fs::write(&dead, "rest").unwrap();
        assert_eq!(sweep(directory.path()).unwrap(), 1);
        assert!(!dead.exists());
        Box::new(alive).commit().unwrap();
        assert_eq!(names(directory.path()), ["alive"]);
    }
}
