//! Values written back as strict ASCII JSON, without white space.

use std::collections::HashSet;

use wide::u8x16;

use super::{Kind, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Names of so few members are compared with each other.
const FEW: usize = 12;

/// A container that is being written.
struct Open {
    /// Place of the first value behind it.
    end: usize,
    is_object: bool,
    /// Names, values and elements written so far.
    written: usize,
}

impl Open {
    const fn bracket(&self) -> u8 {
        if self.is_object { b'}' } else { b']' }
    }
}

impl Value<'_> {
    /// Appends the value, one after the other as they stand on the tape. False, and nothing is appended, if an object in it may hold a
    /// name twice.
    pub(in crate::tracking) fn write_in_order(&self, out: &mut Vec<u8>) -> bool {
        let (start, behind) = (out.len(), self.behind());
        let mut open: Vec<Open> = Vec::new();
        let mut at = self.index;
        while at < behind {
            close(&mut open, at, out);
            if let Some(around) = open.last_mut() {
                match around.written {
                    0 => {}
                    odd if around.is_object && odd % 2 == 1 => out.push(b':'),
                    _ => out.push(b','),
                }
                around.written += 1;
            }
            let value = Self { index: at, ..*self };
            let kind = value.kind();
            if kind == Kind::Object && value.may_repeat_names() {
                out.truncate(start);
                return false;
            }
            if matches!(kind, Kind::Object | Kind::Array) {
                let is_object = kind == Kind::Object;
                out.push(if is_object { b'{' } else { b'[' });
                open.push(Open { end: value.behind(), is_object, written: 0 });
                at += 1;
            } else {
                value.write_scalar(out);
                at = value.behind().max(at + 1);
            }
        }
        close(&mut open, behind, out);
        true
    }

    /// Appends what is neither array nor object.
    pub(in crate::tracking) fn write_scalar(&self, out: &mut Vec<u8>) {
        match self.kind() {
            Kind::True => out.extend_from_slice(b"true"),
            Kind::False => out.extend_from_slice(b"false"),
            Kind::Number => out.extend_from_slice(plain_number(self.raw()).as_bytes()),
            Kind::String => self.write_string(out),
            Kind::Null | Kind::Array | Kind::Object => out.extend_from_slice(b"null"),
        }
    }

    fn write_string(&self, out: &mut Vec<u8>) {
        if self.is_escaped() && is_as_written(self.raw_bytes()) {
            self.copy_to(out);
        } else {
            write_text(&self.text().unwrap_or_default(), out);
        }
    }

    /// Appends a value that was parsed from what this module wrote.
    pub fn copy_to(&self, out: &mut Vec<u8>) {
        let quote: &[u8] = if self.kind() == Kind::String { b"\"" } else { b"" };
        out.extend_from_slice(quote);
        out.extend_from_slice(self.raw_bytes());
        out.extend_from_slice(quote);
    }

    /// Whether this is an object whose names are not known to differ.
    pub(in crate::tracking) fn may_repeat_names(&self) -> bool {
        let names = || self.members().map(|(name, _)| name);
        if names().any(|name| name.is_escaped()) {
            return true;
        }
        let mut before = [&[][..]; FEW];
        for (number, name) in names().enumerate() {
            let name = name.raw_bytes();
            if before.get(..number).is_some_and(|before| before.contains(&name)) {
                return true;
            }
            if let Some(place) = before.get_mut(number) {
                *place = name;
            } else {
                let mut known = HashSet::new();
                return !names().all(|name| known.insert(name.raw_bytes()));
            }
        }
        false
    }
}

/// Closes the containers that end before a place.
fn close(open: &mut Vec<Open>, at: usize, out: &mut Vec<u8>) {
    while let Some(ended) = open.pop_if(|container| container.end <= at) {
        out.push(ended.bracket());
    }
}

/// A number without what strict JSON does not know: a plus sign, the integer `-0`.
pub fn plain_number(raw: &str) -> &str {
    match raw {
        "-0" => "0",
        _ => raw.strip_prefix('+').unwrap_or(raw),
    }
}

const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// How many bytes of a text stand for themselves before the first one that does not.
fn plain_length(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks();
    let all_plain = |block: &[u8; 16]| {
        let bytes = u8x16::new(*block);
        let within = bytes.max(u8x16::splat(b' ')).min(u8x16::splat(b'~')).simd_eq(bytes);
        let special = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\'));
        (within & !special).all()
    };
    let whole = blocks.iter().take_while(|block| all_plain(block)).count() * 16;
    let behind = if whole < text.len() - rest.len() { text.get(whole..).unwrap_or_default() } else { rest };
    whole + behind.iter().take_while(|byte| is_plain(**byte)).count()
}

/// Whether what stands between the quotes of a string is what [`write_text`] makes of its text. Pairs of surrogates are not looked at:
/// false is said of them.
fn is_as_written(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = match (byte, behind) {
            (b'\\', [b'"' | b'\\' | b'n' | b'r' | b't', behind @ ..]) => behind,
            (b'\\', [b'u', digits @ ..]) => match digits.split_first_chunk() {
                Some((digits, behind)) if is_escaped_as_digits(*digits) => behind,
                _ => return false,
            },
            (byte, _) if is_plain(byte) => behind.get(plain_length(behind)..).unwrap_or_default(),
            _ => return false,
        };
    }
    true
}

/// Whether four digits stand for a character, not half of one, that has no shorter form, as [`write_text`] writes them.
fn is_escaped_as_digits(digits: [u8; 4]) -> bool {
    let small = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let unit = std::str::from_utf8(&digits).ok().and_then(|digits| u16::from_str_radix(digits, 16).ok());
    small && unit.is_some_and(|unit| !matches!(unit, 0x09 | 0x0a | 0x0d | 0x20..=0x7e | 0xd800..=0xdfff))
}

/// Appends `text` as a JSON string in ASCII.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let (plain, behind) = rest.split_at_checked(plain_length(rest.as_bytes())).unwrap_or_default();
        out.extend_from_slice(plain.as_bytes());
        let mut characters = behind.chars();
        let Some(character) = characters.next() else { break };
        write_escape(character, out);
        rest = characters.as_str();
    }
    out.push(b'"');
}

fn write_escape(character: char, out: &mut Vec<u8>) {
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                for shift in [12, 8, 4, 0] {
                    out.extend(HEX.get(usize::from(*unit >> shift & 15)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::value::unescape;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_bytes_are_counted_as_one_by_one(text in prop::collection::vec(prop_oneof![40 => b' '..=b'~', 1 => any::<u8>()], 0..100)) {
            prop_assert_eq!(plain_length(&text), text.iter().take_while(|byte| is_plain(**byte)).count());
        }

        #[test]
        fn what_is_as_written_is_written_so(body in prop::collection::vec(prop_oneof![
            4 => "[ -!#-~é\u{7f}]{0,20}".prop_map(|text| text.replace('\\', "")),
            2 => r#"\\["\\nrt]"#,
            1 => r"\\[/bf]",
            3 => r"\\u[0-9a-f]{4}",
            2 => r"\\u00[0-9a-fA-F]{2}",
            1 => r"\\ud83d\\ude00",
        ], 0..8)) {
            let raw = body.concat();
            let text = unescape(&raw);
            let mut written = Vec::new();
            write_text(&text, &mut written);
            let same = written.strip_prefix(b"\"").and_then(|written| written.strip_suffix(b"\"")) == Some(raw.as_bytes());
            if is_as_written(raw.as_bytes()) {
                prop_assert!(same, "{raw:?} is written as {:?}", String::from_utf8_lossy(&written));
            } else {
                let has_surrogate = ["8", "9", "a", "b"].iter().any(|digit| raw.contains(&format!(r"\ud{digit}")));
                prop_assert!(!same || has_surrogate, "{raw:?}");
            }
        }
    }
}
