//! Job `country-counts`: learners of each course and country (spec 04, 5). Record: `course_id, country_code`, then two numbers to add.

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::streaming::record::decode;
use crate::streaming::{Group, Job, MapSide, Mapper, Output, Record, Reducer, TaskArguments};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub const JOB: Job = Job { name: "country-counts", mapper: MapSide::Lines(mapper), reducer: Some(reducer), combiner: Some(combiner) };

/// Options of the job.
#[derive(clap::Args, Clone, Copy, Debug)]
struct Options {
    /// Day of the snapshot of the enrollments
    #[arg(long)]
    date: NaiveDate,
}

fn mapper(arguments: &TaskArguments) -> Result<Box<dyn Mapper>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(Rows))
}

fn reducer(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    let Options { date } = arguments.parse()?;
    Ok(Box::new(Sums { date: Some(date.to_string()) }))
}

fn combiner(arguments: &TaskArguments) -> Result<Box<dyn Reducer>> {
    arguments.parse::<Options>()?;
    Ok(Box::new(Sums { date: None }))
}

struct Rows;

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<4>(line).context("A row of enrollment-country has not four columns.")?;
        let [course_id, code, active, learner] = row;
        output.record().bytes(course_id).optional_bytes(not_null(code)).raw(active).raw(learner).end()
    }
}

/// Writes rows of the date, or without one, as combiner, records.
struct Sums {
    date: Option<String>,
}

impl Reducer for Sums {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let key = group.key().line().to_vec();
        let (mut active, mut learners) = (0, 0);
        while let Some(record) = group.next_row()? {
            active += record.integer(2)?;
            learners += record.integer(3)?;
        }
        let Some(date) = &self.date else {
            return output.record().raw(&key).integer(active).integer(learners).end();
        };
        let [course_id, code] = Record::new(&key).exactly()?;
        let row = output.row().text(date).optional_bytes(decode(course_id)?.as_deref()).optional_bytes(decode(code)?.as_deref());
        row.integer(active).integer(learners).end()
    }
}
