//! The map side of the shuffle: records collected in memory, sorted by partition and key, spilled beyond the budget.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use anyhow::{Context, Result, ensure};

use crate::streaming::group::Groups;
use crate::streaming::lines::LineSource;
use crate::streaming::record::prefix;
use crate::streaming::{Counters, LineSink, Output, Reducer};

/// How records are cut and spread.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Leading fields that are sorted by.
    pub key_fields: usize,
    /// Leading fields that decide on the partition.
    pub group_fields: usize,
    /// Number of partitions.
    pub partitions: usize,
    /// Orders rows with equal keys, differently for each seed.
    pub seed: u64,
}

impl Layout {
    /// The partition of a record: FNV-1a of its group fields, the same under every runner that we sort for.
    pub fn partition(&self, line: &[u8]) -> usize {
        let hash = prefix(line, self.group_fields)
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        // The upper half is mixed best; the remainder always fits.
        usize::try_from((hash >> 32) % (self.partitions.max(1) as u64)).unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: usize,
    length: u32,
    key_length: u32,
    partition: u32,
}

/// Records of one sorted run, in memory.
#[derive(Debug, Default)]
pub struct MemoryRun {
    arena: Vec<u8>,
    entries: Vec<Entry>,
}

impl MemoryRun {
    fn line(&self, entry: &Entry) -> &[u8] {
        self.arena.get(entry.start..entry.start + entry.length as usize).unwrap_or_default()
    }

    fn key(&self, entry: &Entry) -> &[u8] {
        self.arena.get(entry.start..entry.start + entry.key_length as usize).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        self.arena.len() + self.entries.len() * size_of::<Entry>()
    }

    fn push(&mut self, line: &[u8], partition: usize, key_length: usize) -> Result<()> {
        let start = self.arena.len();
        self.arena.extend_from_slice(line);
        let too_long = || format!("A record of {} bytes is too long.", line.len());
        self.entries.push(Entry {
            start,
            length: u32::try_from(line.len()).with_context(too_long)?,
            key_length: u32::try_from(key_length).with_context(too_long)?,
            partition: u32::try_from(partition).context("There are too many partitions.")?,
        });
        Ok(())
    }

    fn sort(&mut self, seed: u64) {
        let arena = std::mem::take(&mut self.arena);
        let key = |entry: &Entry| arena.get(entry.start..entry.start + entry.key_length as usize).unwrap_or_default();
        let shuffled = |entry: &Entry| (entry.start as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.entries.sort_unstable_by(|left, right| {
            left.partition
                .cmp(&right.partition)
                .then_with(|| key(left).cmp(key(right)))
                .then_with(|| shuffled(left).cmp(&shuffled(right)))
                .then_with(|| left.start.cmp(&right.start))
        });
        self.arena = arena;
    }

    /// The entries of one partition, as a range.
    fn range(&self, partition: usize) -> (usize, usize) {
        let below = |limit: usize| self.entries.partition_point(|entry| (entry.partition as usize) < limit);
        (below(partition), below(partition + 1))
    }
}

/// A sorted run: kept in memory or spilled.
#[derive(Debug)]
pub enum Run {
    /// In memory.
    Memory(MemoryRun),
    /// On disk: lines with LF, partition after partition; `ends` are the partitions' end offsets.
    Spilled {
        /// An unnamed file.
        file: File,
        /// End offset of each partition.
        ends: Vec<u64>,
    },
}

/// Lines of one partition of a run in memory.
pub struct MemoryLines<'r> {
    run: &'r MemoryRun,
    at: usize,
    end: usize,
}

impl<'r> MemoryLines<'r> {
    /// The lines of `partition`.
    pub fn new(run: &'r MemoryRun, partition: usize) -> Self {
        let (at, end) = run.range(partition);
        Self { run, at, end }
    }
}

impl LineSource for MemoryLines<'_> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        if self.at >= self.end {
            return Ok(None);
        }
        self.at += 1;
        Ok(self.run.entries.get(self.at - 1).map(|entry| self.run.line(entry)))
    }
}

/// Collects the records of one map worker.
pub struct Shuffle<'s> {
    layout: Layout,
    budget: usize,
    combiner: Option<&'s mut dyn Reducer>,
    temporary: &'s std::path::Path,
    collected: MemoryRun,
    /// Finished runs.
    pub runs: Vec<Run>,
}

impl<'s> Shuffle<'s> {
    /// Collects up to `budget` bytes before it spills into an unnamed file below `temporary`.
    pub fn new(layout: Layout, budget: usize, combiner: Option<&'s mut dyn Reducer>, temporary: &'s std::path::Path) -> Self {
        Self { layout, budget, combiner, temporary, collected: MemoryRun::default(), runs: Vec::new() }
    }

    /// Closes the last run and hands all of them over.
    pub fn finish(mut self) -> Result<Vec<Run>> {
        if !self.collected.entries.is_empty() {
            let run = self.sorted()?;
            self.runs.push(Run::Memory(run));
        }
        Ok(self.runs)
    }

    fn sorted(&mut self) -> Result<MemoryRun> {
        let mut run = std::mem::take(&mut self.collected);
        run.sort(self.layout.seed);
        match &mut self.combiner {
            Some(combiner) => combine(&run, *combiner, &self.layout),
            None => Ok(run),
        }
    }

    fn spill(&mut self) -> Result<()> {
        let run = self.sorted()?;
        let failed = || format!("Cannot spill records below {}. Is the disk full?", self.temporary.display());
        let file = tempfile::tempfile_in(self.temporary).with_context(failed)?;
        let mut writer = BufWriter::with_capacity(256 * 1024, file);
        let mut ends = Vec::with_capacity(self.layout.partitions);
        let mut offset = 0;
        for partition in 0..self.layout.partitions {
            let (start, end) = run.range(partition);
            for entry in run.entries.get(start..end).unwrap_or_default() {
                writer.write_all(run.line(entry)).and_then(|()| writer.write_all(b"\n")).with_context(failed)?;
                offset += u64::from(entry.length) + 1;
            }
            ends.push(offset);
        }
        let mut file = writer.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(failed)?;
        file.rewind().with_context(failed)?;
        self.runs.push(Run::Spilled { file, ends });
        // The arena of a full run is as large as the next one will be.
        let MemoryRun { mut arena, mut entries } = run;
        arena.clear();
        entries.clear();
        self.collected = MemoryRun { arena, entries };
        Ok(())
    }
}

impl LineSink for Shuffle<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let key = prefix(line, self.layout.key_fields);
        ensure!(
            key.len() < line.len(),
            "A record has {} fields, but a key of {} fields needs at least one more.",
            line.split(|&byte| byte == b'\t').count(),
            self.layout.key_fields
        );
        let partition = self.layout.partition(line);
        self.collected.push(line, partition, key.len())?;
        // Vectors grow by doubling, so half the budget filled may be the whole budget taken.
        if self.collected.bytes() > self.budget / 2 {
            self.spill()?;
        }
        Ok(())
    }
}

/// Runs the combiner over a sorted run. What it writes must be in key order again.
fn combine(run: &MemoryRun, combiner: &mut dyn Reducer, layout: &Layout) -> Result<MemoryRun> {
    let mut target = Combined { layout: *layout, partition: 0, run: MemoryRun::default() };
    let mut counters = Counters::default();
    for partition in 0..layout.partitions {
        let mut lines = MemoryLines::new(run, partition);
        target.partition = partition;
        let mut output = Output::new(&mut target, &mut counters);
        let mut groups = Groups::new(&mut lines, layout.group_fields);
        while let Some(mut group) = groups.next_group()? {
            combiner.reduce(&mut group, &mut output)?;
        }
    }
    Ok(target.run)
}

struct Combined {
    layout: Layout,
    partition: usize,
    run: MemoryRun,
}

impl LineSink for Combined {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let key = prefix(line, self.layout.key_fields);
        if let Some(before) = self.run.entries.last().filter(|entry| entry.partition as usize == self.partition) {
            ensure!(self.run.key(before).cmp(key) != Ordering::Greater, "The combiner wrote records out of key order.");
        }
        self.run.push(line, self.partition, key.len())
    }
}
