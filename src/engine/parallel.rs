//! Work that several threads share.

use anyhow::{Result, anyhow};

/// Runs `work` on `threads` threads and collects what they bring; the first error wins.
pub(super) fn in_parallel<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("A worker thread panicked.")))).collect()
    })
}
