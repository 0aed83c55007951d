//! Job `grade-by-mode`: passing learners of each course and mode (rules 03, 6.5). Record: `course_id, mode`, then a number to add.

use anyhow::{Context, Result};

use crate::streaming::wire::decode;
use crate::streaming::{Job, Keys, Mapper, NoOptions, Output, Record};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "grade-by-mode", "Passing learners of each course and mode", |_, _| Ok(Box::new(PassingRows)))
        .summed(Keys::of(2, 2), write);

struct PassingRows;

impl Mapper for PassingRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let [course_id, mode, passing] = columns::<3>(line).context("A row of passing has not three columns.")?;
        output.record().optional_bytes(not_null(course_id)).optional_bytes(not_null(mode)).raw(passing).end()
    }
}

fn write(_: &NoOptions, key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    let [course_id, mode] = key.exactly()?;
    output.row().optional_bytes(decode(course_id)?.as_deref()).optional_bytes(decode(mode)?.as_deref()).integers(sums).end()
}
