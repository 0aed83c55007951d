//! What a mapper of few events looks for: in raw text before a line is parsed, or by the event's type where it is parsed anyway.

use std::fmt;

use super::NameFinder;

/// Finds in a text of many lines a place in the first one that may matter.
type Find = Box<dyn Fn(&[u8]) -> Option<usize>>;

/// Which events may matter to a mapper. It may only leave out events of which the mapper would write nothing.
pub struct EventFilter {
    find: Find,
    is_of: fn(&str) -> bool,
}

impl fmt::Debug for EventFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EventFilter").finish_non_exhaustive()
    }
}

impl EventFilter {
    /// For lines that `find` finds in raw text, and among them for events whose type `is_of` takes.
    pub fn new(find: impl Fn(&[u8]) -> Option<usize> + 'static, is_of: fn(&str) -> bool) -> Self {
        Self { find: Box::new(find), is_of }
    }

    /// For lines that hold one of the names. A name in JSON may be written with `\u` escapes, see [`NameFinder::escaped`].
    pub fn of_names(names: NameFinder, is_of: fn(&str) -> bool) -> Self {
        Self::new(move |text| names.find(text), is_of)
    }

    /// A place in the first line of a text that may matter; none if no line does.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        (self.find)(text)
    }

    /// Whether a line may matter whose event has this type, if it has one at all. Of most events the type says that they do not.
    pub fn passes(&self, event_type: Option<&str>, line: &[u8]) -> bool {
        event_type.is_none_or(self.is_of) && self.find(line).is_some()
    }
}
