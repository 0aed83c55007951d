//! When local files reach the disk: each as it is committed, or all of them at one time.
//!
//! A commit is a rename, and a process that is killed leaves what it has renamed: that needs no sync. A sync is for power cuts only,
//! and thousands of small files pay for it one by one.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many [`SyncsAtEnd`] there are.
static POSTPONED: AtomicUsize = AtomicUsize::new(0);

/// While it lives, commits and renames of this process do not wait for the disk.
///
/// What stays: nothing is seen half written, markers come behind what they mark, and a killed process leaves nothing that looks
/// complete and is not. What goes: after a power cut files of this time may be empty or lack their ends, markers or not. So it is for
/// results that can be made anew and of which a record tells, written durably before the first of them, that they are unfinished;
/// only behind [`end`](Self::end) may another one tell that they are there.
#[derive(Debug)]
pub(crate) struct SyncsAtEnd(());

impl SyncsAtEnd {
    /// Begins.
    pub(crate) fn begin() -> Self {
        POSTPONED.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// Waits until all that was written to the file system of this folder is on its disk.
    ///
    /// # Errors
    /// The folder cannot be opened, or the disk failed.
    pub(crate) fn end(self, folder: &Path) -> io::Result<()> {
        let synced = File::open(folder).and_then(|folder| sync_file_system(&folder));
        drop(self);
        synced
    }
}

impl Drop for SyncsAtEnd {
    fn drop(&mut self) {
        POSTPONED.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(target_os = "linux")]
fn sync_file_system(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn sync_file_system(_folder: &File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

/// Has the contents of a file on the disk.
pub(super) fn sync_file(file: &File) -> io::Result<()> {
    if is_postponed() { Ok(()) } else { file.sync_all() }
}

/// A rename survives a power cut only when its directory was synced as well.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

/// The names in a directory, not what they stand for.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    if is_postponed() { Ok(()) } else { File::open(path)?.sync_all() }
}

fn is_postponed() -> bool {
    POSTPONED.load(Ordering::SeqCst) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syncs_are_postponed_until_the_last_end() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing/file");
        let (one, other) = (SyncsAtEnd::begin(), SyncsAtEnd::begin());
        one.end(folder.path()).unwrap();
        assert!(sync_parent(&missing).is_ok(), "nothing is asked of the disk");
        other.end(folder.path()).unwrap();
        assert!(SyncsAtEnd::begin().end(&missing).is_err());
    }
}
