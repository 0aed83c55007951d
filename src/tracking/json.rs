//! The JSON dialect of tracking logs (rules 01, 1.1), parsed in one pass onto a reusable tape.
//!
//! General-purpose decoders reject what real logs hold (literal control characters in strings, `NaN`, unknown
//! escapes), so this is a parser of its own. It validates the whole text, allocates nothing once its tape has grown to
//! the size of the longest line, does not recurse, and decodes strings only when somebody asks for them.

mod known_members;
mod marks;
pub mod strict;
mod surrogates;
mod value;

pub(super) use known_members::{KnownMembers, Members};
use marks::{Marks, Places};
pub use surrogates::with_pairs_only;
pub use value::Value;
use value::unescape;

/// What kind of JSON value a [`Value`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number, kept as its text; includes `NaN`, `Infinity` and `-Infinity`.
    Number,
    /// A string
    String,
    /// An array
    Array,
    /// An object
    Object,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    kind: Kind,
    /// Strings: holds a backslash, so the text differs from the raw bytes.
    escaped: bool,
    /// Byte range in the text; for strings without the quotes.
    start: u32,
    end: u32,
    /// Index of the first node behind this value's subtree.
    next: u32,
}

/// The text is not JSON, also not in this dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Memory for parsed values, reused from text to text.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<u32>,
    marks: Marks,
    known: KnownMembers,
}

/// White space of the dialect: the C function `isspace`.
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

impl Tape {
    /// Parses one JSON value with nothing but white space around it. A NUL byte anywhere makes the text malformed, as
    /// does a text of 4 GiB or more.
    pub fn parse<'t>(&'t mut self, text: &'t str) -> Result<Value<'t>, Malformed> {
        self.read(text)?;
        Ok(self.root(text))
    }

    /// The first half of [`Self::parse`], for callers that try several texts; [`Self::root`] is the second.
    pub(super) fn read(&mut self, text: &str) -> Result<(), Malformed> {
        let Self { nodes, open, marks, known } = self;
        if u32::try_from(text.len()).is_err() || !marks.read(text.as_bytes()) {
            return Err(Malformed);
        }
        nodes.clear();
        open.clear();
        *known = KnownMembers::default();
        Parser { text: text.as_bytes(), at: 0, nodes, open, marks: marks.places(), known, whose: None }.document()
    }

    /// The value of the text that was read last.
    pub(super) fn root<'t>(&'t self, text: &'t str) -> Value<'t> {
        Value { nodes: &self.nodes, text, index: 0 }
    }

    /// [`Self::root`], and where its known members lie.
    pub(super) fn members<'t>(&'t self, text: &'t str) -> Members<'t> {
        self.known.of(self.root(text))
    }
}

struct Parser<'p> {
    text: &'p [u8],
    at: usize,
    nodes: &'p mut Vec<Node>,
    /// The containers around the current value.
    open: &'p mut Vec<u32>,
    marks: Places<'p>,
    known: &'p mut KnownMembers,
    /// Whose known members the names of the innermost container are.
    whose: Option<usize>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Malformed> {
        self.space();
        // Whether the innermost container is an object.
        let mut in_object = false;
        loop {
            if in_object {
                self.name()?;
            }
            match self.peek().ok_or(Malformed)? {
                b'"' => drop(self.string()?),
                open @ (b'{' | b'[') => {
                    in_object = self.open(open);
                    self.space();
                    if !matches!(self.peek(), Some(b'}' | b']')) {
                        continue;
                    }
                    in_object = self.close(in_object)?;
                }
                first => self.scalar(first)?,
            }
            // Behind a value.
            loop {
                if in_object && self.text.get(self.at..).and_then(<[u8]>::first_chunk) == Some(b", \"") {
                    self.at += 2;
                    break;
                }
                self.space();
                if self.open.is_empty() {
                    return if self.at == self.text.len() { Ok(()) } else { Err(Malformed) };
                }
                if self.peek() == Some(b',') {
                    self.at += 1;
                    self.space();
                    break;
                }
                in_object = self.close(in_object)?;
            }
        }
    }

    /// Reads a name and what follows it up to its value; notes where the value of a known member will lie.
    #[allow(clippy::inline_always, reason = "a call takes longer than the work")]
    #[inline(always)]
    fn name(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b'"') {
            return Err(Malformed);
        }
        let (start, end, escaped) = self.string()?;
        if let Some(whose) = self.whose {
            let value = self.index();
            if escaped {
                self.note_decoded(whose, start, end, value);
            } else {
                self.known.note(whose, self.text, start, end, value);
            }
        }
        self.separator()
    }

    #[cold]
    fn note_decoded(&mut self, whose: usize, start: usize, end: usize, value: u32) {
        let raw = self.text.get(start..end).and_then(|raw| std::str::from_utf8(raw).ok()).unwrap_or_default();
        self.known.note_decoded(whose, &unescape(raw), value);
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        // Mostly there is none, or one blank.
        while self.peek().is_some_and(|byte| byte <= b' ' && is_space(byte)) {
            self.at += 1;
        }
    }

    /// The colon between a name and its value; behind it there is mostly one blank.
    #[inline]
    fn separator(&mut self) -> Result<(), Malformed> {
        if let Some(&[b':', b' ', next]) = self.text.get(self.at..).and_then(<[u8]>::first_chunk)
            && next > b' '
        {
            self.at += 2;
            return Ok(());
        }
        self.space();
        if self.peek() != Some(b':') {
            return Err(Malformed);
        }
        self.at += 1;
        self.space();
        Ok(())
    }

    /// Begins a container; true for an object.
    fn open(&mut self, bracket: u8) -> bool {
        let (container, start, is_object) = (self.index(), self.position(), bracket == b'{');
        self.at += 1;
        self.push(if is_object { Kind::Object } else { Kind::Array }, false, start, start);
        self.open.push(container);
        self.whose = self.known.begin(self.open);
        is_object
    }

    /// Ends the innermost container; true if the one around it is an object.
    fn close(&mut self, is_object: bool) -> Result<bool, Malformed> {
        if self.peek() != Some(if is_object { b'}' } else { b']' }) {
            return Err(Malformed);
        }
        self.at += 1;
        let (next, end) = (self.index(), self.position());
        let node = self.open.pop().and_then(|container| self.nodes.get_mut(container as usize)).ok_or(Malformed)?;
        node.next = next;
        node.end = end;
        self.whose = self.known.whose(self.open);
        Ok(self.open.last().and_then(|container| self.nodes.get(*container as usize)).is_some_and(|node| node.kind == Kind::Object))
    }

    // The text is shorter than 4 GiB and no node is shorter than a byte, so neither cast can cut anything.
    #[allow(clippy::cast_possible_truncation)]
    fn position(&self) -> u32 {
        self.at as u32
    }

    #[allow(clippy::cast_possible_truncation)]
    fn index(&self) -> u32 {
        self.nodes.len() as u32
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: u32, end: u32) {
        let next = self.index() + 1;
        self.nodes.push(Node { kind, escaped, start, end, next });
    }

    /// Reads a scalar that is no string.
    fn scalar(&mut self, first: u8) -> Result<(), Malformed> {
        match first {
            b't' => self.word(b"true", Kind::True),
            b'f' => self.word(b"false", Kind::False),
            b'n' => self.word(b"null", Kind::Null),
            b'N' => self.word(b"NaN", Kind::Number),
            b'I' => self.word(b"Infinity", Kind::Number),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), Malformed> {
        let rest = self.text.get(self.at..).ok_or(Malformed)?;
        if !rest.starts_with(word) {
            return Err(Malformed);
        }
        let start = self.position();
        self.at += word.len();
        let end = self.position();
        self.push(kind, false, start, end);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let start = self.position();
        if matches!(self.peek(), Some(b'-' | b'+')) {
            self.at += 1;
        }
        match self.peek() {
            Some(b'I') => {
                let rest = self.text.get(self.at..).ok_or(Malformed)?;
                if !rest.starts_with(b"Infinity") {
                    return Err(Malformed);
                }
                self.at += b"Infinity".len();
                let end = self.position();
                self.push(Kind::Number, false, start, end);
                return Ok(());
            }
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(Malformed),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'-' | b'+')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        let end = self.position();
        self.push(Kind::Number, false, start, end);
        Ok(())
    }

    fn some_digits(&mut self) -> Result<(), Malformed> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(Malformed);
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// Reads a string; `at` is on its opening quote, which nothing escapes: a backslash before it would have been refused. Says where its
    /// text begins and ends, and whether that has escapes.
    #[allow(clippy::inline_always, reason = "a call takes longer than the work")]
    #[inline(always)]
    fn string(&mut self) -> Result<(usize, usize, bool), Malformed> {
        self.at += 1;
        let (from, start) = (self.at, self.position());
        let mut escaped = false;
        let mut to = self.marks.from(from).ok_or(Malformed)?;
        while self.text.get(to) != Some(&b'"') {
            escaped = true;
            self.escape(to)?;
            to = self.marks.from(to + 1).ok_or(Malformed)?;
        }
        self.at = to;
        let end = self.position();
        self.at += 1;
        self.push(Kind::String, escaped, start, end);
        Ok((from, to, escaped))
    }

    /// Looks at one escape; only `\u` has a form to check. Unknown escapes are kept (rules 01, 1.1).
    fn escape(&self, at: usize) -> Result<(), Malformed> {
        if self.text.get(at + 1) != Some(&b'u') {
            return Ok(());
        }
        let digits = self.text.get(at + 2..at + 6).ok_or(Malformed)?;
        if digits.iter().all(u8::is_ascii_hexdigit) { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests;
