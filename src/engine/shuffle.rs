//! The map side of the shuffle: the records of one worker, collected in memory, sorted, and spilled beyond the budget.

use anyhow::Result;

use super::arena::FreeBlocks;
use super::folding::Folding;
use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use super::spill::{Spill, SpillPlace};
use crate::streaming::record::prefix_lengths;
use crate::streaming::shape::Fold;
use crate::streaming::{LineSink, Reducer};

/// Sorted records, in memory and on disk.
#[derive(Debug, Default)]
pub(crate) struct SortedOutput {
    /// Those in memory.
    pub memory: Vec<RecordBuffer>,
    /// Those on disk.
    pub spilled: Vec<Spill>,
}

impl SortedOutput {
    /// Takes over those of another worker.
    pub(crate) fn extend(&mut self, others: Self) {
        self.memory.extend(others.memory);
        self.spilled.extend(others.spilled);
    }

    /// Bytes that those in memory take.
    pub(crate) fn bytes(&self) -> usize {
        self.memory.iter().map(RecordBuffer::bytes).sum()
    }
}

/// Collects the records of one job in one worker.
pub(crate) struct Shuffle<'s> {
    layout: Layout,
    budget: usize,
    combiner: Option<&'s mut dyn Reducer>,
    /// Does the combiner's work before it.
    folding: Option<Folding>,
    place: &'s SpillPlace,
    collected: RecordBuffer,
    spilled: Vec<Spill>,
}

impl<'s> Shuffle<'s> {
    /// Spills into `place` when it alone takes more than `budget` bytes; combines before.
    pub(crate) fn new(layout: Layout, budget: usize, combiner: Option<&'s mut dyn Reducer>, place: &'s SpillPlace) -> Self {
        Self { layout, budget, combiner, folding: None, place, collected: RecordBuffer::default(), spilled: Vec::new() }
    }

    /// Before the first record: takes its memory from what the shuffles of a worker share.
    fn sharing(self, free: &FreeBlocks) -> Self {
        Self { collected: RecordBuffer::sharing(free), ..self }
    }

    /// Folds records as they come instead of combining them.
    pub(crate) fn folding(mut self, fold: Option<Fold>) -> Self {
        self.folding = fold.map(|fold| Folding::new(fold, &self.layout));
        if self.folding.is_some() {
            self.combiner = None;
        }
        self
    }

    /// Bytes that the collected records take.
    fn bytes(&self) -> usize {
        self.collected.bytes() + self.folding.as_ref().map_or(0, Folding::bytes)
    }

    /// Bytes that the collected records take, and while they are combined as much again.
    fn bytes_while_sorted(&self) -> usize {
        self.bytes() * if self.combiner.is_some() { 2 } else { 1 }
    }

    fn sort(&mut self) -> Result<()> {
        self.folding.iter_mut().try_for_each(|folding| folding.finish(&mut self.collected))?;
        self.collected.sort(self.layout.seed);
        if let Some(combiner) = &mut self.combiner {
            self.collected = self.collected.combined(*combiner, &self.layout)?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        self.sort()?;
        self.spill_sorted()
    }

    /// Writes the sorted records to disk.
    fn spill_sorted(&mut self) -> Result<()> {
        let records = self.collected.take();
        if !records.is_empty() {
            self.spilled.push(records.spill(self.layout.partitions, self.place)?);
        }
        Ok(())
    }
}

impl LineSink for Shuffle<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        if let Some(folding) = &mut self.folding {
            if !folding.add(&mut self.collected, line)? {
                return Ok(());
            }
        } else {
            let [group, key] = prefix_lengths(line, [self.layout.group_fields, self.layout.key_fields]);
            self.layout.check(line, key)?;
            self.collected.push(line, self.layout.partition_of(line.get(..group).unwrap_or_default()), key)?;
        }
        // One input line may bring any number of records.
        if self.bytes_while_sorted() > self.budget { self.spill() } else { Ok(()) }
    }
}

/// The shuffles of all jobs in one worker. They share its memory: the largest is spilled when it is used up, so that a job with few
/// records makes no small spills because another has many.
pub(crate) struct Shuffles<'s> {
    jobs: Vec<Shuffle<'s>>,
    budget: usize,
    free: FreeBlocks,
}

impl<'s> Shuffles<'s> {
    /// Holds up to `budget` bytes in memory.
    pub(crate) fn new(jobs: Vec<Shuffle<'s>>, budget: usize) -> Self {
        let free = FreeBlocks::default();
        Self { jobs: jobs.into_iter().map(|job| job.sharing(&free)).collect(), budget, free }
    }

    /// Where the records of a job go.
    pub(crate) fn job(&mut self, number: usize) -> Option<&mut Shuffle<'s>> {
        self.jobs.get_mut(number)
    }

    /// Spills what is beyond the budget; called after some input lines.
    ///
    /// # Errors
    /// The disk does not take it, or a combiner failed.
    pub(crate) fn settle(&mut self) -> Result<()> {
        loop {
            let held: usize = self.jobs.iter().map(Shuffle::bytes).sum();
            let Some(largest) = self.jobs.iter_mut().max_by_key(|job| job.bytes()) else { return Ok(()) };
            if largest.collected.is_empty() || held - largest.bytes() + largest.bytes_while_sorted() <= self.budget {
                self.free.keep_at_most(self.budget.saturating_sub(held));
                return Ok(());
            }
            largest.spill()?;
        }
    }

    /// Sorts what is left and gives the records of each job. Of a worker that has spilled, at most half the budget stays in memory: the
    /// merge needs the rest.
    ///
    /// # Errors
    /// The disk does not take it, or a combiner failed.
    pub(crate) fn finish(mut self) -> Result<Vec<SortedOutput>> {
        self.jobs.iter_mut().try_for_each(Shuffle::sort)?;
        if self.jobs.iter().any(|job| !job.spilled.is_empty()) {
            let mut by_size: Vec<_> = self.jobs.iter_mut().collect();
            by_size.sort_by_key(|job| job.collected.bytes());
            let mut held: usize = by_size.iter().map(|job| job.collected.bytes()).sum();
            while held > self.budget / 2
                && let Some(largest) = by_size.pop()
            {
                held -= largest.collected.bytes();
                largest.spill_sorted()?;
            }
        }
        self.free.close();
        let sorted = self.jobs.into_iter().map(|job| {
            let memory = Some(job.collected).filter(|records| !records.is_empty()).into_iter().collect();
            SortedOutput { memory, spilled: job.spilled }
        });
        Ok(sorted.collect())
    }
}
