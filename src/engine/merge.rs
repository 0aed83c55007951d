//! The reduce side of the shuffle: the sorted records of one partition, in buffers and spills, merged into one stream of lines.

use std::io::{self, Read};

use anyhow::{Context, Error, Result};

use super::layout::Layout;
use super::loser_tree::LoserTree;
use super::record_buffer::{MemoryLines, RecordBuffer};
use super::spill::{PartitionReader, Spill};
use crate::storage::decompression::DamagedLog;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::record::prefix;

/// An error over records that an earlier run has kept, with what to do about damage; the cause names the file.
pub(super) fn of_kept(error: Error) -> Error {
    let causes = || error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref());
    let is_damaged = causes().any(|cause| cause.downcast_ref().is_some_and(DamagedLog::is_of_data));
    error.context(if is_damaged {
        "Kept records are damaged. Remove the directory that the file lies in and start the run again: its logs are read instead."
    } else {
        "Kept records cannot be read. Where that stays so, remove the directory that the file lies in: its logs are read instead."
    })
}

enum Lines<'r> {
    Memory(MemoryLines<'r>, &'r [u8]),
    Spilled(LineReader<PartitionReader<'r>>),
    Kept(LineReader<Box<dyn Read + Send>>),
}

/// A source of lines and the line at which it stands.
struct Cursor<'r> {
    lines: Lines<'r>,
    key_length: usize,
    /// The order among equal keys, another for each line and seed.
    tie: u64,
    has_ended: bool,
}

impl Cursor<'_> {
    fn advance(&mut self, key_fields: usize) -> Result<()> {
        self.tie = self.tie.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        match &mut self.lines {
            Lines::Memory(lines, line) => match lines.next_record() {
                Some((next, key_length)) => (*line, self.key_length) = (next, key_length),
                None => self.has_ended = true,
            },
            Lines::Spilled(lines) => {
                let line = lines.next_line().context("Spilled records cannot be read back.")?;
                (self.key_length, self.has_ended) = of_line(line, key_fields);
            }
            Lines::Kept(lines) => (self.key_length, self.has_ended) = of_line(lines.next_line().map_err(of_kept)?, key_fields),
        }
        Ok(())
    }

    fn line(&self) -> &[u8] {
        match &self.lines {
            Lines::Memory(_, line) => line,
            Lines::Spilled(lines) => lines.line(),
            Lines::Kept(lines) => lines.line(),
        }
    }

    fn key(&self) -> &[u8] {
        self.line().get(..self.key_length).unwrap_or_default()
    }

    /// Whether its line comes first. Ended sources come last.
    fn is_before(&self, other: &Self) -> bool {
        if self.has_ended || other.has_ended {
            return !self.has_ended;
        }
        self.key().cmp(other.key()).then_with(|| self.tie.cmp(&other.tie)).is_lt()
    }
}

/// Length of the key of the next line, and whether there is none.
fn of_line(line: Option<&[u8]>, key_fields: usize) -> (usize, bool) {
    line.map_or((0, true), |line| (prefix(line, key_fields).len(), false))
}

/// All lines in key order.
pub(crate) struct Merge<'r> {
    cursors: Vec<Cursor<'r>>,
    tree: LoserTree,
    key_fields: usize,
    has_begun: bool,
}

impl<'r> Merge<'r> {
    /// Merges what buffers and spills hold of `partition`; each spill is read through a buffer of at most `buffer` bytes, or of the longest
    /// record in it.
    ///
    /// # Errors
    /// A spill cannot be read.
    pub(crate) fn new(memory: &'r [RecordBuffer], spilled: &'r [Spill], partition: usize, layout: &Layout, buffer: usize) -> Result<Self> {
        Self::beside(Vec::new(), memory, spilled, partition, layout, buffer)
    }

    /// As [`Self::new`], with sorted lines from elsewhere.
    ///
    /// # Errors
    /// A spill, or what comes from elsewhere, cannot be read.
    pub(crate) fn beside(
        kept: Vec<Box<dyn Read + Send>>,
        memory: &'r [RecordBuffer],
        spilled: &'r [Spill],
        partition: usize,
        layout: &Layout,
        buffer: usize,
    ) -> Result<Self> {
        let kept = kept.into_iter().map(|lines| Lines::Kept(LineReader::records(lines, buffer)));
        let memory = memory.iter().map(|records| Lines::Memory(MemoryLines::new(records, partition), &[]));
        let spilled = spilled.iter().filter(|spill| spill.partition_size(partition) > 0).map(|spill| {
            let buffer = usize::try_from(spill.partition_size(partition)).map_or(buffer, |size| size.min(buffer));
            Lines::Spilled(LineReader::records(spill.reader(partition), buffer))
        });
        let cursors = memory.chain(spilled).chain(kept).zip(0_u64..).map(|(lines, number)| {
            let tie = layout.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut cursor = Cursor { lines, key_length: 0, tie, has_ended: false };
            cursor.advance(layout.key_fields)?;
            Ok(cursor)
        });
        let cursors = cursors.collect::<Result<Vec<_>>>()?;
        let tree = LoserTree::new(cursors.len(), |left, right| is_before(&cursors, left, right));
        Ok(Self { cursors, tree, key_fields: layout.key_fields, has_begun: false })
    }

    fn first(&self) -> Option<&Cursor<'r>> {
        self.tree.winner().and_then(|winner| self.cursors.get(winner)).filter(|cursor| !cursor.has_ended)
    }
}

fn is_before(cursors: &[Cursor<'_>], left: usize, right: usize) -> bool {
    cursors.get(left).zip(cursors.get(right)).is_some_and(|(left, right)| left.is_before(right))
}

impl LineSource for Merge<'_> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        if self.has_begun
            && let Some(winner) = self.tree.winner()
            && let Some(cursor) = self.cursors.get_mut(winner)
            && !cursor.has_ended
        {
            cursor.advance(self.key_fields)?;
            self.tree.replay(|left, right| is_before(&self.cursors, left, right));
        }
        self.has_begun = true;
        Ok(self.first().map(Cursor::line))
    }
}
