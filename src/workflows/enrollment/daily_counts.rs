//! Job `daily-counts`: learners of each group on each day (rules 03, 6), from the changes of the groups.
//!
//! Record: `table, course_id, value | day`, then the numbers to add. The reducer carries three sums from day to day.

use anyhow::{Context, Result};
use chrono::NaiveDate;

use super::changes::{BIRTH_YEAR, DAILY, EDUCATION, GENDERS, MODE};
use crate::calendar::days::{day_text, next_day, parse_day};
use crate::streaming::folds::add_to;
use crate::streaming::record::{integer, prefix, text};
use crate::streaming::wire::decode;
use crate::streaming::{Group, Job, Keys, Mapper, NoOptions, Output, Record, Reducer};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "daily-counts", "Learners of each group on each day, in five tables", |_, _| Ok(Box::new(ChangeRows)))
        .reduced(Keys::of(4, 3), |_, _| Ok(Box::new(DailyCounts)))
        .combined_by_sum()
        .into_files();

/// The tables that it writes.
pub(crate) const TABLES: [&str; 5] = [DAILY, MODE, GENDERS, BIRTH_YEAR, EDUCATION];

struct ChangeRows;

impl Mapper for ChangeRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<7>(line).context("A row of changes has not seven columns.")?;
        let [table, course_id, value, day, rows, learners, enrolled] = row;
        let record = output.record().bytes(table).bytes(course_id).optional_bytes(not_null(value)).bytes(day);
        record.raw(rows).raw(learners).raw(enrolled).end()
    }
}

/// What is added on one day.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    rows: i64,
    learners: i64,
    enrolled: i64,
}

impl Numbers {
    fn of(record: &Record<'_>) -> Result<(NaiveDate, Self)> {
        let [_, _, _, day, rows, learners, enrolled] = record.exactly()?;
        let day = parse_day(day).context("A change has no day.")?;
        Ok((day, Self { rows: integer(rows)?, learners: integer(learners)?, enrolled: integer(enrolled)? }))
    }

    fn add(&mut self, other: Self, key: &[u8]) -> Result<()> {
        add_to(&mut self.rows, other.rows, key)?;
        add_to(&mut self.learners, other.learners, key)?;
        add_to(&mut self.enrolled, other.enrolled, key)
    }
}

struct DailyCounts;

impl Reducer for DailyCounts {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let [table, course_id, value] = group.key().exactly()?;
        let (table, course_id) = (text(table)?.into_owned(), text(course_id)?.into_owned());
        let value = decode(value)?.map(std::borrow::Cow::into_owned);
        let path = format!("{table}/");
        let mut sums = Numbers::default();
        let mut written: Option<NaiveDate> = None;
        while let Some(record) = group.next_row()? {
            let (day, numbers) = Numbers::of(&record)?;
            let mut open = written.unwrap_or(day);
            while open < day && sums.rows > 0 {
                let text = day_text(open);
                let mut row = output.file_row(&path);
                row = if table == DAILY {
                    row.text(&course_id).raw(&text)
                } else {
                    row.raw(&text).text(&course_id).optional_bytes(value.as_deref())
                };
                row.integer(sums.enrolled).integer(sums.learners).end()?;
                open = next_day(open);
            }
            written = Some(day);
            sums.add(numbers, prefix(record.line(), 3))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_beyond_64_bits_are_none() {
        let numbers = |rows: i64| Numbers { rows, learners: 1, enrolled: -1 };
        let mut sums = numbers(i64::MAX);
        sums.add(numbers(0), b"mode\tc/o/r\thonor").unwrap();
        assert_eq!((sums.learners, sums.enrolled), (2, -2));
        let error = sums.add(numbers(1), b"mode\tc/o/r\thonor").unwrap_err().to_string();
        assert!(error.contains("The numbers of \"mode\\tc/o/r\\thonor\" add up to more than 64 bits hold."), "{error}");
    }
}
