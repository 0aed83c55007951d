//! Records in memory: sorted, combined, or written to disk.

use std::cmp::Ordering;

use anyhow::{Context, Result, ensure};

use super::arena::{Arena, FreeBlocks};
use super::layout::Layout;
use super::spill::{Spill, SpillPlace};
use crate::streaming::group::Groups;
use crate::streaming::lines::LineSource;
use crate::streaming::record::prefix;
use crate::streaming::{Counters, LineSink, Output, Reducer};

/// So few records are sorted by their whole keys.
const FEW: usize = 16;

/// So many keys tell what many of them may share.
const SAMPLES: usize = 8;

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
            // By a quarter instead of by doubling, so that a buffer which fills its budget holds little that is not filled.
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
    ///
    /// Whole keys lie anywhere in memory and begin alike. So eight bytes of each, from the first one in which keys differ, are sorted first,
    /// and what they leave equal again from where those keys differ.
    pub(crate) fn sort(&mut self, seed: u64) {
        let Self { arena, entries } = self;
        let key = |entry: &Entry| arena.get(entry.place, entry.key_length as usize);
        let shuffled = |entry: &Entry| (entry.place as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let whole = |left: &Entry, right: &Entry| {
            let by_key = left.partition.cmp(&right.partition).then_with(|| key(left).cmp(key(right)));
            by_key.then_with(|| shuffled(left).cmp(&shuffled(right))).then_with(|| left.place.cmp(&right.place))
        };
        let mut waiting = vec![(0, entries.len())];
        while let Some((mut start, end)) = waiting.pop() {
            let Some(alike) = entries.get_mut(start..end) else { continue };
            if alike.len() <= FEW || !note_heads(arena, alike) {
                alike.sort_unstable_by(whole);
                continue;
            }
            alike.sort_unstable_by_key(|entry| (entry.partition, entry.head));
            for run in alike.chunk_by(|left, right| (left.partition, left.head) == (right.partition, right.head)) {
                if run.len() > 1 {
                    waiting.push((start, start + run.len()));
                }
                start += run.len();
            }
        }
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

/// Notes eight bytes of each key, from the first one in which keys differ. False if a key ends there: its eight bytes are filled up, and
/// may look like another's.
///
/// To look at a key that nobody has looked at for a while takes longer than to compare it. So some of the keys tell what all of them may
/// share, and whether they do is seen on the way.
fn note_heads(arena: &Arena, alike: &mut [Entry]) -> bool {
    let key = |entry: &Entry| arena.get(entry.place, entry.key_length as usize);
    let Some(first) = alike.first().map(key) else { return true };
    let mut shared = shared_length(first, alike.iter().step_by(alike.len().div_ceil(SAMPLES)).map(key));
    let mut none_ends = true;
    for seen in 0..alike.len() {
        let Some((entry, others)) = alike.get_mut(seen..).and_then(<[_]>::split_first_mut) else { break };
        let head_of = key(entry);
        let common = shared_by(first, head_of, shared);
        if common < shared {
            // It is what these share that counts, and those before it are looked at again.
            shared = shared_length(first.get(..common).unwrap_or_default(), others.iter().map(key));
            return alike.iter_mut().all(|entry| note_head(entry, key(entry), shared));
        }
        // What ends where some keys do not differ may go on where all of them do.
        none_ends &= note_head(entry, head_of, shared);
    }
    none_ends
}

/// Notes eight bytes behind the first ones of a key; false if there are none.
fn note_head(entry: &mut Entry, key: &[u8], shared: usize) -> bool {
    let rest = key.get(shared..).unwrap_or_default();
    entry.head = head(rest);
    !rest.is_empty()
}

/// How many bytes keys have in common with a text at their beginning.
fn shared_length<'k>(text: &[u8], mut keys: impl Iterator<Item = &'k [u8]>) -> usize {
    keys.try_fold(text.len(), |shared, key| Some(shared_by(text, key, shared)).filter(|shared| *shared > 0)).unwrap_or_default()
}

/// How many of so many first bytes a key has in common with a text.
fn shared_by(text: &[u8], key: &[u8], most: usize) -> usize {
    let is_shared = key.get(..most).is_some_and(|key| text.get(..most) == Some(key));
    if is_shared { most } else { text.iter().zip(key).take(most).take_while(|(left, right)| left == right).count() }
}

/// The first eight bytes as a number that sorts as they do; bytes that are not there count as the smallest.
fn head(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    match key.first_chunk() {
        Some(first) => bytes = *first,
        None => bytes.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte),
    }
    u64::from_be_bytes(bytes)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_keys_share_is_found() {
        for (keys, shared) in [(&["abc"][..], 3), (&["abc", "abd", "ab"], 2), (&["abc", ""], 0), (&["ab", "abc"], 2), (&["a", "b", "a"], 0)]
        {
            assert_eq!(shared_length(keys[0].as_bytes(), keys.iter().map(|key| key.as_bytes())), shared, "{keys:?}");
        }
    }

    /// Some of many keys end where they do not differ from each other, but all keys do.
    #[test]
    fn keys_that_end_early_do_not_hide_where_others_differ() {
        let mut records = RecordBuffer::default();
        for number in 0..1000 {
            let key = if number % 125 == 0 { "course\t1".to_owned() } else { format!("course\t{number:04}") };
            records.push(format!("{key}\tx").as_bytes(), 0, key.len()).unwrap();
        }
        let RecordBuffer { arena, entries } = &mut records;
        assert!(note_heads(arena, entries));
        let heads: std::collections::BTreeSet<_> = entries.iter().map(|entry| entry.head).collect();
        assert_eq!(heads.len(), 1000 - 8 + 1);
        records.sort(0);
        assert!(records.entries.is_sorted_by_key(|entry| records.key(entry)));
    }

    proptest! {
        #[test]
        fn records_are_sorted_by_partition_and_key(
            common in "[ab]{0,12}",
            keys in prop::collection::vec((prop::collection::vec(prop_oneof![2 => Just(0_u8), 6 => Just(b'a'), 1 => any::<u8>()], 0..40), 0_usize..3), 0..400),
            seed in any::<u64>(),
        ) {
            let mut records = RecordBuffer::default();
            let mut expected = Vec::new();
            for (number, (key, partition)) in keys.iter().enumerate() {
                let key = [common.as_bytes(), key].concat();
                let line = [&key[..], b"\t", number.to_string().as_bytes()].concat();
                records.push(&line, *partition, key.len()).unwrap();
                expected.push((*partition, key));
            }
            expected.sort();
            records.sort(seed);
            let found: Vec<_> = records.entries.iter().map(|entry| (entry.partition as usize, records.key(entry).to_vec())).collect();
            prop_assert_eq!(found, expected);
            let entries: Vec<_> = (0..3).flat_map(|partition| records.partition(partition)).map(|entry| entry.place).collect();
            prop_assert!(entries.iter().eq(records.entries.iter().map(|entry| &entry.place)));
        }
    }
}
