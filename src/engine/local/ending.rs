//! Parts of outputs that are made durable while something else is done.

use std::collections::VecDeque;
use std::thread::{Builder, Scope, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};

use crate::engine::job_run::JobOutput;
use crate::engine::outputs::{WrittenPart, open_files_of_each};

/// So many parts of one reducer are made durable at a time: a file system brings those to the disk together.
const MOST_AT_ONCE: usize = 4;
/// So many jobs wait to be committed, beside the one that is: each may have parts on the way.
pub(super) const MOST_UNCOMMITTED: usize = 1;
/// Jobs with parts on the way: the one that is reduced, those that wait to be committed, and the one that is.
const JOBS: usize = 2 + MOST_UNCOMMITTED;

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

/// What a reducer has written and what may not be durable yet.
pub(super) struct Endings<'scope> {
    parts: VecDeque<Ending<'scope>>,
    /// Of all parts, if there are several: as many as the reducer may write at a time, shared with other jobs.
    most_files: usize,
}

impl<'scope> Endings<'scope> {
    /// For one of so many reducers that write at a time.
    pub(super) fn for_one_of(reducers: usize) -> Self {
        Self { parts: VecDeque::new(), most_files: open_files_of_each(reducers) / JOBS }
    }

    /// Begins to make a part durable; first waits for the oldest ones if too many are on the way. It is durable at the return in remote
    /// stores: one takes many megabytes of memory until then, and there must not be more of them than reducers.
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
        let thread = thread.context("Cannot start a thread that ends a part of an output.").with_context(|| failure.clone())?;
        self.parts.push_back(Ending { thread, files, failure });
        Ok(())
    }

    fn files(&self) -> usize {
        self.parts.iter().map(|part| part.files).sum()
    }

    /// Returns when no part is on the way.
    ///
    /// # Errors
    /// The store failed; that of the first part, if it did for several.
    pub(super) fn wait(self) -> Result<()> {
        let ended: Vec<_> = self.parts.into_iter().map(Ending::wait).collect();
        ended.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use anyhow::bail;

    use super::*;
    use crate::engine::open_files::OpenFiles;
    use crate::storage::{Location, PendingFile};

    #[derive(Default)]
    struct Seen {
        ending: AtomicUsize,
        most: AtomicUsize,
        ended: AtomicUsize,
    }

    /// A file that takes its time to be ended.
    struct Slow {
        number: usize,
        fails: bool,
        seen: Arc<Seen>,
    }

    impl Write for Slow {
        #[allow(clippy::disallowed_methods, reason = "implements that very method")]
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl PendingFile for Slow {
        fn rest(&mut self) -> Result<()> {
            Ok(())
        }

        fn commit(self: Box<Self>) -> Result<()> {
            self.seen.most.fetch_max(self.seen.ending.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            self.seen.ending.fetch_sub(1, SeqCst);
            self.seen.ended.fetch_add(1, SeqCst);
            if self.fails {
                bail!("{} was to fail.", self.number);
            }
            Ok(())
        }
    }

    fn output() -> JobOutput {
        JobOutput::Directory(Location::from_path(std::path::Path::new("/nowhere")).unwrap())
    }

    /// What comes of many parts of one reducer among so many, of which some fail.
    fn ended(reducers: usize, failing: &[usize]) -> (Result<()>, Arc<Seen>) {
        let (output, seen) = (output(), Arc::new(Seen::default()));
        let outcome = std::thread::scope(|scope| {
            let mut endings = Endings::for_one_of(reducers);
            for number in 0..12 {
                let file = Slow { number, fails: failing.contains(&number), seen: Arc::clone(&seen) };
                endings.begin(WrittenPart::File(Box::new(file)), format!("Reducer {number} failed."), &output, scope)?;
            }
            endings.wait()
        });
        (outcome, seen)
    }

    #[test]
    fn a_few_parts_end_at_a_time_and_none_beside_another_where_there_are_many_reducers() {
        for (reducers, most) in [(1, MOST_AT_ONCE), (2, MOST_AT_ONCE), (16, 1), (64, 1)] {
            let (outcome, seen) = ended(reducers, &[]);
            outcome.unwrap();
            assert_eq!((seen.most.load(SeqCst), seen.ended.load(SeqCst)), (most, 12), "{reducers}");
        }
    }

    #[test]
    fn the_first_part_that_failed_is_told() {
        for failing in [&[0, 3, 11][..], &[11], &[9, 10, 11]] {
            let (outcome, _) = ended(2, failing);
            assert_eq!(format!("{:#}", outcome.unwrap_err()), format!("Reducer {0} failed.: {0} was to fail.", failing[0]));
        }
    }

    #[test]
    fn a_part_of_many_files_ends_by_itself() {
        let (output, seen) = (output(), Arc::new(Seen::default()));
        let slow = |number| Slow { number, fails: false, seen: Arc::clone(&seen) };
        std::thread::scope(|scope| {
            let mut endings = Endings::for_one_of(2);
            endings.begin(WrittenPart::File(Box::new(slow(0))), String::new(), &output, scope).unwrap();
            let mut files = OpenFiles::new(open_files_of_each(2));
            for number in 1..=100 {
                files.add(number.to_string().as_bytes(), |_| Ok(Box::new(slow(number)))).unwrap();
            }
            endings.begin(WrittenPart::Files(files), String::new(), &output, scope).unwrap();
            assert!(seen.ended.load(SeqCst) > 0, "the part before it has ended");
            endings.wait().unwrap();
        });
        assert_eq!(seen.ended.load(SeqCst), 101);
        assert!(seen.most.load(SeqCst) <= open_files_of_each(2));
    }
}
