//! Finds, in text of many lines, those that may be a submission: one of three that name its type is one.

use crate::streaming::NameFinder;

/// The type of events that count.
pub(super) const EVENT_TYPE: &str = "problem_check";
/// The source of events that count.
pub(super) const SOURCE: &str = "server";

/// Finds lines that may be a submission.
pub(super) struct SubmissionFinder {
    /// The rule itself asks for the plain text in the raw line (rules 02, 3.1).
    plain: NameFinder,
    /// The text at the beginning of a string, also of one in a string.
    quoted: NameFinder,
    source: NameFinder,
    /// Escapes, which may spell both.
    escaped: NameFinder,
}

impl Default for SubmissionFinder {
    fn default() -> Self {
        let [plain, quoted, source] = [EVENT_TYPE, "\"problem_check", SOURCE].map(|name| NameFinder::plain(&[name]));
        Self { plain, quoted, source, escaped: NameFinder::escaped(&[]) }
    }
}

impl SubmissionFinder {
    /// A place in the first such line.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        loop {
            let at = from + self.plain.find(text.get(from..)?)?;
            let (before, behind) = text.split_at_checked(at)?;
            let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            let end = memchr::memchr(b'\n', behind).map_or(text.len(), |end| at + end);
            let line = text.get(start..end)?;
            if self.quoted.find(line).is_some() && self.source.find(line).is_some() || self.escaped.find(line).is_some() {
                return Some(at);
            }
            from = end;
        }
    }
}
