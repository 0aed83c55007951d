//! Mappers over the events of a date interval.

use anyhow::Result;

use super::log_mapper::{EVENT, LogMapper, MALFORMED_TIME, MISSING_TIME, SeenLine, UNPARSEABLE};
use super::{EventFilter, Output};
use crate::calendar::interval::DateInterval;
use crate::tracking::{Event, EventTime};

/// Turns the dated events of an interval into records, each by itself: events of one file may go to several mappers.
pub trait EventMapper {
    /// The days whose events count.
    fn interval(&self) -> &DateInterval;

    /// See [`LogMapper::filter`].
    fn filter(&self) -> Option<&EventFilter> {
        None
    }

    /// Takes one event of the interval and its time. A bad event is counted and skipped; an error fails the job.
    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()>;
}

/// Hands the events of its interval to an event mapper.
pub(super) struct DatedEvents(pub(super) Box<dyn EventMapper>);

impl LogMapper for DatedEvents {
    fn filter(&self) -> Option<&EventFilter> {
        self.0.filter()
    }

    /// Counts the discards of rules 01, 1.2.
    fn map_line(&mut self, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()> {
        match line {
            SeenLine::Unparseable => output.count(EVENT, UNPARSEABLE),
            SeenLine::Timeless(_) => output.count(EVENT, MISSING_TIME),
            SeenLine::BadTime(_) => output.count(EVENT, MALFORMED_TIME),
            SeenLine::Dated(event, time) if self.0.interval().contains_text(time.date().as_bytes()) => {
                return self.0.map_event(event, time, output);
            }
            SeenLine::Dated(..) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::log_mapper::LogLines;
    use crate::streaming::{Counters, Mapper};

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
        let mut mapper = LogLines::new(Box::new(DatedEvents(Box::new(Days { interval: "2014-05-20-2014-05-22".parse().unwrap() }))));
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
