//! Parts of outputs that are made durable while something else is done.

use std::collections::VecDeque;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};

use crate::engine::job_run::JobOutput;
use crate::engine::outputs::{WrittenPart, open_files_of_each};

/// So many parts of one reducer are made durable at a time: a file system brings those to the disk together.
const MOST_AT_ONCE: usize = 8;

/// A part that a thread of its own makes durable: it waits for the disk, mostly.
struct Ending<'scope> {
    thread: ScopedJoinHandle<'scope, Result<()>>,
    /// Files of the part.
    files: usize,
    /// What an error says first: which reducer failed.
    failure: String,
}

impl Ending<'_> {
    fn wait(self) -> Result<()> {
        let panicked = |_| Err(anyhow!("A thread that ends a part of an output panicked."));
        self.thread.join().unwrap_or_else(panicked).context(self.failure)
    }
}

/// What a reducer has written and what may not be durable yet. It has its share of open files, as much as for what it writes.
pub(super) struct Endings<'scope> {
    parts: VecDeque<Ending<'scope>>,
    most_files: usize,
}

impl<'scope> Endings<'scope> {
    /// Of one of so many reducers that write at a time.
    pub(super) fn of_one_of(reducers: usize) -> Self {
        Self { parts: VecDeque::new(), most_files: open_files_of_each(reducers) }
    }

    /// Begins to make a part durable, behind others if too many are on the way. It is durable at the return in remote stores: one takes
    /// many megabytes of memory until then, and there must not be more of them than reducers.
    ///
    /// # Errors
    /// The store failed, for this part or one before, or no thread can be started.
    pub(super) fn begin(&mut self, part: WrittenPart, failure: String, output: &JobOutput, scope: &'scope Scope<'scope, '_>) -> Result<()> {
        if output.roots().iter().any(|root| root.scheme() != "file") {
            return part.commit().context(failure);
        }
        let files = part.files();
        while self.parts.len() >= MOST_AT_ONCE || self.files() + files > self.most_files {
            let Some(first) = self.parts.pop_front() else { break };
            first.wait()?;
        }
        let thread = Builder::new().spawn_scoped(scope, || part.commit());
        let thread = thread.context("Cannot start a thread that ends a part of an output.")?;
        self.parts.push_back(Ending { thread, files, failure });
        Ok(())
    }

    fn files(&self) -> usize {
        self.parts.iter().map(|part| part.files).sum()
    }

    /// Returns when all parts are durable.
    ///
    /// # Errors
    /// The store failed; that of the first part, if it did for several.
    pub(super) fn wait(self) -> Result<()> {
        self.parts.into_iter().try_for_each(Ending::wait)
    }
}
