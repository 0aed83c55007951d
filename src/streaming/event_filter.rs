//! What a mapper of few events looks for: in raw text before a line is parsed, or by the event's type where it is parsed anyway.

use std::borrow::Cow;

use super::TypeFinder;
use crate::tracking::Event;

/// Which events may matter to a mapper. It may only leave out events of which the mapper would write nothing.
#[derive(Debug)]
pub struct EventFilter {
    finder: TypeFinder,
    is_of: fn(&str) -> bool,
}

/// A line that has been parsed because some mapper has to see all events.
#[derive(Debug)]
pub struct ParsedLine<'t> {
    line: &'t [u8],
    event: Option<&'t Event<'t>>,
    event_type: Option<Cow<'t, str>>,
}

impl<'t> ParsedLine<'t> {
    /// Of a line and the event that it is, if it is one.
    pub fn of(line: &'t [u8], event: Option<&'t Event<'t>>) -> Self {
        Self { line, event, event_type: event.and_then(|event| event.text("event_type")) }
    }

    /// A text of the event if it stands in the line just so: not spelled with escapes, nor in an event that was taken out of another text
    /// (rules 10, 2), nor in a line that was read as Latin-1 (rules 01, 1.1).
    fn as_written<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.line.as_ptr_range().contains(&text.as_ptr()).then_some(text)
    }
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

    /// Whether a line may matter (rules 01, 1.2): most events are of no type that does, and of most others the type, or type and source
    /// together, tell without a search that the line is found.
    pub fn passes(&self, line: &ParsedLine<'_>) -> bool {
        let Some(event_type) = &line.event_type else { return self.find(line.line).is_some() };
        (self.is_of)(event_type) && (self.is_told_by(line, event_type) || self.find(line.line).is_some())
    }

    fn is_told_by(&self, line: &ParsedLine<'_>, event_type: &str) -> bool {
        let source = line.event.and_then(|event| event.text("event_source"));
        let source = source.as_deref().and_then(|source| line.as_written(source));
        line.as_written(event_type).is_some_and(|event_type| self.finder.finds_line_of(event_type, source))
    }
}
