//! Files that must be local, such as a database that is mapped into memory.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::storage::{Location, store_for};

/// A local file with the content of some location. A fetched one is removed with this guard.
#[derive(Debug)]
pub enum LocalCopy {
    /// The location is local: the file itself.
    Itself(PathBuf),
    /// A temporary file.
    Fetched(NamedTempFile),
}

impl LocalCopy {
    /// Where the file is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Itself(path) => path,
            Self::Fetched(file) => file.path(),
        }
    }
}

/// The location as a local file: itself, or fetched into the directory for temporary files.
///
/// # Errors
/// The location cannot be read, or there is no room for the copy.
pub fn local_copy(location: &Location) -> Result<LocalCopy> {
    if let Some(path) = location.as_local_path() {
        return Ok(LocalCopy::Itself(path.to_owned()));
    }
    let what = || format!("Cannot fetch {location} into {}.", std::env::temp_dir().display());
    let mut stored = store_for(location)?.open(location)?;
    let mut file = NamedTempFile::new().with_context(what)?;
    io::copy(&mut stored, &mut file).and_then(|_| file.flush()).with_context(what)?;
    Ok(LocalCopy::Fetched(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_file_is_its_own_copy() {
        let location: Location = "file:///some/where.mmdb".parse().unwrap();
        assert_eq!(local_copy(&location).unwrap().path(), Path::new("/some/where.mmdb"));
    }
}
