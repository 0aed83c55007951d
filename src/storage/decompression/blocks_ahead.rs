//! The blocks of a bzip2 stream, each inflated by itself, here or ahead of the reader. Marks of blocks occur by chance, too: what ends at
//! such a one does not inflate, and is joined with what follows.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::ahead::{Ahead, Place};
use super::bits::bits_at;
use super::bzip2_block::{Beginning, Block, BlockDecoder, beginning, begins_block, checksum_of_block, combined};
use super::bzip2_marks::{CHECKSUM_BITS, END, MARK_BITS, Mark, MarkKind, level_of, marks};
use super::compressed_source::CompressedSource;
use super::stretch::{Text, Unfit};

/// Longer blocks are left to the decoder of whole streams; it is more than 900,000 bytes take that do not compress.
const LONGEST: usize = if cfg!(test) { 20_000 } else { 1024 * 1024 };

/// So many bytes are searched for marks at a time.
const SEARCHED: usize = if cfg!(test) { 300 } else { 64 * 1024 };

/// At so many marks it is tried whether a block ends there.
const ENDS_TRIED: usize = 4;

/// Bytes behind those in which a mark may begin.
const BEHIND: usize = 8;

/// Within a stream, at the beginning of a block or the end.
pub(super) struct BlockStream {
    level: u8,
    /// The bit of the source's next byte.
    bit: u8,
    /// The checksum of the blocks so far.
    checksum: u32,
}

/// What follows in a stream.
pub(super) enum Next {
    /// The text of a block.
    Block(Text),
    /// The stream has ended soundly.
    End,
    /// Something that the decoder of whole streams has to tell about.
    Other,
}

/// Marks ahead of the reader.
#[derive(Default)]
pub(super) struct BlocksAhead {
    marks: VecDeque<Mark>,
    /// Up to this byte of the file marks have been looked for.
    searched: u64,
    /// Behind this bit nothing can be cut off.
    barren: Option<u64>,
    decoders: Decoders,
}

/// Decoders that nobody uses at the moment.
#[derive(Clone, Default)]
struct Decoders(Arc<Mutex<Vec<BlockDecoder>>>);

impl BlockStream {
    /// Begins a stream whose first block is there; the source is behind its header then.
    pub(super) fn begin(source: &mut CompressedSource) -> Option<Self> {
        let header = source.look_ahead(10);
        let level = level_of(header).filter(|_| begins_block(header, 32))?;
        source.skip(4);
        Some(Self { level, bit: 0, checksum: 0 })
    }

    /// The next block, or what else follows. The source is behind it then, but for the bits of a byte that it shares with what follows.
    pub(super) fn next(&mut self, blocks: &mut BlocksAhead, ahead: &mut Ahead<'_>, source: &mut CompressedSource) -> Next {
        let start = u64::from(self.bit);
        let here = Place { at: source.offset() * 8 + start, level: self.level };
        let next = source.look_ahead(BEHIND + 4);
        let is_whole = next.len() as u64 * 8 >= start + u64::from(MARK_BITS + CHECKSUM_BITS);
        let checksum = checksum_of_block(next, start);
        if is_whole && bits_at(next, start, MARK_BITS) == END && checksum == self.checksum {
            source.skip((start + u64::from(MARK_BITS + CHECKSUM_BITS)).div_ceil(8));
            return Next::End;
        }
        if !is_whole || !begins_block(next, start) {
            return Next::Other;
        }
        blocks.cut(here, ahead, source);
        let Some((text, end)) = ahead.take(here).or_else(|| blocks.inflate(here, ahead, source)) else { return Next::Other };
        source.skip(end / 8 - source.offset());
        self.bit = (end % 8).to_le_bytes()[0];
        self.checksum = combined(self.checksum, checksum);
        Next::Block(text)
    }

    /// Makes a whole stream of what is left; the text that it gives first, so many bytes, is of no use.
    ///
    /// # Errors
    /// See [`beginning`].
    pub(super) fn into_whole(self, source: &mut CompressedSource) -> io::Result<usize> {
        let next = source.look_ahead(1).first().copied().unwrap_or(0);
        let Beginning { bytes, text } = beginning(self.checksum, self.bit.into(), next, self.level)?;
        source.put_before(&bytes, usize::from(self.bit > 0));
        Ok(text)
    }
}

impl BlocksAhead {
    /// Cuts off blocks for others, if they have time.
    fn cut(&mut self, here: Place, ahead: &mut Ahead<'_>, source: &mut CompressedSource) {
        self.marks.retain(|mark| mark.at >= here.at);
        if source.offset() > self.searched {
            self.searched = source.offset();
        }
        while ahead.wants_more(true) {
            // The block where the reader stands is its own: nobody else would have begun with it.
            let from = ahead.end().unwrap_or(0).max(here.at + 1);
            if self.barren == Some(from) {
                return;
            }
            let Some((block, level, end)) = self.next_block(from, here.level, source) else {
                self.barren = Some(from);
                return;
            };
            let Some(bits) = block_from(source, block, end) else { return };
            let (stored, decoders) = (bits.stored(), self.decoders.clone());
            ahead.push(Place { at: block, level }, end, stored, move |room| decoders.inflate(&bits, level, room).ok());
        }
    }

    /// The first block from a bit on, the level of its stream if none before it tells another one, and where it may end.
    fn next_block(&mut self, from: u64, level: u8, source: &mut CompressedSource) -> Option<(u64, u8, u64)> {
        let mut level = level;
        let mut number = 0;
        loop {
            let mark = self.mark(number, from, source)?;
            number += 1;
            let MarkKind::Block(of_stream) = mark.kind else { continue };
            level = of_stream.unwrap_or(level);
            if mark.at >= from {
                return Some((mark.at, level, self.mark(number, mark.at, source)?.at));
            }
        }
    }

    /// A mark by its number; nothing if there is none within reach of a bit.
    fn mark(&mut self, number: usize, from: u64, source: &mut CompressedSource) -> Option<Mark> {
        let most = from / 8 + LONGEST as u64;
        while self.marks.len() <= number && self.searched < most {
            let offset = source.offset();
            let searched = usize::try_from(self.searched.saturating_sub(offset)).unwrap_or(usize::MAX);
            let bytes = source.look_ahead(searched + SEARCHED + BEHIND);
            let to = if bytes.len() < searched + SEARCHED + BEHIND { bytes.len() } else { searched + SEARCHED };
            if to <= searched {
                break;
            }
            marks(bytes, searched, to, offset, &mut self.marks);
            self.searched = offset + to as u64;
        }
        self.marks.get(number).copied()
    }

    /// Inflates the block that begins here, wherever it ends.
    fn inflate(&mut self, here: Place, ahead: &Ahead<'_>, source: &mut CompressedSource) -> Option<(Text, u64)> {
        let mut number = 0;
        let mut tried = 0;
        while tried < ENDS_TRIED {
            let end = self.mark(number, here.at, source)?.at;
            number += 1;
            if end <= here.at {
                continue;
            }
            tried += 1;
            let block = block_from(source, here.at, end)?;
            match self.decoders.inflate(&block, here.level, ahead.room()) {
                Ok(text) => return Some((text, end)),
                // More bits would only give more text.
                Err(Unfit::TooLong) => return None,
                Err(Unfit::Unsound) => {}
            }
        }
        None
    }
}

/// The block between two bits of the file, which have been looked at.
fn block_from(source: &CompressedSource, from: u64, to: u64) -> Option<Block> {
    let before = source.offset() * 8;
    Block::of(source.unread(), from.saturating_sub(before), to.saturating_sub(before))
}

impl Decoders {
    fn inflate(&self, block: &Block, level: u8, room: Vec<u8>) -> Result<Text, Unfit> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut decoder = idle.filter(|decoder| decoder.level() == level).or_else(|| BlockDecoder::new(level)).ok_or(Unfit::Unsound)?;
        let text = decoder.inflate(block, room)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(decoder);
        Ok(text)
    }
}
