//! Progress of a job: on a terminal a bar with files, bytes, MB/s, time left; elsewhere a line now and then.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::input_order::Split;
use super::job_run::RunnerOptions;
use crate::say;
use crate::standard_streams::voice::{self, Level};

/// Without a bar, work that takes long says so often how far it is.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// The bar of one job.
pub(crate) struct Progress {
    /// Compressed bytes read so far; readers count here.
    pub bytes: Arc<AtomicU64>,
    files: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    /// Its drop ends the lines.
    lines: Option<Sender<()>>,
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
                while !done.load(Ordering::Relaxed) && !voice::is_silenced() {
                    bar.set_position(bytes.load(Ordering::Relaxed));
                    bar.set_message(format!("{}/{count} files", files.load(Ordering::Relaxed).min(count as u64)));
                    std::thread::sleep(Duration::from_millis(200));
                }
            });
        }
        let lines = (bar.is_none() && Level::Info.is_said()).then(|| {
            let (sender, ended) = mpsc::channel();
            let work = Work { name: shortened(name), count: count as u64, total };
            let (bytes, files, started) = (Arc::clone(&bytes), Arc::clone(&files), Instant::now());
            std::thread::spawn(move || {
                while ended.recv_timeout(LINE_EVERY) == Err(RecvTimeoutError::Timeout) {
                    say!("{}", work.line(files.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed), started.elapsed()));
                }
            });
            sender
        });
        Self { bytes, files, done, bar, lines }
    }

    /// One more input has been read to its end. The empty split is no file: it ends while others still read.
    pub(crate) fn split_done(&self, split: &Split<'_>) {
        if split.file.is_some() {
            self.files.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the bar off the terminal.
    fn finish(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        self.lines = None;
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What is read, for the lines.
struct Work {
    name: String,
    count: u64,
    total: u64,
}

impl Work {
    #[allow(clippy::cast_precision_loss)] // for people
    fn line(&self, files: u64, bytes: u64, elapsed: Duration) -> String {
        let Self { name, count, total } = self;
        let (files, megabytes) = (files.min(*count), |bytes: u64| bytes as f64 / 1e6);
        let rate = bytes as f64 / elapsed.as_secs_f64().max(1e-9);
        let left = if files == *count && bytes >= *total {
            "all is read and being reduced".to_owned()
        } else if rate > 0.0 {
            format!("about {:.0} s left", total.saturating_sub(bytes) as f64 / rate)
        } else {
            "nothing is read yet".to_owned()
        };
        let (read, of, speed) = (megabytes(bytes), megabytes(*total), rate / 1e6);
        format!("{name}: {files} of {count} files, {read:.1} of {of:.1} MB, {speed:.1} MB/s, {left}")
    }
}

/// Many jobs by their number.
fn shortened(name: &str) -> String {
    match name.split('+').count() {
        0..=3 => name.to_owned(),
        number => format!("{number} jobs"),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Entry;

    #[test]
    fn the_empty_split_is_no_file() {
        let entry = Entry { location: "a.log".parse().unwrap(), size: 5 };
        let progress = Progress::new("job", 1, 5, &RunnerOptions::default());
        for (file, files) in [(None, 0), (Some(&entry), 1)] {
            progress.split_done(&Split { number: 0, file, jobs: Vec::new(), lines_are_alone: false });
            assert_eq!(progress.files.load(Ordering::Relaxed), files);
        }
    }

    #[test]
    fn a_line_tells_how_far_the_work_is() {
        let work = Work { name: shortened("a+b+c+d"), count: 10, total: 400_000_000 };
        let line = work.line(3, 100_000_000, Duration::from_secs(20));
        assert_eq!(line, "4 jobs: 3 of 10 files, 100.0 of 400.0 MB, 5.0 MB/s, about 60 s left");
        assert!(work.line(10, 400_000_000, Duration::from_secs(90)).ends_with("all is read and being reduced"));
        assert!(work.line(10, 80_000_000, Duration::from_secs(20)).ends_with("about 80 s left"));
        assert!(work.line(0, 0, Duration::from_secs(30)).ends_with("nothing is read yet"));
        assert_eq!(shortened("daily"), "daily");
    }
}
