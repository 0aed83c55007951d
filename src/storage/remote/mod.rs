//! What the stores of other machines share: one small runtime, and readers that fetch ahead.
//!
//! The clients of these stores are asynchronous; nothing of that leaves this module's parent. The runtime is made when the first
//! remote location is used, so that programs over local files start at once.

mod copy;
mod read_ahead;

pub use copy::{LocalCopy, local_copy};
pub(super) use read_ahead::ReadAhead;

use std::io::{self, ErrorKind};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Handle, Runtime};

use super::Location;

/// Threads of the runtime; they only move bytes.
const THREADS: usize = 2;

/// The shared runtime.
pub(super) fn runtime() -> Result<&'static Handle> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    let made = Builder::new_multi_thread().worker_threads(THREADS).thread_name("storage").enable_all().build();
    let made = made.context("The threads for remote storage cannot be started.")?;
    Ok(RUNTIME.get_or_init(|| made).handle())
}

/// Waits for a future; the calling thread is not one of the runtime's.
pub(super) fn wait_for<T>(future: impl Future<Output = T>) -> Result<T> {
    Ok(runtime()?.block_on(future))
}

/// An error in the middle of a file. Its kind is none that a decompressor has for damaged data.
pub(super) fn reading_failed(place: &Location, (kind, meaning): (ErrorKind, String)) -> io::Error {
    let kind = if kind == ErrorKind::Other { ErrorKind::NotConnected } else { kind };
    io::Error::new(kind, format!("{place} cannot be read on: {meaning}"))
}

/// The pause before the next try: doubled each time, and varied, so that many tasks do not come back at once.
pub(super) fn pause_before(retry: usize) -> Duration {
    let most = (400_u64 << retry.min(6)).min(10_000);
    Duration::from_millis(fastrand::u64(most / 2..=most))
}
