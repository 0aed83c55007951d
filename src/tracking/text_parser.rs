//! A text becomes a JSON object: the whole of it, or what stands behind a prefix (rules 01, 1.1).

use super::json::{Tape, Value};

/// Reads one text, with a prefix or without, into an object.
#[derive(Debug, Default)]
pub(super) struct TextParser {
    tape: Tape,
    text: String,
}

impl TextParser {
    /// The object of a text that is there while the object is looked at.
    pub(super) fn object<'a>(&'a mut self, text: &'a str) -> Option<Value<'a>> {
        let object = self.read(text)?;
        Some(self.tape.root(object))
    }

    /// Whether a text yields an object; [`Self::kept`] is it.
    pub(super) fn keep(&mut self, text: &str) -> bool {
        let Some(object) = self.read(text) else { return false };
        self.text.clear();
        self.text.push_str(object);
        true
    }

    /// The object of the text that [`Self::keep`] took.
    pub(super) fn kept(&self) -> Value<'_> {
        self.tape.root(&self.text)
    }

    /// Puts the object of a text on the tape; the part of the text that it is.
    fn read<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let text = if self.tape.read(text).is_ok() {
            text
        } else {
            let object = embedded_object(text)?;
            self.tape.read(object).ok()?;
            object
        };
        self.tape.root(text).is_object().then_some(text)
    }
}

/// From the first `{` to the last `}`, if only white space follows.
fn embedded_object(text: &str) -> Option<&str> {
    if text.contains('\0') {
        return None;
    }
    let start = text.find('{')?;
    let trimmed = text.trim_end_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    trimmed.ends_with('}').then(|| trimmed.get(start..))?
}
