//! Job `weekly`: distinct learners of each course, ISO week and label (rules 05, 5).
//!
//! Record: `course_id, week, label | user_id`. Equal learners stand beside each other, so that counting needs no set.

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};

use crate::calendar::days::{day_text, parse_day};
use crate::calendar::interval::{DateInterval, monday_of};
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
    Ok(Box::new(DayRows { interval, last_date: Vec::new(), week: Week::Malformed }))
}

struct DayRows {
    interval: DateInterval,
    /// The date of the last row; those of a file have the same.
    last_date: Vec<u8>,
    /// Where that date belongs.
    week: Week,
}

/// Where a date belongs.
#[derive(Clone, Copy)]
enum Week {
    /// It is no date.
    Malformed,
    /// Its week is not reported.
    NotReported,
    /// To the week that begins with this day.
    Of([u8; 10]),
}

impl Mapper for DayRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = std::str::from_utf8(line).ok().and_then(|_| columns::<5>(line));
        let row = row.map(|[user_id, course_id, date, label, _]| (user_id, course_id, self.week_of(date), label));
        let Some((user_id, course_id, week @ (Week::NotReported | Week::Of(_)), label)) = row else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let Some(user_id) = integer(user_id) else {
            output.count(GROUP, "Discard Malformed User ID");
            return Ok(());
        };
        let Week::Of(monday) = week else { return Ok(()) };
        output.record().bytes(course_id).raw(&monday).bytes(label).integer(user_id).text("").end()
    }
}

impl DayRows {
    fn week_of(&mut self, date: &[u8]) -> Week {
        if self.last_date != date {
            date.clone_into(&mut self.last_date);
            self.week = match parse_day(date) {
                Some(day) if self.interval.contains(day) => Week::Of(day_text(monday_of(day))),
                Some(_) => Week::NotReported,
                None => Week::Malformed,
            };
        }
        self.week
    }
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
    use crate::streaming::Counters;

    #[test]
    fn rows_that_are_none_are_counted() {
        let rows: [&[u8]; 5] = [
            b"7\tc/o/r\t2014-05-20\tACTIVE\t1",
            b"7\tc/o/\xff\t2014-05-20\tACTIVE\t1",
            b"7\tc/o/r\t2014-05-xx\tACTIVE\t1",
            b"7\tc/o/r\t2014-05-20\tACTIVE",
            b"7\tc/o/r\t2014-06-20\tACTIVE\t1",
        ];
        let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        let mut mapper = mapper(Options { interval: "2014-05-19-2014-05-26".parse().unwrap() }, &JobArguments::default()).unwrap();
        for row in rows {
            mapper.map(row, &mut Output::new(&mut records, &mut counters)).unwrap();
        }
        assert_eq!((records.len(), counters.get(GROUP, "Discard Malformed Row")), (1, 3));
    }

    #[test]
    fn each_row_has_the_week_of_its_own_date() {
        let mut mapper = mapper(Options { interval: "2014-05-19-2014-06-02".parse().unwrap() }, &JobArguments::default()).unwrap();
        let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        for date in ["2014-05-25", "2014-05-25", "2014-05-26", "2014-06-02", "2014-06-02", "x", "x", "2014-05-19", "2014-5-20"] {
            let row = format!("7\tc\t{date}\tACTIVE\t1");
            mapper.map(row.as_bytes(), &mut Output::new(&mut records, &mut counters)).unwrap();
        }
        let expected = ["2014-05-19", "2014-05-19", "2014-05-26", "2014-05-19"].map(|week| format!("c\t{week}\tACTIVE\t7\t").into_bytes());
        assert_eq!(records, expected);
        assert_eq!(counters.get(GROUP, "Discard Malformed Row"), 3);
    }

    #[test]
    fn weeks_begin_on_monday() {
        for (day, monday) in
            [("2014-05-25", "2014-05-19"), ("2021-01-03", "2020-12-28"), ("2024-02-29", "2024-02-26"), ("2024-01-01", "2024-01-01")]
        {
            assert_eq!(monday_of(day.parse().unwrap()).to_string(), monday);
        }
    }
}
