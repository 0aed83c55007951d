//! Memory for records, in blocks that all buffers of a worker share: what one buffer gave back by a spill, the next one fills. Memory that
//! is new from the system costs more than the copy into it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a block.
const BLOCK: usize = 128 * 1024;

/// Bytes that an arena begins with: little, since a worker of many jobs may have little memory.
const FIRST_BYTES: usize = 4 * 1024;

/// Blocks that no arena of a worker holds at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct FreeBlocks(Arc<Free>);

#[derive(Debug, Default)]
struct Free {
    blocks: Mutex<Vec<Vec<u8>>>,
    /// How many they are, to be asked after each line.
    count: AtomicUsize,
    /// Whether none are kept any more.
    is_closed: AtomicBool,
}

impl FreeBlocks {
    /// An empty block.
    fn take(&self) -> Vec<u8> {
        self.change(Vec::pop).unwrap_or_else(|| Vec::with_capacity(BLOCK))
    }

    /// Takes back what an arena holds no longer; what is not of the size of a block goes to the system.
    fn give_back(&self, blocks: impl Iterator<Item = Vec<u8>>) {
        if !self.0.is_closed.load(Ordering::Relaxed) {
            let blocks = blocks.filter(|block| block.capacity() == BLOCK);
            self.change(|free| {
                free.extend(blocks.map(|mut block| {
                    block.clear();
                    block
                }));
            });
        }
    }

    /// Gives to the system what is more than so many bytes.
    #[inline]
    pub(crate) fn keep_at_most(&self, bytes: usize) {
        if self.0.count.load(Ordering::Relaxed) > bytes / BLOCK {
            self.change(|free| free.truncate(bytes / BLOCK));
        }
    }

    /// Gives all to the system, from now on also what arenas give back.
    pub(crate) fn close(&self) {
        self.0.is_closed.store(true, Ordering::Relaxed);
        self.keep_at_most(0);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Vec<u8>>) -> T) -> T {
        let mut blocks = self.0.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut blocks);
        self.0.count.store(blocks.len(), Ordering::Relaxed);
        changed
    }
}

/// Bytes of records, each in one piece. The place of a record is the number of its block times the size of blocks, and where it begins
/// there; a record that is longer than a block has one of its own length.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    blocks: Vec<Vec<u8>>,
    free: FreeBlocks,
    /// Bytes that the blocks take.
    held: usize,
}

impl Arena {
    /// An arena that takes its blocks from those, and gives them back.
    pub(crate) fn of(free: &FreeBlocks) -> Self {
        Self { free: free.clone(), blocks: Vec::new(), held: 0 }
    }

    /// The blocks that it shares with others.
    pub(crate) const fn free(&self) -> &FreeBlocks {
        &self.free
    }

    /// Bytes that it takes, room that is not filled yet included.
    pub(crate) const fn bytes(&self) -> usize {
        self.held
    }

    /// Appends a record; gives its place.
    #[inline]
    pub(crate) fn push(&mut self, record: &[u8]) -> usize {
        // A block of a long record may have got more room than was asked for, but no place behind its first bytes.
        if self.blocks.last().is_none_or(|block| block.capacity() - block.len() < record.len() || block.len() >= BLOCK) {
            self.make_room(record.len());
        }
        let number = self.blocks.len().saturating_sub(1);
        let Some(block) = self.blocks.last_mut() else { return 0 };
        let place = number * BLOCK + block.len();
        block.extend_from_slice(record);
        place
    }

    fn make_room(&mut self, wanted: usize) {
        if let [block] = &mut *self.blocks
            && block.len() + wanted <= BLOCK
        {
            // The first block grows, so that a few records do not take a whole one.
            self.held -= block.capacity();
            block.reserve_exact((block.capacity() * 2).max(block.len() + wanted).min(BLOCK) - block.len());
            self.held += block.capacity();
            return;
        }
        let block = match wanted {
            ..=FIRST_BYTES if self.blocks.is_empty() => Vec::with_capacity(FIRST_BYTES),
            ..=BLOCK => self.free.take(),
            _ => Vec::with_capacity(wanted),
        };
        self.held += block.capacity();
        self.blocks.push(block);
    }

    /// So many bytes from a place.
    #[inline]
    pub(crate) fn get(&self, place: usize, length: usize) -> &[u8] {
        let start = place % BLOCK;
        self.blocks.get(place / BLOCK).and_then(|block| block.get(start..start + length)).unwrap_or_default()
    }

    /// As [`Self::get`], to be changed.
    pub(crate) fn get_mut(&mut self, place: usize, length: usize) -> Option<&mut [u8]> {
        let start = place % BLOCK;
        self.blocks.get_mut(place / BLOCK)?.get_mut(start..start + length)
    }

    /// The byte at a place, 0 where none is.
    #[inline]
    pub(crate) fn byte_at(&self, place: usize) -> u8 {
        self.blocks.get(place / BLOCK).and_then(|block| block.get(place % BLOCK)).copied().unwrap_or_default()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.free.give_back(self.blocks.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(free: &FreeBlocks) -> usize {
        free.change(|blocks| blocks.len())
    }

    #[test]
    fn blocks_are_used_again_until_they_are_closed() {
        let free = FreeBlocks::default();
        let mut arena = Arena::of(&free);
        for _ in 0..4 {
            arena.push(&vec![b'a'; BLOCK / 2 + 1]);
        }
        assert_eq!((count(&free), arena.bytes()), (0, 4 * BLOCK));
        drop(arena);
        assert_eq!(count(&free), 4);
        free.keep_at_most(4 * BLOCK - 1);
        assert_eq!(count(&free), 3);
        let mut arena = Arena::of(&free);
        arena.push(b"few bytes take no block");
        assert_eq!((count(&free), arena.bytes()), (3, FIRST_BYTES));
        arena.push(&vec![b'b'; BLOCK]);
        assert_eq!((count(&free), arena.bytes()), (2, FIRST_BYTES + BLOCK));
        free.close();
        drop(arena);
        assert_eq!(count(&free), 0);
        assert_eq!(Arena::of(&free).push(&vec![b'c'; BLOCK]), 0, "there are blocks all the same");
    }

    proptest! {
        #[test]
        fn records_are_where_they_were_put(
            lengths in prop::collection::vec(prop_oneof![4 => 0_usize..900, 2 => 9_000_usize..70_000, 1 => BLOCK - 2..BLOCK + 3, 1 => Just(3 * BLOCK)], 0..40),
        ) {
            let mut arena = Arena::default();
            let records: Vec<_> = lengths.iter().zip(b'a'..).map(|(length, byte)| vec![byte; *length]).collect();
            let places: Vec<_> = records.iter().map(|record| arena.push(record)).collect();
            for (record, place) in records.iter().zip(places) {
                prop_assert_eq!(arena.get(place, record.len()), &record[..]);
                prop_assert_eq!(arena.byte_at(place), arena.get(place, 1).first().copied().unwrap_or_default());
                prop_assert_eq!(arena.get_mut(place, record.len()).map(|bytes| bytes.to_vec()).unwrap_or_default(), record.clone());
            }
            prop_assert!(arena.bytes() >= lengths.iter().sum());
        }
    }
}
