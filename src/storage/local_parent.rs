//! The directory around a local file.

use std::fs;
use std::io;
use std::path::Path;

/// Makes the directory that the file is to lie in.
pub(super) fn create_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        // Mostly it is there. To make it all the same would wait for who else changes the directory above.
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}
