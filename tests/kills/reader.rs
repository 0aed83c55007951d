//! A reader that looks all the time, as a dashboard would.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use crate::store::{Store, Tables};

/// Sees each table as it was before or as it is behind the night.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    /// How often it looked; or what it must not have seen.
    thread: JoinHandle<Result<u64, String>>,
}

impl Reader {
    pub(crate) fn start(store: Store, file: PathBuf, before: Arc<Tables>, behind: Arc<Tables>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut looks = 0;
            while !stopped.load(Ordering::Relaxed) || looks == 0 {
                for (name, old) in before.iter().filter(|(name, _)| *name != "table_updates") {
                    let rows = store.table(&file, name).map_err(|error| format!("{name} cannot be read: {error}"))?;
                    if rows != *old && rows != behind[name] {
                        return Err(format!(
                            "{name} had {} rows, neither the {} old nor the {} new",
                            rows.len(),
                            old.len(),
                            behind[name].len()
                        ));
                    }
                }
                looks += 1;
                sleep(Duration::from_millis(20));
            }
            Ok(looks)
        });
        Self { stop, thread }
    }

    /// How often it has looked.
    pub(crate) fn end(self, told: &str) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap().unwrap_or_else(|seen| panic!("{told}: {seen}"))
    }
}
