//! Writes values back: as strict ASCII JSON, and compares them as the original's language does.

use std::collections::HashMap;

use super::json::{Kind, Value};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// What is still to be written of a value; a list of its own instead of recursion, since input may be nested to any depth.
enum Piece<'t> {
    Value(Value<'t>),
    Name(String),
    Mark(u8),
}

/// Appends `value` as JSON in ASCII, without blanks. Of repeated names the last one is kept, in the place of the first.
/// Numbers keep their text, so `1` and `1.0` stay different; `NaN` and `Infinity` stay words.
pub fn write_value(value: Value<'_>, out: &mut Vec<u8>) {
    let mut pieces = Vec::new();
    let mut next = Some(Piece::Value(value));
    while let Some(piece) = next {
        match piece {
            Piece::Mark(mark) => out.push(mark),
            Piece::Name(name) => {
                write_text(&name, out);
                out.push(b':');
            }
            Piece::Value(value) => match value.kind() {
                Kind::Null => out.extend_from_slice(b"null"),
                Kind::True => out.extend_from_slice(b"true"),
                Kind::False => out.extend_from_slice(b"false"),
                Kind::Number => out.extend_from_slice(plain_number(value.raw()).as_bytes()),
                Kind::String => write_text(&value.text().unwrap_or_default(), out),
                Kind::Array | Kind::Object => open_container(value, &mut pieces, out),
            },
        }
        next = pieces.pop();
    }
}

/// Writes the opening bracket and puts the rest on top of the list, what comes first uppermost.
fn open_container<'t>(value: Value<'t>, pieces: &mut Vec<Piece<'t>>, out: &mut Vec<u8>) {
    let (is_object, start) = (value.is_object(), pieces.len());
    out.push(if is_object { b'{' } else { b'[' });
    let named = last_members_if_object(value).into_iter().map(|(name, member)| (Some(name), member));
    for (index, (name, member)) in named.chain(value.elements().map(|element| (None, element))).enumerate() {
        if index > 0 {
            pieces.push(Piece::Mark(b','));
        }
        pieces.extend(name.map(Piece::Name));
        pieces.push(Piece::Value(member));
    }
    pieces.push(Piece::Mark(if is_object { b'}' } else { b']' }));
    if let Some(children) = pieces.get_mut(start..) {
        children.reverse();
    }
}

fn last_members_if_object(value: Value<'_>) -> Vec<(String, Value<'_>)> {
    if value.is_object() { last_members(value) } else { Vec::new() }
}

/// Appends `"name":value`, after a comma unless the object's text that began at `start` is still empty.
pub fn write_member(name: &str, member: Value<'_>, start: usize, out: &mut Vec<u8>) {
    write_name(name, start, out);
    write_value(member, out);
}

/// Appends `"name":`, after a comma unless the object's text that began at `start` is still empty.
pub fn write_name(name: &str, start: usize, out: &mut Vec<u8>) {
    if out.len() > start {
        out.push(b',');
    }
    write_text(name, out);
    out.push(b':');
}

/// Names and values of an object; of repeated names the last value, in the place of the first.
pub fn last_members(object: Value<'_>) -> Vec<(String, Value<'_>)> {
    let mut members: Vec<(String, Value<'_>)> = Vec::new();
    let mut places = HashMap::new();
    for (name, member) in object.members() {
        let name = name.text().unwrap_or_default().into_owned();
        if let Some(known) = places.get(&name).and_then(|&place: &usize| members.get_mut(place)) {
            known.1 = member;
        } else {
            places.insert(name.clone(), members.len());
            members.push((name, member));
        }
    }
    members
}

/// A number without what strict JSON does not know: a plus sign, the integer `-0`.
pub fn plain_number(raw: &str) -> &str {
    match raw {
        "-0" => "0",
        _ => raw.strip_prefix('+').unwrap_or(raw),
    }
}

/// Appends `text` as a JSON string in ASCII.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            ' '..='~' => out.push(character as u8),
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
    out.push(b'"');
}

/// A number or truth value as the original's language compares them: `true` is 1, and integers have any size.
enum Numeric<'t> {
    /// Its digits, behind a sign if it is negative.
    Integer(&'t str),
    Float(f64),
}

impl<'t> Numeric<'t> {
    fn of(value: Value<'t>) -> Option<Self> {
        let raw = match value.kind() {
            Kind::True => "1",
            Kind::False => "0",
            Kind::Number => plain_number(value.raw()),
            _ => return None,
        };
        if is_integer(raw) { Some(Self::Integer(raw)) } else { float(raw).map(Self::Float) }
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.partial_cmp(right).is_some_and(std::cmp::Ordering::is_eq),
            (Self::Integer(integer), Self::Float(float)) | (Self::Float(float), Self::Integer(integer)) => {
                float.fract() == 0.0 && plain_number(&format!("{float:.0}")) == *integer
            }
        }
    }
}

/// Whether a number, without a plus sign, has neither fraction nor exponent.
pub fn is_integer(raw: &str) -> bool {
    raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// A number's text as a float; `NaN` and the infinities included.
pub fn float(raw: &str) -> Option<f64> {
    raw.parse().ok()
}

/// True if both are the same value: numbers by value, objects whatever the order of their members.
pub fn same_value(left: Value<'_>, right: Value<'_>) -> bool {
    let mut pairs = vec![(left, right)];
    while let Some((left, right)) = pairs.pop() {
        if let (Some(left), Some(right)) = (Numeric::of(left), Numeric::of(right)) {
            if left.same(&right) {
                continue;
            }
            return false;
        }
        let same = match (left.kind(), right.kind()) {
            (Kind::Null, Kind::Null) => true,
            (Kind::String, Kind::String) => left.text() == right.text(),
            (Kind::Array, Kind::Array) => {
                pairs.extend(left.elements().zip(right.elements()));
                left.elements().count() == right.elements().count()
            }
            (Kind::Object, Kind::Object) => {
                let (left, right) = (last_members(left), HashMap::<_, _>::from_iter(last_members(right)));
                let before = pairs.len();
                pairs.extend(left.iter().filter_map(|(name, value)| Some((*value, *right.get(name)?))));
                pairs.len() - before == left.len() && left.len() == right.len()
            }
            _ => false,
        };
        if !same {
            return false;
        }
    }
    true
}

/// True for what the original's language takes for true: not null, false, 0, an empty text, list or object.
pub fn is_truthy(value: Value<'_>) -> bool {
    match value.kind() {
        Kind::Null | Kind::False => false,
        Kind::True => true,
        Kind::Number if is_integer(plain_number(value.raw())) => value.raw().bytes().any(|byte| matches!(byte, b'1'..=b'9')),
        Kind::Number => float(value.raw()) != Some(0.0),
        Kind::String => !value.raw().is_empty(),
        Kind::Array => value.elements().next().is_some(),
        Kind::Object => value.members().next().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;

    fn written(json: &str) -> String {
        let mut out = Vec::new();
        write_value(Tape::default().parse(json).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_strict_ascii() {
        assert_eq!(written("[ 1, 1.0, +2, -0, -0.0, true, null, {\"a\" : [] } ]"), "[1,1.0,2,0,-0.0,true,null,{\"a\":[]}]");
        assert_eq!(written("\"é😀\t\\/\\q\u{7f}\""), r#""\u00e9\ud83d\ude00\t/\\q\u007f""#);
        assert_eq!(written(r#"{"a":1,"b":2,"\u0061":3}"#), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn any_depth_is_written_and_compared() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[1,{\"b\":[],\"a\":", "},2]")] {
            let deep = |inner: &str| format!("{}{inner}{}", open.repeat(20_000), close.repeat(20_000));
            let (one, other) = (deep("1"), deep("2"));
            assert!(written(&one) == one);
            let (mut left, mut right) = (Tape::default(), Tape::default());
            let left = left.parse(&one).unwrap();
            assert!(same_value(left, left));
            assert!(!same_value(left, right.parse(&other).unwrap()));
            assert!(left.depth() >= 20_000);
        }
    }

    #[test]
    fn compares_as_the_original_does() {
        let same = |left: &str, right: &str| {
            let (mut one, mut two) = (Tape::default(), Tape::default());
            same_value(one.parse(left).unwrap(), two.parse(right).unwrap())
        };
        for (left, right) in [
            ("1", "1.0"),
            ("+7", "7"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("true", "1"),
            ("false", "0.0"),
            ("12345678901234567891", "12345678901234567891"),
            ("10000000000000000000000", "1e22"),
            (r#""\u00e9""#, "\"é\""),
            ("[1,\"a\"]", "[1.0,\"a\"]"),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#),
        ] {
            assert!(same(left, right), "{left} {right}");
        }
        for (left, right) in [
            ("\"1\"", "1"),
            ("[1]", "[1,2]"),
            ("null", "0"),
            ("null", "\"\""),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            ("9007199254740993", "9007199254740992"),
            ("9007199254740993", "9007199254740992.0"),
            ("12345678901234567891", "12345678901234567890"),
            ("1", "1.5"),
            ("1", "NaN"),
            ("NaN", "NaN"),
            ("1", "Infinity"),
        ] {
            assert!(!same(left, right), "{left} {right}");
        }
    }

    #[test]
    fn knows_what_is_true() {
        for (json, expected) in
            [("0", false), ("0.0", false), ("\"\"", false), ("[]", false), ("{}", false), ("\"0\"", true), ("-1", true), ("[0]", true)]
        {
            assert_eq!(is_truthy(Tape::default().parse(json).unwrap()), expected, "{json}");
        }
    }
}
