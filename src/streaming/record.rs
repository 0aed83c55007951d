//! A record between mapper and reducer (rules 01, 8.3): one line of fields in their [wire form](super::wire), joined by TAB.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use wide::u8x32;

use super::wire::{BLOCK, decode};

/// A line seen as its fields.
#[derive(Clone, Copy, Debug)]
pub struct Record<'l> {
    line: &'l [u8],
}

impl<'l> Record<'l> {
    /// Wraps a line without its line end.
    pub const fn new(line: &'l [u8]) -> Self {
        Self { line }
    }

    /// The whole line.
    pub const fn line(&self) -> &'l [u8] {
        self.line
    }

    /// All fields in wire form.
    pub fn fields(&self) -> impl Iterator<Item = &'l [u8]> + use<'l> {
        let line = self.line;
        let (mut from, mut ends) = (Some(0), tabs(line));
        std::iter::from_fn(move || {
            let (start, end) = (from?, ends.next());
            from = end.map(|end| end + 1);
            line.get(start..end.unwrap_or(line.len()))
        })
    }

    /// Exactly `N` fields in wire form; an error names the number there is. The empty last field that Hadoop may add to
    /// a line without value is not told apart from a field of its own.
    pub fn exactly<const N: usize>(&self) -> Result<[&'l [u8]; N]> {
        let mut fields = self.fields();
        let mut found = [&[][..]; N];
        for (number, place) in found.iter_mut().enumerate() {
            *place = fields.next().with_context(|| format!("A record has {number} fields instead of {N}."))?;
        }
        if fields.next().is_some() {
            bail!("A record has {} fields instead of {N}.", self.fields().count());
        }
        Ok(found)
    }

    /// Field `index` (from 0) in wire form.
    pub fn raw(&self, index: usize) -> Result<&'l [u8]> {
        self.fields().nth(index).with_context(|| format!("A record has no field {index}."))
    }

    /// Field `index` (from 0), decoded; none for null.
    pub fn bytes(&self, index: usize) -> Result<Option<Cow<'l, [u8]>>> {
        decode(self.raw(index)?)
    }

    /// Field `index` (from 0) as text that must not be null.
    pub fn text(&self, index: usize) -> Result<Cow<'l, str>> {
        text(self.raw(index)?)
    }

    /// Field `index` (from 0) as a decimal integer.
    pub fn integer(&self, index: usize) -> Result<i64> {
        integer(self.raw(index)?)
    }
}

/// The first `fields` fields of a line, separators between them included; the whole line if it has fewer.
pub fn prefix(line: &[u8], fields: usize) -> &[u8] {
    if fields == 0 {
        return &[];
    }
    let end = tabs(line).nth(fields - 1).unwrap_or(line.len());
    line.get(..end).unwrap_or(line)
}

/// Where the first fields of a line end, of several numbers of fields in ascending order: the lengths of as many [`prefix`]es.
pub fn prefix_lengths<const N: usize>(line: &[u8], fields: [usize; N]) -> [usize; N] {
    let mut lengths = [line.len(); N];
    let wanted = fields.iter().zip(&mut lengths);
    let mut ends = tabs(line);
    let mut seen = 0;
    let mut end = 0;
    for (&fields, length) in wanted {
        while seen < fields {
            let Some(next) = ends.next() else { return lengths };
            (seen, end) = (seen + 1, next);
        }
        *length = end;
    }
    lengths
}

/// Where the separators of a line are.
fn tabs(line: &[u8]) -> impl Iterator<Item = usize> {
    let (mut behind, mut bits) = (0, 0_u32);
    std::iter::from_fn(move || {
        while bits == 0 {
            let rest = line.get(behind..).filter(|rest| !rest.is_empty())?;
            bits = match (rest.first_chunk(), line.last_chunk()) {
                (Some(block), _) => tabs_of(block),
                // The last bytes of the line again, without those that have been seen.
                (None, Some(block)) => tabs_of(block) >> (BLOCK - rest.len()),
                (None, None) => {
                    let mut block = [0; BLOCK];
                    block.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
                    tabs_of(&block)
                }
            };
            behind += BLOCK;
        }
        let place = behind - BLOCK + bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(place)
    })
}

fn tabs_of(block: &[u8; BLOCK]) -> u32 {
    u8x32::new(*block).simd_eq(u8x32::splat(b'\t')).to_bitmask()
}

/// The text of a wire field that must not be null.
pub fn text(field: &[u8]) -> Result<Cow<'_, str>> {
    match decode(field)?.context("A record has a null where a text must stand.")? {
        Cow::Borrowed(bytes) => Ok(Cow::Borrowed(std::str::from_utf8(bytes)?)),
        Cow::Owned(bytes) => Ok(Cow::Owned(String::from_utf8(bytes)?)),
    }
}

/// The integer of a wire field.
pub fn integer(field: &[u8]) -> Result<i64> {
    few_digits(field)
        .or_else(|| std::str::from_utf8(field).ok()?.parse().ok())
        .with_context(|| format!("A record has {:?} where an integer must stand.", String::from_utf8_lossy(field)))
}

/// Most integers: digits, too few to be too large.
fn few_digits(field: &[u8]) -> Option<i64> {
    let sum = |sum: i64, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'));
    (1..=18).contains(&field.len()).then(|| field.iter().try_fold(0, sum))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_prefixes_and_fields() {
        assert_eq!(prefix(b"a\tb\tc", 2), b"a\tb");
        assert_eq!(prefix(b"a\tb\tc", 3), b"a\tb\tc");
        assert_eq!(prefix(b"a", 2), b"a");
        assert_eq!(prefix(b"a\tb", 0), b"");
        let record = Record::new(b"a\t12\t\\N");
        assert_eq!(record.exactly::<3>().unwrap(), [&b"a"[..], b"12", b"\\N"]);
        assert!(record.exactly::<2>().is_err());
        assert!(record.exactly::<4>().is_err());
        assert_eq!(record.integer(1).unwrap(), 12);
        assert!(record.integer(0).is_err());
        assert!(record.text(2).is_err());
        assert!(record.raw(3).is_err());
    }

    proptest! {
        #[test]
        fn fields_are_what_is_between_tabs(line in "[a\t]{0,80}") {
            let record = Record::new(line.as_bytes());
            prop_assert!(record.fields().eq(line.as_bytes().split(|&byte| byte == b'\t')));
        }

        #[test]
        fn integers_are_those_of_the_library(field in "[+-]?[0-9]{0,22}x?") {
            prop_assert_eq!(integer(field.as_bytes()).ok(), field.parse().ok());
        }

        #[test]
        fn all_prefixes_are_found_in_one_pass(line in "[a\t]{0,80}", mut fields in any::<[u8; 3]>()) {
            fields.sort_unstable();
            let fields = fields.map(|number| usize::from(number / 28));
            prop_assert_eq!(prefix_lengths(line.as_bytes(), fields), fields.map(|number| prefix(line.as_bytes(), number).len()));
        }
    }
}
