//! The map side of the shuffle: the records of one worker, collected in memory, sorted, and spilled beyond the budget.

use anyhow::Result;

use super::arena::FreeBlocks;
use super::collected::Collected;
use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use super::spill::{Spill, SpillPlace};
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
    partitions: usize,
    budget: usize,
    place: &'s SpillPlace,
    collected: Collected<'s>,
    spilled: Vec<Spill>,
}

impl<'s> Shuffle<'s> {
    /// Spills into `place` when it alone takes more than `budget` bytes; combines before.
    pub(crate) fn new(
        layout: Layout,
        budget: usize,
        fold: Option<Fold>,
        combiner: Option<&'s mut dyn Reducer>,
        place: &'s SpillPlace,
    ) -> Self {
        Self { partitions: layout.partitions, budget, place, collected: Collected::new(layout, fold, combiner), spilled: Vec::new() }
    }

    /// Before the first record: takes its memory from what the shuffles of a worker share.
    fn sharing(self, free: &FreeBlocks) -> Self {
        Self { collected: self.collected.sharing(free), ..self }
    }

    fn spill(&mut self) -> Result<()> {
        self.collected.sort()?;
        self.spill_sorted()
    }

    /// Writes the sorted records to disk.
    fn spill_sorted(&mut self) -> Result<()> {
        let records = self.collected.records();
        if !records.is_empty() {
            self.spilled.push(records.spill(self.partitions, self.place)?);
        }
        self.collected.clear(self.budget);
        Ok(())
    }
}

impl LineSink for Shuffle<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        // One input line may bring any number of records.
        if self.collected.add(line)? && self.collected.bytes_while_sorted() > self.budget { self.spill() } else { Ok(()) }
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
            let held: usize = self.jobs.iter().map(|job| job.collected.bytes()).sum();
            let with_records = self.jobs.iter().enumerate().filter(|(_, job)| !job.collected.records().is_empty());
            let largest = with_records.max_by_key(|(_, job)| job.collected.bytes());
            let needed = self.jobs.iter().map(|job| job.collected.bytes_while_sorted() - job.collected.bytes());
            let while_sorted = needed.max().unwrap_or(0);
            if held + while_sorted <= self.budget {
                // An eighth more, since what entries take when a job is spilled goes to blocks, and comes back.
                self.free.keep_at_most(self.budget.saturating_add(self.budget / 8) - held);
                return Ok(());
            }
            // Records of few jobs need the room that others do not use at the moment.
            let largest = largest.map(|(number, _)| number);
            if self.jobs.iter_mut().any(|job| job.collected.drop_idle_room()) {
                continue;
            }
            let Some(largest) = largest.and_then(|number| self.jobs.get_mut(number)) else {
                self.free.keep_at_most(0);
                return Ok(());
            };
            largest.spill()?;
        }
    }

    /// Sorts what is left and gives the records of each job. Of a worker that has spilled, at most half the budget stays in memory: the
    /// merge needs the rest.
    ///
    /// # Errors
    /// The disk does not take it, or a combiner failed.
    pub(crate) fn finish(mut self) -> Result<Vec<SortedOutput>> {
        for job in &mut self.jobs {
            job.collected.sort()?;
            job.collected.close();
        }
        if self.jobs.iter().any(|job| !job.spilled.is_empty()) {
            let mut by_size: Vec<_> = self.jobs.iter_mut().collect();
            by_size.sort_by_key(|job| job.collected.records().bytes());
            let mut held: usize = by_size.iter().map(|job| job.collected.records().bytes()).sum();
            while held > self.budget / 2
                && let Some(largest) = by_size.pop()
            {
                held -= largest.collected.records().bytes();
                largest.spill_sorted()?;
            }
        }
        self.free.close();
        let sorted = self.jobs.into_iter().map(|mut job| {
            let memory = Some(job.collected.take()).filter(|records| !records.is_empty()).into_iter().collect();
            SortedOutput { memory, spilled: job.spilled }
        });
        Ok(sorted.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout { partitions: 1, group_fields: 1, key_fields: 1, spread_fields: 1, seed: 0 };
    const BUDGET: usize = 1 << 20;

    fn held(shuffles: &Shuffles<'_>) -> usize {
        shuffles.jobs.iter().map(|job| job.collected.bytes()).sum()
    }

    #[test]
    fn room_that_one_job_left_is_there_for_others_before_they_are_spilled() {
        let directory = tempfile::tempdir().unwrap();
        let place = SpillPlace::new(directory.path());
        let jobs = [Some(Fold::Distinct), None, None].map(|fold| Shuffle::new(LAYOUT, BUDGET, fold, None, &place));
        let mut shuffles = Shuffles::new(jobs.into(), BUDGET);
        let add = |shuffles: &mut Shuffles<'_>, job: usize, record: usize| {
            shuffles.job(job).unwrap().line(format!("{record:079}\t{record:079}").as_bytes()).unwrap();
            shuffles.settle().unwrap();
            assert!(held(shuffles) <= BUDGET);
        };
        let mut records = 0..;
        while shuffles.jobs[0].spilled.is_empty() {
            add(&mut shuffles, 0, records.next().unwrap());
        }
        let of_first = records.next().unwrap();
        assert!(held(&shuffles) > BUDGET / 5, "its room is left: {}", held(&shuffles));
        let mut of_second = 0;
        while shuffles.jobs[1].spilled.is_empty() {
            add(&mut shuffles, 1, of_second);
            of_second += 1;
        }
        assert!(of_second * (160 + 32) > BUDGET / 20 * 17, "all memory was for it: {of_second}");
        add(&mut shuffles, 2, 0);
        let sorted = shuffles.finish().unwrap();
        let lines = |sorted: &SortedOutput| -> usize {
            let spilled: u64 = sorted.spilled.iter().map(Spill::size).sum();
            sorted.memory.iter().map(RecordBuffer::count).sum::<usize>() + usize::try_from(spilled).unwrap() / 160
        };
        assert_eq!(sorted.iter().map(lines).collect::<Vec<_>>(), [of_first, of_second, 1]);
    }

    #[test]
    fn little_memory_is_not_spilled_record_by_record() {
        let directory = tempfile::tempdir().unwrap();
        let place = SpillPlace::new(directory.path());
        let mut shuffle = Shuffle::new(LAYOUT, 64 * 1024, Some(Fold::Distinct), None, &place);
        for record in 0..20_000 {
            shuffle.line(format!("{record:07}\t").as_bytes()).unwrap();
        }
        assert!((10..60).contains(&shuffle.spilled.len()), "{}", shuffle.spilled.len());
    }
}
