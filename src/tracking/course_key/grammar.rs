//! The scanner for the grammar of course and block keys (rules 01, 2.1). It only borrows: an id is checked without allocating.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Characters of an `ID` besides word characters: `-`, `~`, `.`, `:`.
const ID: u8 = 1;
/// Characters of a part of an old key besides word characters: `-`, `.`, `%`.
const DEP: u8 = 2;
/// Characters of a block id besides word characters: those of an `ID` and `%`.
const BLK: u8 = 4;

/// For each ASCII byte the classes it belongs to; what lies above ASCII is decided by [`is_word`].
const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' | b'.' => ID | DEP | BLK,
            b'~' | b':' => ID | BLK,
            b'%' => DEP | BLK,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// The parts of a new-style key, as they stand in its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Body<'a> {
    pub org: Option<&'a str>,
    pub course: Option<&'a str>,
    pub run: Option<&'a str>,
    pub branch: Option<&'a str>,
    pub version: Option<&'a str>,
    pub ccx: Option<&'a str>,
    pub block_type: Option<&'a str>,
    pub block: Option<&'a str>,
}

/// True if `text` is one or more characters of an `ID`.
pub(super) fn is_id(text: &str) -> bool {
    is_run_of(text, ID)
}

/// Scans the text after the namespace of a course, library or block key (rules 01, 2.1, `body`, `library`).
///
/// Which of the leading parts must be there is the caller's to decide: a course needs three, a library two.
pub(super) fn body(text: &str) -> Option<Body<'_>> {
    let mut pieces = Pieces::new(text, str::eq);
    let [org, course, run] = pieces.ids()?;
    let branch = pieces.named("branch", is_id);
    let version = pieces.named("version", |guid| is_hex(guid) && !guid.contains(is_upper));
    let block_type = pieces.named("type", is_id);
    let block = pieces.named("block", |block| is_run_of(block, BLK));
    pieces.at_end().then_some(Body { org, course, run, branch, version, ccx: None, block_type, block })
}

/// Scans the text after the namespace of a ccx key (rules 01, 2.1, `ccx`); its words may be in any case.
pub(super) fn ccx_body(text: &str) -> Option<Body<'_>> {
    let mut pieces = Pieces::new(text, str::eq_ignore_ascii_case);
    let [org, course, run] = pieces.ids()?;
    let branch = pieces.named("branch", is_id);
    let version = pieces.named("version", is_hex);
    let ccx = Some(pieces.named("ccx", is_decimal)?);
    let block_type = pieces.named("type", is_id);
    let block = pieces.named("block", is_id);
    pieces.at_end().then_some(Body { org, course, run, branch, version, ccx, block_type, block })
}

/// Scans `org/course/run`, the whole text of an old key (rules 01, 2.1, `old`); the run may be empty.
pub(super) fn old_body(text: &str) -> Option<Body<'_>> {
    let mut parts = Parts::new(text, b'/');
    let (org, course, run) = (parts.next()?, parts.next()?, parts.next()?);
    let valid = parts.next().is_none() && is_run_of(org, DEP) && is_run_of(course, DEP) && (run.is_empty() || is_run_of(run, DEP));
    let run = Some(run).filter(|run| !run.is_empty());
    valid.then_some(Body { org: Some(org), course: Some(course), run, ..Body::default() })
}

/// Scans five ids, the text after `location:`.
pub(super) fn location_body(text: &str) -> Option<Body<'_>> {
    let mut ids = Parts::new(text, b'+');
    let (org, course, run) = (ids.next(), ids.next(), ids.next());
    let (block_type, block) = (ids.next(), ids.next());
    let all_ids = [org, course, run, block_type, block].into_iter().all(|id| id.is_some_and(is_id));
    (all_ids && ids.next().is_none()).then_some(Body { org, course, run, block_type, block, ..Body::default() })
}

/// What stands between ASCII characters. Keys are short: looking at one byte after the other is faster than a search.
struct Parts<'a> {
    rest: Option<&'a str>,
    between: u8,
}

impl<'a> Parts<'a> {
    fn new(text: &'a str, between: u8) -> Self {
        debug_assert!(between.is_ascii());
        Self { rest: Some(text), between }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest.take()?;
        let Some(end) = rest.bytes().position(|byte| byte == self.between) else { return Some(rest) };
        self.rest = rest.get(end + 1..);
        rest.get(..end)
    }
}

/// The parts between plus signs. No class of characters holds `+` or `@`, so a part is either a plain id or `word@value`,
/// and one look at each part decides.
struct Pieces<'a> {
    rest: Parts<'a>,
    current: Option<&'a str>,
    same_word: fn(&str, &str) -> bool,
}

impl<'a> Pieces<'a> {
    fn new(text: &'a str, same_word: fn(&str, &str) -> bool) -> Self {
        let mut rest = Parts::new(text, b'+');
        let current = rest.next();
        Self { rest, current, same_word }
    }

    /// Takes up to three leading plain ids; a single one is no start of any key.
    fn ids(&mut self) -> Option<[Option<&'a str>; 3]> {
        let mut ids = [None; 3];
        for id in &mut ids {
            *id = self.current.filter(|piece| is_id(piece));
            if id.is_none() {
                break;
            }
            self.current = self.rest.next();
        }
        let [first, second, _] = ids;
        (first.is_some() == second.is_some()).then_some(ids)
    }

    /// Takes the part `word@value` if it is the next one and its value is as it must be.
    fn named(&mut self, word: &str, valid: impl Fn(&str) -> bool) -> Option<&'a str> {
        let (name, value) = self.current?.split_once('@')?;
        if !(self.same_word)(name, word) || !valid(value) {
            return None;
        }
        self.current = self.rest.next();
        Some(value)
    }

    fn at_end(&self) -> bool {
        self.current.is_none()
    }
}

/// True if `text` is not empty and each character is a word character or in the given class.
fn is_run_of(text: &str, class: u8) -> bool {
    // All bytes without stopping at the first that does not fit: so the compiler may look at several at once.
    if !text.is_empty() && text.bytes().fold(class, |classes, byte| classes & CLASSES[usize::from(byte)]) != 0 {
        return true;
    }
    !text.is_ascii()
        && text.chars().all(|c| match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => CLASSES[usize::from(byte)] & class != 0,
            _ => is_word(c),
        })
}

/// `W` above ASCII: letters and numbers of any script. Marks are no word characters: Python 2 asks each character alone.
fn is_word(c: char) -> bool {
    use GeneralCategory as G;
    matches!(
        get_general_category(c),
        G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter
            | G::DecimalNumber
            | G::LetterNumber
            | G::OtherNumber
    )
}

/// A `MongoDB` object id in either case.
fn is_hex(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_upper(c: char) -> bool {
    c.is_ascii_uppercase()
}

/// One or more decimal digits of any script.
fn is_decimal(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_digit() || (!c.is_ascii() && get_general_category(c) == GeneralCategory::DecimalNumber))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_characters_are_letters_and_numbers_of_any_script() {
        for word in ["é", "課程", "Ω", "٣", "Ⅳ", "²", "a_é-~.:"] {
            assert!(is_id(word), "{word}");
        }
        for other in ["", "a b", "a%b", "€", "e\u{301}", "a\u{200b}", "–", "a\n"] {
            assert!(!is_id(other), "{other:?}");
        }
    }

    #[test]
    fn old_parts_allow_percent_but_neither_tilde_nor_colon() {
        assert!(is_run_of("a%20.-_é", DEP));
        assert!(!is_run_of("a~b", DEP));
        assert!(!is_run_of("a:b", DEP));
    }

    #[test]
    fn a_ccx_number_may_be_in_any_script() {
        assert!(is_decimal("07"));
        assert!(is_decimal("٣"));
        assert!(!is_decimal(""));
        assert!(!is_decimal("²"));
    }
}
