//! One lock per table or output, so that two runs cannot interleave (rules 01, 9).

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use serde::{Deserialize, Serialize};

use super::RunId;
use crate::error_text::error_text;
use crate::say;
use crate::storage::{HeldLock, Location, LockAttempt, is_not_found, read_to_string, store_for};

/// The run's hold on one output: `.<name>.lock` beside it. Clones share the hold; it ends with the last of them, and with the
/// process however that ends: at once for local outputs, after a minute or two in HDFS and S3 (see
/// [`ObjectStore::lock`](crate::storage::ObjectStore::lock)).
///
/// Staging and recovery ask for it: whoever holds it knows that all leftovers beside the output are of dead runs.
#[derive(Clone, Debug)]
pub struct OutputLock {
    held: Arc<Held>,
    run_id: RunId,
    record: Option<Arc<str>>,
}

#[derive(Debug)]
struct Held {
    output: Location,
    /// The runs that write under it, each with leftovers of its own.
    runs: Mutex<Vec<RunId>>,
    previous: Option<Holder>,
    hold: Box<dyn HeldLock>,
}

/// Who holds, or held, a lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// The machine.
    pub host: String,
    /// When the lock was taken: `2016-01-01T09:30:00Z`.
    pub started: String,
    /// The task's name.
    pub task: String,
    /// The run's id.
    pub run_id: String,
}

impl Holder {
    /// Whether the process that wrote a holder's text has certainly ended: it was of this machine, and is no more.
    fn is_dead(text: &str) -> bool {
        let Ok(holder) = serde_json::from_str::<Self>(text) else {
            return false;
        };
        holder.host == host_name() && Path::new("/proc/self").exists() && !is_running(holder.pid)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, host, started, task, run_id } = self;
        write!(formatter, "{task} (process {pid} on {host}, since {started}, run {run_id})")
    }
}

/// Another run is at work on the output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputLocked {
    /// The output.
    pub output: Location,
    /// The other run; none when it has not yet written its name.
    pub holder: Option<Holder>,
    /// How the hold ends by itself should that run be dead; a sentence, or empty.
    pub ending: &'static str,
}

impl fmt::Display for OutputLocked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is being written by ", self.output)?;
        match &self.holder {
            Some(holder) => write!(formatter, "{holder}")?,
            None => write!(formatter, "another run")?,
        }
        write!(formatter, ". Wait for it to end, or stop it, then start again.")?;
        if self.ending.is_empty() { Ok(()) } else { write!(formatter, " {}", self.ending) }
    }
}

impl std::error::Error for OutputLocked {}

impl OutputLock {
    /// Takes the lock for an output (a table's directory, or whatever is written as a whole), or fails at once. A lock that a dead
    /// run left is taken over; a line on standard error tells so.
    ///
    /// # Errors
    /// [`OutputLocked`] when another run holds it, or the lock file cannot be written.
    pub fn acquire(output: &Location, run_id: &RunId, task: &str) -> Result<Self> {
        let file = lock_file(output)?;
        let holder = Holder {
            pid: std::process::id(),
            host: host_name(),
            started: Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            task: task.to_owned(),
            run_id: run_id.to_string(),
        };
        let text = serde_json::to_string(&holder)?;
        // A folder that cannot be made is no input that is missing.
        let attempt = store_for(&file)?.lock(&file, &text, &Holder::is_dead);
        let attempt = attempt.map_err(|error| anyhow!("Cannot lock {output}. {}", error_text(&error)))?;
        match attempt {
            LockAttempt::Busy { holder, ending } => {
                bail!(OutputLocked { output: output.clone(), holder: serde_json::from_str(&holder).ok(), ending })
            }
            LockAttempt::Held { hold, previous } => {
                let previous: Option<Holder> = serde_json::from_str(&previous).ok();
                if let Some(dead) = &previous {
                    say!("The lock of {output} was left by a run that did not end well: {dead}. It is taken over.");
                }
                let (output, runs) = (output.clone(), Mutex::new(vec![run_id.clone()]));
                Ok(Self { held: Arc::new(Held { output, runs, previous, hold }), run_id: run_id.clone(), record: None })
            }
        }
    }

    /// The run that holds the lock.
    pub fn run_id(&self) -> &RunId {
        &self.run_id
    }

    /// With what the run makes its output from; commits under this lock put it beside their marker
    /// ([`Record`](super::record::Record)).
    #[must_use]
    pub fn with_record(self, record: &str) -> Self {
        Self { record: Some(record.into()), ..self }
    }

    /// What was said of the output.
    pub fn record(&self) -> Option<&str> {
        self.record.as_deref()
    }

    /// The same hold for another part of the run that writes at the same time, such as other days of a table.
    #[must_use]
    pub fn share(&self) -> Self {
        let run_id = RunId::generate();
        self.held.runs.lock().unwrap_or_else(PoisonError::into_inner).push(run_id.clone());
        Self { held: Arc::clone(&self.held), run_id, record: None }
    }

    /// Whether another part of this run writes under an id: what is there of it is no leftover.
    pub fn is_shared_with(&self, run_id: &RunId) -> bool {
        *run_id != self.run_id && self.held.runs.lock().unwrap_or_else(PoisonError::into_inner).contains(run_id)
    }

    /// The dead run whose lock was taken over, if so.
    pub fn taken_over_from(&self) -> Option<&Holder> {
        self.held.previous.as_ref()
    }

    /// What the operating system does when the process is killed: the file's text stays.
    #[cfg(test)]
    pub(super) fn release_as_if_killed(self) {
        self.held.hold.abandon();
    }

    /// Makes sure that the lock is the one for this output, or for a directory above it.
    ///
    /// # Errors
    /// It is the lock of something else (a mistake in the program), or it was lost.
    pub fn must_cover(&self, output: &Location) -> Result<()> {
        let locked = self.held.output.directory_form();
        let output = output.directory_form();
        if !output.as_str().starts_with(locked.as_str()) {
            bail!("{output} is not covered by the lock of {locked}.");
        }
        self.held.hold.verify().with_context(|| format!("The lock of {locked} was lost to another run. Start this one again."))
    }
}

/// Whether a process runs; one that only waits for its parent to notice its end does not.
fn is_running(process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    // The name of the program stands in brackets and may hold anything.
    let state = status.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, Some('Z' | 'X'))
}

/// Whether a dead run has left its name in the lock of an output, and so maybe more beside it. Living runs leave theirs, too.
///
/// # Errors
/// The store cannot tell.
pub fn is_named(output: &Location) -> Result<bool> {
    let file = lock_file(output)?;
    let text = if file.scheme() == "hdfs" { format!("{file}-holder").parse()? } else { file };
    match read_to_string(&text) {
        Ok(text) => Ok(!text.trim().is_empty()),
        Err(error) if is_not_found(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Who holds a lock by the text of its file, and whether that process has certainly ended; none for a text of another kind.
pub(crate) fn holder(text: &str) -> Option<(Holder, bool)> {
    let holder = serde_json::from_str(text).ok()?;
    Some((holder, Holder::is_dead(text)))
}

/// Where the lock of an output is: its hidden sibling.
fn lock_file(output: &Location) -> Result<Location> {
    let (Some(parent), Some(name)) = (output.parent(), output.name()) else {
        bail!("{output} cannot be locked: it has no name.");
    };
    Ok(parent.join(&format!(".{name}.lock")))
}

fn host_name() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_else(|| "an unknown host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let output = Location::from_path(directory.path()).unwrap().join("warehouse/video/");
        (directory, output)
    }

    #[test]
    fn a_second_run_is_told_who_holds_the_lock() {
        let (_directory, output) = output();
        let first = OutputLock::acquire(&output, &RunId::generate(), "VideoTask").unwrap();
        let share = first.clone();
        drop(first);
        let error = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap_err();
        let holder = error.downcast_ref::<OutputLocked>().unwrap().holder.clone().unwrap();
        assert_eq!((holder.task.as_str(), holder.pid), ("VideoTask", std::process::id()));
        assert_eq!(holder.run_id, share.run_id().as_str());
        assert!(error.to_string().contains("VideoTask"), "{error}");
        drop(share);
        let second = OutputLock::acquire(&output, &RunId::generate(), "Other").unwrap();
        assert_eq!(second.taken_over_from(), None);
    }

    #[test]
    fn a_dead_runs_lock_is_taken_over() {
        let (_directory, output) = output();
        let dead = Holder {
            pid: 1,
            host: "old".to_owned(),
            started: "2016-01-01T00:00:00Z".to_owned(),
            task: "Dead".to_owned(),
            run_id: RunId::generate().to_string(),
        };
        let file = lock_file(&output).unwrap();
        assert_eq!(file.name(), Some(".video.lock"));
        crate::storage::write_bytes(&file, serde_json::to_string(&dead).unwrap().as_bytes()).unwrap();
        let lock = OutputLock::acquire(&output, &RunId::generate(), "New").unwrap();
        assert_eq!(lock.taken_over_from(), Some(&dead));
    }

    #[test]
    fn a_process_that_nobody_waits_for_is_dead() {
        assert!(is_running(std::process::id()) && !is_running(u32::MAX));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while is_running(child.id()) && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert!(!is_running(child.id()));
        child.wait().unwrap();
    }

    #[test]
    fn a_lock_covers_what_is_below_it() {
        let (_directory, output) = output();
        let lock = OutputLock::acquire(&output, &RunId::generate(), "VideoTask").unwrap();
        assert!(lock.must_cover(&output).is_ok());
        assert!(lock.must_cover(&output.join("dt=2016-01-01")).is_ok());
        assert!(lock.must_cover(&output.parent().unwrap().join("video_usage")).is_err());
    }
}
