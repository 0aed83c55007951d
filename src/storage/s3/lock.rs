//! Locks in S3: an object that is made only if there is none (`If-None-Match`), and written again while its holder lives.
//!
//! The holder replaces its own version (`If-Match`) twice a minute. A lock without such a sign of life for two minutes, by the
//! store's clock, is taken over; the holder, should it live after all, finds its version gone and stops. A store that does not know
//! these conditions gives no such safety: that is told on standard error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion};
use tokio::task::AbortHandle;

use super::bucket::Bucket;
use super::failure::{Refusal, call};
use super::{key_of, key_path};
use crate::say;
use crate::storage::remote::{runtime, wait_for};
use crate::storage::{HeldLock, Location, LockAttempt};

const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(30);
const DEAD_AFTER: Duration = Duration::from_mins(2);
const ENDING: &str = "If it is dead, its hold ends two minutes after its last sign of life.";
/// For stores without conditions: how long another writer has to show.
const SETTLING: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct S3Lock {
    state: Arc<State>,
    signs_of_life: AbortHandle,
}

#[derive(Debug)]
struct State {
    bucket: Arc<Bucket>,
    file: Location,
    path: Path,
    text: String,
    /// The version that is ours; none where the store has no conditions.
    version: Mutex<Option<String>>,
    lost: AtomicBool,
}

/// What an attempt found.
enum Found {
    Ours { version: Option<String>, previous: String },
    Theirs(String),
}

pub(super) fn lock(file: &Location, bucket: Arc<Bucket>, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
    let path = call(&bucket, file, "lock", async { key_path(key_of(file)).map_err(Refusal::from) })?;
    let found = call(&bucket, file, "lock", acquire(&bucket, &path, text, is_dead))?;
    let (version, previous) = match found {
        Found::Theirs(holder) => return Ok(LockAttempt::Busy { holder, ending: ENDING }),
        Found::Ours { version, previous } => (version, previous),
    };
    if version.is_none() {
        say!(
            "The store of {file} does not keep the conditions of conditional writes. Make sure yourself that no two runs write the same output."
        );
    }
    let state = Arc::new(State {
        bucket,
        file: file.clone(),
        path,
        text: text.to_owned(),
        version: Mutex::new(version),
        lost: AtomicBool::new(false),
    });
    let signs_of_life = runtime()?.spawn(live(Arc::clone(&state))).abort_handle();
    Ok(LockAttempt::Held { hold: Box::new(S3Lock { state, signs_of_life }), previous })
}

async fn acquire(bucket: &Bucket, path: &Path, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<Found, Refusal> {
    match put(bucket, path, text, PutMode::Create).await {
        Ok(version) => {
            // A store that does not know the condition would have replaced another's lock: it must refuse now.
            return match put(bucket, path, text, PutMode::Create).await {
                Err(refusal) if refusal.is_conflict() => Ok(Found::Ours { version, previous: String::new() }),
                _ => without_conditions(bucket, path, text).await,
            };
        }
        Err(refusal) if refusal.is_conflict() => {}
        Err(refusal) if refusal.is_not_implemented() => return without_conditions(bucket, path, text).await,
        Err(refusal) => return Err(refusal),
    }
    let object = bucket.reader.get(path).await?;
    let meta = object.meta.clone();
    let held = String::from_utf8_lossy(&object.bytes().await?).into_owned();
    let holder = held.lines().next().unwrap_or_default().to_owned();
    if !holder.is_empty() && !is_dead(&holder) {
        let silent = clock(bucket, path).await?.signed_duration_since(meta.last_modified);
        if silent.to_std().unwrap_or_default() < DEAD_AFTER {
            return Ok(Found::Theirs(holder));
        }
    }
    match put(bucket, path, text, same_version(meta.e_tag)).await {
        Ok(version) => Ok(Found::Ours { version, previous: holder }),
        Err(refusal) if refusal.is_conflict() => Ok(Found::Theirs(holder)),
        Err(refusal) => Err(refusal),
    }
}

/// The last writer wins; all others notice.
async fn without_conditions(bucket: &Bucket, path: &Path, text: &str) -> Result<Found, Refusal> {
    put(bucket, path, text, PutMode::Overwrite).await?;
    tokio::time::sleep(SETTLING).await;
    let held = bucket.reader.get(path).await?.bytes().await?;
    let held = String::from_utf8_lossy(&held);
    let holder = held.lines().next().unwrap_or_default();
    if holder == text {
        return Ok(Found::Ours { version: None, previous: String::new() });
    }
    Ok(Found::Theirs(holder.to_owned()))
}

/// The store's time, since this machine's may differ: that of an object made for the purpose.
async fn clock(bucket: &Bucket, path: &Path) -> Result<chrono::DateTime<chrono::Utc>, Refusal> {
    let probe = key_path(&format!("{path}-clock-{:016x}", fastrand::u64(..)))?;
    bucket.writer.put(&probe, PutPayload::default()).await?;
    let now = bucket.reader.head(&probe).await?.last_modified;
    bucket.writer.delete(&probe).await?;
    Ok(now)
}

/// Each version differs, so that each has an entity tag of its own.
async fn put(bucket: &Bucket, path: &Path, text: &str, mode: PutMode) -> Result<Option<String>, Refusal> {
    let body = if text.is_empty() { String::new() } else { format!("{text}\n{:016x}\n", fastrand::u64(..)) };
    let options = PutOptions { mode, ..PutOptions::default() };
    Ok(bucket.writer.put_opts(path, PutPayload::from(body), options).await?.e_tag)
}

fn same_version(e_tag: Option<String>) -> PutMode {
    PutMode::Update(UpdateVersion { e_tag, version: None })
}

/// Gives signs of life for as long as the lock is ours.
async fn live(state: Arc<State>) {
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(SIGN_OF_LIFE_EVERY).await;
        let Some(version) = state.version() else {
            return;
        };
        match put(&state.bucket, &state.path, &state.text, same_version(Some(version))).await {
            Ok(version) => {
                state.set_version(version);
                last = Instant::now();
            }
            Err(refusal) if !refusal.is_conflict() && last.elapsed() + SIGN_OF_LIFE_EVERY < DEAD_AFTER => {}
            Err(_) => {
                state.lost.store(true, Ordering::Relaxed);
                return;
            }
        }
    }
}

impl State {
    fn version(&self) -> Option<String> {
        self.version.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_version(&self, version: Option<String>) {
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
    }
}

impl HeldLock for S3Lock {
    fn verify(&self) -> Result<()> {
        if self.state.lost.load(Ordering::Relaxed) {
            bail!("another run has taken {} over, or the store could not be reached for two minutes", self.state.file);
        }
        Ok(())
    }

    fn abandon(&self) {
        self.signs_of_life.abort();
        self.state.lost.store(true, Ordering::Relaxed);
    }
}

impl Drop for S3Lock {
    fn drop(&mut self) {
        self.signs_of_life.abort();
        if self.state.lost.load(Ordering::Relaxed) {
            return;
        }
        // An empty text tells the next run that this one ended in order.
        let mode = self.state.version().map_or(PutMode::Overwrite, |version| same_version(Some(version)));
        let _ = wait_for(put(&self.state.bucket, &self.state.path, "", mode));
    }
}
