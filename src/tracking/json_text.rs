//! Writes values back: as strict ASCII JSON, and compares them as the original's language does.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::strict::{plain_number, write_text};
use super::json::{Kind, Value};

/// What is still to be written of a value; a list of its own instead of recursion, since input may be nested to any depth.
enum Piece<'t> {
    Value(Value<'t>),
    Name(Cow<'t, str>),
    Mark(u8),
}

/// Appends `value` as JSON in ASCII, without blanks. Of repeated names the last one is kept, in the place of the first.
/// Numbers keep their text, so `1` and `1.0` stay different; `NaN` and `Infinity` stay words.
pub fn write_value(value: Value<'_>, out: &mut Vec<u8>) {
    if !value.write_in_order(out) {
        write_last_members(value, out);
    }
}

/// Appends a value with objects that hold names twice.
fn write_last_members(value: Value<'_>, out: &mut Vec<u8>) {
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
                Kind::Array | Kind::Object => open_container(value, &mut pieces, out),
                _ => value.write_scalar(out),
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

fn last_members_if_object(value: Value<'_>) -> Vec<(Cow<'_, str>, Value<'_>)> {
    if value.is_object() { last_members(value) } else { Vec::new() }
}

/// Appends `"name":value`, after a comma unless the object's text that began at `start` is still empty. The value was parsed from what
/// [`write_value`] wrote.
pub fn copy_member(name: &str, member: Value<'_>, start: usize, out: &mut Vec<u8>) {
    write_name(name, start, out);
    member.copy_to(out);
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
pub fn last_members(object: Value<'_>) -> Vec<(Cow<'_, str>, Value<'_>)> {
    let members = object.members().map(|(name, member)| (name.text().unwrap_or_default(), member));
    if !object.may_repeat_names() {
        return members.collect();
    }
    let mut last: Vec<(Cow<'_, str>, Value<'_>)> = Vec::new();
    let mut places = HashMap::new();
    for (name, member) in members {
        if let Some(known) = places.get(&name).and_then(|&place: &usize| last.get_mut(place)) {
            known.1 = member;
        } else {
            places.insert(name.clone(), last.len());
            last.push((name, member));
        }
    }
    last
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
    use proptest::prelude::*;

    fn written(json: &str) -> String {
        let mut out = Vec::new();
        write_value(Tape::default().parse(json).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_in_order_is_what_is_written_of_last_members(
            json in prop::sample::select(&["1", "-0", "+2.50", "null", "[]", "{}", r#""a""#, r#""\u00e9\n\\""#, "true"][..]).prop_map(str::to_owned).prop_recursive(4, 40, 4, |inner| {
                let name = prop::sample::select(&["a", "b", "c d", "\u{e9}", r"\u0061", r"\n"][..]);
                prop_oneof![
                    prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[ {}]", elements.join(" , "))),
                    prop::collection::vec((name, inner), 0..4).prop_map(|members| {
                        let members: Vec<_> = members.into_iter().map(|(name, member)| format!("\"{name}\": {member}")).collect();
                        format!("{{{}}}", members.join(", "))
                    }),
                ]
            }),
        ) {
            let mut tape = Tape::default();
            let value = tape.parse(&json).unwrap();
            let (mut in_order, mut last) = (b"before".to_vec(), Vec::new());
            write_last_members(value, &mut last);
            let last = String::from_utf8(last).unwrap();
            if value.write_in_order(&mut in_order) {
                prop_assert_eq!(String::from_utf8(in_order).unwrap(), format!("before{last}"));
            } else {
                prop_assert_eq!(&in_order, b"before");
            }
            let mut copied = Vec::new();
            Tape::default().parse(&last).unwrap().copy_to(&mut copied);
            prop_assert_eq!(String::from_utf8(copied).unwrap(), last.clone());
            prop_assert_eq!(written(&last), last);
        }
    }

    #[test]
    fn writes_strict_ascii() {
        assert_eq!(written("[ 1, 1.0, +2, -0, -0.0, true, null, {\"a\" : [] } ]"), "[1,1.0,2,0,-0.0,true,null,{\"a\":[]}]");
        assert_eq!(written("\"é😀\t\\/\\q\u{7f}\""), r#""\u00e9\ud83d\ude00\t/\\q\u007f""#);
        assert_eq!(written(r#"{"a":1,"b":2,"\u0061":3}"#), r#"{"a":3,"b":2}"#);
        let many = (0..20).map(|number| format!(r#""{number}":{number},"#)).collect::<Vec<_>>().concat();
        assert_eq!(written(&format!(r#"{{{many}"x":[{{}}]}}"#)), format!(r#"{{{many}"x":[{{}}]}}"#));
        assert_eq!(written(&format!(r#"{{{many}"19":0}}"#)), format!("{{{}}}", many.replace(":19,", ":0")));
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
