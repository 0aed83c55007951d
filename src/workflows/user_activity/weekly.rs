//! Job `weekly`: distinct learners of each course, ISO week and label (rules 05, 5).
//!
//! Record: `course_id, week, label | user_id`. Equal learners stand beside each other, so that counting needs no set.

use anyhow::{Context, Result};
use chrono::{Datelike, Days, NaiveDate};

use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::record::text;
use crate::streaming::{Job, JobArguments, Keys, Mapper, Output, Record};
use crate::warehouse::columns::{columns, integer};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "weekly", "Distinct learners of each course, week and label", mapper).distinct(Keys::of(4, 3), write);

const GROUP: &str = "Course Activity";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Whole ISO weeks that are reported
        #[arg(long)]
        pub interval: DateInterval,
    }
}

fn mapper(Options { interval }: Options, _arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    Ok(Box::new(DayRows { interval }))
}

struct DayRows {
    interval: DateInterval,
}

impl Mapper for DayRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Some([user_id, course_id, date, label, _]) = columns::<5>(line) else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let Some(user_id) = integer(user_id) else {
            output.count(GROUP, "Discard Malformed User ID");
            return Ok(());
        };
        let day = std::str::from_utf8(date).ok().and_then(|text| text.parse::<NaiveDate>().ok());
        let Some(day) = day.filter(|day| self.interval.contains(*day)) else { return Ok(()) };
        let week = monday_of(day)?.to_string();
        output.record().bytes(course_id).text(&week).bytes(label).integer(user_id).text("").end()
    }
}

fn monday_of(day: NaiveDate) -> Result<NaiveDate> {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).context("A day lies at the begin of the calendar.")
}

fn write(_: &Options, group: &Record<'_>, learners: i64, output: &mut Output<'_>) -> Result<()> {
    let [course_id, week, label] = group.exactly()?;
    let start: NaiveDate = text(week)?.parse().context("A week has no day.")?;
    let end = start.checked_add_days(Days::new(7)).context("A week lies at the end of the calendar.")?;
    let row = output.row().text(&text(course_id)?).text(&format!("{start} 00:00:00")).text(&format!("{end} 00:00:00"));
    row.text(&text(label)?).integer(learners).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        for (day, monday) in
            [("2014-05-25", "2014-05-19"), ("2021-01-03", "2020-12-28"), ("2024-02-29", "2024-02-26"), ("2024-01-01", "2024-01-01")]
        {
            assert_eq!(monday_of(day.parse().unwrap()).unwrap().to_string(), monday);
        }
    }
}
