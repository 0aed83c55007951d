//! Job `roster`: one row for each learner of each course, with the learner's week (rules 07, 8 and 8.1, stage 2).
//!
//! Record: `course_id, username | kind`: first the week before last, then the last week, then segments, then the learner, who gives
//! the row. Activity of learners that are not enrolled gives none.

use std::borrow::Cow;

use anyhow::{Context, Result, bail, ensure};
use chrono::{Days, NaiveDate};

use crate::job_options;
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};
use crate::warehouse::columns::{columns, integer, not_null};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "roster", "Learners of each course with their week and their segments", mapper)
        .reduced(Keys::of(3, 2), |options, _| Ok(Box::new(Roster { week: options.week()? })));

/// Table of the job `summary`.
pub(crate) const SUMMARY: &str = "module_engagement_summary";
/// Table of the job `user-segments`.
pub(crate) const SEGMENTS: &str = "module_engagement_user_segments";
/// Output of the job `roster-learners`.
pub(crate) const LEARNERS: &str = "module_engagement_roster_learners";

const WEEK: u64 = 7;
const WEEK_BEFORE: &[u8] = b"0";
const LAST_WEEK: &[u8] = b"1";
const SEGMENT: &[u8] = b"2";
const LEARNER: &[u8] = b"3";

/// Segments of the table, in the order in which they stand in the roster.
const KNOWN_SEGMENTS: [&str; 2] = ["highly_engaged", "struggling"];

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// The day behind the roster's week
        #[arg(long)]
        pub date: NaiveDate,
    }
}

impl Options {
    /// First day of the week, and the day behind it.
    fn week(self) -> Result<[String; 2]> {
        let start = self.date.checked_sub_days(Days::new(WEEK)).context("The week lies at the begin of the calendar.")?;
        Ok([start, self.date].map(|day| day.to_string()))
    }
}

fn mapper(options: Options, arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    let [start, end] = options.week()?;
    Ok(Box::new(Inputs { table: arguments.input_table(&[SUMMARY, SEGMENTS, LEARNERS]), start, end }))
}

struct Inputs {
    table: InputTable<'static>,
    start: String,
    end: String,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        match self.table.name()? {
            SUMMARY => self.summary(line, output),
            SEGMENTS => {
                let [course_id, username, _, end, segment, _] =
                    columns::<6>(line).context("A row of module_engagement_user_segments has not six columns.")?;
                if end != self.end.as_bytes() {
                    return Ok(());
                }
                output.record().bytes(course_id).bytes(username).bytes(SEGMENT).bytes(segment).end()
            }
            _ => {
                let [course_id, username, values @ ..] =
                    columns::<18>(line).context("A row of module_engagement_roster_learners has not 18 columns.")?;
                let mut record = output.record().bytes(course_id).bytes(username).bytes(LEARNER);
                for value in values {
                    record = record.optional_bytes(not_null(value));
                }
                record.end()
            }
        }
    }
}

impl Inputs {
    /// The end date of the row, not its directory, says which week it is.
    fn summary(&self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let [course_id, username, _, end, attempts, attempted, completed, ratio, videos, contributions, days] =
            columns::<11>(line).context("A row of module_engagement_summary has not eleven columns.")?;
        if end == self.start.as_bytes() {
            return output.record().bytes(course_id).bytes(username).bytes(WEEK_BEFORE).bytes(days).end();
        }
        if end != self.end.as_bytes() {
            return Ok(());
        }
        let mut record = output.record().bytes(course_id).bytes(username).bytes(LAST_WEEK).bytes(ratio);
        for count in [attempts, attempted, completed, videos, contributions, days] {
            record = record.integer(integer(count).context("A row of module_engagement_summary has a count that is no number.")?);
        }
        record.end()
    }
}

struct Roster {
    week: [String; 2],
}

/// What a learner did in the course; nothing without a summary.
#[derive(Default)]
struct Activity {
    is_summarized: bool,
    /// Single precision, and null if it is infinite, as Hive read it (rules 07, 8).
    attempts_per_completed: Option<f32>,
    attempts: i64,
    attempted: i64,
    completed: i64,
    videos: i64,
    contributions: i64,
    days: i64,
    days_of_week_before: Option<i64>,
    segments: [bool; 2],
}

impl Reducer for Roster {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut activity = Activity::default();
        let (course_id, username) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        while let Some(record) = group.next_row()? {
            if record.raw(2)? == LEARNER {
                self.write([&course_id, &username], &activity, &record, output)?;
            } else {
                activity.take(&record).with_context(|| format!("The learner {username:?} of {course_id} cannot be summed up."))?;
            }
        }
        Ok(())
    }
}

impl Activity {
    fn take(&mut self, record: &Record<'_>) -> Result<()> {
        match record.raw(2)? {
            WEEK_BEFORE => {
                ensure!(self.days_of_week_before.is_none(), "There are two summaries of one week.");
                self.days_of_week_before = Some(record.integer(3)?);
            }
            LAST_WEEK => {
                ensure!(!self.is_summarized, "There are two summaries of one week.");
                let ratio: f32 = record.text(3)?.parse().context("The ratio of a summary is no number.")?;
                let [attempts, attempted, completed, videos, contributions, days] = [4, 5, 6, 7, 8, 9].map(|index| record.integer(index));
                *self = Self {
                    is_summarized: true,
                    attempts_per_completed: ratio.is_finite().then_some(ratio),
                    attempts: attempts?,
                    attempted: attempted?,
                    completed: completed?,
                    videos: videos?,
                    contributions: contributions?,
                    days: days?,
                    ..*self
                };
            }
            SEGMENT => {
                let segment = record.text(3)?;
                let place = KNOWN_SEGMENTS.iter().position(|known| *known == segment);
                let Some(flag) = place.and_then(|place| self.segments.get_mut(place)) else { bail!("There is no segment {segment:?}.") };
                *flag = true;
            }
            other => bail!("A record has the unknown kind {:?}.", String::from_utf8_lossy(other)),
        }
        Ok(())
    }

    /// Names joined by comma, in a fixed order; empty text if there are none.
    fn segments(&self, is_enrolled: bool) -> String {
        let was_active = self.days_of_week_before.unwrap_or_default() > 0;
        let is_active = self.days > 0;
        let [highly_engaged, struggling] = self.segments;
        let all = [
            ("unenrolled", !is_enrolled),
            ("inactive", !was_active && !is_active),
            ("disengaging", was_active && !is_active),
            ("highly_engaged", highly_engaged),
            ("struggling", struggling),
        ];
        all.into_iter().filter_map(|(name, applies)| applies.then_some(name)).collect::<Vec<_>>().join(",")
    }
}

impl Roster {
    fn write(&self, [course_id, username]: [&str; 2], activity: &Activity, learner: &Record<'_>, output: &mut Output<'_>) -> Result<()> {
        let values = learner.fields().skip(3).map(decode).collect::<Result<Vec<_>>>()?;
        let values: [Option<Cow<'_, [u8]>>; 16] =
            values.try_into().map_err(|_| anyhow::anyhow!("A record of a learner has not 16 values."))?;
        let [email, name, mode, enrollment_date, cohort, is_enrolled, user_id, profile @ ..] = &values;
        let is_enrolled = is_enrolled.as_deref() == Some(b"1");
        let [start, end] = &self.week;
        let mut row = output.row().text(course_id).text(username).text(start).text(end);
        for value in [email, name, mode, enrollment_date, cohort] {
            row = row.optional_bytes(value.as_deref());
        }
        let Activity { attempts_per_completed: ratio, attempts, attempted, completed, videos, contributions, .. } = *activity;
        row = row.integer(attempts).integer(attempted).integer(completed).optional(ratio.map(|ratio| format!("{ratio:?}")).as_deref());
        row = row.integer(videos).integer(contributions).text(&activity.segments(is_enrolled));
        row = row.integer(if ratio.is_none() { -attempts } else { attempts });
        for value in std::iter::once(user_id).chain(profile) {
            row = row.optional_bytes(value.as_deref());
        }
        row.end()
    }
}
