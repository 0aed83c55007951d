//! Where the quotes and the escapes of a text are, found for the whole text before it is parsed: blocks of bytes are compared at once,
//! and no step waits for the one before, as looking for the end of each string would.

use wide::u8x32;

/// Bytes that a word of bits stands for.
const WORD: usize = 64;

/// Marks of a text, a bit a byte: quotes that no backslash stands before, and backslashes that begin an escape. Keeps its memory from
/// text to text.
#[derive(Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
}

impl Marks {
    /// Marks a text; false if it holds a NUL byte.
    pub(super) fn read(&mut self, text: &[u8]) -> bool {
        self.words.clear();
        let (blocks, rest) = text.as_chunks::<WORD>();
        let (mut least, mut escaped) = (u8x32::splat(u8::MAX), 0);
        self.words.extend(blocks.iter().map(|block| marked(block, &mut least, &mut escaped)));
        if !rest.is_empty() {
            let mut block = [b' '; WORD];
            block.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
            self.words.push(marked(&block, &mut least, &mut escaped));
        }
        least.simd_eq(u8x32::splat(0)).to_bitmask() == 0
    }

    /// Where the marks are, one after the other.
    pub(super) fn places(&self) -> Places<'_> {
        Places { words: self.words.iter(), behind: 0, bits: 0 }
    }
}

/// Compares a block. `least` keeps the least byte of each column, `escaped` whether the first byte is escaped by the last block.
#[inline]
fn marked(block: &[u8; WORD], least: &mut u8x32, escaped: &mut u64) -> u64 {
    let (halves, _) = block.as_chunks::<32>();
    let bits = |byte: u8| {
        let sought = u8x32::splat(byte);
        halves.iter().rev().fold(0, |bits, half| bits << 32 | u64::from(u8x32::new(*half).simd_eq(sought).to_bitmask()))
    };
    *least = halves.iter().fold(*least, |least, half| least.min(u8x32::new(*half)));
    let mut marks = (bits(b'"') | bits(b'\\')) & !*escaped;
    let mut backslashes = bits(b'\\') & !*escaped;
    *escaped = 0;
    while backslashes != 0 {
        let escape = backslashes & backslashes.wrapping_neg();
        // What is escaped is no mark, whether quote or backslash.
        marks &= !(escape << 1);
        backslashes &= !(escape | escape << 1);
        *escaped = escape >> (WORD - 1);
    }
    marks
}

/// Places of marks, one after the other.
#[derive(Debug)]
pub(super) struct Places<'m> {
    words: std::slice::Iter<'m, u64>,
    /// Where the word ends whose bits are being handed out.
    behind: usize,
    bits: u64,
}

impl Iterator for Places<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.bits = *self.words.next()?;
            self.behind += WORD;
        }
        let place = self.behind - WORD + self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_are_those_of_reading_byte_by_byte(
            text in prop::collection::vec(prop_oneof![3 => Just(b'\\'), 2 => Just(b'"'), 6 => Just(b'a'), 1 => 1_u8..], 0..300),
            nul in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        ) {
            let mut text = text;
            if let Some(place) = nul.filter(|_| !text.is_empty()) { let place = place.index(text.len()); text[place] = 0; }
            let (mut places, mut escaped) = (Vec::new(), false);
            for (place, byte) in text.iter().enumerate() {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => { places.push(place); escaped = true; }
                    b'"' => places.push(place),
                    _ => {}
                }
            }
            let mut marks = Marks { words: vec![1; 9] };
            prop_assert_eq!(marks.read(&text), !text.contains(&0));
            prop_assert_eq!(marks.places().collect::<Vec<_>>(), places);
        }
    }
}
