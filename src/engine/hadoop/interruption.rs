//! An interrupt (Ctrl-C, or a request to end) while a job runs on a cluster: the job would go on without anybody who takes its result.

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::engine::signals::{Ending, Order, before_end, gate};
use crate::say;

/// How long the cluster is asked to end a job.
const KILL_TIME: Duration = Duration::from_secs(30);

static WATCH: OnceLock<Watch> = OnceLock::new();

#[derive(Default)]
struct Watch {
    /// The job that runs now. Jobs run one after the other.
    running: Mutex<Option<Running>>,
    /// Held from an interrupt until this process has ended, so that nobody tells of the killed client as of a failure.
    handling: Mutex<()>,
}

struct Running {
    yarn: String,
    client: Option<u32>,
    job: Option<String>,
}

/// While it lives, an interrupt ends the job of a client on the cluster and then this process. Dropped before its [`end`](Self::end)
/// it ends the job, too: nobody takes its result any more.
pub(super) struct Interruption {
    watch: &'static Watch,
}

impl Interruption {
    /// Begins to watch for interrupts; `yarn` is the command that ends a job.
    ///
    /// # Errors
    /// Signals cannot be watched.
    pub(super) fn of_job(yarn: &str) -> Result<Self> {
        let mut is_new = false;
        let watch = WATCH.get_or_init(|| {
            is_new = true;
            Watch::default()
        });
        if is_new {
            before_end(Order::Jobs, |ending| watch.end(ending)).context("Interrupts cannot be watched.")?;
        }
        *locked(&watch.running) = Some(Running { yarn: yarn.to_owned(), client: None, job: None });
        gate();
        Ok(Self { watch })
    }

    /// Says which process the client is.
    pub(super) fn client_is(&self, client: u32) {
        self.change(|running| running.client = Some(client));
    }

    /// Says which job the client has sent: `job_…`.
    pub(super) fn job_is(&self, job: &str) {
        self.change(|running| running.job = Some(job.to_owned()));
    }

    fn change(&self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = locked(&self.watch.running).as_mut() {
            change(running);
        }
    }

    /// The client has ended. Does not return when that was by an interrupt: the process ends.
    pub(super) fn end(self) {
        // The client of a killed job ends before the handler does.
        std::thread::sleep(Duration::from_millis(50));
        drop(locked(&self.watch.handling));
        *locked(&self.watch.running) = None;
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        let running = locked(&self.watch.running).take();
        if let Some(running) = running {
            running.end("An error");
        }
    }
}

/// Whether a command ends well in time.
fn succeeds(command: &mut Command) -> bool {
    let Ok(mut running) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return false };
    let until = Instant::now() + KILL_TIME;
    while Instant::now() < until {
        match running.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(100)),
            Err(_) => return false,
        }
    }
    let _ = running.kill();
    false
}

impl Watch {
    /// Ends what runs.
    fn end(&self, ending: Ending) {
        let handling = locked(&self.handling);
        if let Some(running) = locked(&self.running).take() {
            running.end(ending.name());
        }
        // Kept until this process has ended.
        std::mem::forget(handling);
    }
}

impl Running {
    fn end(&self, signal: &str) {
        let on_cluster = self.job.as_ref().filter(|job| !job.contains("_local"));
        if let Some(application) = on_cluster.map(|job| job.replacen("job_", "application_", 1)) {
            say!("insights: {signal}: ending {application} on the cluster.");
            if !succeeds(Command::new(&self.yarn).args(["application", "-kill", &application])) {
                say!("insights: It could not be ended. End it with: {} application -kill {application}", self.yarn);
            }
        }
        if let Some(client) = self.client {
            let _ = Command::new("kill").args(["-TERM", "--", &format!("-{client}")]).stderr(Stdio::null()).status();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
