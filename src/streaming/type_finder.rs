//! Finds, in text of many lines, where the type of an event may stand: most lines are of no type that a mapper looks for, and need not
//! be parsed, not even be told apart.

use std::ops::Range;

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
/// A longer line is not looked through for what else it holds, but taken.
const LOOKED_THROUGH: usize = 16 * 1024;

/// A type of events, or those that begin alike.
#[derive(Clone, Copy, Debug)]
pub struct EventTypes {
    beginning: &'static str,
    beside: &'static str,
}

impl EventTypes {
    /// The types that begin so; visible ASCII characters other than the quote, the backslash and the slash.
    pub const fn beginning(text: &'static str) -> Self {
        Self { beginning: text, beside: "" }
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
    letters: Finder<'static>,
    /// What stands before these letters: the quote that a string begins with, and the other letters.
    before: Vec<u8>,
    beside: Option<Finder<'static>>,
}

/// Looks for some types, best the most frequent ones first.
///
/// Why no line is missed, however often JSON lies in a string of JSON, and is decoded:
///
/// * A type is a whole string, so that a quote stands before it.
/// * A letter of a type, or that quote, stands in the line as it is, or comes from an escape `\u0020` to `\u007f`. Short escapes such as
///   `\n` yield no letter; `\"` yields a quote, and has it.
/// * Each escape yields a character, so that letters which stand together after decoding stood together before.
///
/// So a line has `"problem_check` in it, or one of these escapes: `"problem\u005fcheck`, also as `\"problem\\u005fcheck`.
#[derive(Debug)]
pub struct TypeFinder {
    /// Those first beside which nothing else must stand.
    sought: Vec<Sought>,
    escape: Finder<'static>,
    /// Whether an escape matters only in a line that holds a type's letters as they are.
    in_plain_letters: bool,
}

impl TypeFinder {
    /// For lines of events of these types, however they are written.
    pub fn however_written(types: &[EventTypes]) -> Self {
        let mut sought: Vec<_> = types.iter().map(|types| Sought::of(*types, LETTERS)).collect();
        sought.sort_by_key(|sought| sought.beside.is_some());
        Self { sought, escape: Finder::new(ESCAPE), in_plain_letters: false }
    }

    /// For such lines only that hold the type's letters somewhere as they are, which some rules ask for.
    pub fn in_plain_letters(types: EventTypes) -> Self {
        Self { sought: vec![Sought::of(types, LONGEST)], escape: Finder::new(ESCAPE), in_plain_letters: true }
    }

    /// For lines that hold a text as it is, wherever it stands.
    pub fn of_text(text: &'static str) -> Self {
        debug_assert!((1..=LONGEST).contains(&text.len()));
        let sought = Sought { letters: Finder::new(text), before: Vec::new(), beside: None };
        Self { sought: vec![sought], escape: Finder::new(ESCAPE), in_plain_letters: true }
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

    /// Whether [`Self::find`] surely finds a line in which these stand as they are, each as a whole string.
    pub fn finds_line_of(&self, event_type: &str, source: Option<&str>) -> bool {
        let is_in_one =
            |letters: &Finder<'_>| [Some(event_type), source].iter().flatten().any(|text| letters.find(text.as_bytes()).is_some());
        let mut of_type = self.sought.iter().filter(|sought| sought.is_told_by(event_type));
        of_type.any(|sought| sought.beside.as_ref().is_none_or(is_in_one))
    }

    fn find_in(&self, text: &[u8], from: usize, mut end: usize) -> Option<usize> {
        let mut nearest = None;
        let mut nearer = |at: Option<usize>, end: &mut usize| {
            // A type that begins before another one and ends in it is of the same line, so that it does not matter that it is cut off.
            if let Some(at) = at {
                (nearest, *end) = (Some(at), at);
            }
        };
        let (alone, with_others) = self.sought.split_at(self.sought.partition_point(|sought| sought.beside.is_none()));
        for sought in alone {
            nearer(self.first_of(sought, text, from, end), &mut end);
        }
        // Before the others, for which whole lines may be looked through.
        if !self.in_plain_letters {
            nearer(self.first_escape(text.get(from..end)?).map(|at| from + at), &mut end);
        }
        for sought in with_others {
            nearer(self.first_of(sought, text, from, end), &mut end);
        }
        nearest
    }

    /// Where the first of some types may stand.
    fn first_of(&self, sought: &Sought, text: &[u8], mut from: usize, end: usize) -> Option<usize> {
        loop {
            let at = from + sought.letters.find(text.get(from..end)?)?;
            let is_type = sought.stands_at(text, at);
            if is_type && sought.beside.is_none() {
                return Some(at);
            }
            if !is_type && !self.in_plain_letters {
                from = at + 1;
                continue;
            }
            let Some(place) = line_around(text, at) else { return Some(at) };
            let line = text.get(place.clone())?;
            let holds_type = is_type || sought.is_in(line);
            if holds_type && sought.stands_beside(line) || self.in_plain_letters && self.first_escape(line).is_some() {
                return Some(at);
            }
            from = place.end;
        }
    }

    fn first_escape(&self, text: &[u8]) -> Option<usize> {
        self.escape.find_iter(text).find(|at| matches!(text.get(at + ESCAPE.len()), Some(b'2'..=b'7')))
    }
}

impl Sought {
    fn of(EventTypes { beginning, beside }: EventTypes, most_letters: usize) -> Self {
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\/".contains(&byte));
        debug_assert!((1..=LONGEST).contains(&beginning.len()) && is_plain(beginning) && is_plain(beside));
        let (before, letters) = beginning.split_at(beginning.len().saturating_sub(most_letters));
        let beside = (!beside.is_empty()).then(|| Finder::new(beside));
        Self { letters: Finder::new(letters), before: format!("\"{before}").into_bytes(), beside }
    }

    /// Whether it is found in a whole string: at its beginning, or anywhere if that is enough.
    fn is_told_by(&self, string: &str) -> bool {
        match self.before.split_first() {
            Some((_quote, before)) => {
                let letters = string.as_bytes().strip_prefix(before);
                letters.is_some_and(|letters| letters.starts_with(self.letters.needle()))
            }
            None => self.letters.find(string.as_bytes()).is_some(),
        }
    }

    /// Whether a type stands where its letters were found, at the beginning of a string.
    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        text.get(..at).is_some_and(|before| before.ends_with(&self.before))
    }

    fn is_in(&self, line: &[u8]) -> bool {
        let mut from = 0;
        let mut places = std::iter::from_fn(|| {
            let at = from + self.letters.find(line.get(from..)?)?;
            from = at + 1;
            Some(at)
        });
        places.any(|at| self.stands_at(line, at))
    }

    fn stands_beside(&self, line: &[u8]) -> bool {
        self.beside.as_ref().is_none_or(|beside| beside.find(line).is_some())
    }
}

/// Where the line around a place is, if it is not long.
fn line_around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let first = at.saturating_sub(LOOKED_THROUGH + 1);
    let start = match memrchr(b'\n', text.get(first..at)?) {
        Some(end) => first + end + 1,
        None if first == 0 => 0,
        None => return None,
    };
    let last = text.len().min(start + LOOKED_THROUGH + 1);
    let end = match memchr(b'\n', text.get(at..last)?) {
        Some(end) => at + end,
        None => last,
    };
    (end - start <= LOOKED_THROUGH).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ENROLLMENT: EventTypes = EventTypes::beginning("edx.course.enrollment.");
    const SUBMISSION: EventTypes = EventTypes::beginning("problem_check").beside("server");
    const PLAYING: EventTypes = EventTypes::beginning("play_video");

    #[test]
    fn types_are_found_plain_and_escaped() {
        let finder = TypeFinder::however_written(&[ENROLLMENT]);
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
        let finder = TypeFinder::in_plain_letters(PLAYING);
        for text in [r#""play_video"#, r#"\"play_video"#, r#"/play_video "play_video"#, r"replay_video \u0061", r"\u0061 replay_video"] {
            assert!(finder.find(text.as_bytes()).is_some(), "{text}");
        }
        for text in [r#""play\u005fvideo"#, r#""replay_video"#, r#""play_vide"#, "replay_video\n\\u0061", "\\u0061\nreplay_video"] {
            assert_eq!(finder.find(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn what_must_stand_beside_a_type() {
        for finder in [TypeFinder::however_written(&[SUBMISSION, PLAYING]), TypeFinder::in_plain_letters(SUBMISSION)] {
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
    fn type_and_source_tell_that_their_line_is_found() {
        let finder = TypeFinder::however_written(&[PLAYING, SUBMISSION, EventTypes::beginning("edx.forum.").beside(".created")]);
        for (event_type, source, is_told) in [
            ("play_video", None, true),
            ("replay_video", None, false),
            ("play_vide", Some("server"), false),
            ("problem_check", Some("server"), true),
            ("problem_check", Some("browser"), false),
            ("problem_check", None, false),
            ("edx.forum.thread.created", None, true),
            ("edx.forum.thread.voted", Some("server"), false),
            ("", Some(""), false),
        ] {
            assert_eq!(finder.finds_line_of(event_type, source), is_told, "{event_type} {source:?}");
        }
        let finder = TypeFinder::of_text("_video");
        assert_eq!(["load_video", "_videos", "video"].map(|event_type| finder.finds_line_of(event_type, None)), [true, true, false]);
        let finder = TypeFinder::in_plain_letters(SUBMISSION);
        assert_eq!([Some("server"), None].map(|source| finder.finds_line_of("problem_check", source)), [true, false]);
    }

    /// Whatever stands around a line, and wherever in it the search begins.
    #[test]
    fn the_length_of_a_line_alone_decides_whether_it_is_looked_through() {
        let name = "\"problem_check";
        let many = "x\n".repeat(900);
        for finder in [TypeFinder::however_written(&[SUBMISSION]), TypeFinder::in_plain_letters(SUBMISSION)] {
            for length in [LOOKED_THROUGH - 1, LOOKED_THROUGH, LOOKED_THROUGH + 1, 2 * LOOKED_THROUGH] {
                for at in [0, 100, LOOKED_THROUGH / 2, LOOKED_THROUGH - name.len() - 1, length - name.len()] {
                    let rest = length - at - name.len();
                    let line = format!("{}{name}{}{}", "x".repeat(at), " \"problem_check".repeat(rest / 15), "x".repeat(rest % 15));
                    assert_eq!(line.len(), length);
                    for (before, behind) in [("", ""), ("", "\n"), ("server\n", "\nserver"), (&*many, "\n")] {
                        let text = format!("{before}{line}{behind}");
                        assert_eq!(finder.find(text.as_bytes()).is_some(), length > LOOKED_THROUGH, "{length} {at} {}", before.len());
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_first_line_that_may_matter_is_found(
            pieces in prop::collection::vec(prop_oneof![
                4 => "[a-z\\\\u0\n\"]{0,40}",
                1 => "\"?(problem_check|play_video|edx.course.enrollment.|server|\\\\u0061)",
            ], 0..40),
            blank in 0..WINDOW + 100,
        ) {
            let text = format!("{}{}", "x".repeat(blank), pieces.concat());
            let line_of = |at: usize| text[..at].matches('\n').count();
            let is_escaped = |line: &str| (2..8).any(|digit| line.contains(&format!("\\u00{digit}")));
            let is_submission = |line: &str| line.contains("\"problem_check") && line.contains("server");
            let is_playing = |line: &str| line.contains("\"play_video");
            let is_enrollment = |line: &str| line.contains("\"edx.course.enrollment.");
            let first = |matters: &dyn Fn(&str) -> bool| text.split('\n').position(matters);

            let found = TypeFinder::however_written(&[SUBMISSION, PLAYING, ENROLLMENT]).find(text.as_bytes());
            let expected = first(&|line| is_escaped(line) || is_submission(line) || is_playing(line) || is_enrollment(line));
            prop_assert_eq!(found.map(line_of), expected);
            let found = TypeFinder::in_plain_letters(SUBMISSION).find(text.as_bytes());
            prop_assert_eq!(found.map(line_of), first(&|line| is_submission(line) || line.contains("problem_check") && is_escaped(line)));
            let found = TypeFinder::in_plain_letters(PLAYING).find(text.as_bytes());
            prop_assert_eq!(found.map(line_of), first(&|line| is_playing(line) || line.contains("play_video") && is_escaped(line)));
        }
    }
}
