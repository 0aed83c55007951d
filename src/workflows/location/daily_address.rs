//! Job `daily-address`: the last address of each learner in each course on each day (rules 04, 2).
//!
//! Record: `date | user_id, course_id, padded time, ip, time as it is written`; the last record of a learner and course counts, so equal
//! times are decided by the greatest address.

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::{EventMapper, EventOptions, Job, JobArguments, Keys, Output, Record};
use crate::tracking::scalar_text::{is_falsy, scalar_integer};
use crate::tracking::{CourseKeyRules, Event, EventTime};

/// The job.
pub(crate) const JOB: Job<EventOptions> =
    Job::over_events(super::NAME, "daily-address", "Last address of each learner, course and day", mapper)
        .latest(Keys::of(6, 1), 3, write)
        .into_files();

/// The file of a day is called by this and the day.
pub(crate) const FILE_STEM: &str = "last_ip_of_user_";

const GROUP: &str = "User Location";

fn mapper(options: EventOptions, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    Ok(Box::new(Addresses { interval: options.interval, rules: options.rules }))
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
        let user_id = event.user_id().filter(|user_id| !is_falsy(user_id));
        let Some(user_id) = user_id else {
            output.count(GROUP, "Discard Missing User ID");
            return Ok(());
        };
        let Some(user_id) = scalar_integer(&user_id) else {
            output.count(GROUP, "Discard event with malformed user_id");
            return Ok(());
        };
        let Some(ip) = event.text("ip").filter(|ip| !ip.is_empty()) else {
            output.count(GROUP, "Discard Missing Address");
            return Ok(());
        };
        let course_id = event.course_id(&self.rules);
        let record = output.record().plain(time.date()).integer(user_id).optional(course_id.as_deref());
        record.plain(&time.sortable()).text(&ip).plain(&time.written()).plain("").end()
    }
}

fn write(_: &EventOptions, last: &Record<'_>, output: &mut Output<'_>) -> Result<()> {
    let [day, user_id, course_id, _, ip, timestamp, _] = last.exactly()?;
    output.day_row(FILE_STEM, day).field(timestamp)?.field(ip)?.field(user_id)?.field(course_id)?.end()
}
