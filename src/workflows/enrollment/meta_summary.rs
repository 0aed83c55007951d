//! Job `meta-summary`: current numbers of each course and mode beside the course's catalog entry (rules 03, 6.6).
//!
//! Record: `course_id | level, mode, kind`: first the catalog rows of the course, which are held; then for each mode the passing
//! learners, the count of seven days ago and the count of the last day, which writes the rows.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use chrono::Days;

use super::changes::MODE;
use super::events::DISCARD_LONG_MODE;
use super::summary::LONGEST_MODE;
use crate::calendar::days::day_text;
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};
use crate::warehouse::columns::{columns, integer, not_null};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "meta-summary", "Current numbers of each course and mode beside the course's catalog entry", mapper)
        .reduced(Keys::of(4, 1), |_, _| Ok(Box::new(MetaSummary)));

const GRADES: &str = "course_grade_by_mode";
const CATALOG: &str = "course_catalog";
const GROUP: &str = "Course Meta Summary";

// Levels of records.
const OF_COURSE: &[u8] = b"0";
const OF_MODE: &[u8] = b"1";
// Kinds of records.
const CATALOG_ROW: &[u8] = b"0";
const PASSING: &[u8] = b"1";
const WEEK_AGO: &[u8] = b"2";
const LAST_DAY: &[u8] = b"3";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Its last day is the current one
        #[arg(long)]
        pub interval: DateInterval,
    }
}

fn mapper(Options { interval }: Options, arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    let before = |days| interval.end().checked_sub_days(Days::new(days)).context("The interval lies at the end of the calendar.");
    let (current, week_ago) = (day_text(before(1)?), day_text(before(8)?));
    Ok(Box::new(Inputs { table: arguments.input_table(&[MODE, GRADES, CATALOG]), current, week_ago }))
}

struct Inputs {
    table: InputTable<'static>,
    current: [u8; 10],
    week_ago: [u8; 10],
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.map_row(line, output)?.is_none() {
            output.count(GROUP, "Discard Malformed Row");
        }
        Ok(())
    }
}

impl Inputs {
    /// None for a row that is none of its table.
    fn map_row(&self, line: &[u8], output: &mut Output<'_>) -> Result<Option<()>> {
        let mapped = match self.table.name()? {
            CATALOG => {
                let Some(columns) = columns::<19>(line) else { return Ok(None) };
                let [course_id, catalog_course, title, start, end, _, _, _, pacing_type, _, availability, ..] = columns;
                let mut record = output.record().bytes(course_id).bytes(OF_COURSE).text("").bytes(CATALOG_ROW);
                for column in [title, catalog_course, seconds(start), seconds(end), pacing_type, availability] {
                    record = record.optional_bytes(not_null(column));
                }
                record.end()
            }
            GRADES => {
                let Some([course_id, mode, passing]) = columns::<3>(line) else { return Ok(None) };
                if integer(passing).is_none() {
                    return Ok(None);
                }
                output.record().bytes(course_id).bytes(OF_MODE).bytes(mode).bytes(PASSING).bytes(passing).end()
            }
            _ => {
                let Some([date, course_id, mode, count, cumulative]) = columns::<5>(line) else { return Ok(None) };
                if integer(count).zip(integer(cumulative)).is_none() {
                    return Ok(None);
                }
                let kind = if date == self.current {
                    if mode.len() > LONGEST_MODE && String::from_utf8_lossy(mode).chars().count() > LONGEST_MODE {
                        output.count(GROUP, DISCARD_LONG_MODE);
                        return Ok(Some(()));
                    }
                    LAST_DAY
                } else if date == self.week_ago {
                    WEEK_AGO
                } else {
                    return Ok(Some(()));
                };
                output.record().bytes(course_id).bytes(OF_MODE).bytes(mode).bytes(kind).bytes(count).bytes(cumulative).end()
            }
        };
        mapped.map(Some)
    }
}

/// A time without its fraction, which the DATETIME column drops (rules 03, 9): a load would round it.
fn seconds(time: &[u8]) -> &[u8] {
    const WHOLE: usize = "2014-05-02 10:00:00".len();
    let has_fraction = time.get(WHOLE) == Some(&b'.') && time.iter().skip(WHOLE + 1).all(u8::is_ascii_digit);
    time.get(..WHOLE).filter(|_| has_fraction).unwrap_or(time)
}

struct MetaSummary;

/// Columns 2 to 7.
type CatalogColumns = [Option<Vec<u8>>; 6];

impl Reducer for MetaSummary {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut catalog: Vec<CatalogColumns> = Vec::new();
        let mut of_mode = OfMode::default();
        while let Some(record) = group.next_row()? {
            if record.raw(1)? == OF_COURSE {
                catalog.push(catalog_columns(&record)?);
                continue;
            }
            if record.raw(2)? != of_mode.mode {
                of_mode = OfMode { mode: record.raw(2)?.to_vec(), ..OfMode::default() };
            }
            match record.raw(3)? {
                PASSING => of_mode.passing = record.integer(4)?,
                WEEK_AGO => of_mode.week_ago = record.integer(4)?,
                LAST_DAY => {
                    let (count, cumulative) = (record.integer(4)?, record.integer(5)?);
                    let none = [CatalogColumns::default()];
                    let catalog = if catalog.is_empty() { &none[..] } else { &catalog };
                    catalog.iter().try_for_each(|columns| of_mode.write(&record, columns, (count, cumulative), output))?;
                }
                other => bail!("A record has the unknown kind {:?}.", String::from_utf8_lossy(other)),
            }
        }
        Ok(())
    }
}

fn catalog_columns(record: &Record<'_>) -> Result<CatalogColumns> {
    let mut columns = CatalogColumns::default();
    for (number, column) in columns.iter_mut().enumerate() {
        *column = record.bytes(4 + number)?.map(Cow::into_owned);
    }
    Ok(columns)
}

/// What is known of one mode before its current row comes.
#[derive(Default)]
struct OfMode {
    mode: Vec<u8>,
    passing: i64,
    week_ago: i64,
}

impl OfMode {
    fn write(&self, record: &Record<'_>, catalog: &CatalogColumns, counts: (i64, i64), output: &mut Output<'_>) -> Result<()> {
        let (count, cumulative) = counts;
        let mut row = output.row().optional_bytes(decode(record.raw(0)?)?.as_deref());
        for column in catalog {
            row = row.optional_bytes(column.as_deref());
        }
        let row = row.optional_bytes(decode(&self.mode)?.as_deref());
        row.integer(count).integer(count - self.week_ago).integer(cumulative).integer(self.passing).end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Counters};

    #[test]
    fn times_of_the_catalog_lose_their_fraction() {
        for (time, kept) in [
            ("2016-12-31 23:59:59.999999", "2016-12-31 23:59:59"),
            ("2016-12-31 23:59:59.000000", "2016-12-31 23:59:59"),
            ("2016-12-31 23:59:59", "2016-12-31 23:59:59"),
            ("2016-12-31 23:59:59.x", "2016-12-31 23:59:59.x"),
            ("\\N", "\\N"),
        ] {
            assert_eq!(seconds(time.as_bytes()), kept.as_bytes());
        }
    }

    #[test]
    fn rows_that_are_none_are_counted() {
        let arguments = |table: &str| JobArguments {
            options: vec!["--interval=2014-05-01-2014-05-20".to_owned()],
            input_file: Some(format!("/w/{table}/dt=2014-05-19/part-0")),
        };
        let catalog = ["c/o/r"; 19].join("\t");
        let rows = [
            (MODE, "2014-05-19\tc/o/r\taudit\t1\t2", true),
            (MODE, "2014-05-19\tc/o/r\taudit\t1", false),
            (MODE, "2014-05-19\tc/o/r\taudit\tone\t2", false),
            (MODE, "2014-05-19\tc/o/r\taudit\t1\t\\N", false),
            (GRADES, "c/o/r\taudit\t3", true),
            (GRADES, "c/o/r\taudit\tx", false),
            (CATALOG, &catalog, true),
            (CATALOG, "c/o/r\ta title", false),
        ];
        for (table, row, is_one) in rows {
            let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
            let mut mapper = JOB.mapper(&arguments(table)).unwrap();
            mapper.map(row.as_bytes(), &mut Output::new(&mut records, &mut counters)).unwrap();
            assert_eq!((records.len(), counters.get(GROUP, "Discard Malformed Row")), (usize::from(is_one), u64::from(!is_one)), "{row}");
        }
    }
}
