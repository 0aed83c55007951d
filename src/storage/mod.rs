//! One object-store interface over the URL schemes in which logs, warehouse and outputs live.
//!
//! * [`Location`]: a URL or plain path, as the operator typed it
//! * [`ObjectStore`]: the contract that every implementation keeps
//! * [`LocalStore`]: `file://` and plain paths
//! * [`HdfsStore`]: `hdfs://`, spoken to the NameNode itself, without a JVM
//! * [`S3Store`]: `s3://`, `s3a://`, `s3n://`, `s3+https://`
//! * [`local_copy`]: a location as a local file
//! * [`concurrently()`]: many requests at a time
//! * [`decompression`]: log files, inflated by their suffix
//! * `may_write_into`: whether this account may write into a directory
//! * `SyncsAtEnd`: one wait for the disk instead of one for each file
//!
//! [`store_for`] chooses the implementation by scheme.

mod access;
mod concurrently;
pub mod decompression;
mod hdfs;
mod local;
mod local_lock;
mod local_parent;
mod local_pending;
mod local_sync;
mod local_walk;
mod location;
mod object_store;
mod remote;
pub(crate) mod s3;
mod text_once;

pub(crate) use access::may_write_into;
pub use concurrently::{concurrently, concurrently_by};
pub use hdfs::HdfsStore;
pub use local::LocalStore;
pub(crate) use local_sync::SyncsAtEnd;
pub use location::{Location, LocationError};
pub use object_store::{Child, Entry, HeldLock, LockAttempt, ObjectStore, PendingFile, is_not_found};
pub use remote::{LocalCopy, local_copy};
pub use s3::S3Store;

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};

/// The name of the marker file in a complete directory; where a rename is not one step, it is copied last and removed first.
pub const SUCCESS: &str = "_SUCCESS";

/// The store that serves a location's scheme.
///
/// # Errors
/// The scheme is not built into this program.
pub fn store_for(location: &Location) -> Result<&'static dyn ObjectStore> {
    match location.scheme() {
        "file" => Ok(&LocalStore),
        "hdfs" => Ok(&HdfsStore),
        "s3" | "s3a" | "s3n" | "s3+https" => Ok(&S3Store),
        other => bail!(
            "Storage scheme {other} is not built in, so {location} cannot be reached. Use a local path, or a URL that begins with file://, hdfs:// or s3://."
        ),
    }
}

/// The whole file as text; that of a pipe as it was when it was read first.
///
/// # Errors
/// The file cannot be read, or it is not UTF-8.
pub fn read_to_string(location: &Location) -> Result<String> {
    String::from_utf8(read_bytes(location)?).with_context(|| format!("Cannot read {location} as UTF-8 text."))
}

/// The whole file. A pipe is read once, however often it is asked for.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn read_bytes(location: &Location) -> Result<Vec<u8>> {
    let what = || format!("Cannot read {location}.");
    if let Some(path) = location.as_local_path()
        && let Some(bytes) = text_once::bytes_of_pipe(path).with_context(what)?
    {
        return Ok(bytes);
    }
    let mut bytes = Vec::new();
    store_for(location)?.open(location)?.read_to_end(&mut bytes).with_context(what)?;
    Ok(bytes)
}

/// Writes a whole file in one commit; an existing file is replaced.
///
/// # Errors
/// The store cannot write; the old file, if any, is then still in place.
pub fn write_bytes(location: &Location, bytes: &[u8]) -> Result<()> {
    let mut file = store_for(location)?.create(location)?;
    file.write_all(bytes).with_context(|| format!("Cannot write {location}."))?;
    file.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_that_are_not_built_in_are_named() {
        let location: Location = "gopher://host/data".parse().unwrap();
        let message = store_for(&location).err().unwrap().to_string();
        assert!(message.contains("scheme gopher is not built in"), "{message}");
    }

    #[test]
    fn text_written_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::from_path(directory.path()).unwrap().join("new/file.txt");
        write_bytes(&location, "é\n".as_bytes()).unwrap();
        assert_eq!(read_to_string(&location).unwrap(), "é\n");
        write_bytes(&location, b"\xff").unwrap();
        assert!(read_to_string(&location).unwrap_err().to_string().contains("UTF-8"));
    }
}
