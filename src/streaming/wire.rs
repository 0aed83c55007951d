//! The wire form of a field (rules 01, 8.3).
//!
//! In a field `\\`, `\t`, `\n`, `\r` stand for backslash, TAB, newline and carriage return, and `\xHH` for the other bytes
//! below TAB; `\N` alone is null. The last rule goes beyond the four classic escapes on purpose: no byte of a field sorts
//! before the separator, so that sorting whole lines (`LC_ALL=C sort`) and sorting key fields (Hadoop) agree.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use wide::u8x32;

/// The field that stands for null.
pub const NULL: &[u8] = b"\\N";

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Bytes that are compared at once.
pub(super) const BLOCK: usize = 32;

const fn must_escape(byte: u8) -> bool {
    byte <= b'\n' || byte == b'\r' || byte == b'\\'
}

/// Whether one of eight bytes must be escaped.
const fn one_must_escape(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_ne_bytes(bytes);
    let (return_or_not, backslash_or_not) = (word ^ (ONES * b'\r' as u64), word ^ (ONES * b'\\' as u64));
    // The highest bit of a byte is borrowed, and was not set, where the byte is below what is taken away.
    let below = word.wrapping_sub(ONES * (b'\n' + 1) as u64) & !word;
    let is_return = return_or_not.wrapping_sub(ONES) & !return_or_not;
    let is_backslash = backslash_or_not.wrapping_sub(ONES) & !backslash_or_not;
    (below | is_return | is_backslash) & (ONES << 7) != 0
}

/// Whether a field is its own wire form.
pub(super) fn is_plain(field: &[u8]) -> bool {
    let Some(last) = field.last_chunk() else { return !field.iter().any(|&byte| must_escape(byte)) };
    // The last eight bytes may overlap those before them.
    !field.as_chunks().0.iter().chain([last]).any(|bytes| one_must_escape(*bytes))
}

/// Appends `field` to `out` in its wire form.
pub fn encode(field: &[u8], out: &mut Vec<u8>) {
    if is_plain(field) {
        return out.extend_from_slice(field);
    }
    let (blocks, rest) = field.as_chunks();
    for block in blocks {
        encode_block(block, to_escape(block), out);
    }
    let mut block = [b' '; BLOCK];
    block.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    encode_block(rest, to_escape(&block), out);
}

/// Which bytes must be escaped, the first one in the lowest bit.
fn to_escape(block: &[u8; BLOCK]) -> u32 {
    let bytes = u8x32::new(*block);
    let is = |byte| bytes.simd_eq(u8x32::splat(byte));
    (bytes.min(u8x32::splat(b'\n')).simd_eq(bytes) | is(b'\r') | is(b'\\')).to_bitmask()
}

/// Appends some bytes, those escaped whose bits are set.
fn encode_block(block: &[u8], mut bits: u32, out: &mut Vec<u8>) {
    let mut from = 0;
    while bits != 0 {
        let at = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        out.extend_from_slice(block.get(from..at).unwrap_or_default());
        block.get(at).into_iter().for_each(|&byte| escape(byte, out));
        from = at + 1;
    }
    out.extend_from_slice(block.get(from..).unwrap_or_default());
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        other => {
            out.extend_from_slice(b"\\x");
            out.extend(HEX.get(usize::from(other >> 4)));
            out.extend(HEX.get(usize::from(other & 15)));
        }
    }
}

/// The bytes of a wire field; none for null. Borrowed where nothing was escaped.
pub fn decode(field: &[u8]) -> Result<Option<Cow<'_, [u8]>>> {
    if field == NULL {
        return Ok(None);
    }
    if memchr::memchr(b'\\', field).is_none() {
        return Ok(Some(Cow::Borrowed(field)));
    }
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        rest = match tail {
            [_, b'\\', behind @ ..] => push(&mut out, b'\\', behind),
            [_, b't', behind @ ..] => push(&mut out, b'\t', behind),
            [_, b'n', behind @ ..] => push(&mut out, b'\n', behind),
            [_, b'r', behind @ ..] => push(&mut out, b'\r', behind),
            [_, b'x', high, low, behind @ ..] => {
                let digits = [*high, *low];
                let byte = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                push(&mut out, byte.context("A record holds \\x without two hex digits.")?, behind)
            }
            _ => bail!("A record holds an unknown escape: {}", String::from_utf8_lossy(field)),
        };
    }
    out.extend_from_slice(rest);
    Ok(Some(Cow::Owned(out)))
}

fn push<'b>(out: &mut Vec<u8>, byte: u8, behind: &'b [u8]) -> &'b [u8] {
    out.push(byte);
    behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_what_would_break_a_line() {
        let mut out = Vec::new();
        encode(b"a\tb\nc\rd\\e\0f\x08", &mut out);
        assert_eq!(out, b"a\\tb\\nc\\rd\\\\e\\x00f\\x08");
        assert_eq!(decode(&out).unwrap().unwrap().as_ref(), b"a\tb\nc\rd\\e\0f\x08");
    }

    #[test]
    fn null_is_not_the_text_that_looks_like_it() {
        let mut out = Vec::new();
        encode(b"\\N", &mut out);
        assert_eq!(out, b"\\\\N");
        assert!(decode(NULL).unwrap().is_none());
        assert_eq!(decode(&out).unwrap().unwrap().as_ref(), b"\\N");
        assert_eq!(decode(b"").unwrap().unwrap().as_ref(), b"");
    }

    #[test]
    fn broken_escapes_are_errors() {
        for broken in [&b"\\"[..], b"a\\q", b"\\x1", b"\\xzz"] {
            assert!(decode(broken).is_err());
        }
    }

    proptest! {
        #[test]
        fn decodes_what_it_encodes(field in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            encode(&field, &mut out);
            prop_assert!(out.iter().all(|&byte| byte > b'\n' && byte != b'\r'));
            let decoded = decode(&out).unwrap().unwrap();
            prop_assert_eq!(decoded.as_ref(), field.as_slice());
        }

        #[test]
        fn blocks_are_encoded_as_one_byte_after_the_other(
            field in prop::collection::vec(prop_oneof![9 => b' '..=b'~', 1 => 0_u8..15, 1 => Just(b'\\'), 1 => any::<u8>()], 0..100),
        ) {
            let [mut blocks, mut bytes] = [Vec::new(), Vec::new()];
            encode(&field, &mut blocks);
            for &byte in &field {
                if must_escape(byte) { escape(byte, &mut bytes) } else { bytes.push(byte) }
            }
            prop_assert_eq!(blocks, bytes);
        }

        #[test]
        fn a_field_is_plain_if_no_byte_must_be_escaped(
            field in prop::collection::vec(prop_oneof![30 => Just(b'a'), 1 => 0_u8..15, 1 => Just(b'\\'), 3 => any::<u8>()], 0..40),
        ) {
            prop_assert_eq!(is_plain(&field), !field.iter().any(|&byte| must_escape(byte)));
        }

        #[test]
        fn decoding_never_panics(field in any::<Vec<u8>>()) {
            let _ = decode(&field);
        }
    }
}
