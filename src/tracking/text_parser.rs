//! A text becomes a JSON object: the whole of it, or what stands behind a prefix (rules 01, 1.1).

use super::json::{Members, Tape, is_space};

/// Reads one text, with a prefix or without, into an object.
#[derive(Debug, Default)]
pub(super) struct TextParser {
    tape: Tape,
    text: String,
}

impl TextParser {
    /// The object of a text that is there while the object is looked at.
    pub(super) fn object<'a>(&'a mut self, text: &'a str) -> Option<Members<'a>> {
        let object = self.read(text)?;
        Some(self.tape.members(object))
    }

    /// Whether a text yields an object; [`Self::kept`] is it.
    pub(super) fn keep(&mut self, text: &str) -> bool {
        let Some(object) = self.read(text) else { return false };
        self.text.clear();
        self.text.push_str(object);
        true
    }

    /// The object of the text that [`Self::keep`] took.
    pub(super) fn kept(&self) -> Members<'_> {
        self.tape.members(&self.text)
    }

    /// Puts the object of a text on the tape; the part of the text that it is.
    fn read<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        // What begins otherwise is no object, whatever else it may be, or has a prefix.
        let is_object = text.trim_start_matches(is_c_space).starts_with('{');
        let text = if is_object && self.tape.read(text).is_ok() {
            text
        } else {
            let object = embedded_object(text)?;
            self.tape.read(object).ok()?;
            object
        };
        self.tape.root(text).is_object().then_some(text)
    }
}

fn is_c_space(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_space)
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
