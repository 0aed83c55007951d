//! Job `daily`: what each learner did in each course on each day (rules 05, 3).
//!
//! Record: `date | user_id, course_id, label`, then a number to add.

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::{EventMapper, EventOptions, Job, JobArguments, Keys, Output, Record};
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::tracking::scalar_text::{is_falsy, scalar_text};
use crate::tracking::{CourseKeyRules, Event, EventTime};

/// The job.
pub(crate) const JOB: Job<EventOptions> =
    Job::over_events(super::NAME, "daily", "Labels of each learner, course and day", mapper).summed(Keys::of(4, 1), write).into_files();

/// The file of a day is called by this and the day.
pub(crate) const FILE_STEM: &str = "user_activity_";

const GROUP: &str = "UserActivity";

fn mapper(options: EventOptions, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    Ok(Box::new(Labels { interval: options.interval, rules: options.rules }))
}

struct Labels {
    interval: DateInterval,
    rules: CourseKeyRules,
}

impl EventMapper for Labels {
    fn interval(&self) -> &DateInterval {
        &self.interval
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = event.user_id().filter(|user_id| !is_falsy(user_id));
        let Some(user_id) = user_id else {
            output.count(GROUP, "Discard Missing User ID");
            return Ok(());
        };
        // Numbers and other texts are passed on as the original did (recorded so); the weekly job counts only integers.
        let Some(user_id) = scalar_text(&user_id) else {
            output.count(GROUP, "Discard Malformed User ID");
            return Ok(());
        };
        let Some(course_id) = event.course_id_or_that_of_url(&self.rules) else {
            output.count(GROUP, "Discard Missing Course ID");
            return Ok(());
        };
        if is_too_long(&course_id) {
            output.count(GROUP, DISCARD_LONG_COURSE_ID);
            return Ok(());
        }
        let source = event.text("event_source");
        let source = source.as_deref().unwrap_or_default();
        if source == "task" {
            return Ok(());
        }
        let Some(event_type) = event.text("event_type") else {
            output.count(GROUP, "Discard Missing Event Type");
            return Ok(());
        };
        let mut write = |label| output.record().plain(time.date()).text(&user_id).text(&course_id).plain(label).plain("1").end();
        if event_type.starts_with("edx.course.enrollment.") {
            return Ok(());
        }
        write("ACTIVE")?;
        match (source, event_type.as_ref()) {
            ("server", "problem_check") => write("ATTEMPTED_PROBLEM"),
            // Prefix and suffix may share the point.
            ("server", forum) if forum.starts_with("edx.forum.") && forum.ends_with(".created") => write("POSTED_FORUM"),
            ("browser" | "mobile", "play_video") => write("PLAYED_VIDEO"),
            _ => Ok(()),
        }
    }
}

fn write(_: &EventOptions, key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    let [date, user_id, course_id, label] = key.exactly()?;
    output.day_row(FILE_STEM, date).field(user_id)?.field(course_id)?.field(date)?.field(label)?.integers(sums).end()
}
