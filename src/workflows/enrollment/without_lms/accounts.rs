//! Job `accounts`: which learner had which user name on each day, by events that carry both (rules 10, 8).
//!
//! Record: `date | user_id, padded time, username, time as it is written`; the last record of a learner counts, because accounts are
//! renamed.

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::{EventMapper, EventOptions, Job, JobArguments, Keys, Output, Record};
use crate::tracking::course_key::is_too_long;
use crate::tracking::scalar_text::{is_falsy, scalar_integer};
use crate::tracking::{Event, EventTime};
use crate::warehouse::columns::is_writable;

/// The job.
pub(crate) const JOB: Job<EventOptions> = Job::over_events(super::super::NAME, "accounts", "User name of each learner and day", mapper)
    .latest(Keys::of(5, 1), 2, write)
    .into_files();

/// The file of a day is called by this and the day.
pub(crate) const FILE_STEM: &str = "account_names_";

const GROUP: &str = "Accounts";

fn mapper(options: EventOptions, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    Ok(Box::new(Accounts { interval: options.interval }))
}

struct Accounts {
    interval: DateInterval,
}

impl EventMapper for Accounts {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = event.user_id().filter(|user_id| !is_falsy(user_id));
        let (Some(user_id), Some(username)) = (user_id, event.username()) else { return Ok(()) };
        if username.is_empty() {
            return Ok(());
        }
        let Some(user_id) = scalar_integer(&user_id) else {
            output.count(GROUP, "Discard Malformed user_id");
            return Ok(());
        };
        if is_too_long(&username) || !is_writable(&username) {
            output.count(GROUP, "Discard Unwritable Username");
            return Ok(());
        }
        let record = output.record().plain(time.date()).integer(user_id).plain(&time.sortable()).text(&username);
        record.plain(&time.written()).plain("").end()
    }
}

fn write(_: &EventOptions, last: &Record<'_>, output: &mut Output<'_>) -> Result<()> {
    let [day, user_id, _, username, timestamp, _] = last.exactly()?;
    output.day_row(FILE_STEM, day).field(user_id)?.field(username)?.field(timestamp)?.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::run_job;

    #[test]
    fn the_last_name_of_a_day_counts() {
        let event = |time: &str, user_id: &str, username: &str| {
            format!(r#"{{"time":"2014-05-{time}","username":{username},"context":{{"user_id":{user_id}}}}}"#)
        };
        let lines = [
            event("20T10:00:00", "7", r#""ann""#),
            event("20T11:00:00.5", "\"7\"", r#""anna""#),
            event("20T09:00:00", "8", r#""bob""#),
            event("21T09:00:00", "7", r#""ann""#),
            event("22T09:00:00", "9", r#""late""#),
            event("20T09:00:00", "10", r#""""#),
            event("20T09:00:00", "null", r#""nobody""#),
            event("20T09:00:00", "\"x\"", r#""nobody""#),
            event("20T09:00:00", "11", r#""a\tb""#),
            r#"{"time":"2014-05-20T09:00:00","username":"ann"}"#.to_owned(),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let (rows, counters) = run_job(&JOB, &["--interval", "2014-05-20-2014-05-22"], &lines);
        assert_eq!((counters.get(GROUP, "Discard Malformed user_id"), counters.get(GROUP, "Discard Unwritable Username")), (1, 1));
        assert_eq!(
            rows,
            [
                "dt=2014-05-20/account_names_2014-05-20\t7\\tanna\\t2014-05-20T11:00:00.5",
                "dt=2014-05-20/account_names_2014-05-20\t8\\tbob\\t2014-05-20T09:00:00.000000",
                "dt=2014-05-21/account_names_2014-05-21\t7\\tann\\t2014-05-21T09:00:00.000000",
            ]
        );
    }
}
