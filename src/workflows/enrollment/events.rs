//! Job `events`: the enrollment events of each day (rules 03, 3).
//!
//! Record: `date | course_id, user_id, timestamp, event_type, mode`; the reducer writes a day's file in that order, so that a rerun
//! gives the same bytes.

use std::borrow::Cow;

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::{
    EventFilter, EventMapper, EventOptions, EventTypes, Group, Job, JobArguments, Keys, Output, Reducer, RowBuilder, TypeFinder,
};
use crate::tasks::day_tables::DayTable;
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::tracking::scalar_text::scalar_text;
use crate::tracking::{CourseKeyRules, Event, EventTime, PayloadParser};

/// The job.
pub(crate) const JOB: Job<EventOptions> = Job::over_events(super::NAME, "events", "Enrollment events of each day", mapper)
    .reduced(Keys::of(6, 1), |_, _| Ok(Box::new(DayWriter)))
    .into_files();

/// What an enrollment does; event types are compared as text, and sort in this order (rules 03, 4.1).
pub(crate) const ACTIVATED: &str = "edx.course.enrollment.activated";
/// The learner leaves.
pub(crate) const DEACTIVATED: &str = "edx.course.enrollment.deactivated";
/// The mode changes.
pub(crate) const MODE_CHANGED: &str = "edx.course.enrollment.mode_changed";

const TYPES: [&str; 3] = [ACTIVATED, DEACTIVATED, MODE_CHANGED];

/// Counter of modes that the table by mode cannot hold (rules 10, 4).
pub(crate) const DISCARD_LONG_MODE: &str = "Discard Mode Too Long";

/// The file of a day is called by this and the day.
pub(crate) const FILE_STEM: &str = "course_enrollment_events_";

/// The task that loads history.
pub(crate) const EVENTS_NAME: &str = "CourseEnrollmentEventsTask";

/// The days that the job writes.
pub(super) const DAYS: DayTable<EventOptions> =
    DayTable { table: "course_enrollment_events", file_stem: FILE_STEM, is_read_by_name: true, job: &JOB };

const GROUP: &str = "Enrollment Events";

fn mapper(EventOptions { interval, rules }: EventOptions, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    let filter = EventFilter::new(TypeFinder::however_written(&[EventTypes::beginning("edx.course.enrollment.")]), |event_type| {
        TYPES.contains(&event_type)
    });
    Ok(Box::new(EventsMapper { interval, rules, payload: PayloadParser::default(), filter }))
}

struct EventsMapper {
    interval: DateInterval,
    rules: CourseKeyRules,
    payload: PayloadParser,
    filter: EventFilter,
}

impl EventMapper for EventsMapper {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn filter(&self) -> Option<&EventFilter> {
        Some(&self.filter)
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        output.count(GROUP, "Inputs with Dates");
        let enrollment = match Enrollment::of(event, &mut self.payload, self.rules) {
            Ok(enrollment) => enrollment,
            Err(discard) => {
                output.count(GROUP, discard);
                if discard.starts_with("Discard Enroll") {
                    output.count(GROUP, "Discard Enroll Missing Something");
                }
                return Ok(());
            }
        };
        output.count(GROUP, "Output From Mapper");
        let Enrollment { course_id, user_id, event_type, mode } = enrollment;
        let record = output.record().plain(time.date()).text(&course_id).text(&user_id).plain(&time.written());
        record.plain(event_type).text(&mode).plain("").end()
    }
}

struct Enrollment<'t> {
    course_id: Cow<'t, str>,
    user_id: Cow<'t, str>,
    event_type: &'static str,
    mode: Cow<'t, str>,
}

impl<'t> Enrollment<'t> {
    /// Steps 5 to 12 of rules 03, 3.1; else the counter of what is missing.
    fn of(event: &Event<'t>, payload: &'t mut PayloadParser, rules: CourseKeyRules) -> Result<Self, &'static str> {
        let event_type = event.field("event_type").ok_or("Discard Missing Event Type")?;
        let event_type = TYPES.into_iter().find(|known| event_type.is_text(known)).ok_or("Discard Non-Enrollment Event Type")?;
        let data = event.data(payload).ok_or("Discard Enroll Missing Event Data")?;
        let course_id = data.present("course_id").and_then(|value| value.text()).map(stripped);
        let course_id = course_id.filter(|id| rules.is_valid(id)).ok_or("Discard Enroll Missing course_id")?;
        if is_too_long(&course_id) {
            return Err(DISCARD_LONG_COURSE_ID);
        }
        let user_id = data.present("user_id").and_then(|value| scalar_text(&value)).ok_or("Discard Enroll Missing user_id")?;
        let mode = data.present("mode").and_then(|value| scalar_text(&value)).ok_or("Discard Enroll Missing mode")?;
        if is_too_long(&mode) {
            return Err(DISCARD_LONG_MODE);
        }
        Ok(Self { course_id, user_id, event_type, mode })
    }
}

fn stripped(text: Cow<'_, str>) -> Cow<'_, str> {
    crate::tracking::white_space::strip_cow(text)
}

struct DayWriter;

impl Reducer for DayWriter {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        output.count(GROUP, "Output Dates with Events");
        while let Some(record) = group.next_row()? {
            let [day, fields @ .., _] = record.exactly::<7>()?;
            fields.into_iter().try_fold(output.day_row(FILE_STEM, day), RowBuilder::field)?.end()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::run_job;

    #[test]
    fn modes_that_no_table_holds_are_counted() {
        let event = |mode: &str| {
            format!(
                r#"{{"event_type":"{ACTIVATED}","time":"2014-05-02T10:00:00+00:00","event":{{"course_id":"c/o/r","user_id":7,"mode":"{mode}"}}}}"#
            )
        };
        let (fits, too_long) = ("é".repeat(255), "é".repeat(256));
        let (rows, counters) = run_job(&JOB, &["--interval", "2014-05-02"], &[&event(&fits), &event(&too_long)]);
        assert_eq!(rows.len(), 1);
        assert!(rows.iter().all(|row| row.ends_with(&fits) && !row.ends_with(&too_long)), "{rows:?}");
        let counted = ["Output From Mapper", DISCARD_LONG_MODE, "Discard Enroll Missing Something"].map(|name| counters.get(GROUP, name));
        assert_eq!(counted, [1, 1, 0]);
    }
}
