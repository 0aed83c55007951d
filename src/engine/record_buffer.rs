//! Records in memory: sorted, combined, or written to disk.

mod sorting;

use std::cmp::Ordering;

use anyhow::{Context, Result, ensure};

use self::sorting::sort_entries;

use super::arena::{Arena, FreeBlocks};
use super::layout::Layout;
use super::spill::{Spill, SpillPlace};
use crate::streaming::group::Groups;
use crate::streaming::lines::LineSource;
use crate::streaming::record::prefix;
use crate::streaming::{Counters, LineSink, Output, Reducer};

/// Room for so many entries is made at first.
const FIRST_ENTRIES: usize = 128;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Its place in the arena.
    place: usize,
    /// Eight bytes of the key, from where it differs from others; only while they are sorted.
    head: u64,
    length: u32,
    key_length: u32,
    partition: u32,
}

/// Records in memory.
#[derive(Debug, Default)]
pub(crate) struct RecordBuffer {
    arena: Arena,
    entries: Vec<Entry>,
}

impl RecordBuffer {
    /// A buffer that shares memory with others.
    pub(crate) fn sharing(free: &FreeBlocks) -> Self {
        Self { arena: Arena::of(free), entries: Vec::new() }
    }

    /// The records, and an empty buffer that shares memory with the same others in their place.
    pub(crate) fn take(&mut self) -> Self {
        let empty = Self::sharing(self.arena.free());
        std::mem::replace(self, empty)
    }

    /// Forgets the records. The room of their entries stays, for those that come next.
    pub(crate) fn clear(&mut self) {
        self.arena = Arena::of(self.arena.free());
        self.entries.clear();
    }

    /// Whether most of the room of the entries is left from records that were forgotten.
    pub(crate) fn has_idle_room(&self) -> bool {
        self.entries.capacity() > FIRST_ENTRIES.max(self.entries.len() * 4)
    }

    /// Gives all room of the entries that they do not fill to the system.
    pub(crate) fn drop_idle_room(&mut self) {
        self.entries.shrink_to_fit();
    }

    fn line(&self, entry: &Entry) -> &[u8] {
        self.arena.get(entry.place, entry.length as usize)
    }

    fn key(&self, entry: &Entry) -> &[u8] {
        self.arena.get(entry.place, entry.key_length as usize)
    }

    /// A record by its number; numbers hold until they are sorted.
    pub(crate) fn line_of(&self, number: u32) -> &[u8] {
        self.entries.get(number as usize).map_or(&[], |entry| self.line(entry))
    }

    /// Where a record lies, by its number.
    pub(crate) fn place_of(&self, number: u32) -> usize {
        self.entries.get(number as usize).map_or(0, |entry| entry.place)
    }

    /// The byte at a place, 0 where no record lies.
    pub(crate) fn byte_at(&self, place: usize) -> u8 {
        self.arena.byte_at(place)
    }

    /// The key of a record by its number.
    pub(crate) fn key_of(&self, number: u32) -> &[u8] {
        self.entries.get(number as usize).map_or(&[], |entry| self.key(entry))
    }

    /// Puts another line of the same partition in the place of a record.
    ///
    /// # Errors
    /// It is longer than 4 GB.
    pub(crate) fn replace(&mut self, number: u32, line: &[u8], key_length: usize) -> Result<()> {
        let Some(entry) = self.entries.get_mut(number as usize) else { return Ok(()) };
        let too_long = || format!("A record of {} bytes is too long.", line.len());
        entry.key_length = u32::try_from(key_length).with_context(too_long)?;
        // A shorter line leaves a hole, a longer one the old line.
        if let Some(known) = self.arena.get_mut(entry.place, line.len()).filter(|_| line.len() <= entry.length as usize) {
            known.copy_from_slice(line);
        } else {
            entry.place = self.arena.push(line);
        }
        entry.length = u32::try_from(line.len()).with_context(too_long)?;
        Ok(())
    }

    /// The records, in the order in which they came or were sorted.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|entry| self.line(entry))
    }

    /// How many records there are.
    pub(crate) const fn count(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no record.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that it takes, room that is not filled yet included.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.bytes() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Appends a record; gives its number, if it is one of the first 4 billion.
    ///
    /// # Errors
    /// It is longer than 4 GB.
    pub(crate) fn push(&mut self, line: &[u8], partition: usize, key_length: usize) -> Result<Option<u32>> {
        let number = u32::try_from(self.entries.len()).ok();
        let place = self.arena.push(line);
        let too_long = || format!("A record of {} bytes is too long.", line.len());
        if self.entries.len() == self.entries.capacity() {
            // By a quarter instead of by doubling, so that a buffer which fills its budget for the first time holds little that is not filled.
            self.entries.reserve_exact(FIRST_ENTRIES.max(self.entries.capacity() / 4));
        }
        self.entries.push(Entry {
            place,
            head: 0,
            length: u32::try_from(line.len()).with_context(too_long)?,
            key_length: u32::try_from(key_length).with_context(too_long)?,
            partition: u32::try_from(partition).context("There are too many partitions.")?,
        });
        Ok(number)
    }

    /// Sorts by partition and key; records with equal keys by the seed.
    pub(crate) fn sort(&mut self, seed: u64) {
        sort_entries(&self.arena, &mut self.entries, seed);
    }

    /// The sorted entries of one partition.
    fn partition(&self, partition: usize) -> &[Entry] {
        let below = |limit: usize| self.entries.partition_point(|entry| (entry.partition as usize) < limit);
        self.entries.get(below(partition)..below(partition + 1)).unwrap_or_default()
    }

    /// Writes sorted records to disk.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(crate) fn spill(&self, partitions: usize, place: &SpillPlace) -> Result<Spill> {
        let size = |partition| self.partition(partition).iter().map(|entry| u64::from(entry.length) + 1).sum();
        let spill = place.reserve((0..partitions).map(size))?;
        let mut writer = spill.writer(0..partitions);
        self.entries.iter().try_for_each(|entry| writer.line(self.line(entry)))?;
        writer.finish()?;
        Ok(spill)
    }

    /// Runs the combiner over sorted records. What it writes must be in key order again.
    ///
    /// # Errors
    /// The combiner failed.
    pub(crate) fn combined(&self, combiner: &mut dyn Reducer, layout: &Layout) -> Result<Self> {
        let mut target = Combined { layout: *layout, partition: 0, records: Self::sharing(self.arena.free()) };
        let mut counters = Counters::default();
        for partition in 0..layout.partitions {
            let mut lines = MemoryLines::new(self, partition);
            target.partition = partition;
            let mut output = Output::new(&mut target, &mut counters);
            let mut groups = Groups::new(&mut lines, layout.group_fields);
            while let Some(mut group) = groups.next_group()? {
                combiner.reduce(&mut group, &mut output)?;
            }
        }
        Ok(target.records)
    }
}

struct Combined {
    layout: Layout,
    partition: usize,
    records: RecordBuffer,
}

impl LineSink for Combined {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let key = prefix(line, self.layout.key_fields);
        if let Some(before) = self.records.entries.last().filter(|entry| entry.partition as usize == self.partition) {
            ensure!(self.records.key(before).cmp(key) != Ordering::Greater, "The combiner wrote records out of key order.");
        }
        self.records.push(line, self.partition, key.len()).map(drop)
    }
}

/// Lines of one partition of a buffer.
pub(crate) struct MemoryLines<'r> {
    records: &'r RecordBuffer,
    entries: std::slice::Iter<'r, Entry>,
}

impl<'r> MemoryLines<'r> {
    /// The lines of `partition`.
    pub(crate) fn new(records: &'r RecordBuffer, partition: usize) -> Self {
        Self { records, entries: records.partition(partition).iter() }
    }

    /// The next line and the length of its key.
    pub(crate) fn next_record(&mut self) -> Option<(&'r [u8], usize)> {
        self.entries.next().map(|entry| (self.records.line(entry), entry.key_length as usize))
    }
}

impl LineSource for MemoryLines<'_> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        Ok(self.next_record().map(|(line, _)| line))
    }
}
