//! The directory of a run's intermediate files: for nobody else to look into, and gone when the run ends, be it by a signal.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::signals::{Order, before_end};

/// The directories that exist now.
static EXISTING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static WATCHED: Mutex<bool> = Mutex::new(false);

/// A directory that is removed when this is dropped, and when the process is asked to end (TERM, INT, HUP).
#[derive(Debug)]
pub(crate) struct WorkingDirectory {
    directory: TempDir,
}

impl WorkingDirectory {
    /// Makes one in the directory for temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn create(temporary: &Path) -> Result<Self> {
        watch()?;
        // Nobody may come between the directory and its entry in the list.
        let mut existing = locked();
        let directory = tempfile::Builder::new().prefix("insights-").permissions(Permissions::from_mode(0o700)).tempdir_in(temporary);
        let directory = directory
            .with_context(|| format!("Cannot make a working directory in {}. Choose another with --temporary.", temporary.display()))?;
        existing.push(directory.path().to_owned());
        Ok(Self { directory })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for WorkingDirectory {
    fn drop(&mut self) {
        let path = self.directory.path();
        locked().retain(|existing| existing != path);
    }
}

fn watch() -> Result<()> {
    // Nobody else makes a directory at that moment: it would be watched twice.
    let mut is_watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*is_watched {
        before_end(Order::Files, |_| {
            let existing = locked();
            existing.iter().for_each(|path| remove(path));
            // Kept until the process has ended, so that no further directory is made.
            std::mem::forget(existing);
        })?;
        *is_watched = true;
    }
    Ok(())
}

/// Programs of the run may still write into it: what they make while it is being removed is removed, too.
fn remove(path: &Path) {
    for _ in 0..50 {
        if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
            return;
        }
    }
}

fn locked() -> MutexGuard<'static, Vec<PathBuf>> {
    EXISTING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_looks_into_it_and_it_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkingDirectory::create(folder.path()).unwrap();
        let path = work.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::write(path.join("x"), "y").unwrap();
        assert!(locked().contains(&path));
        drop(work);
        assert!(!path.exists() && !locked().contains(&path));
        let error = WorkingDirectory::create(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("--temporary"), "{error}");
    }
}
