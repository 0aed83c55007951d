//! Bits of a bzip2 file, most significant first: its blocks begin at any of them.

/// Up to 56 bits from a bit on; zeros behind the end.
pub(super) fn bits_at(bytes: &[u8], at: u64, count: u32) -> u64 {
    let first = usize::try_from(at / 8).unwrap_or(usize::MAX);
    let rest = bytes.get(first..).unwrap_or_default();
    let window = match rest.first_chunk() {
        Some(chunk) => u64::from_be_bytes(*chunk),
        None => rest.iter().fold((0, 56), |(window, shift), byte| (window | u64::from(*byte) << shift, shift - 8)).0,
    };
    window << (at % 8) >> (64 - count)
}

/// Bytes that are written bit by bit.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The last bits, fewer than eight.
    rest: u64,
    in_rest: u32,
}

impl BitWriter {
    /// Writes up to 56 bits.
    pub(super) fn bits(&mut self, bits: u64, count: u32) {
        self.rest = self.rest << count | bits;
        self.in_rest += count;
        while self.in_rest >= 8 {
            self.in_rest -= 8;
            self.bytes.push((self.rest >> self.in_rest).to_be_bytes()[7]);
            self.rest &= (1 << self.in_rest) - 1;
        }
    }

    /// Writes the bits of some bytes from one on, up to another.
    pub(super) fn copy(&mut self, bytes: &[u8], from: u64, to: u64) {
        let mut at = from;
        while at + 32 <= to {
            self.bits(bits_at(bytes, at, 32), 32);
            at += 32;
        }
        let left = u32::try_from(to.saturating_sub(at)).unwrap_or(0);
        if left > 0 {
            self.bits(bits_at(bytes, at, left), left);
        }
    }

    /// All whole bytes, and the bits behind them with their number.
    pub(super) fn into_parts(self) -> (Vec<u8>, u8, u32) {
        (self.bytes, self.rest.to_be_bytes()[7], self.in_rest)
    }

    /// All bytes, the last one filled up with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bits(0, (8 - self.in_rest) % 8);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_copied_from_any_place_to_any_other(
            bytes in prop::collection::vec(any::<u8>(), 0..200), before in 0_u32..16, from in 0_u64..1600, length in 0_u64..1600,
        ) {
            let to = (from + length).min(bytes.len() as u64 * 8);
            let mut writer = BitWriter::default();
            writer.bits(1, before + 1);
            writer.copy(&bytes, from, to);
            let (written, bits) = (writer.into_bytes(), |bytes: &[u8], at: u64| bytes[usize::try_from(at / 8).unwrap()] >> (7 - at % 8) & 1);
            for at in 0..to.saturating_sub(from) {
                prop_assert_eq!(bits(&written, at + u64::from(before) + 1), bits(&bytes, from + at));
                prop_assert_eq!(bits_at(&bytes, from + at, 1), u64::from(bits(&bytes, from + at)));
            }
        }
    }
}
