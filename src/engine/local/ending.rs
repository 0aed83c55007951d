//! Parts of outputs that are made durable while something else is done.

use std::thread::{Builder, Scope, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};

use crate::engine::job_run::JobOutput;
use crate::engine::outputs::WrittenPart;

/// A part that a thread of its own makes durable: it waits for the disk, mostly.
pub(super) struct Ending<'scope>(ScopedJoinHandle<'scope, Result<()>>);

impl<'scope> Ending<'scope> {
    /// Begins to make a part durable. None if it is at the return, as parts in remote stores are: one takes many megabytes of memory
    /// until then, and there must not be more of them than reducers.
    ///
    /// # Errors
    /// The store failed, or no thread can be started.
    pub(super) fn begin(part: WrittenPart, output: &JobOutput, scope: &'scope Scope<'scope, '_>) -> Result<Option<Self>> {
        if output.roots().iter().any(|root| root.scheme() != "file") {
            return part.commit().map(|()| None);
        }
        let thread = Builder::new().spawn_scoped(scope, || part.commit());
        thread.map(|thread| Some(Self(thread))).context("Cannot start a thread that ends a part of an output.")
    }

    /// Returns when the part is durable.
    ///
    /// # Errors
    /// The store failed.
    pub(super) fn wait(self) -> Result<()> {
        self.0.join().unwrap_or_else(|_| Err(anyhow!("A thread that ends a part of an output panicked.")))
    }
}
