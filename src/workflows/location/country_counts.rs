//! Job `country-counts`: learners of each course and country (rules 04, 5). Record: `course_id, country_code`, then two numbers to add.

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::job_options;
use crate::streaming::wire::decode;
use crate::streaming::{Job, Keys, Mapper, Output, Record};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "country-counts", "Learners of each course and country", |_, _| Ok(Box::new(Rows)))
        .summed(Keys::of(2, 2), write);

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Day of the snapshot of the enrollments
        #[arg(long)]
        pub date: NaiveDate,
    }
}

struct Rows;

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<4>(line).context("A row of enrollment-country has not four columns.")?;
        let [course_id, code, active, learner] = row;
        output.record().bytes(course_id).optional_bytes(not_null(code)).raw(active).raw(learner).end()
    }
}

fn write(options: &Options, key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    let [course_id, code] = key.exactly()?;
    let row = output.row().text(&options.date.to_string()).optional_bytes(decode(course_id)?.as_deref());
    row.optional_bytes(decode(code)?.as_deref()).integers(sums).end()
}
