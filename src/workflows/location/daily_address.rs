//! Job `daily-address`: the last address of each learner in each course on each day (spec 04, 2).
//!
//! Record: `date | user_id, course_id, padded time, ip, time as it is written`; the last record of a learner and course counts, so equal
//! times are decided by the greatest address.

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::record::{decode, prefix, text};
use crate::streaming::{EventMapper, Group, Job, MapSide, Output, Record, Reducer, TaskArguments};
use crate::tracking::scalar_text::{is_falsy, scalar_integer};
use crate::tracking::{CourseKeyRules, Event, EventTime};

/// The job.
pub const JOB: Job = Job { name: "daily-address", mapper: MapSide::Events(mapper), reducer: Some(reducer), combiner: Some(combiner) };

/// The file of a day is called by this and the day.
pub const FILE_STEM: &str = "last_ip_of_user_";

const GROUP: &str = "User Location";

/// Options of the job.
#[derive(clap::Args, Clone, Copy, Debug)]
struct Options {
    /// Days whose events count
    #[arg(long)]
    interval: DateInterval,
    #[command(flatten)]
    rules: CourseKeyRules,
}

fn mapper(arguments: &TaskArguments) -> Result<Box<dyn EventMapper>> {
    let Options { interval, rules } = arguments.parse()?;
    Ok(Box::new(Addresses { interval, rules }))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(LastOfDay { is_combiner: false }))
}

fn combiner(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(LastOfDay { is_combiner: true }))
}

struct Addresses {
    interval: DateInterval,
    rules: CourseKeyRules,
}

impl EventMapper for Addresses {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = event.context().and_then(|context| context.present("user_id")).filter(|user_id| !is_falsy(user_id));
        let Some(user_id) = user_id else { return Ok(()) };
        let Some(user_id) = scalar_integer(&user_id) else {
            output.count(GROUP, "Discard event with malformed user_id");
            return Ok(());
        };
        let Some(ip) = event.text("ip").filter(|ip| !ip.is_empty()) else { return Ok(()) };
        let course_id = event.course_id(&self.rules, false);
        let record = output.record().text(time.date()).integer(user_id).optional(course_id.as_deref());
        record.text(&time.sortable()).text(&ip).text(&time.written()).text("").end()
    }
}

struct LastOfDay {
    is_combiner: bool,
}

impl LastOfDay {
    fn write(&self, line: &[u8], path: &str, output: &mut Output<'_>) -> Result<()> {
        if self.is_combiner {
            return output.line(line);
        }
        let [_, user_id, course_id, _, ip, timestamp, _] = Record::new(line).exactly()?;
        let row = output.file_row(path).text(&text(timestamp)?).text(&text(ip)?).raw(user_id);
        row.optional_bytes(decode(course_id)?.as_deref()).end()
    }
}

impl Reducer for LastOfDay {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let day = group.key().text(0)?.into_owned();
        let path = format!("dt={day}/{FILE_STEM}{day}");
        let mut last: Vec<u8> = Vec::new();
        while let Some(record) = group.next_row()? {
            if !last.is_empty() && prefix(&last, 3) != prefix(record.line(), 3) {
                self.write(&last, &path, output)?;
            }
            last.clear();
            last.extend_from_slice(record.line());
        }
        if last.is_empty() { Ok(()) } else { self.write(&last, &path, output) }
    }
}
