//! Job `daily`: what each learner did in each course on each day (spec 05, 3).
//!
//! Record: `date | user_id, course_id, label`, then a number to add.

use anyhow::Result;

use crate::calendar::interval::DateInterval;
use crate::streaming::record::{prefix, text};
use crate::streaming::{EventMapper, Group, Job, MapSide, Output, Reducer, TaskArguments};
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::tracking::scalar_text::{is_falsy, scalar_text};
use crate::tracking::{CourseKeyRules, Event, EventTime};

/// The job.
pub const JOB: Job = Job { name: "daily", mapper: MapSide::Events(mapper), reducer: Some(reducer), combiner: Some(combiner) };

/// The file of a day is called by this and the day.
pub const FILE_STEM: &str = "user_activity_";

const GROUP: &str = "UserActivity";

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
    Ok(Box::new(Labels { interval, rules }))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(Sums { is_combiner: false }))
}

fn combiner(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(Sums { is_combiner: true }))
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
        let user_id = event.context().and_then(|context| context.present("user_id")).filter(|user_id| !is_falsy(user_id));
        let Some(user_id) = user_id else {
            output.count(GROUP, "Discard Missing User ID");
            return Ok(());
        };
        // Numbers and other texts are passed on as the original did (recorded so); the weekly job counts only integers.
        let Some(user_id) = scalar_text(&user_id) else {
            output.count(GROUP, "Discard Malformed User ID");
            return Ok(());
        };
        let Some(course_id) = event.course_id(&self.rules, true) else {
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
        let mut write = |label| output.record().text(time.date()).text(&user_id).text(&course_id).text(label).integer(1).end();
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

/// Adds up equal keys of a day.
struct Sums {
    is_combiner: bool,
}

impl Sums {
    fn write(&self, key: &[u8], path: &str, sum: i64, output: &mut Output<'_>) -> Result<()> {
        if self.is_combiner {
            return output.record().raw(key).integer(sum).end();
        }
        let [date, user_id, course_id, label] = crate::streaming::Record::new(key).exactly()?;
        let row = output.file_row(path).text(&text(user_id)?).text(&text(course_id)?).text(&text(date)?);
        row.text(&text(label)?).integer(sum).end()
    }
}

impl Reducer for Sums {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let day = group.key().text(0)?.into_owned();
        let path = format!("dt={day}/{FILE_STEM}{day}");
        let mut key = Vec::new();
        let mut sum = 0;
        while let Some(record) = group.next_row()? {
            let of = prefix(record.line(), 4);
            if of != key {
                if !key.is_empty() {
                    self.write(&key, &path, sum, output)?;
                }
                key.clear();
                key.extend_from_slice(of);
                sum = 0;
            }
            sum += record.integer(4)?;
        }
        if key.is_empty() { Ok(()) } else { self.write(&key, &path, sum, output) }
    }
}
