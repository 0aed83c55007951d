//! One block of a bzip2 stream as a stream of its own, and a stream that goes on in the middle.
use super::bits::{BitWriter, bits_at};
use super::bzip2_marks::{BLOCK, CHECKSUM_BITS, END, MARK_BITS};
use super::stretch::Text;
use bzip2::bufread::BzDecoder;
use bzip2::write::BzEncoder;
use std::io::{self, Write};

/// A stream of the block that begins and ends at the given bits.
pub(super) fn stream_of_block(stored: &[u8], from: u64, to: u64, level: u8) -> Vec<u8> {
    let mut writer = BitWriter::default();
    header(&mut writer, level);
    writer.copy(stored, from, to);
    writer.bits(END, MARK_BITS);
    // The checksum of a stream of one block is that of the block.
    writer.bits(bits_at(stored, from + u64::from(MARK_BITS), CHECKSUM_BITS), CHECKSUM_BITS);
    writer.into_bytes()
}

/// The text of a stream that has nothing behind it.
pub(super) fn inflate(stream: &[u8], room: Vec<u8>) -> Option<Text> {
    let mut decoder = BzDecoder::new(stream);
    let text = Text::of(&mut decoder, room)?;
    decoder.get_ref().is_empty().then_some(text)
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

/// Texts of different lengths that are tried, and their most.
const TRIES: usize = 256;

/// A beginning behind blocks with this checksum; the next block begins with the last bits, `bit` of which are taken, of byte `next`. What
/// it holds is a block of a text that has that checksum, which is that of a stream of one block, too.
///
/// # Errors
/// None of some hundred texts is so long, compressed, that the next block begins in its place: not known to happen.
pub(super) fn beginning(checksum: u32, bit: u32, next: u8, level: u8) -> io::Result<Beginning> {
    for length in 0..TRIES {
        let mut text: Vec<u8> = (0..length).map(|at| (at * at % 251).to_le_bytes()[0]).collect();
        text.extend(last_bytes(&text, checksum).to_be_bytes());
        let mut writer = BitWriter::default();
        header(&mut writer, level);
        let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(&text)?;
        let stream = encoder.finish()?;
        // Behind the header, up to the end of the stream, which is padded with less than a byte.
        let tail = u64::from(MARK_BITS + CHECKSUM_BITS);
        let ends = (0..8).filter_map(|padding| (stream.len() as u64 * 8).checked_sub(tail + padding));
        let Some(end) = ends.into_iter().find(|at| bits_at(&stream, *at, MARK_BITS) == END) else { continue };
        writer.copy(&stream, 32, end);
        let (mut bytes, rest, in_rest) = writer.into_parts();
        if in_rest == bit {
            if bit > 0 {
                bytes.push(rest << (8 - bit) | next & (0xff >> bit));
            }
            return Ok(Beginning { bytes, text: text.len() });
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
    use proptest::prelude::*;
    use std::io::Read;

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
