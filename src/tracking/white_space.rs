//! What the original took for white space, and how it removed that at both ends of a text.

use std::borrow::Cow;

use super::json::is_space;

/// What the original's Unicode text type takes for white space: today's Unicode white space, the four ASCII separators, and the
/// Mongolian vowel separator, which was white space in its edition of Unicode (measured).
pub fn is_unicode_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}' | '\u{180e}')
}

/// Whether a text begins and ends with ASCII characters that are no white space.
fn is_tight(text: &str) -> bool {
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    matches!(ends, (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic())
}

/// Removes white space at both ends the way the original's text type does: ASCII texts lose C white space, others what
/// Unicode calls white space, and the separators U+001C to U+001F.
pub fn strip(text: &str) -> &str {
    if is_tight(text) {
        text
    } else if text.is_ascii() {
        text.trim_matches(|character: char| u8::try_from(character).is_ok_and(is_space))
    } else {
        text.trim_matches(is_unicode_space)
    }
}

/// [`strip`] of a text from JSON, that keeps borrowing. An owned one had escapes; the original then took it for a Unicode text, even
/// if it is ASCII.
pub fn strip_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(strip(text)),
        Cow::Owned(text) if is_tight(&text) => Cow::Owned(text),
        Cow::Owned(text) => {
            let stripped = text.trim_matches(is_unicode_space);
            if stripped.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(stripped.to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::LineParser;

    #[test]
    fn texts_with_escapes_lose_unicode_white_space() {
        let username = |json: &str| {
            let line = format!(r#"{{"username":"{json}"}}"#);
            let mut parser = LineParser::default();
            parser.parse(line.as_bytes()).and_then(|event| event.username().map(Cow::into_owned))
        };
        assert_eq!(username(r" \u001cbob\u00a0"), Some("bob".to_owned()));
        assert_eq!(username(r"\u001cbob"), Some("bob".to_owned()), "even if they are ASCII");
        assert_eq!(username("\u{1c}bob"), Some("\u{1c}bob".to_owned()));
    }
}
