//! Where the logs of Hadoop's client are kept. They tell of the operator's places, so only this user can read them.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::Utc;

/// A name for the log of a job in a directory; without one, in a directory of this user's own among the temporary files.
///
/// # Errors
/// The directory cannot be made, or is not this user's own.
pub(crate) fn new_path(directory: Option<&Path>, job: &str) -> Result<PathBuf> {
    let directory = match directory {
        Some(directory) => {
            DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(|| cannot_be_made(directory))?;
            directory.to_owned()
        }
        None => own_directory(&std::env::temp_dir())?,
    };
    let time = Utc::now().format("%Y%m%dT%H%M%S%.3f");
    Ok(directory.join(format!("{job}-{time}-{}.log", std::process::id())))
}

/// Makes a file that only this user can read.
///
/// # Errors
/// It is there already, or cannot be made.
pub(crate) fn create(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| format!("Cannot write the log {}. Set log-directory in [hadoop] to another directory.", path.display()))
}

/// Everybody may write among temporary files: what others have put there under our name is not used.
fn own_directory(temporary: &Path) -> Result<PathBuf> {
    let user = tempfile::tempfile().and_then(|file| file.metadata()).context("Cannot make a temporary file.")?.uid();
    let directory = temporary.join(format!("insights-hadoop-logs-{user}"));
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error).with_context(|| cannot_be_made(&directory)),
        _ => {}
    }
    let found = std::fs::symlink_metadata(&directory).with_context(|| cannot_be_made(&directory))?;
    ensure!(
        found.is_dir() && found.uid() == user,
        "{} is not a directory of this user, so no logs are kept there. Set log-directory in [hadoop] to another.",
        directory.display()
    );
    if found.mode() & 0o077 != 0 {
        std::fs::set_permissions(&directory, Permissions::from_mode(0o700)).with_context(|| cannot_be_made(&directory))?;
    }
    Ok(directory)
}

fn cannot_be_made(directory: &Path) -> String {
    format!("Cannot make {}. Set log-directory in [hadoop] to another.", directory.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_directory_is_closed_to_others() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = own_directory(temporary.path()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        std::fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
        assert_eq!(own_directory(temporary.path()).unwrap(), directory);
        assert_eq!(mode(&directory), 0o700);
        let log = new_path(Some(&directory.join("more")), "job").unwrap();
        create(&log).unwrap();
        assert_eq!((mode(&log), mode(&directory.join("more"))), (0o600, 0o700));
        assert!(create(&log).is_err(), "a log is never written over");
        // Somebody was faster, and the logs would be written elsewhere.
        let elsewhere = temporary.path().join("elsewhere");
        std::fs::rename(&directory, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &directory).unwrap();
        let error = own_directory(temporary.path()).unwrap_err().to_string();
        assert!(error.contains("log-directory"), "{error}");
    }
}
