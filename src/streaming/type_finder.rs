//! Finds, in text of many lines, where the type of an event may stand: most lines are of no type that a mapper looks for, and need not
//! be parsed, not even be told apart.

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};

/// How many letters of a type are looked for where others are as good. The end of a type is rarer in logs than its beginning.
const LETTERS: usize = 8;

/// What an escape of a character below U+0100 begins with.
const ESCAPE: &str = "\\u00";

/// So many bytes are searched for one type after the other: what is rare is not searched for far beyond what is frequent.
const WINDOW: usize = 4096;
/// No type is longer.
const LONGEST: usize = 64;
/// A line that goes farther to both sides of a place in it is not looked through, but taken.
const NEAR: usize = 16 * 1024;

/// Types of events that end alike, or what they begin with.
#[derive(Clone, Copy, Debug)]
pub struct Types {
    names: &'static [&'static str],
    beside: &'static str,
}

impl Types {
    /// These types, or beginnings of types, of visible ASCII characters other than the quote, the backslash and the slash.
    pub const fn of(names: &'static [&'static str]) -> Self {
        Self { names, beside: "" }
    }

    /// Each line of such an event that matters also holds this, of the same characters, in a string.
    #[must_use]
    pub const fn beside(self, text: &'static str) -> Self {
        Self { beside: text, ..self }
    }
}

/// What is searched for to find some types.
#[derive(Debug)]
struct Sought {
    /// Letters that all of them end in.
    letters: Finder<'static>,
    /// What stands before these letters: the quote that a string begins with, and the rest of each.
    beginnings: Vec<Vec<u8>>,
    beside: Option<Finder<'static>>,
}

/// Looks for some types, best the most frequent ones first.
///
/// The type of an event is a whole string, so that a quote stands before it, also in JSON inside a string of JSON; or it is written with
/// `\u` escapes, its quote too. A character of a type, or a quote, comes out of a text by decoding, however often, only if it
/// stood in it as it is or as `\u00XX` with the first `X` from 2 to 7: short escapes yield none but the quote, which is in them as it is, and the
/// characters of `\u00XX` themselves, the backslash included, are spelled differently by such an escape only (the backslash also as two). No
/// escape yields nothing, so that letters that stand together after decoding stood together before.
#[derive(Debug)]
pub struct TypeFinder {
    sought: Vec<Sought>,
    escape: Finder<'static>,
    /// Whether an escape matters only in a line that holds a type's letters as they are.
    in_plain_letters: bool,
}

impl TypeFinder {
    /// For lines of events of these types, however they are written.
    pub fn spelled(types: &[Types]) -> Self {
        Self {
            sought: types.iter().map(|types| Sought::new(*types, LETTERS)).collect(),
            escape: Finder::new(ESCAPE),
            in_plain_letters: false,
        }
    }

    /// For lines that hold a text as it is, wherever it stands.
    pub fn of_text(text: &'static str) -> Self {
        let sought = Sought { letters: Finder::new(text), beginnings: vec![Vec::new()], beside: None };
        Self { sought: vec![sought], escape: Finder::new(ESCAPE), in_plain_letters: true }
    }

    /// For such lines if they hold what the types have in common at their ends, and that without escapes.
    pub fn in_plain_letters(types: Types) -> Self {
        Self { sought: vec![Sought::new(types, LONGEST)], escape: Finder::new(ESCAPE), in_plain_letters: true }
    }

    /// A place in the first line that may be of such an event; none if no line is. The text begins with a line; what its last
    /// line, which may go on behind it, does not hold is not there.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let end = text.len().min(from + WINDOW);
            let found = self.find_in(text, from, end);
            if found.is_some() || end == text.len() {
                return found;
            }
            from = end - LONGEST;
        }
    }

    fn find_in(&self, text: &[u8], from: usize, mut end: usize) -> Option<usize> {
        let mut nearest = None;
        // A type that begins before another one and ends in it is of the same line, so that it does not matter that it is cut off.
        for sought in &self.sought {
            if let Some(at) = self.first_of(sought, text, from, end) {
                (nearest, end) = (Some(at), at);
            }
        }
        if self.in_plain_letters { nearest } else { self.first_escape(text.get(from..end)?).map(|at| from + at).or(nearest) }
    }

    /// Where the first of some types may stand.
    fn first_of(&self, sought: &Sought, text: &[u8], mut from: usize, end: usize) -> Option<usize> {
        loop {
            let at = from + sought.letters.find(text.get(from..end)?)?;
            let is_type = sought.stands_at(text, at);
            if is_type && sought.beside.is_none() {
                return Some(at);
            }
            if is_type || self.in_plain_letters {
                let Some(line) = line_around(text, at) else { return Some(at) };
                if sought.is_in(line) || self.in_plain_letters && self.first_escape(line).is_some() {
                    return Some(at);
                }
                from = at + memchr(b'\n', text.get(at..)?)?;
            } else {
                from = at + 1;
            }
        }
    }

    fn first_escape(&self, text: &[u8]) -> Option<usize> {
        self.escape.find_iter(text).find(|at| matches!(text.get(at + ESCAPE.len()), Some(b'2'..=b'7')))
    }
}

impl Sought {
    fn new(Types { names, beside }: Types, most_letters: usize) -> Self {
        debug_assert!(names.iter().all(|name| (1..=LONGEST).contains(&name.len())));
        let last_letters = |name: &'static str| name.as_bytes().iter().rev();
        let first = names.first().copied().unwrap_or_default();
        let alike = names.iter().map(|name| last_letters(first).zip(last_letters(name)).take_while(|(one, other)| one == other).count());
        let letters = alike.min().unwrap_or_default().min(most_letters);
        let cut = |name: &'static str| name.split_at(name.len() - letters);
        Self {
            letters: Finder::new(cut(first).1),
            beginnings: names.iter().map(|name| format!("\"{}", cut(name).0).into_bytes()).collect(),
            beside: (!beside.is_empty()).then(|| Finder::new(beside)),
        }
    }

    /// Whether a line holds one of the types, and what stands beside it.
    fn is_in(&self, line: &[u8]) -> bool {
        let mut from = 0;
        let mut places = std::iter::from_fn(|| {
            let at = from + self.letters.find(line.get(from..)?)?;
            from = at + 1;
            Some(at)
        });
        places.any(|at| self.stands_at(line, at)) && self.beside.as_ref().is_none_or(|beside| beside.find(line).is_some())
    }

    /// Whether one of the types stands where its letters were found, at the beginning of a string.
    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let before = text.get(..at).unwrap_or_default();
        self.beginnings.iter().any(|beginning| before.ends_with(beginning))
    }
}

/// The line around a place, if it is not long.
fn line_around(text: &[u8], at: usize) -> Option<&[u8]> {
    let (before, behind) = text.split_at_checked(at)?;
    let near = before.get(before.len().saturating_sub(NEAR)..)?;
    let start = match memrchr(b'\n', near) {
        Some(end) => at - near.len() + end + 1,
        None if near.len() == before.len() => 0,
        None => return None,
    };
    let near = behind.get(..NEAR).unwrap_or(behind);
    let end = match memchr(b'\n', near) {
        Some(end) => at + end,
        None if near.len() == behind.len() => text.len(),
        None => return None,
    };
    text.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENROLLMENT: Types = Types::of(&["edx.course.enrollment."]);
    const SUBMISSION: Types = Types::of(&["problem_check"]).beside("server");
    const PLAYER: Types = Types::of(&["play_video", "pause_video"]);

    #[test]
    fn types_are_found_plain_and_escaped() {
        let finder = TypeFinder::spelled(&[ENROLLMENT]);
        for text in ["xx \"edx.course.enrollment.activated", r"edx\u002ecourse", r"{\\u0065dx", r"\u005cu00e9", r"\u007A"] {
            assert!(finder.find(text.as_bytes()).is_some(), "{text}");
        }
        for text in ["\"edx.course.enrollment", "edx.course.enrollment.", r"caf\u00e9 \u2014 \u0007 \n\t", r"\U0065", "\\", ""] {
            assert_eq!(finder.find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_must_stand_in_plain_letters() {
        let anywhere = TypeFinder::of_text("_video");
        assert_eq!([&b"load_video"[..], b"_video", br"\u005fvideo"].map(|text| anywhere.find(text)), [Some(4), Some(0), None]);
        let finder = TypeFinder::in_plain_letters(PLAYER);
        for text in [r#""play_video"#, r#"\"pause_video"#, r"load_video \u0061", r"\u0061 load_video"] {
            assert!(finder.find(text.as_bytes()).is_some(), "{text}");
        }
        for text in [r#""play\u005fvideo"#, r#""load_video"#, r#""play_vide"#, "load_video\n\\u0061", "\\u0061\nload_video"] {
            assert_eq!(finder.find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_must_stand_beside_a_type() {
        for finder in [TypeFinder::spelled(&[PLAYER, SUBMISSION]), TypeFinder::in_plain_letters(SUBMISSION)] {
            for text in [
                "\"problem_check \"browser\nserver\n\"problem_check server",
                "/problem_check server\n\"problem_check browser\nserver \"problem_checks",
            ] {
                let found = finder.find(text.as_bytes()).unwrap();
                assert_eq!(text[..found].matches('\n').count(), 2, "{text}");
            }
            assert_eq!(finder.find(b"\"problem_check browser\nserver"), None);
        }
    }

    #[test]
    fn of_a_long_line_the_other_part_is_not_looked_for() {
        let far = "x".repeat(NEAR + 1);
        for text in [format!("{far}\"problem_check"), format!("\"problem_check{far}")] {
            assert!(TypeFinder::spelled(&[SUBMISSION]).find(text.as_bytes()).is_some());
            assert!(TypeFinder::in_plain_letters(SUBMISSION).find(text.as_bytes()).is_some());
        }
        let near = "x".repeat(NEAR / 2);
        assert_eq!(TypeFinder::spelled(&[SUBMISSION]).find(format!("{near}\"problem_check{near}").as_bytes()), None);
    }

    proptest! {
        #[test]
        fn the_first_line_that_may_matter_is_found(
            pieces in prop::collection::vec(prop_oneof![
                4 => "[a-z\\\\u0\n\"]{0,40}",
                1 => "\"?(problem_check|play_video|pause_video|edx.course.enrollment.|server|\\\\u0061)",
            ], 0..40),
            blank in 0..WINDOW + 100,
        ) {
            let text = format!("{}{}", "x".repeat(blank), pieces.concat());
            let line_of = |at: usize| text[..at].matches('\n').count();
            let is_escaped = |line: &str| (2..8).any(|digit| line.contains(&format!("\\u00{digit}")));
            let is_submission = |line: &str| line.contains("\"problem_check") && line.contains("server");
            let is_player = |line: &str| ["\"play_video", "\"pause_video"].iter().any(|name| line.contains(name));
            let first = |matters: &dyn Fn(&str) -> bool| text.split('\n').position(matters);

            let found = TypeFinder::spelled(&[SUBMISSION, PLAYER, ENROLLMENT]).find(text.as_bytes());
            let expected = first(&|line| is_escaped(line) || is_submission(line) || is_player(line) || line.contains("\"edx.course.enrollment."));
            prop_assert_eq!(found.map(line_of), expected);
            let found = TypeFinder::in_plain_letters(SUBMISSION).find(text.as_bytes());
            prop_assert_eq!(found.map(line_of), first(&|line| is_submission(line) || line.contains("problem_check") && is_escaped(line)));
            let found = TypeFinder::in_plain_letters(PLAYER).find(text.as_bytes());
            let holds = |line: &str| line.contains("_video");
            prop_assert_eq!(found.map(line_of), first(&|line| is_player(line) || holds(line) && is_escaped(line)));
        }
    }
}
