//! Finds, in text of many lines, where a name may stand: most lines hold none of the names that a mapper looks for, and need not be
//! parsed, not even be told apart.

use memchr::memmem::Finder;

/// How many letters of a name are looked for where others are as good. The end of a name is rarer in logs than its beginning.
const LETTERS: usize = 8;

/// What an escape of a character below U+0100 begins with.
const ESCAPE: &str = "\\u00";

/// So many bytes are searched for one name after the other: what is rare is not searched for far beyond what is frequent.
const WINDOW: usize = 4096;
/// No name is longer.
const LONGEST: usize = 64;

/// Looks for some names, best the most frequent one first.
#[derive(Debug)]
pub struct NameFinder {
    names: Vec<Finder<'static>>,
    escape: Option<Finder<'static>>,
}

impl NameFinder {
    /// For whole names as they are written.
    pub fn plain(names: &[&'static str]) -> Self {
        debug_assert!(names.iter().all(|name| (1..=LONGEST).contains(&name.len())));
        Self { names: names.iter().map(|name| Finder::new(*name)).collect(), escape: None }
    }

    /// For names in JSON, in JSON inside a string of it, and so on: there, letters may also be `\u` escapes. Names consist of visible
    /// ASCII characters other than the quote, the backslash and the slash.
    ///
    /// A character of a name comes out of a text by decoding, however often, only if it stood in it as it is or as `\u00XX` with the
    /// first `X` from 2 to 7: short escapes yield none of them, and the characters of `\u00XX` themselves, the backslash included, are
    /// spelled differently by such an escape only (the backslash also as two). No escape yields nothing, so that letters that stand
    /// together after decoding stood together before.
    pub fn escaped(names: &[&'static str]) -> Self {
        let ends: Vec<_> = names.iter().map(|name| name.get(name.len().saturating_sub(LETTERS)..).unwrap_or(name)).collect();
        Self { escape: Some(Finder::new(ESCAPE)), ..Self::plain(&ends) }
    }

    /// A place in the first line that may hold one of the names; none if no line does.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let window = text.get(from..text.len().min(from + WINDOW))?;
            if let Some(at) = self.find_in(window) {
                return Some(from + at);
            }
            if from + WINDOW >= text.len() {
                return None;
            }
            from += WINDOW - LONGEST;
        }
    }

    fn find_in(&self, window: &[u8]) -> Option<usize> {
        let (mut nearest, mut rest) = (None, window);
        // A name that begins before another one and ends in it is of the same line, so that it does not matter that it is cut off.
        for name in &self.names {
            if let Some(at) = name.find(rest) {
                (nearest, rest) = (Some(at), rest.get(..at)?);
            }
        }
        let mut escapes = self.escape.iter().flat_map(|escape| escape.find_iter(rest));
        escapes.find(|at| matches!(rest.get(at + ESCAPE.len()), Some(b'2'..=b'7'))).or(nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_found_plain_and_escaped() {
        let finder = NameFinder::escaped(&["edx.course.enrollment."]);
        for text in ["xx edx.course.enrollment.activated", r"edx\u002ecourse", r"{\\u0065dx", r"\u005cu00e9", r"\u007A"] {
            assert!(finder.find(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["edx.course.enrollment", r"caf\u00e9 \u2014 \u0007 \n\t", r"\U0065", "\\", ""] {
            assert_eq!(finder.find(text.as_bytes()), None, "{text}");
        }
        let plain = NameFinder::plain(&["_video"]);
        assert_eq!((plain.find(b"play_video"), plain.find(br"play\u005fvideo")), (Some(4), None));
    }

    proptest! {
        #[test]
        fn the_first_line_with_a_name_is_found(
            pieces in prop::collection::vec(prop_oneof![4 => "[a-z\\\\u0\n]{0,40}", 1 => Just("one.name".to_owned()), 1 => Just("name.two".to_owned()), 1 => Just("\\u0061".to_owned())], 0..40),
            blank in 0..WINDOW + 100,
        ) {
            let text = format!("{}{}", "x".repeat(blank), pieces.concat());
            let line_of = |at: usize| text[..at].matches('\n').count();
            let first = |names: &[&str]| names.iter().filter_map(|name| text.find(name)).min();
            let (names, escapes) = (["one.name", "name.two"], ["\\u002", "\\u003", "\\u004", "\\u005", "\\u006", "\\u007"]);
            let found = NameFinder::plain(&names).find(text.as_bytes());
            prop_assert_eq!(found.map(line_of), first(&names).map(line_of));
            let found = NameFinder::escaped(&names).find(text.as_bytes());
            prop_assert_eq!(found.map(line_of), first(&[&names[..], &escapes].concat()).map(line_of));
        }
    }
}
