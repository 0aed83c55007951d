//! Progress of a job on a terminal: files, bytes, MB/s, time left. Silent in a pipe.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::job_run::RunnerOptions;

/// The bar of one job.
pub(crate) struct Progress {
    /// Compressed bytes read so far; readers count here.
    pub bytes: Arc<AtomicU64>,
    files: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for `count` inputs of `total` bytes, drawn only if wanted and standard error is a terminal.
    pub(crate) fn new(name: &str, count: usize, total: u64, options: &RunnerOptions) -> Self {
        let (bytes, files, done) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let bar = (options.progress && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{prefix} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg} ETA {eta}");
            let bar = ProgressBar::new(total).with_prefix(name.to_owned());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        if let Some(bar) = bar.clone() {
            let (bytes, files, done) = (Arc::clone(&bytes), Arc::clone(&files), Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    bar.set_position(bytes.load(Ordering::Relaxed));
                    bar.set_message(format!("{}/{count} files", files.load(Ordering::Relaxed).min(count as u64)));
                    std::thread::sleep(Duration::from_millis(200));
                }
            });
        }
        Self { bytes, files, done, bar }
    }

    /// One more input has been read to its end.
    pub(crate) fn file_done(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the bar off the terminal.
    pub(crate) fn finish(&self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
