//! The JSON dialect of tracking logs (rules 01, 1.1), parsed in one pass onto a reusable tape.
//!
//! General-purpose decoders reject what real logs hold (literal control characters in strings, `NaN`, unknown
//! escapes), so this is a parser of its own. It validates the whole text, allocates nothing once its tape has grown to
//! the size of the longest line, does not recurse, and decodes strings only when somebody asks for them.

mod value;

pub use value::Value;
use wide::u8x32;

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
        if u32::try_from(text.len()).is_err() || memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(Malformed);
        }
        self.nodes.clear();
        self.open.clear();
        Parser { text: text.as_bytes(), at: 0, tape: self }.document()
    }

    /// The value of the text that was read last.
    pub(super) fn root<'t>(&'t self, text: &'t str) -> Value<'t> {
        Value { nodes: &self.nodes, text, index: 0 }
    }
}

struct Parser<'p> {
    text: &'p [u8],
    at: usize,
    tape: &'p mut Tape,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Malformed> {
        self.space();
        let mut opened = self.value()?;
        // One turn per value; `open` holds the containers around it.
        loop {
            if !opened {
                self.space();
            }
            let Some(&container) = self.tape.open.last() else { break };
            let kind = self.tape.nodes.get(container as usize).ok_or(Malformed)?.kind;
            if opened {
                self.space();
                if self.close(kind, container)? {
                    opened = false;
                    continue;
                }
            } else {
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if self.peek() == Some(b' ') {
                            self.at += 1;
                        }
                        self.space();
                    }
                    _ if self.close(kind, container)? => continue,
                    _ => return Err(Malformed),
                }
            }
            if kind == Kind::Object {
                if self.peek() != Some(b'"') {
                    return Err(Malformed);
                }
                self.string()?;
                self.separator()?;
            }
            // Most values are strings.
            opened = if self.peek() == Some(b'"') { self.string().map(|()| false)? } else { self.value()? };
        }
        if self.at == self.text.len() { Ok(()) } else { Err(Malformed) }
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

    fn close(&mut self, kind: Kind, container: u32) -> Result<bool, Malformed> {
        let closing = if kind == Kind::Object { b'}' } else { b']' };
        if self.peek() != Some(closing) {
            return Ok(false);
        }
        self.at += 1;
        let next = self.index();
        let end = self.position();
        let node = self.tape.nodes.get_mut(container as usize).ok_or(Malformed)?;
        node.next = next;
        node.end = end;
        self.tape.open.pop();
        Ok(true)
    }

    // The text is shorter than 4 GiB and no node is shorter than a byte, so neither cast can cut anything.
    #[allow(clippy::cast_possible_truncation)]
    fn position(&self) -> u32 {
        self.at as u32
    }

    #[allow(clippy::cast_possible_truncation)]
    fn index(&self) -> u32 {
        self.tape.nodes.len() as u32
    }

    fn push(&mut self, kind: Kind, escaped: bool, start: u32, end: u32) {
        let next = self.index() + 1;
        self.tape.nodes.push(Node { kind, escaped, start, end, next });
    }

    /// Reads a scalar, or the opening of a container; true for the latter.
    fn value(&mut self) -> Result<bool, Malformed> {
        match self.peek().ok_or(Malformed)? {
            b'"' => self.string()?,
            open @ (b'{' | b'[') => {
                let container = self.index();
                let start = self.position();
                self.at += 1;
                self.push(if open == b'{' { Kind::Object } else { Kind::Array }, false, start, start);
                self.tape.open.push(container);
                return Ok(true);
            }
            b't' => self.word(b"true", Kind::True)?,
            b'f' => self.word(b"false", Kind::False)?,
            b'n' => self.word(b"null", Kind::Null)?,
            b'N' => self.word(b"NaN", Kind::Number)?,
            b'I' => self.word(b"Infinity", Kind::Number)?,
            _ => self.number()?,
        }
        Ok(false)
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

    /// Reads a string; `at` is on its opening quote.
    #[inline]
    fn string(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        let start = self.position();
        let mut escaped = false;
        loop {
            let rest = self.text.get(self.at..).ok_or(Malformed)?;
            let (offset, byte) = quote_or_backslash(rest).ok_or(Malformed)?;
            self.at += offset;
            if byte == b'"' {
                break;
            }
            escaped = true;
            self.escape()?;
        }
        let end = self.position();
        self.at += 1;
        self.push(Kind::String, escaped, start, end);
        Ok(())
    }

    /// Skips one escape; only `\u` has a form to check. Unknown escapes are kept (rules 01, 1.1).
    fn escape(&mut self) -> Result<(), Malformed> {
        let code = self.text.get(self.at + 1).ok_or(Malformed)?;
        self.at += 2;
        if *code == b'u' {
            let digits = self.text.get(self.at..self.at + 4).ok_or(Malformed)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err(Malformed);
            }
            self.at += 4;
        }
        Ok(())
    }
}

/// The first quote or backslash, and where it is. Most strings are short, so that a call of a search function would cost more than the
/// search: a block of bytes is compared at once.
#[inline]
fn quote_or_backslash(text: &[u8]) -> Option<(usize, u8)> {
    const QUOTES: u8x32 = u8x32::new([b'"'; 32]);
    const BACKSLASHES: u8x32 = u8x32::new([b'\\'; 32]);
    let mut at = 0;
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<32>) {
        let bytes = u8x32::new(*block);
        let hits = (bytes.simd_eq(QUOTES) | bytes.simd_eq(BACKSLASHES)).to_bitmask();
        if hits != 0 {
            let offset = at + hits.trailing_zeros() as usize;
            return Some((offset, *text.get(offset)?));
        }
        at += 32;
    }
    let rest = text.get(at..)?;
    let (offset, byte) = rest.iter().enumerate().find(|(_, byte)| matches!(byte, b'"' | b'\\'))?;
    Some((at + offset, *byte))
}

#[cfg(test)]
mod tests;
