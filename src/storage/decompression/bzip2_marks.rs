//! Where blocks of bzip2 streams may begin, and where streams may end: at any bit, told by 48 bits that also occur by chance.

use super::bits::bits_at;

/// What a block begins with.
pub(super) const BLOCK: u64 = 0x3141_5926_5359;
/// What the end of a stream begins with.
pub(super) const END: u64 = 0x1772_4538_5090;
/// Their length, in bits.
pub(super) const MARK_BITS: u32 = 48;
/// Length of the checksum behind them, in bits.
pub(super) const CHECKSUM_BITS: u32 = 32;

/// A place that looks like the beginning of a block, or the end of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Mark {
    /// The bit of the file.
    pub(super) at: u64,
    pub(super) kind: MarkKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum MarkKind {
    /// A block; with the level of its stream if it is the first one.
    Block(Option<u8>),
    End,
}

/// The level of the stream whose header these bytes begin with.
pub(super) fn level_of(header: &[u8]) -> Option<u8> {
    match header {
        [b'B', b'Z', b'h', level @ b'1'..=b'9', ..] => Some(*level),
        _ => None,
    }
}

/// For each value of the third byte of a mark, the bits of the first byte at which the mark may begin: so few bytes need a second look.
const BEGINNINGS: [u8; 256] = {
    let mut beginnings = [0; 256];
    let mut shift = 0;
    while shift < 8 {
        // Bits 16 - shift to 24 - shift of the mark.
        beginnings[(BLOCK >> (24 + shift) & 0xff) as usize] |= 1 << shift;
        beginnings[(END >> (24 + shift) & 0xff) as usize] |= 1 << shift;
        shift += 1;
    }
    beginnings
};

/// The marks that begin in the given bytes, the first of which is at `offset` of the file; those that are cut off at the end do not count.
pub(super) fn marks(bytes: &[u8], from: usize, to: usize, offset: u64, found: &mut impl Extend<Mark>) {
    let end = bytes.len() as u64 * 8;
    for (at, third) in bytes.get(2..).unwrap_or_default().iter().enumerate().take(to).skip(from) {
        let beginnings = BEGINNINGS.get(usize::from(*third)).copied().unwrap_or(0);
        if beginnings == 0 {
            continue;
        }
        for shift in (0..8).filter(|shift| beginnings >> shift & 1 == 1) {
            let bit = at as u64 * 8 + shift;
            let kind = match bits_at(bytes, bit, MARK_BITS) {
                BLOCK if shift == 0 => MarkKind::Block(at.checked_sub(4).and_then(|header| level_of(bytes.get(header..)?))),
                BLOCK => MarkKind::Block(None),
                END => MarkKind::End,
                _ => continue,
            };
            if bit + u64::from(MARK_BITS) <= end {
                found.extend([Mark { at: offset * 8 + bit, kind }]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::BitWriter;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_marks_are_found(parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..30), 0_u32..8, any::<bool>()), 0..8), half in 0_usize..200) {
            let (mut writer, mut at, mut expected) = (BitWriter::default(), 0, Vec::new());
            for (bytes, bits, is_block) in &parts {
                writer.copy(bytes, 0, bytes.len() as u64 * 8);
                writer.bits(0, *bits);
                at += bytes.len() as u64 * 8 + u64::from(*bits);
                expected.push(Mark { at: 800 + at, kind: if *is_block { MarkKind::Block(None) } else { MarkKind::End } });
                writer.bits(if *is_block { BLOCK } else { END }, MARK_BITS);
                at += u64::from(MARK_BITS);
            }
            let (bytes, mut found) = (writer.into_bytes(), Vec::new());
            marks(&bytes, 0, half, 100, &mut found);
            marks(&bytes, half, bytes.len(), 100, &mut found);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_header_tells_the_level() {
        let mut found = Vec::new();
        marks(b"xBZh71AY&SY", 0, 100, 0, &mut found);
        assert_eq!(found, [Mark { at: 40, kind: MarkKind::Block(Some(b'7')) }]);
        found.clear();
        marks(b"xBZh71AY&S", 0, 100, 0, &mut found);
        assert_eq!(found, []);
    }
}
