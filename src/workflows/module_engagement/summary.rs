//! Job `summary`: a learner's week in a course (rules 07, 5).
//!
//! Record: `course_id, username | entity_type, event, entity_id, date`, then a count. Equal entities stand beside each other, so that
//! distinct ones are counted without a set.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};

use crate::job_options;
use crate::streaming::folds::add_to;
use crate::streaming::record::{prefix, text};
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Reducer};
use crate::warehouse::columns::{columns, integer};

/// The job.
pub(crate) const JOB: Job<Options> = Job::over_rows(super::NAME, "summary", "A learner's week in a course", |_, _| Ok(Box::new(DayRows)))
    .reduced(Keys::of(6, 2), reducer)
    .combined_by_sum();

const DAYS: u64 = 7;
const GROUP: &str = "Module Engagement";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// The day behind the week
        #[arg(long)]
        pub date: NaiveDate,
    }
}

fn reducer(Options { date }: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    let start = date.checked_sub_days(Days::new(DAYS)).context("The week lies at the begin of the calendar.")?;
    Ok(Box::new(Summary { dates: [start.to_string(), date.to_string()] }))
}

/// Every row counts: which days are the week's is decided by the partitions that are read.
struct DayRows;

impl Mapper for DayRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<7>(line).context("A row of module_engagement has not seven columns.")?;
        let [course_id, username, date, entity_type, entity_id, event, count] = row;
        let count = integer(count).context("A row of module_engagement has no count.")?;
        let record = output.record().bytes(course_id).bytes(username).bytes(entity_type).bytes(event).bytes(entity_id);
        record.bytes(date).integer(count).end()
    }
}

struct Summary {
    dates: [String; 2],
}

#[derive(Default)]
struct Sums {
    attempts: i64,
    attempted: i64,
    completed: i64,
    videos: i64,
    contributions: i64,
    /// As many as there are partitions.
    days: BTreeSet<NaiveDate>,
}

impl Reducer for Summary {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let (course_id, username) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        let mut sums = Sums::default();
        let mut last = Vec::new();
        while let Some(record) = group.next_row()? {
            let [_, _, entity_type, event, _, date, count] = record.exactly()?;
            let count = crate::streaming::record::integer(count)?;
            let entity = prefix(record.line(), 5);
            let is_new = entity != last;
            if is_new {
                last.clear();
                last.extend_from_slice(entity);
            }
            let distinct = i64::from(is_new);
            match (entity_type, event) {
                (b"problem", b"attempted") => {
                    add_to(&mut sums.attempts, count, prefix(record.line(), 2))?;
                    sums.attempted += distinct;
                }
                (b"problem", b"completed") => sums.completed += distinct,
                (b"video", b"viewed") => sums.videos += distinct,
                (b"discussion", _) => add_to(&mut sums.contributions, count, prefix(record.line(), 2))?,
                (b"problem" | b"video", _) => {}
                // The day counts all the same (rules 07, 5).
                _ => output.count(GROUP, "Unknown Entity Type"),
            }
            sums.days.insert(text(date)?.parse().context("A row of module_engagement has no date.")?);
        }
        #[allow(clippy::cast_precision_loss)] // counts of one week
        let ratio = if sums.completed == 0 { f64::INFINITY } else { sums.attempts as f64 / sums.completed as f64 };
        let row = output.row().text(&course_id).text(&username).text(&self.dates[0]).text(&self.dates[1]);
        let row = row.integer(sums.attempts).integer(sums.attempted).integer(sums.completed).float(ratio);
        row.integer(sums.videos).integer(sums.contributions).integer(i64::try_from(sums.days.len())?).end()
    }
}
