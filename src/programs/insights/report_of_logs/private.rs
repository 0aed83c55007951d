//! What is in the folder beside the pages: it names learners, so only its owner may read it. The pages are for everybody.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rustix::fs::Mode;
use rustix::process::umask;

use super::known;
use super::plans::STORE;
use crate::storage::Location;
use crate::warehouse::RunId;
use crate::warehouse::lock::OutputLock;

/// What is not for publishing.
const PRIVATE: [&str; 8] = [
    STORE,
    "insights.sqlite-wal",
    "insights.sqlite-shm",
    known::FILE,
    "warehouse",
    "markers",
    "csv",
    super::sources::STANDARD_INPUT_FOLDER,
];

/// While it lives, whatever this program makes is its owner's only.
pub(super) struct OwnerOnly {
    before: Mode,
}

impl OwnerOnly {
    pub(super) fn begin() -> Self {
        Self { before: umask(Mode::RWXG | Mode::RWXO) }
    }
}

impl Drop for OwnerOnly {
    fn drop(&mut self) {
        umask(self.before);
    }
}

/// Takes the rights of others from what is there already.
///
/// # Errors
/// The folder is somebody else's.
pub(super) fn close(folder: &Path) -> Result<()> {
    for place in PRIVATE.map(|name| folder.join(name)) {
        let Ok(found) = fs::symlink_metadata(&place).map(|found| found.permissions().mode()) else { continue };
        if found & 0o077 != 0 {
            let what = || format!("{} holds personal data, and others may read it.", place.display());
            fs::set_permissions(&place, Permissions::from_mode(found & 0o700)).with_context(what)?;
        }
    }
    Ok(())
}

/// The folder of a report; a new one goes again with all that is in it, unless there is something to keep.
pub(super) struct ReportFolder {
    /// Its whole path.
    pub path: PathBuf,
    /// What this call has made, outermost first.
    made: Vec<PathBuf>,
    /// What keeps other calls out; it ends after the folder has gone or is whole.
    lock: Option<OutputLock>,
}

impl ReportFolder {
    /// Makes the folder if it is not there.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        // What is missing here is no input, so the error is told by its text alone.
        let what = |error: io::Error| anyhow!("{} cannot be used for the report ({error}). Choose another --out.", folder.display());
        let absent = folder.ancestors().take_while(|place| !place.as_os_str().is_empty() && !place.exists());
        let mut made: Vec<_> = absent.map(Path::to_owned).collect();
        made.reverse();
        fs::create_dir_all(folder).map_err(what)?;
        Ok(Self { path: folder.canonicalize().map_err(what)?, made, lock: None })
    }

    /// Keeps other calls out of the folder, by a lock inside it: the folder above may be somebody else's.
    ///
    /// # Errors
    /// Another call is at work in it; then it stays as it is.
    pub(super) fn lock(&mut self) -> Result<()> {
        let record = Location::from_path(&self.path.join(known::FILE))?;
        let lock = OutputLock::acquire(&record, &RunId::generate(), "report");
        self.lock = Some(lock.inspect_err(|_| self.made.clear())?);
        Ok(())
    }

    /// From now on it stays, whatever happens.
    pub(super) fn keep(&mut self) {
        self.made.clear();
    }
}

impl Drop for ReportFolder {
    fn drop(&mut self) {
        if let Some(folder) = self.made.pop() {
            let _ = fs::remove_dir_all(folder);
        }
        for parent in self.made.iter().rev() {
            let _ = fs::remove_dir(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_goes_unless_it_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("a/b");
        drop(ReportFolder::open(&place).unwrap());
        assert!(!root.path().join("a").exists());
        let mut folder = ReportFolder::open(&place).unwrap();
        fs::write(folder.path.join("x"), "x").unwrap();
        folder.keep();
        drop(folder);
        drop(ReportFolder::open(&place).unwrap());
        assert!(place.join("x").exists(), "what was there before is not touched");
    }

    #[test]
    fn a_call_that_is_kept_out_leaves_the_folder() {
        let root = tempfile::tempdir().unwrap();
        let place = root.path().join("a");
        let mut first = ReportFolder::open(&place).unwrap();
        first.lock().unwrap();
        // Both found no folder.
        let mut second = ReportFolder::open(&place).unwrap();
        second.made.push(place.clone());
        assert!(second.lock().unwrap_err().to_string().contains("is being written by report"));
        drop(second);
        assert!(place.exists());
        drop(first);
        assert!(!place.exists());
    }

    #[test]
    fn rights_that_were_too_wide_are_taken() {
        let root = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().permissions().mode() & 0o777;
        fs::create_dir(root.path().join("warehouse")).unwrap();
        for name in [STORE, "index.html"] {
            fs::write(root.path().join(name), "x").unwrap();
            fs::set_permissions(root.path().join(name), Permissions::from_mode(0o644)).unwrap();
        }
        close(root.path()).unwrap();
        assert_eq!([mode("warehouse"), mode(STORE), mode("index.html")], [0o700, 0o600, 0o644]);
    }
}
