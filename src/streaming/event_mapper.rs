//! Mappers over the events of a date interval. They see parsed events, so that several of them can share one scan of the logs.

use anyhow::Result;

use super::{Mapper, Output};
use crate::calendar::interval::DateInterval;
use crate::tracking::{Event, EventTime, LineParser};

/// Counter group of what is the same in all workflows (rules 01, 8.4).
pub const EVENT: &str = "Event";
/// Counter in [`EVENT`] of times that no job can read (rules 10, 1).
pub const MALFORMED_TIME: &str = "Discard Malformed Time";
/// Counter in [`EVENT`] of events without a time.
pub const MISSING_TIME: &str = "Discard Missing Time Field";

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

    /// Takes one event of the interval and its time. A bad event is counted and skipped; an error fails the task.
    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()>;
}

/// Hands a line, parsed or not worth parsing, to an event mapper; the discards of rules 01, 1.2 are counted.
///
/// `event` is what the line was parsed into. It is not looked at when the mapper said that the line cannot matter.
///
/// # Errors
/// The mapper's.
pub fn hand_over(mapper: &mut dyn EventMapper, matters: bool, event: Option<&Event<'_>>, output: &mut Output<'_>) -> Result<()> {
    if !matters {
        output.count(EVENT, "Skipped Unparsed");
        return Ok(());
    }
    let Some(event) = event else {
        output.count(EVENT, "Discard Unparseable Event");
        return Ok(());
    };
    let Some(text) = event.time() else {
        output.count(EVENT, MISSING_TIME);
        return Ok(());
    };
    match EventTime::read(&text) {
        Some(time) if mapper.interval().contains_text(time.date().as_bytes()) => mapper.map_event(event, &time, output),
        Some(_) => Ok(()),
        None => {
            output.count(EVENT, MALFORMED_TIME);
            Ok(())
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Counters;

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
