//! An interrupt (Ctrl-C, or a request to end) while a job runs on a cluster: the job would go on without anybody who takes its result.

use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, signal_name};

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

/// While it lives, an interrupt ends the job of a client on the cluster and then this process.
pub struct Interruption {
    watch: &'static Watch,
}

impl Interruption {
    /// Begins to watch for interrupts; `yarn` is the command that ends a job.
    ///
    /// # Errors
    /// Signals cannot be watched.
    pub fn of_job(yarn: &str) -> Result<Self> {
        if WATCH.get().is_none() {
            let signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("Interrupts cannot be watched.")?;
            let watch = WATCH.get_or_init(Watch::default);
            std::thread::spawn(move || watch.wait(signals));
        }
        let watch = WATCH.get_or_init(Watch::default);
        *locked(&watch.running) = Some(Running { yarn: yarn.to_owned(), client: None, job: None });
        Ok(Self { watch })
    }

    /// Says which process the client is.
    pub fn client_is(&self, client: u32) {
        self.change(|running| running.client = Some(client));
    }

    /// Says which job the client has sent: `job_…`.
    pub fn job_is(&self, job: &str) {
        self.change(|running| running.job = Some(job.to_owned()));
    }

    fn change(&self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = locked(&self.watch.running).as_mut() {
            change(running);
        }
    }

    /// The client has ended. Does not return when that was by an interrupt: the process ends.
    pub fn end(self) {
        // The client of a killed job ends before the handler does.
        std::thread::sleep(Duration::from_millis(50));
        drop(locked(&self.watch.handling));
        *locked(&self.watch.running) = None;
    }
}

impl Watch {
    fn wait(&self, mut signals: Signals) {
        for signal in signals.forever() {
            let _handling = locked(&self.handling);
            if let Some(running) = locked(&self.running).take() {
                running.end(signal_name(signal).unwrap_or("signal"));
            }
            // Ends the process.
            let _ = emulate_default_handler(signal);
        }
    }
}

impl Running {
    fn end(&self, signal: &str) {
        let on_cluster = self.job.as_ref().filter(|job| !job.contains("_local"));
        if let Some(application) = on_cluster.map(|job| job.replacen("job_", "application_", 1)) {
            eprintln!("insights: {signal}: ending {application} on the cluster.");
            let mut kill = Command::new(&self.yarn);
            kill.args(["application", "-kill", &application]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if !kill.status().is_ok_and(|status| status.success()) {
                eprintln!("insights: It could not be ended. End it with: {} application -kill {application}", self.yarn);
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
