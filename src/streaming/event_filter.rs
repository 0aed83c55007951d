//! What a mapper of few events looks for: in raw text before a line is parsed, or by the event's type where it is parsed anyway.

use super::TypeFinder;

/// Which events may matter to a mapper. It may only leave out events of which the mapper would write nothing.
#[derive(Debug)]
pub struct EventFilter {
    finder: TypeFinder,
    is_of: fn(&str) -> bool,
}

impl EventFilter {
    /// For lines that `finder` finds in raw text, and among them for events whose type `is_of` takes.
    pub const fn new(finder: TypeFinder, is_of: fn(&str) -> bool) -> Self {
        Self { finder, is_of }
    }

    /// A place in the first line of a text that may matter; none if no line does.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        self.finder.find(text)
    }

    /// Whether a line may matter whose event has this type, if it has one at all. Of most events the type says that they do not.
    pub fn passes(&self, event_type: Option<&str>, line: &[u8]) -> bool {
        event_type.is_none_or(self.is_of) && self.find(line).is_some()
    }
}
