//! Mappers over lines of logs that somebody has parsed for them, so that several of them can share one scan.

use anyhow::Result;

use super::{Counters, EventFilter, Mapper, Output};
use crate::tracking::{Event, EventTime, LineParser};

/// Counter group of what is the same in all workflows (rules 01, 8.4).
pub const EVENT: &str = "Event";
/// Counter in [`EVENT`] of lines that are no event.
pub const UNPARSEABLE: &str = "Discard Unparseable Event";
/// Counter in [`EVENT`] of times that no job can read (rules 10, 1).
pub const MALFORMED_TIME: &str = "Discard Malformed Time";
/// Counter in [`EVENT`] of events without a time.
pub const MISSING_TIME: &str = "Discard Missing Time Field";

/// Turns lines of tracking logs into records, each by itself: lines of one file may go to several mappers.
pub trait LogMapper {
    /// What it looks for; none if each event may matter. Lines that cannot are not even parsed unless another mapper of the scan needs
    /// them, and are in no counter but `Event: Skipped Unparsed`.
    fn filter(&self) -> Option<&EventFilter> {
        None
    }

    /// Takes one line. A bad one is counted and skipped; an error fails the job.
    fn map_line(&mut self, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()>;
}

/// What became of a line, the same for all mappers that see it.
#[derive(Clone, Copy, Debug)]
pub enum SeenLine<'t> {
    /// It is no event.
    Unparseable,
    /// An event without a time.
    Timeless(&'t Event<'t>),
    /// An event whose time no job can read.
    BadTime(&'t Event<'t>),
    /// An event and its time.
    Dated(&'t Event<'t>, EventTime<'t>),
}

impl<'t> SeenLine<'t> {
    /// Of what a line was parsed into, and the text of its time.
    pub fn of(event: Option<&'t Event<'t>>, time: Option<&'t str>) -> Self {
        let Some(event) = event else { return Self::Unparseable };
        let Some(time) = time else { return Self::Timeless(event) };
        EventTime::read(time).map_or(Self::BadTime(event), |time| Self::Dated(event, time))
    }

    /// The event, if it is one.
    pub const fn event(&self) -> Option<&'t Event<'t>> {
        match self {
            Self::Unparseable => None,
            Self::Timeless(event) | Self::BadTime(event) | Self::Dated(event, _) => Some(event),
        }
    }
}

/// Counts lines that a mapper need not see.
pub fn count_skipped(lines: u64, counters: &mut Counters) {
    counters.add(EVENT, "Skipped Unparsed", lines);
}

/// Parses the lines of a log for one mapper.
pub struct LogLines {
    parser: LineParser,
    mapper: Box<dyn LogMapper>,
}

impl LogLines {
    /// Reads lines for this mapper.
    pub fn new(mapper: Box<dyn LogMapper>) -> Self {
        Self { parser: LineParser::default(), mapper }
    }
}

impl Mapper for LogLines {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.first_that_matters(line).is_none() {
            count_skipped(1, output.counters);
            return Ok(());
        }
        let event = self.parser.parse(line);
        let time = event.as_ref().and_then(Event::time);
        self.mapper.map_line(&SeenLine::of(event.as_ref(), time.as_deref()), output)
    }

    fn first_that_matters(&self, text: &[u8]) -> Option<usize> {
        self.mapper.filter().map_or(Some(0), |filter| filter.find(text))
    }

    fn passed_over(&mut self, lines: u64, output: &mut Output<'_>) {
        count_skipped(lines, output.counters);
    }
}
