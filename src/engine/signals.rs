//! What this process does before it ends by a signal (TERM, INT, HUP). A second one, a moment later, ends it at once.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::{emulate_default_handler, exit, signal_name};

use crate::standard_streams::voice;

/// A closed terminal and its shell both send one: they are one request.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// In which order things are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// What works for this process elsewhere is ended.
    Jobs,
    /// Its intermediate files are removed.
    Files,
    /// It is told, and left for others.
    Report,
}

/// A signal that ends this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending(i32);

/// What takes longer than this is told to whoever waits.
const QUICK: Duration = Duration::from_secs(2);
/// The longest that it may take then.
const LONGEST: Duration = Duration::from_mins(1);

type Action = (Order, Box<dyn FnOnce(Ending) + Send>);

static ENDS: AtomicBool = AtomicBool::new(false);
static ACTIONS: Mutex<Vec<Action>> = Mutex::new(Vec::new());
static WATCHED: Mutex<bool> = Mutex::new(false);

impl Ending {
    /// `SIGTERM`
    pub(crate) fn name(self) -> &'static str {
        signal_name(self.0).unwrap_or("a signal")
    }

    /// The exit code by which a shell tells of it.
    pub(crate) fn exit_code(self) -> u8 {
        u8::try_from(128 + self.0).unwrap_or(u8::MAX)
    }
}

/// Has something done, once, before this process ends by a signal. It runs on a thread of its own; whatever must not go on meanwhile waits
/// for a lock that it keeps, or at a [`gate`].
///
/// # Errors
/// Signals cannot be watched.
pub(crate) fn before_end(order: Order, action: impl FnOnce(Ending) + Send + 'static) -> Result<()> {
    {
        let mut actions = locked(&ACTIONS);
        if !ENDS.load(Relaxed) {
            actions.push((order, Box::new(action)));
        }
    }
    // What has begun is being undone: nothing else begins.
    gate();
    let mut watched = locked(&WATCHED);
    if !*watched {
        // Whoever started us with nohup wants a hang-up to be ignored.
        let signals = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal));
        let signals = Signals::new(signals).context("Signals cannot be watched.")?;
        thread::spawn(move || wait(signals));
        *watched = true;
    }
    Ok(())
}

/// Does not return once a signal is ending this process. Whatever begins something, or lets others see a result, passes it.
pub(crate) fn gate() {
    while ENDS.load(Relaxed) {
        thread::park();
    }
}

fn wait(mut signals: Signals) {
    let mut first: Option<Instant> = None;
    for signal in signals.forever() {
        match first {
            Some(first) if first.elapsed() < SAME_REQUEST => {}
            Some(_) => end(signal),
            None => {
                first = Some(Instant::now());
                thread::spawn(move || end_in_order(signal));
            }
        }
    }
}

/// Does what is to be done before the end, for so long, and ends the process.
fn end_in_order(signal: i32) {
    let (done, is_done) = channel();
    thread::spawn(move || {
        let mut actions = {
            let mut actions = locked(&ACTIONS);
            ENDS.store(true, Relaxed);
            std::mem::take(&mut *actions)
        };
        actions.sort_by_key(|(order, _)| *order);
        for (_, action) in actions {
            action(Ending(signal));
        }
        let _ = done.send(());
    });
    if is_done.recv_timeout(QUICK) == Err(RecvTimeoutError::Timeout) {
        // On a thread of its own: whoever reads what is said may have stopped to.
        thread::spawn(|| voice::say_whatever_others_may(format_args!("insights: This takes a while; a second signal ends it at once.")));
        let _ = is_done.recv_timeout(LONGEST);
    }
    end(signal);
}

/// Ends the process as if nobody had watched, so that whoever started it sees the signal.
fn end(signal: i32) {
    // The first process of a container is ended by no signal of its own.
    if std::process::id() == 1 {
        exit(i32::from(Ending(signal).exit_code()));
    }
    let _ = emulate_default_handler(signal);
}

/// Whether a signal was ignored when this process began.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    u32::try_from(signal - 1).is_ok_and(|bit| mask.unwrap_or_default() >> bit & 1 == 1)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
