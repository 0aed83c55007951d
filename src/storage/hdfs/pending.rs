//! A file of HDFS that is invisible until it is committed: a hidden sibling, renamed over its target at the end.

use std::io::{self, Write};

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use hdfs_native::WriteOptions;
use hdfs_native::file::FileWriter;

use super::client::{call, client_of, path_of};
use crate::storage::local_pending::pending_name;
use crate::storage::{Location, PendingFile};

const BUFFER_BYTES: usize = 1024 * 1024;

pub(super) struct HdfsPendingFile {
    location: Location,
    hidden: Location,
    /// None while the file rests, when it is closed, or after a failed write.
    writer: Option<FileWriter>,
    buffer: BytesMut,
    /// A writer holds a connection to a DataNode once something was sent.
    has_sent: bool,
    rests: bool,
}

impl HdfsPendingFile {
    pub(super) fn create(location: &Location) -> Result<Self> {
        let name = location.name().with_context(|| format!("Cannot create {location}: it does not name a file."))?;
        let hidden = location.parent().with_context(|| format!("Cannot create {location}."))?.join(&pending_name(name));
        let client = client_of(location)?;
        let writer = call(location, "create", client.create(&path_of(&hidden), WriteOptions::default()))?;
        Ok(Self { location: location.clone(), hidden, writer: Some(writer), buffer: BytesMut::new(), has_sent: false, rests: false })
    }

    /// Takes the writer out, so that it is gone should its use fail.
    fn writer(&mut self) -> Result<FileWriter> {
        if std::mem::take(&mut self.rests) {
            let client = client_of(&self.location)?;
            return call(&self.location, "go on with", client.append(&path_of(&self.hidden)));
        }
        self.writer.take().with_context(|| format!("{} could not be written before.", self.location))
    }

    fn send(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes: Bytes = self.buffer.split().freeze();
        let mut writer = self.writer()?;
        call(&self.location, "write", writer.write_bytes(bytes))?;
        self.writer = Some(writer);
        self.has_sent = true;
        Ok(())
    }
}

impl Write for HdfsPendingFile {
    #[allow(clippy::disallowed_methods, reason = "implements that very method")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.send().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Nobody sees the file before its commit, so there is nobody to flush for.
        Ok(())
    }
}

impl PendingFile for HdfsPendingFile {
    fn rest(&mut self) -> Result<()> {
        if !self.has_sent || self.rests {
            return Ok(());
        }
        self.send()?;
        let mut writer = self.writer()?;
        call(&self.location, "write", writer.close())?;
        self.rests = true;
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        let place = self.location.clone();
        let what = || format!("Cannot finish {place}.");
        self.send().with_context(what)?;
        if !self.rests {
            let mut writer = self.writer().with_context(what)?;
            call(&place, "finish", writer.close())?;
        }
        let client = client_of(&place)?;
        call(&place, "finish", client.rename(&path_of(&self.hidden), &path_of(&place), true))?;
        self.hidden = place;
        Ok(())
    }
}

impl Drop for HdfsPendingFile {
    fn drop(&mut self) {
        if self.hidden != self.location {
            drop(self.writer.take());
            if let Ok(client) = client_of(&self.hidden) {
                let _ = call(&self.hidden, "remove", client.delete(&path_of(&self.hidden), false));
            }
        }
    }
}
