//! Where the tags of some markup end, and which of them have too many attributes.
//!
//! The tokenizer compares each attribute of a tag with all before it. The text needs none of them, so that those of a tag beyond some
//! are not shown to it. A tag ends where the standard's tokenizer ends it; what its tree decides, the reader has to say: in which
//! element text is raw, and whether CDATA may stand there.

use html5ever::{LocalName, local_name};
use memchr::{memchr, memchr_iter, memmem};

/// Attributes of a tag that are looked at.
pub(super) const MOST_ATTRIBUTES: usize = 256;
/// Bytes of an end tag that nobody writes.
const LONG_END: usize = 512;

/// What stands between tags.
#[derive(Clone)]
pub(super) enum Context {
    /// Markup; of an element of SVG or `MathML`?
    Markup { is_foreign: bool },
    /// Raw text of the element of this name.
    Raw(LocalName),
    /// Raw text up to the end.
    Plaintext,
}

/// A tag.
pub(super) struct Tag {
    /// Before its first attribute that does not count.
    pub cut: Option<usize>,
    /// Behind its `>`, or the end of the text.
    pub end: usize,
    /// What it ends with; nothing if the text ends before.
    pub close: &'static str,
    /// A script that writes scripts may hold what looks like its end. Such an end is short.
    pub is_doubtful: bool,
}

/// Whether a tag of it may have more attributes than this: each takes two bytes.
pub(super) fn may_have_more(markup: &str, most: usize) -> bool {
    let starts = |byte: &&u8| is_space(**byte) || matches!(**byte, b'/' | b'"' | b'\'');
    markup.len() > 2 * most && markup.as_bytes().iter().filter(starts).nth(most).is_some()
}

/// The first tag from a place on; none if there is no further one.
pub(super) fn next_tag(text: &[u8], mut from: usize, context: &Context, most: usize) -> Option<Tag> {
    loop {
        let start = from + memchr(b'<', text.get(from..)?)?;
        let behind = text.get(start + 1..)?;
        let (is_end, name) = match behind {
            [b'/', name @ ..] => (true, name),
            name => (false, name),
        };
        from = start + 1;
        match context {
            Context::Plaintext => return None,
            Context::Raw(element) => {
                if is_end && is_named(name, element) {
                    let tag = tag(text, start, most);
                    let is_doubtful = *element == local_name!("script") && tag.end - start > LONG_END;
                    return Some(Tag { is_doubtful, ..tag });
                }
            }
            Context::Markup { is_foreign } => {
                if name.first().is_some_and(u8::is_ascii_alphabetic) {
                    return Some(tag(text, start, most));
                }
                from += length_of_other(behind, *is_foreign)?;
            }
        }
    }
}

/// Whether the name of an end tag is that of an element.
fn is_named(text: &[u8], element: &str) -> bool {
    let name = text.get(..element.len()).is_some_and(|name| name.eq_ignore_ascii_case(element.as_bytes()));
    name && text.get(element.len()).is_some_and(|&byte| is_space(byte) || matches!(byte, b'/' | b'>'))
}

/// Length of what stands behind a `<` that begins no tag: a comment, a declaration, CDATA, or text. None if it does not end.
fn length_of_other(text: &[u8], is_foreign: bool) -> Option<usize> {
    let up_to = |from: usize, end: &[u8]| memmem::find(text.get(from..)?, end).map(|at| from + at + end.len());
    match text {
        [b'!', b'-', b'-', comment @ ..] => match comment {
            [b'>', ..] => Some(4),
            [b'-', b'>', ..] => Some(5),
            _ => memchr_iter(b'-', comment).find_map(|at| match comment.get(at..)? {
                [b'-', b'-', b'>', ..] => Some(3 + at + 3),
                [b'-', b'-', b'!', b'>', ..] => Some(3 + at + 4),
                _ => None,
            }),
        },
        [b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] if is_foreign => up_to(8, b"]]>"),
        [b'/', b'>', ..] => Some(2),
        [b'!' | b'?', ..] | [b'/', _, ..] => up_to(1, b">"),
        _ => Some(0),
    }
}

/// The tag that begins at a place.
fn tag(text: &[u8], start: usize, most: usize) -> Tag {
    let (mut at, mut attributes, mut cut) = (start + 1, 0, None);
    let byte = |at: usize| text.get(at).copied();
    // A place from another on where a byte is that is looked for, or the end.
    let find =
        |from: usize, is: &dyn Fn(u8) -> bool| from + text.get(from..).unwrap_or_default().iter().take_while(|byte| !is(**byte)).count();
    let ends_name = |byte: u8| is_space(byte) || matches!(byte, b'/' | b'>');
    // The slash of an end tag is none of its name.
    at = find(at + usize::from(byte(at) == Some(b'/')), &ends_name);
    loop {
        let next = find(at, &|byte| !is_space(byte) && byte != b'/');
        match byte(next) {
            None => return Tag { cut, end: text.len(), close: "", is_doubtful: false },
            Some(b'>') => {
                let is_closed = next > at && byte(next - 1) == Some(b'/');
                // The blank parts it from what stands before the cut: a value, or a slash.
                return Tag { cut, end: next + 1, close: if is_closed { " />" } else { " >" }, is_doubtful: false };
            }
            Some(_) => {}
        }
        if attributes == most && cut.is_none() {
            cut = Some(next);
        }
        attributes += 1;
        // A name may begin with an equals sign.
        let name_end = find(next + 1, &|byte| ends_name(byte) || byte == b'=');
        let sign = find(name_end, &|byte| !is_space(byte));
        at = name_end;
        if byte(sign) == Some(b'=') {
            let value = find(sign + 1, &|byte| !is_space(byte));
            at = match byte(value) {
                Some(quote @ (b'"' | b'\'')) => (find(value + 1, &|byte| byte == quote) + 1).min(text.len()),
                // No value: the tag ends.
                Some(b'>') => value,
                _ => find(value, &|byte| is_space(byte) || byte == b'>'),
            };
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c' | b' ')
}
