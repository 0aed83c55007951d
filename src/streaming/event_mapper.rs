//! Mappers over the events of a date interval. They see parsed events, so that several of them can share one scan of the logs.

use anyhow::Result;

use super::{Counters, EventFilter, Mapper, Output};
use crate::calendar::interval::DateInterval;
use crate::tracking::{Event, EventTime, LineParser};

/// Counter group of what is the same in all workflows (rules 01, 8.4).
pub const EVENT: &str = "Event";
/// Counter in [`EVENT`] of times that no job can read (rules 10, 1).
pub const MALFORMED_TIME: &str = "Discard Malformed Time";
/// Counter in [`EVENT`] of events without a time.
pub const MISSING_TIME: &str = "Discard Missing Time Field";

/// Turns the dated events of an interval into records, each by itself: events of one file may go to several mappers.
pub trait EventMapper {
    /// The days whose events count.
    fn interval(&self) -> &DateInterval;

    /// What it looks for; none if each event may matter. Lines that cannot are not even parsed unless another mapper of the scan needs
    /// them, and are in no counter but `Event: Skipped Unparsed`.
    fn filter(&self) -> Option<&EventFilter> {
        None
    }

    /// Takes one event of the interval and its time. A bad event is counted and skipped; an error fails the job.
    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()>;
}

/// What became of a line, the same for all mappers that see it.
#[derive(Clone, Copy, Debug)]
pub enum SeenLine<'t> {
    /// It is no event.
    Unparseable,
    /// An event without a time.
    Timeless,
    /// An event whose time no job can read.
    BadTime,
    /// An event and its time.
    Dated(&'t Event<'t>, EventTime<'t>),
}

impl<'t> SeenLine<'t> {
    /// Of what a line was parsed into, and the text of its time.
    pub fn of(event: Option<&'t Event<'t>>, time: Option<&'t str>) -> Self {
        let Some(event) = event else { return Self::Unparseable };
        let Some(time) = time else { return Self::Timeless };
        EventTime::read(time).map_or(Self::BadTime, |time| Self::Dated(event, time))
    }
}

/// Hands a line that may matter to an event mapper; the discards of rules 01, 1.2 are counted.
///
/// # Errors
/// The mapper's.
pub fn hand_over(mapper: &mut dyn EventMapper, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()> {
    match line {
        SeenLine::Unparseable => output.count(EVENT, "Discard Unparseable Event"),
        SeenLine::Timeless => output.count(EVENT, MISSING_TIME),
        SeenLine::BadTime => output.count(EVENT, MALFORMED_TIME),
        SeenLine::Dated(event, time) if mapper.interval().contains_text(time.date().as_bytes()) => {
            return mapper.map_event(event, time, output);
        }
        SeenLine::Dated(..) => {}
    }
    Ok(())
}

/// Counts lines that a mapper need not see.
pub fn count_skipped(lines: u64, counters: &mut Counters) {
    counters.add(EVENT, "Skipped Unparsed", lines);
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
        if self.first_that_matters(line).is_none() {
            count_skipped(1, output.counters);
            return Ok(());
        }
        let event = self.parser.parse(line);
        let time = event.as_ref().and_then(Event::time);
        hand_over(self.mapper.as_mut(), &SeenLine::of(event.as_ref(), time.as_deref()), output)
    }

    fn first_that_matters(&self, text: &[u8]) -> Option<usize> {
        self.mapper.filter().map_or(Some(0), |filter| filter.find(text))
    }

    fn passed_over(&mut self, lines: u64, output: &mut Output<'_>) {
        count_skipped(lines, output.counters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the day of each event.
    struct Days {
        interval: DateInterval,
    }

    impl EventMapper for Days {
        fn interval(&self) -> &DateInterval {
            &self.interval
        }

        fn map_event(&mut self, _event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
            output.line(time.date().as_bytes())
        }
    }

    #[test]
    fn interval_filter_counts_its_discards() {
        let (mut lines, mut counters): (Vec<Vec<u8>>, _) = (Vec::new(), Counters::default());
        let mut output = Output::new(&mut lines, &mut counters);
        let mut mapper = DatedEvents::new(Box::new(Days { interval: "2014-05-20-2014-05-22".parse().unwrap() }));
        for time in [
            r#""2014-05-21T23:59:59-08:00""#,
            r#""2014-05-21 10:00:00""#,
            r#""2014-05-20T10:00:00.123456789Z""#,
            r#""2014-05-22T00:00:00""#,
            r#""""#,
            "null",
            "12",
            r#""2014-05-21""#,
            r#""2014-05-21T25:00:00""#,
            r#""yesterday""#,
        ] {
            mapper.map(format!(r#"{{"time":{time}}}"#).as_bytes(), &mut output).unwrap();
        }
        mapper.map(b"{}", &mut output).unwrap();
        mapper.map(b"nonsense", &mut output).unwrap();
        assert_eq!(lines, [&b"2014-05-21"[..], b"2014-05-21", b"2014-05-20"]);
        let count = |name| counters.get(EVENT, name);
        assert_eq!([count(MISSING_TIME), count(MALFORMED_TIME), count("Discard Unparseable Event")], [4, 3, 1]);
    }
}
