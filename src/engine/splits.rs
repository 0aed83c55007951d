//! What the workers of a scan take: whole inputs and, when none waits any more, lines of those that others are still reading, or stretches
//! of their files to inflate. So one large file keeps all threads busy: all of them parse, and inflate what its format cuts into pieces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::input_order::{InputOrder, Place, Split};
use super::scan_job::ScanJob;
use crate::storage::Entry;
use crate::storage::decompression::{Inflaters, Stretch};
use crate::streaming::shape::Input;

/// Whole lines of a split that another worker reads.
pub(crate) struct Piece<'e> {
    /// The split.
    pub split: Split<'e>,
    /// Its lines, each with its end.
    pub text: Vec<u8>,
    /// Number of lines before it.
    pub before: u64,
}

/// What a worker does next.
pub(crate) enum Turn<'s, 'e> {
    /// It reads an input.
    Read(Split<'e>, Reading<'s, 'e>),
    /// It maps lines that another one has read.
    Help(Piece<'e>),
    /// It inflates what another one will read.
    Inflate(Arc<Stretch>),
}

/// While this is there, the input that a worker took is being read, and others wait for pieces of it.
pub(crate) struct Reading<'s, 'e>(&'s Splits<'e>);

/// Inputs that no worker has taken yet, and pieces of those that are read.
pub(crate) struct Splits<'e> {
    waiting: Mutex<Waiting<'e>>,
    changed: Condvar,
    /// How many more pieces or stretches would be taken at once.
    wanted: AtomicUsize,
    /// How many workers have something to do.
    pub workers: usize,
    /// Number of files.
    pub files: usize,
    /// Their stored size together.
    pub bytes: u64,
}

#[derive(Default)]
struct Waiting<'e> {
    splits: InputOrder<'e>,
    pieces: VecDeque<Piece<'e>>,
    stretches: VecDeque<Arc<Stretch>>,
    /// Room of pieces that were read, to be filled again.
    emptied: Vec<Vec<u8>>,
    /// How many splits are being read.
    reading: usize,
    /// How many workers have nothing to do.
    idle: usize,
}

/// So many stored bytes are worth a thread of their own.
const WORTH_A_THREAD: u64 = 1024 * 1024;

impl<'e> Splits<'e> {
    /// The inputs of all jobs, each once, and an empty split; for workers on so many threads at most.
    pub(crate) fn of(jobs: &[ScanJob<'e>], threads: usize) -> Self {
        let mut by_location: BTreeMap<&str, (usize, &Entry, Vec<usize>)> = BTreeMap::new();
        let all = jobs.iter().enumerate().flat_map(|(number, job)| job.inputs.iter().map(move |entry| (number, *entry)));
        for (job, entry) in all {
            let number = by_location.len();
            let (_, _, jobs) = by_location.entry(entry.location.as_str()).or_insert((number, entry, Vec::new()));
            // A job that names a file twice reads it twice, as a cluster does.
            jobs.push(job);
        }
        let files = by_location.len();
        let lines_are_alone = jobs.iter().all(|job| job.run.job.shape().input == Input::TrackingLogs);
        let splits = by_location.into_values().map(|(number, entry, jobs)| Split { number, file: Some(entry), jobs, lines_are_alone });
        let mut splits: Vec<_> = splits.collect();
        splits.push(Split { number: files, file: None, jobs: (0..jobs.len()).collect(), lines_are_alone: false });
        Self::new(splits, threads)
    }

    /// Log files, each for itself, for workers on so many threads at most.
    pub(crate) fn of_logs(files: &'e [Entry], threads: usize) -> Self {
        let splits = files.iter().enumerate();
        let splits = splits.map(|(number, entry)| Split { number, file: Some(entry), jobs: Vec::new(), lines_are_alone: true });
        Self::new(splits.collect(), threads)
    }

    /// Inputs that workers take in a certain order ([`InputOrder`]).
    fn new(splits: Vec<Split<'e>>, threads: usize) -> Self {
        let files = || splits.iter().filter_map(|split| Some((split.file?, split.lines_are_alone)));
        let bytes = files().map(|(entry, _)| entry.size).sum();
        let pieces = if files().all(|(_, lines_are_alone)| lines_are_alone) { bytes / WORTH_A_THREAD } else { 0 };
        let files = files().count();
        let workers = threads.min(splits.len().max(usize::try_from(pieces).unwrap_or(threads))).max(1);
        let waiting = Waiting { splits: InputOrder::of(splits, workers), ..Waiting::default() };
        Self { waiting: Mutex::new(waiting), changed: Condvar::new(), wanted: AtomicUsize::new(0), workers, files, bytes }
    }

    /// Where another worker begins.
    pub(crate) fn place(&self) -> Place {
        self.waiting().splits.begin()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<'e>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the worker that asks does next; none if nothing is left. Waits while others read what there may be pieces of.
    pub(crate) fn next(&self, place: &mut Place) -> Option<Turn<'_, 'e>> {
        let mut waiting = self.waiting();
        loop {
            if let Some(piece) = waiting.pieces.pop_front() {
                self.note_wanted(&waiting);
                return Some(Turn::Help(piece));
            }
            if let Some(split) = waiting.splits.take(place) {
                waiting.reading += 1;
                return Some(Turn::Read(split, Reading(self)));
            }
            if let Some(stretch) = waiting.stretches.pop_front() {
                self.note_wanted(&waiting);
                return Some(Turn::Inflate(stretch));
            }
            if waiting.reading == 0 {
                return None;
            }
            waiting.idle += 1;
            self.note_wanted(&waiting);
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.idle -= 1;
        }
    }

    fn note_wanted(&self, waiting: &Waiting<'e>) {
        let offered = waiting.pieces.len() + waiting.stretches.len();
        self.wanted.store(waiting.idle.saturating_sub(offered), Ordering::Relaxed);
    }

    /// Whether another worker would take a piece at once.
    #[inline]
    pub(crate) fn wants_piece(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) > 0
    }

    /// Hands lines to another worker.
    pub(crate) fn offer(&self, piece: Piece<'e>) {
        let mut waiting = self.waiting();
        waiting.pieces.push_back(piece);
        self.note_wanted(&waiting);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Room for the text of a piece.
    pub(crate) fn room(&self) -> Vec<u8> {
        self.waiting().emptied.pop().unwrap_or_default()
    }

    /// Takes the room of a piece back.
    pub(crate) fn emptied(&self, mut room: Vec<u8>) {
        room.clear();
        self.waiting().emptied.push(room);
    }

    /// Takes all work away.
    pub(crate) fn drop_rest(&self) {
        let mut waiting = self.waiting();
        waiting.splits.clear();
        waiting.pieces.clear();
        waiting.stretches.clear();
    }
}

impl Inflaters for Splits<'_> {
    fn threads(&self) -> usize {
        self.workers.div_ceil(self.waiting().reading.max(1))
    }

    fn wants_stretch(&self) -> bool {
        self.wants_piece()
    }

    fn offer_stretch(&self, stretch: Arc<Stretch>) {
        let mut waiting = self.waiting();
        waiting.stretches.push_back(stretch);
        self.note_wanted(&waiting);
        drop(waiting);
        self.changed.notify_one();
    }
}

impl Drop for Reading<'_, '_> {
    fn drop(&mut self) {
        self.0.waiting().reading -= 1;
        self.0.changed.notify_all();
    }
}
