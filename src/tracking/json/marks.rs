//! Where the quotes and the escapes of a text are, found for the whole text before it is parsed: blocks of bytes are compared at once,
//! and no step waits for the one before, as looking for the end of each string would.

use wide::u8x32;

/// Bytes that a word of bits stands for.
const WORD: usize = 64;
/// Every second place of a word, from the second on.
const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;

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

    /// To look for marks.
    pub(super) fn places(&self) -> Places<'_> {
        Places { words: &self.words }
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
    let backslashes = bits(b'\\');
    let marks = bits(b'"') | backslashes;
    if backslashes | *escaped == 0 {
        return marks;
    }
    // In a run of backslashes every second one is escaped, and behind one of odd length what follows. A run that begins at an odd place
    // is carried to its end by an addition; there, what is escaped are the even places, else the odd ones.
    let begun = backslashes & !*escaped;
    let behind = begun << 1 | *escaped;
    let odd_starts = begun & ODD & !behind;
    let (carried, goes_on) = odd_starts.overflowing_add(begun);
    *escaped = u64::from(goes_on);
    marks & !((!ODD ^ carried << 1) & behind)
}

/// Marks of a text, found from any place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'m> {
    words: &'m [u64],
}

impl Places<'_> {
    /// The first mark at a place or behind it. A window of 64 bytes from there is looked at first, in which most strings end, wherever
    /// the words are cut.
    #[allow(clippy::inline_always, reason = "a call takes longer than the work")]
    #[inline(always)]
    pub(super) fn from(&self, place: usize) -> Option<usize> {
        let (index, shift) = (place / WORD, place % WORD);
        let word = |index: usize| self.words.get(index).copied().unwrap_or_default();
        let window = word(index) >> shift | word(index + 1) << 1 << (WORD - 1 - shift);
        if window != 0 {
            return Some(place + window.trailing_zeros() as usize);
        }
        let (beyond, word) = self.words.iter().enumerate().skip(index + 1).find(|(_, word)| **word != 0)?;
        Some(beyond * WORD + word.trailing_zeros() as usize)
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
            for start in 0..=text.len() + WORD {
                prop_assert_eq!(marks.places().from(start), places.iter().copied().find(|place| *place >= start), "from {}", start);
            }
        }
    }
}
