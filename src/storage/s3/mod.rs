//! `s3://`, `s3a://`, `s3n://`, `s3+https://`: Amazon's and self-hosted stores.
//!
//! Credentials, region and endpoint come from where the AWS tools look: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
//! `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`; the profile `AWS_PROFILE` of
//! `~/.aws/credentials` and `~/.aws/config`; the role of the container or machine. Addresses are in path style.
//!
//! There are no directories, and nothing is renamed at once. What is guaranteed all the same:
//! * A file becomes visible whole, or not at all.
//! * A directory that is being renamed has no `_SUCCESS` at its target before all else is there, and none at its source once
//!   anything is gone. Whoever goes by markers never takes a part for the whole; a reader in the middle of an old directory that is
//!   being replaced gets an error that its file is gone, not wrong data.
//! * A killed process leaves a record of the rename it was in; the next run that holds the lock ends or undoes it
//!   ([`ObjectStore::settle_renames`]), and until then the directory does not count as complete
//!   ([`ObjectStore::is_being_renamed`]).

mod ambient;
mod bucket;
mod failure;
mod lock;
mod pending;
mod profile;
mod reading;
mod rename;
mod request;

pub(crate) use ambient::AmbientCredentials;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use futures_util::stream;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use bucket::{Bucket, bucket_of};
use failure::{Refusal, call};
use reading::Reading;
use request::{Object, first, in_a_url, list};

use super::remote::{ReadAhead, reading_failed};
use super::{Child, Entry, Location, LockAttempt, ObjectStore, PendingFile};

/// How the names of records of renames begin.
const NAME_OF_RECORDS: &str = ".rename-";

/// The store for `s3://` and its kin.
#[derive(Clone, Copy, Debug)]
pub struct S3Store;

impl ObjectStore for S3Store {
    fn list(&self, root: &Location) -> Result<Vec<Entry>> {
        let bucket = bucket_of(root)?;
        let prefix = root.path().trim_start_matches('/');
        let listed = async {
            let mut objects = list(&bucket, prefix, false).await?.contents;
            objects.retain(is_file);
            // To leave the object out would lose its data silently.
            objects.iter().try_for_each(|object| in_a_url(&object.key))?;
            Ok::<_, Refusal>(objects)
        };
        let objects = call(&bucket, root, "list", listed)?.into_iter();
        let mut entries: Vec<_> =
            objects.map(|object| Entry { location: root.join(&format!("/{}", object.key)), size: object.size }).collect();
        entries.sort();
        Ok(entries)
    }

    fn children(&self, directory: &Location) -> Result<Vec<Child>> {
        let bucket = bucket_of(directory)?;
        let prefix = directory_key(directory);
        let page = call(&bucket, directory, "list", list(&bucket, &prefix, true))?;
        let name = |key: &str| key.strip_prefix(prefix.as_str()).unwrap_or(key).trim_end_matches('/').to_owned();
        let files = page.contents.iter().filter(|object| is_file(object));
        let files = files.map(|object| Child { name: name(&object.key), is_directory: false });
        let directories = page.common_prefixes.iter().map(|found| Child { name: name(&found.prefix), is_directory: true });
        // `//` makes a directory without name, which no path leads to.
        let children: BTreeSet<_> = files.chain(directories).filter(|child| !child.name.is_empty()).collect();
        Ok(children.into_iter().collect())
    }

    fn entry(&self, location: &Location) -> Result<Option<Entry>> {
        let bucket = bucket_of(location)?;
        let found = call(&bucket, location, "look at", file(&bucket, key_of(location)))?;
        Ok(found.map(|object| Entry { location: location.clone(), size: object.size }))
    }

    fn directory_exists(&self, location: &Location) -> Result<bool> {
        let bucket = bucket_of(location)?;
        Ok(call(&bucket, location, "look at", first(&bucket, &directory_key(location)))?.is_some())
    }

    fn open(&self, location: &Location) -> Result<Box<dyn Read + Send>> {
        if location.name().is_none() {
            bail!("Cannot open {location}: it does not name a file.");
        }
        let bucket = bucket_of(location)?;
        let reading = call(&bucket, location, "open", Reading::open(Arc::clone(&bucket), key_of(location)))?;
        let pieces = stream::try_unfold((reading, location.clone()), |(mut reading, place)| async move {
            match reading.next().await {
                Ok(piece) => Ok(piece.map(|piece| (piece, (reading, place)))),
                Err(refusal) => Err(reading_failed(&place, reading.meaning(&refusal))),
            }
        });
        Ok(Box::new(ReadAhead::start(pieces)?))
    }

    fn create(&self, location: &Location) -> Result<Box<dyn PendingFile>> {
        if location.name().is_none() {
            bail!("Cannot create {location}: it does not name a file.");
        }
        let bucket = bucket_of(location)?;
        let path = key_path(key_of(location)).with_context(|| format!("Cannot create {location}."))?;
        Ok(Box::new(pending::S3PendingFile::new(location.clone(), bucket, path)))
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        let what = || format!("Cannot rename {from} to {to}.");
        if from.authority() != to.authority() {
            bail!("Cannot rename {from} to {to}: they are in different buckets.");
        }
        let bucket = bucket_of(from)?;
        let source = call(&bucket, from, "look at", file(&bucket, key_of(from)))?;
        let objects = match source {
            Some(_) => Vec::new(),
            None => call(&bucket, from, "list", list(&bucket, &directory_key(from), false))?.contents,
        };
        if source.is_none() && objects.is_empty() {
            return Err(io::Error::from(ErrorKind::NotFound)).with_context(what);
        }
        if self.exists(to)? {
            return Err(io::Error::from(ErrorKind::AlreadyExists)).with_context(what);
        }
        let renamed = async {
            match &source {
                Some(source) => rename::rename_file(&bucket, source, key_of(to)).await,
                None => rename::rename_directory(&bucket, objects, &directory_key(from), &directory_key(to)).await,
            }
        };
        call(&bucket, from, "rename", renamed).with_context(what)
    }

    fn remove(&self, location: &Location) -> Result<()> {
        if location.name().is_none() {
            bail!("Refusing to remove {location}: it is not a named file or directory.");
        }
        let bucket = bucket_of(location)?;
        let removed = async {
            let mut objects = list(&bucket, &directory_key(location), false).await?.contents;
            objects.extend(file(&bucket, key_of(location)).await?);
            rename::remove_all(&bucket, objects).await
        };
        call(&bucket, location, "remove", removed)
    }

    fn create_directory(&self, _location: &Location) -> Result<()> {
        Ok(())
    }

    fn sweep_pending(&self, _directory: &Location) -> Result<usize> {
        // Files being written are in no listing.
        Ok(0)
    }

    fn lock(&self, file: &Location, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
        lock::lock(file, bucket_of(file)?, text, is_dead)
    }

    fn settle_renames(&self, directory: &Location, is_mine: &dyn Fn(&str) -> bool) -> Result<usize> {
        let bucket = bucket_of(directory)?;
        let above = directory_key(directory);
        let records = call(&bucket, directory, "list", rename::records(&bucket, &above))?;
        let mine = |key: &str| key.strip_prefix(&above).and_then(|below| below.split('/').next()).is_some_and(is_mine);
        let mut settled = 0;
        for (key, record) in records.into_iter().filter(|(_, record)| mine(&record.from) || mine(&record.to)) {
            call(&bucket, directory, "end a rename in", rename::settle(&bucket, &key, &record))?;
            settled += 1;
        }
        Ok(settled)
    }

    fn is_being_renamed(&self, directory: &Location) -> Result<bool> {
        let Some(parent) = directory.parent() else {
            return Ok(false);
        };
        let bucket = bucket_of(directory)?;
        let key = directory_key(directory);
        let records = call(&bucket, directory, "look at", rename::records(&bucket, &directory_key(&parent)))?;
        Ok(records.iter().any(|(_, record)| record.from == key || record.to == key))
    }
}

/// The file of a key.
async fn file(bucket: &Bucket, key: &str) -> Result<Option<Object>, Refusal> {
    // Of all keys that begin so, the key itself comes first. The question tells a missing bucket, which HEAD does not.
    Ok(first(bucket, key).await?.filter(|object| object.key == key))
}

/// Writes a small object.
async fn writes(bucket: &Bucket, key: &str, content: Vec<u8>) -> Result<(), Refusal> {
    bucket.writer.put(&key_path(key)?, PutPayload::from(content)).await?;
    Ok(())
}

/// Whether a key is a file's: not what some tools write for a directory, nor a record of a rename.
fn is_file(object: &Object) -> bool {
    let stands_for_directory = object.key.ends_with('/') || object.key.ends_with("_$folder$") && object.size == 0;
    !stands_for_directory && !object.key.rsplit('/').next().is_some_and(|name| name.starts_with(NAME_OF_RECORDS))
}

/// The key of a file.
fn key_of(location: &Location) -> &str {
    location.path().trim_start_matches('/').trim_end_matches('/')
}

/// What the keys of files below a directory begin with; empty for the bucket.
fn directory_key(location: &Location) -> String {
    match key_of(location) {
        "" => String::new(),
        key => format!("{key}/"),
    }
}

/// The key as the library takes it, which is not every key.
fn key_path(key: &str) -> Result<Path, object_store::Error> {
    let path = Path::parse(key)?;
    if path.as_ref() == key {
        return Ok(path);
    }
    Err(object_store::Error::Generic { store: "S3", source: format!("the key {key} cannot be used").into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for (text, key, directory) in [("s3://b/x/y/", "x/y", "x/y/"), ("s3a://b", "", ""), ("s3://b//x", "x", "x/")] {
            let location: Location = text.parse().unwrap();
            assert_eq!((key_of(&location), directory_key(&location).as_str()), (key, directory), "{text}");
        }
        assert!(key_path("a//b").is_err() && key_path("a/").is_err());
        assert_eq!(key_path("é ü%20[1]").unwrap().as_ref(), "é ü%20[1]");
    }

    #[test]
    fn what_is_no_file() {
        let is = |key: &str, size| is_file(&Object { key: key.to_owned(), size });
        assert!(is("a/b", 0) && is("a/b_$folder$", 1));
        assert!(!is("a/b/", 0) && !is("a/b_$folder$", 0) && !is("a/.rename-0123", 9));
    }
}
