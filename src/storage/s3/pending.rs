//! A file of S3 that is being written: one request when it is small, else an upload in parts, which nobody sees before its end.
//!
//! A killed process leaves parts that are in no listing but are paid for; a lifecycle rule of the bucket removes them.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::task::JoinSet;

use super::bucket::Bucket;
use super::failure::{Refusal, call};
use crate::storage::remote::{runtime, wait_for};
use crate::storage::{Location, PendingFile};

/// S3 takes 10,000 parts: 160 GB a file.
const PART_BYTES: usize = 16 * 1024 * 1024;
/// Parts under way at a time.
const PARTS_AT_ONCE: usize = 3;

pub(super) struct S3PendingFile {
    location: Location,
    bucket: Arc<Bucket>,
    path: Path,
    buffer: BytesMut,
    upload: Option<Upload>,
}

struct Upload {
    parts: Box<dyn MultipartUpload>,
    under_way: JoinSet<object_store::Result<()>>,
}

impl S3PendingFile {
    pub(super) fn new(location: Location, bucket: Arc<Bucket>, path: Path) -> Self {
        Self { location, bucket, path, buffer: BytesMut::new(), upload: None }
    }

    fn send_part(&mut self) -> Result<()> {
        let part: Bytes = self.buffer.split().freeze();
        if self.upload.is_none() {
            let parts = call(&self.bucket, &self.location, "write", self.bucket.writer.put_multipart(&self.path))?;
            self.upload = Some(Upload { parts, under_way: JoinSet::new() });
        }
        let Some(upload) = &mut self.upload else {
            return Ok(());
        };
        while upload.under_way.len() >= PARTS_AT_ONCE {
            call(&self.bucket, &self.location, "write", upload.wait_for_one())?;
        }
        upload.under_way.spawn_on(upload.parts.put_part(PutPayload::from_bytes(part)), runtime()?);
        Ok(())
    }
}

impl Upload {
    async fn wait_for_one(&mut self) -> Result<(), Refusal> {
        match self.under_way.join_next().await {
            None => Ok(()),
            Some(Ok(sent)) => Ok(sent?),
            Some(Err(error)) => Err(Refusal::unanswered(error.to_string())),
        }
    }

    async fn complete(&mut self) -> Result<(), Refusal> {
        while !self.under_way.is_empty() {
            self.wait_for_one().await?;
        }
        self.parts.complete().await?;
        Ok(())
    }
}

impl Write for S3PendingFile {
    #[allow(clippy::disallowed_methods, reason = "implements that very method")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART_BYTES - self.buffer.len());
        let (now, _) = bytes.split_at(taken);
        self.buffer.extend_from_slice(now);
        if self.buffer.len() >= PART_BYTES {
            self.send_part().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        // Nobody sees the file before its commit, so there is nobody to flush for.
        Ok(())
    }
}

impl PendingFile for S3PendingFile {
    fn rest(&mut self) -> Result<()> {
        // An upload has connections only while parts are under way. What is too small for a part stays in memory.
        let Some(upload) = &mut self.upload else { return Ok(()) };
        while !upload.under_way.is_empty() {
            call(&self.bucket, &self.location, "write", upload.wait_for_one())?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if self.upload.is_none() {
            let payload = PutPayload::from_bytes(self.buffer.split().freeze());
            return call(&self.bucket, &self.location, "write", self.bucket.writer.put(&self.path, payload)).map(drop);
        }
        if !self.buffer.is_empty() {
            self.send_part()?;
        }
        let mut upload = self.upload.take().ok_or_else(|| anyhow!("{} is already committed.", self.location))?;
        let completed = call(&self.bucket, &self.location, "write", upload.complete());
        if completed.is_err() {
            self.upload = Some(upload);
        }
        completed
    }
}

impl Drop for S3PendingFile {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            let _ = wait_for(async {
                upload.under_way.shutdown().await;
                upload.parts.abort().await
            });
        }
    }
}
