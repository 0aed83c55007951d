//! Mappers over the events of a date interval. They see parsed events, so that several of them can share one scan of the logs.

use std::borrow::Cow;

use anyhow::Result;

use super::{Mapper, Output};
use crate::calendar::interval::DateInterval;
use crate::tracking::{Event, LineParser};

/// Counter group of what is the same in all workflows (spec 01, 8.4).
const EVENT: &str = "Event";

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
        output.count(EVENT, "Skipped Unparsed");
        return Ok(());
    }
    let date = date_within(event, mapper.interval(), output);
    match (event, date) {
        (Some(event), Some(date)) => mapper.map_event(event, &date, output),
        _ => Ok(()),
    }
}

/// The date of what a line was parsed into, if it lies within the interval; discards are counted (spec 01, 1.2).
fn date_within<'t>(event: Option<&Event<'t>>, interval: &DateInterval, output: &mut Output<'_>) -> Option<Cow<'t, str>> {
    let Some(event) = event else {
        output.count(EVENT, "Discard Unparseable Event");
        return None;
    };
    let Some(date) = event.date() else {
        output.count(EVENT, "Discard Missing Time Field");
        return None;
    };
    interval.contains_text(date.as_bytes()).then_some(date)
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

    #[test]
    fn interval_filter_counts_its_discards() {
        let interval: DateInterval = "2014-05-20-2014-05-22".parse().unwrap();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut counters = Counters::default();
        let mut output = Output::new(&mut lines, &mut counters);
        let mut parser = LineParser::default();
        let mut date = |line: &str| date_within(parser.parse(line.as_bytes()).as_ref(), &interval, &mut output).map(Cow::into_owned);
        assert_eq!(date(r#"{"time":"2014-05-21T23:59:59-08:00"}"#).as_deref(), Some("2014-05-21"));
        assert_eq!(date(r#"{"time":"2014-05-22T00:00:00"}"#), None);
        assert_eq!(date(r#"{"time":"2014-05-21 10:00:00"}"#), None);
        for missing in [r#"{"time":""}"#, r#"{"time":null}"#, "{}", r#"{"time":12}"#] {
            assert_eq!(date(missing), None);
        }
        assert_eq!(date("nonsense"), None);
        assert_eq!(counters.get(EVENT, "Discard Missing Time Field"), 4);
        assert_eq!(counters.get(EVENT, "Discard Unparseable Event"), 1);
    }
}
