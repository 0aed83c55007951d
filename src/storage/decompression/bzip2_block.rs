//! Blocks of bzip2 streams by themselves, and a stream that goes on in the middle.

use std::io::{self, Read, Write};
use std::sync::LazyLock;

use bzip2::Decompress;
use bzip2::write::BzEncoder;

use super::bits::{BitWriter, bits_at};
use super::bzip2_marks::{BLOCK, CHECKSUM_BITS, END, MARK_BITS};
use super::stretch::{Text, Unfit};

/// A decoder for one block after the other, wherever they come from. One for each block would take 3.6 MB each time.
pub(super) struct BlockDecoder {
    level: u8,
    decoder: Decompress,
}

/// The bits of a block, in bytes, with a filler behind them that ends at a byte.
pub(super) struct Block {
    bytes: Vec<u8>,
    filler: &'static SmallBlock,
}

/// A block of some bytes.
struct SmallBlock {
    /// A stream of it.
    stream: Vec<u8>,
    /// The bits of the stream between which it lies.
    from: u64,
    to: u64,
    text: Vec<u8>,
}

/// Small blocks that are some bits longer than so many bytes, by the number of these bits.
static FILLERS: LazyLock<[Option<SmallBlock>; 8]> = LazyLock::new(|| {
    [0, 1, 2, 3, 4, 5, 6, 7]
        .map(|bits| texts().filter_map(|text| SmallBlock::of(text).ok()).find(|filler| (filler.to - filler.from) % 8 == bits))
});

/// Texts of different lengths, to be compressed to different lengths.
fn texts() -> impl Iterator<Item = Vec<u8>> {
    (0..256_usize).map(|length| (0..=length).map(|at| (at * at % 251).to_le_bytes()[0]).collect())
}

impl SmallBlock {
    fn of(text: Vec<u8>) -> io::Result<Self> {
        let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(&text)?;
        let stream = encoder.finish()?;
        // Between the header and the end of the stream, which is padded with less than a byte.
        let tail = u64::from(MARK_BITS + CHECKSUM_BITS);
        let ends = (0..8).filter_map(|padding| (stream.len() as u64 * 8).checked_sub(tail + padding));
        let to = ends.into_iter().find(|at| bits_at(&stream, *at, MARK_BITS) == END);
        Ok(Self { from: 32, to: to.ok_or(io::ErrorKind::InvalidData)?, stream, text })
    }
}

impl Block {
    /// The block that begins and ends at the given bits.
    pub(super) fn of(stored: &[u8], from: u64, to: u64) -> Option<Self> {
        let missing = usize::try_from((8 - to.saturating_sub(from) % 8) % 8).ok()?;
        let filler = FILLERS.get(missing)?.as_ref()?;
        let mut writer = BitWriter::default();
        writer.copy(stored, from, to);
        writer.copy(&filler.stream, filler.from, filler.to);
        Some(Self { bytes: writer.into_bytes(), filler })
    }

    /// How many bytes it has.
    pub(super) fn stored(&self) -> usize {
        self.bytes.len()
    }
}

impl BlockDecoder {
    /// A decoder for blocks of streams of a level.
    pub(super) fn new(level: u8) -> Option<Self> {
        let mut decoder = Decompress::new(false);
        decoder.decompress(&[b'B', b'Z', b'h', level], &mut []).ok()?;
        Some(Self { level, decoder })
    }

    pub(super) fn level(&self) -> u8 {
        self.level
    }

    /// The text of a block, if it is sound and ends where it should; if not, the decoder is of no more use. It has checked the block when it
    /// gives the text of the filler.
    pub(super) fn inflate(&mut self, block: &Block, room: Vec<u8>) -> Result<Text, Unfit> {
        let mut input = Blocks { decoder: &mut self.decoder, bytes: &block.bytes };
        let mut text = Text::of(&mut input, room)?;
        text.length = text.length.checked_sub(block.filler.text.len()).filter(|length| *length > 0).ok_or(Unfit::Unsound)?;
        let is_filled = text.room.get(text.length..).is_some_and(|rest| rest.starts_with(&block.filler.text));
        if is_filled { Ok(text) } else { Err(Unfit::Unsound) }
    }
}

/// Whatever a decoder makes of some bytes in the middle of a stream.
struct Blocks<'b> {
    decoder: &'b mut Decompress,
    bytes: &'b [u8],
}

impl Read for Blocks<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
        let status = self.decoder.decompress(self.bytes, into).map_err(io::Error::other)?;
        if status != bzip2::Status::Ok {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let read = usize::try_from(self.decoder.total_in() - read).unwrap_or(usize::MAX);
        self.bytes = self.bytes.get(read..).unwrap_or_default();
        Ok(usize::try_from(self.decoder.total_out() - written).unwrap_or(0))
    }
}

fn header(writer: &mut BitWriter, level: u8) {
    writer.bits(u64::from(u32::from_be_bytes([b'B', b'Z', b'h', level])), 32);
}

/// The beginning of a stream that stands for one of which some blocks have been read: the decoder that reads it has the checksum of
/// those blocks.
pub(super) struct Beginning {
    /// Whole bytes. The last one holds the given bits of the byte in which the stream goes on.
    pub(super) bytes: Vec<u8>,
    /// How many bytes of text it gives, which are of no use.
    pub(super) text: usize,
}

/// A beginning behind blocks with this checksum; the next block begins with the last bits, `bit` of which are taken, of byte `next`. What
/// it holds is a block of a text that has that checksum, which is that of a stream of one block, too.
///
/// # Errors
/// None of some hundred texts is so long, compressed, that the next block begins in its place: not known to happen.
pub(super) fn beginning(checksum: u32, bit: u32, next: u8, level: u8) -> io::Result<Beginning> {
    for mut text in texts() {
        text.extend(last_bytes(&text, checksum).to_be_bytes());
        let block = SmallBlock::of(text)?;
        let mut writer = BitWriter::default();
        header(&mut writer, level);
        writer.copy(&block.stream, block.from, block.to);
        let (mut bytes, rest, in_rest) = writer.into_parts();
        if in_rest == bit {
            if bit > 0 {
                bytes.push(rest << (8 - bit) | next & (0xff >> bit));
            }
            return Ok(Beginning { bytes, text: block.text.len() });
        }
    }
    Err(io::Error::other("no bzip2 block is as long as needed to go on within a stream"))
}

const POLYNOMIAL: u32 = 0x04c1_1db7;

/// The four bytes behind a text that give both together a checksum, as bzip2 makes it.
fn last_bytes(text: &[u8], checksum: u32) -> u32 {
    let register = text.iter().fold(u32::MAX, |register, byte| forward(register ^ u32::from(*byte) << 24, 8));
    // What goes into the register before four bytes of zeros are pushed behind, to come out as the checksum.
    let before = (0..32).fold(!checksum, |register, _| match register & 1 {
        1 => (register ^ POLYNOMIAL) >> 1 | 1 << 31,
        _ => register >> 1,
    });
    register ^ before
}

fn forward(register: u32, bits: u32) -> u32 {
    (0..bits).fold(register, |register, _| if register >> 31 == 1 { register << 1 ^ POLYNOMIAL } else { register << 1 })
}

/// The checksum of a stream behind one more block.
pub(super) fn combined(stream: u32, block: u32) -> u32 {
    stream.rotate_left(1) ^ block
}

/// The checksum of the block that begins at a bit.
pub(super) fn checksum_of_block(stored: &[u8], from: u64) -> u32 {
    u32::try_from(bits_at(stored, from + u64::from(MARK_BITS), CHECKSUM_BITS)).unwrap_or(0)
}

/// Whether a block begins at a bit.
pub(super) fn begins_block(stored: &[u8], from: u64) -> bool {
    bits_at(stored, from, MARK_BITS) == BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;
    use bzip2::bufread::BzDecoder;
    use proptest::prelude::*;

    #[test]
    fn there_are_fillers_for_all_bits() {
        assert!(FILLERS.iter().all(Option::is_some));
    }

    proptest! {
        #[test]
        fn a_stream_goes_on_behind_any_checksum_at_any_bit(checksum in any::<u32>(), bit in 0_u32..8, text in prop::collection::vec(any::<u8>(), 1..500)) {
            let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(&text).unwrap();
            let sound = encoder.finish().unwrap();
            let checksum_of_text = checksum_of_block(&sound, 32);
            let mut writer = BitWriter::default();
            writer.bits(0, bit);
            let tail = (0..8).map(|padding| sound.len() as u64 * 8 - 80 - padding).find(|at| bits_at(&sound, *at, MARK_BITS) == END).unwrap();
            writer.copy(&sound, 32, tail);
            writer.bits(END, MARK_BITS);
            writer.bits(u64::from(combined(checksum, checksum_of_text)), CHECKSUM_BITS);
            let rest = writer.into_bytes();
            let Beginning { mut bytes, text: of_no_use } = beginning(checksum, bit, rest[0], b'1').unwrap();
            bytes.extend(&rest[usize::from(bit > 0)..]);
            let mut read = Vec::new();
            BzDecoder::new(&bytes[..]).read_to_end(&mut read).unwrap();
            prop_assert_eq!(&read[of_no_use..], &text[..]);
        }
    }
}
