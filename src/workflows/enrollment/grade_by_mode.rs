//! Job `grade-by-mode`: passing learners of each course and mode (spec 03, 6.5). Record: `course_id, mode`, then a number to add.

use anyhow::{Context, Result};

use crate::streaming::record::decode;
use crate::streaming::{Group, Job, MapSide, Mapper, NoOptions, Output, Reducer, TaskArguments};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub const JOB: Job = Job { name: "grade-by-mode", mapper: MapSide::Lines(mapper), reducer: Some(reducer), combiner: Some(combiner) };

fn mapper(arguments: &TaskArguments) -> Result<Box<dyn Mapper>> {
    arguments.parse::<NoOptions>()?;
    Ok(Box::new(PassingRows))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<NoOptions>()?;
    Ok(Box::new(Sum { is_combiner: false }))
}

fn combiner(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<NoOptions>()?;
    Ok(Box::new(Sum { is_combiner: true }))
}

struct PassingRows;

impl Mapper for PassingRows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let [course_id, mode, passing] = columns::<3>(line).context("A row of passing has not three columns.")?;
        output.record().optional_bytes(not_null(course_id)).optional_bytes(not_null(mode)).raw(passing).end()
    }
}

struct Sum {
    is_combiner: bool,
}

impl Reducer for Sum {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let key = group.key().line().to_vec();
        let mut sum = 0;
        while let Some(record) = group.next_row()? {
            sum += record.integer(2)?;
        }
        if self.is_combiner {
            return output.record().raw(&key).integer(sum).end();
        }
        let [course_id, mode] = crate::streaming::Record::new(&key).exactly()?;
        output.row().optional_bytes(decode(course_id)?.as_deref()).optional_bytes(decode(mode)?.as_deref()).integer(sum).end()
    }
}
