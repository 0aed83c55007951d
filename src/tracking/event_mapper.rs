//! Mappers over the events of a date interval. They see parsed events, so that several of them can share one scan of the logs.

use anyhow::Result;

use super::event::{Event, LineParser, date_within};
use crate::streaming::{Mapper, Output};
use crate::warehouse::interval::DateInterval;

/// Turns the dated events of an interval into records.
pub trait EventMapper {
    /// The days whose events count.
    fn interval(&self) -> &DateInterval;

    /// Looks at the raw bytes of a line only. False means that the line cannot give a record, so that it is not even parsed; such
    /// lines are in no counter but `Event: Skipped Unparsed`. A name in JSON may be written with `\u` escapes: lines with a
    /// backslash before a `u` may always matter.
    fn may_matter(&self, _line: &[u8]) -> bool {
        true
    }

    /// Takes one event of the interval; `date` has the form `YYYY-MM-DD`. A bad event is counted and skipped; an error fails the
    /// task.
    fn map_event(&mut self, event: &Event<'_>, date: &str, output: &mut Output<'_>) -> Result<()>;
}

/// Hands a line, parsed or not worth parsing, to an event mapper; the discards of spec 01, 1.2 are counted.
///
/// `event` is what the line was parsed into. It is not looked at when the mapper said that the line cannot matter.
///
/// # Errors
/// The mapper's.
pub fn hand_over(mapper: &mut dyn EventMapper, matters: bool, event: Option<&Event<'_>>, output: &mut Output<'_>) -> Result<()> {
    if !matters {
        output.count("Event", "Skipped Unparsed");
        return Ok(());
    }
    let date = date_within(event, mapper.interval(), output);
    match (event, date) {
        (Some(event), Some(date)) => mapper.map_event(event, &date, output),
        _ => Ok(()),
    }
}

/// Feeds the lines of a log to one event mapper.
pub struct DatedEvents {
    parser: LineParser,
    mapper: Box<dyn EventMapper>,
}

impl DatedEvents {
    /// Reads lines for this mapper.
    pub fn new(mapper: Box<dyn EventMapper>) -> Self {
        Self { parser: LineParser::default(), mapper }
    }
}

impl Mapper for DatedEvents {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let matters = self.mapper.may_matter(line);
        let event = if matters { self.parser.parse(line) } else { None };
        hand_over(self.mapper.as_mut(), matters, event.as_ref(), output)
    }
}
