//! S3 cannot rename. A file is copied and then removed; a directory likewise, with a record of it, so that a rename that a killed
//! process left half done is ended or undone by the next one that holds the lock.
//!
//! The record `.rename-<random>` lies in the directory above both places. While it says `copying`, the source is whole: to undo, what
//! is at the target is removed. From `removing` on, the target is whole: to end it, what is left of the source is removed. Markers
//! (`_SUCCESS`) are copied last and removed first, so that whoever goes by them never takes a part for the whole.

use bytes::BytesMut;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Method;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::failure::Refusal;
use super::reading::Reading;
use super::request::{Object, list, send};
use super::{NAME_OF_RECORDS, key_path, writes};

/// Requests at a time.
const AT_ONCE: usize = 16;
/// What S3 copies in one request.
const LARGEST_COPY: u64 = 5_000_000_000;
const PART_BYTES: usize = 64 * 1024 * 1024;

/// The record of a rename under way. Both are keys that end in a slash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) from: String,
    pub(super) to: String,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Copying,
    Removing,
}

/// Moves a file; the copy is there before the original goes.
pub(super) async fn rename_file(bucket: &Bucket, file: &Object, to: &str) -> Result<(), Refusal> {
    copy(bucket, file, to).await?;
    remove_key(bucket, &file.key).await
}

/// Moves all below `from` to `to`; both end in a slash, and nothing is below `to`.
pub(super) async fn rename_directory(bucket: &Bucket, objects: Vec<Object>, from: &str, to: &str) -> Result<(), Refusal> {
    let above = if parent(from).len() <= parent(to).len() { parent(from) } else { parent(to) };
    let key = format!("{above}{NAME_OF_RECORDS}{:016x}", fastrand::u64(..));
    let mut record = Record { from: from.to_owned(), to: to.to_owned(), phase: Phase::Copying };
    write(bucket, &key, &record).await?;
    copy_all(bucket, &objects, from, to).await?;
    record.phase = Phase::Removing;
    write(bucket, &key, &record).await?;
    remove_all(bucket, objects).await?;
    remove_key(bucket, &key).await
}

/// The records directly inside a directory, with their keys.
pub(super) async fn records(bucket: &Bucket, directory: &str) -> Result<Vec<(String, Record)>, Refusal> {
    let mut records = Vec::new();
    for found in list(bucket, &format!("{directory}{NAME_OF_RECORDS}"), true).await?.contents {
        let read = async { bucket.reader.get(&key_path(&found.key)?).await?.bytes().await };
        match read.await.map_err(Refusal::from) {
            Ok(bytes) => {
                let record = serde_json::from_slice(&bytes);
                let text = || format!("{} is no record of a rename; look at it and remove it", found.key);
                records.push((found.key.clone(), record.map_err(|_| Refusal::unanswered(text()))?));
            }
            // Ended between listing and reading.
            Err(refusal) if refusal.is_missing() => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(records)
}

/// Ends a rename that a killed process left, or undoes it.
pub(super) async fn settle(bucket: &Bucket, key: &str, record: &Record) -> Result<(), Refusal> {
    let leftovers = match record.phase {
        Phase::Copying => &record.to,
        Phase::Removing => &record.from,
    };
    let objects = list(bucket, leftovers, false).await?.contents;
    remove_all(bucket, objects).await?;
    remove_key(bucket, key).await
}

/// Removes objects, markers first: what is left must not look complete.
pub(super) async fn remove_all(bucket: &Bucket, objects: Vec<Object>) -> Result<(), Refusal> {
    let (markers, others): (Vec<_>, Vec<_>) = objects.into_iter().partition(is_marker);
    for group in [markers, others] {
        let (plain, odd): (Vec<_>, Vec<_>) = group.into_iter().map(|object| object.key).partition(|key| key_path(key).is_ok());
        let paths: Vec<_> = plain.iter().map(|key| key_path(key)).collect();
        bucket.writer.delete_stream(stream::iter(paths).boxed()).try_for_each(|_| async { Ok(()) }).await?;
        for key in odd {
            remove_key(bucket, &key).await?;
        }
    }
    Ok(())
}

async fn remove_key(bucket: &Bucket, key: &str) -> Result<(), Refusal> {
    send(bucket, Method::DELETE, key, &[]).await.map(drop)
}

async fn copy_all(bucket: &Bucket, objects: &[Object], from: &str, to: &str) -> Result<(), Refusal> {
    // Hadoop marks a directory by an object whose key ends in a slash; places have no such marks here.
    let objects = objects.iter().filter(|object| !object.key.ends_with('/'));
    let (markers, others): (Vec<_>, Vec<_>) = objects.partition(|object| is_marker(object));
    for group in [others, markers] {
        let copies = group.into_iter().map(|object| {
            let target = format!("{to}{}", object.key.strip_prefix(from).unwrap_or(&object.key));
            async move { copy(bucket, object, &target).await }
        });
        stream::iter(copies).buffer_unordered(AT_ONCE).try_for_each(|()| async { Ok(()) }).await?;
    }
    Ok(())
}

async fn copy(bucket: &Bucket, from: &Object, to: &str) -> Result<(), Refusal> {
    let (source, target) = (key_path(&from.key)?, key_path(to)?);
    if from.size <= LARGEST_COPY {
        return Ok(bucket.writer.copy(&source, &target).await?);
    }
    let mut content = Reading::open(bucket, &from.key).await?;
    let mut upload = bucket.writer.put_multipart(&target).await?;
    let mut part = BytesMut::new();
    while let Some(bytes) = content.next().await? {
        part.extend_from_slice(&bytes);
        if part.len() >= PART_BYTES {
            upload.put_part(PutPayload::from_bytes(part.split().freeze())).await?;
        }
    }
    if !part.is_empty() {
        upload.put_part(PutPayload::from_bytes(part.freeze())).await?;
    }
    upload.complete().await?;
    Ok(())
}

async fn write(bucket: &Bucket, key: &str, record: &Record) -> Result<(), Refusal> {
    let text = serde_json::to_vec(record).map_err(|error| Refusal::unanswered(error.to_string()))?;
    writes(bucket, key, text).await
}

fn is_marker(object: &Object) -> bool {
    object.key.rsplit('/').next() == Some(crate::storage::SUCCESS)
}

/// The directory that holds another, with its slash; empty for the bucket.
fn parent(directory: &str) -> &str {
    let trimmed = directory.trim_end_matches('/');
    trimmed.rfind('/').and_then(|slash| trimmed.get(..=slash)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_above() {
        for (directory, above) in [("a/b/", "a/"), ("a/", ""), ("a/b/c", "a/b/")] {
            assert_eq!(parent(directory), above);
        }
    }
}
