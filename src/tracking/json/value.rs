//! Parsed values: a position on a tape, looked at without allocating.

use std::borrow::Cow;

use super::{Kind, Node};

/// A parsed value: a position on a tape and the text it was parsed from. Copying it is free.
#[derive(Clone, Copy, Debug)]
pub struct Value<'t> {
    pub(super) nodes: &'t [Node],
    pub(super) text: &'t str,
    pub(super) index: usize,
}

const EMPTY_OBJECT: [Node; 1] = [Node { kind: Kind::Object, escaped: false, start: 0, end: 2, next: 1 }];

impl<'t> Value<'t> {
    /// The object `{}`.
    pub const fn empty_object() -> Value<'static> {
        Value { nodes: &EMPTY_OBJECT, text: "{}", index: 0 }
    }

    fn node(&self) -> Node {
        // Values are only made with an index on their tape.
        self.nodes.get(self.index).copied().unwrap_or(Node { kind: Kind::Null, escaped: false, start: 0, end: 0, next: 0 })
    }

    /// The kind of this value.
    pub fn kind(&self) -> Kind {
        self.node().kind
    }

    /// The text of this value as it stands in the input; of a string without its quotes.
    pub fn raw(&self) -> &'t str {
        let node = self.node();
        self.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// [`Self::raw`] as bytes.
    pub(in crate::tracking) fn raw_bytes(&self) -> &'t [u8] {
        let node = self.node();
        self.text.as_bytes().get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// Whether this is a string whose text differs from what stands in the input.
    pub(in crate::tracking) fn is_escaped(&self) -> bool {
        self.node().escaped
    }

    /// Where it lies on its tape; 0 for the value of the whole text.
    #[allow(clippy::cast_possible_truncation)] // as many nodes as bytes at most, and those are fewer than 4 GiB
    pub(in crate::tracking) const fn place(&self) -> u32 {
        self.index as u32
    }

    /// The value at a place of the same tape.
    pub(in crate::tracking) const fn beside(&self, place: u32) -> Self {
        Self { index: place as usize, ..*self }
    }

    /// Where the first value behind it lies, what is in it left out.
    pub(in crate::tracking) fn behind(&self) -> usize {
        self.node().next as usize
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// True for an object.
    pub fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    /// The text of a string, decoded; none for other kinds.
    pub fn text(&self) -> Option<Cow<'t, str>> {
        let node = self.node();
        match (node.kind, node.escaped) {
            (Kind::String, false) => Some(Cow::Borrowed(self.raw())),
            (Kind::String, true) => Some(Cow::Owned(unescape(self.raw()))),
            _ => None,
        }
    }

    /// Puts the text of a string, decoded, in the place of what `text` holds; false for other kinds.
    pub(in crate::tracking) fn text_into(&self, text: &mut String) -> bool {
        let node = self.node();
        text.clear();
        match (node.kind, node.escaped) {
            (Kind::String, false) => text.push_str(self.raw()),
            (Kind::String, true) => unescape_to(self.raw(), text),
            _ => return false,
        }
        true
    }

    /// True for a string that reads `expected` once decoded.
    pub fn is_text(&self, expected: &str) -> bool {
        let node = self.node();
        match (node.kind, node.escaped) {
            (Kind::String, false) => self.raw_bytes() == expected.as_bytes(),
            (Kind::String, true) => unescape(self.raw()) == expected,
            _ => false,
        }
    }

    /// The text of a number as it stands in the input; none for other kinds.
    pub fn number(&self) -> Option<&'t str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The member `name` of an object, the last one if it stands there more than once. None if it is missing or this is
    /// not an object; a member that is `null` is a value.
    pub fn get(&self, name: &str) -> Option<Value<'t>> {
        let mut found = None;
        for (key, value) in self.members() {
            if key.is_text(name) {
                found = Some(value);
            }
        }
        found
    }

    /// [`Self::get`], where a `null` counts as missing.
    pub fn present(&self, name: &str) -> Option<Value<'t>> {
        self.get(name).filter(|value| !value.is_null())
    }

    /// Names and values of an object in the order of the text; nothing for other kinds. Repeated names are repeated.
    pub fn members(&self) -> impl Iterator<Item = (Value<'t>, Value<'t>)> + use<'t> {
        let mut children = self.children(Kind::Object);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The elements of an array; nothing for other kinds.
    pub fn elements(&self) -> impl Iterator<Item = Value<'t>> + use<'t> {
        self.children(Kind::Array)
    }

    /// How many arrays and objects stand around the innermost value, this one included.
    pub fn depth(&self) -> usize {
        let (first, behind) = (self.index, self.node().next as usize);
        let (mut ends, mut deepest) = (Vec::new(), 0);
        for (index, node) in (first..).zip(self.nodes.get(first..behind).unwrap_or_default()) {
            while ends.last().is_some_and(|end| *end <= index) {
                ends.pop();
            }
            if matches!(node.kind, Kind::Array | Kind::Object) {
                ends.push(node.next as usize);
                deepest = deepest.max(ends.len());
            }
        }
        deepest
    }

    fn children(&self, kind: Kind) -> impl Iterator<Item = Value<'t>> + use<'t> {
        let node = self.node();
        let (nodes, text) = (self.nodes, self.text);
        let end = node.next as usize;
        let mut index = if node.kind == kind { self.index + 1 } else { end };
        std::iter::from_fn(move || {
            if index >= end {
                return None;
            }
            let value = Value { nodes, text, index };
            index = value.node().next as usize;
            Some(value)
        })
    }
}

/// The text of a string body.
pub(super) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    unescape_to(raw, &mut out);
    out
}

/// Decodes the escapes of a string body. Unpaired surrogates become U+FFFD, unknown escapes stay (rules 01, 1.1).
fn unescape_to(raw: &str, out: &mut String) {
    let mut rest = raw;
    // Where there is an escape, the next one is near: a search would cost more than looking at the bytes.
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let mut characters = rest.get(at + 1..).unwrap_or_default().chars();
        let code = characters.next();
        rest = characters.as_str();
        match code {
            Some(plain @ ('"' | '\\' | '/')) => out.push(plain),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let (character, used) = unicode_escape(rest);
                out.push(character);
                rest = rest.get(used..).unwrap_or_default();
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
}

/// The character of `XXXX` or of the pair `XXXX\uXXXX`, and how many bytes it took.
fn unicode_escape(rest: &str) -> (char, usize) {
    let unit = |from: usize| rest.get(from..from + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, rest.len().min(4)) };
    if let Some(character) = char::from_u32(first) {
        return (character, 4);
    }
    if (0xd800..0xdc00).contains(&first)
        && rest.get(4..6) == Some("\\u")
        && let Some(second) = unit(6)
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::REPLACEMENT_CHARACTER, 4)
}
