//! Whether this account may do something with a local path; the bits of its mode alone do not tell.

use std::path::Path;

use rustix::fs::{Access, access};

/// Whether this account may make, rename and remove files in a directory.
pub(crate) fn may_write_into(directory: &Path) -> bool {
    access(directory, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}
