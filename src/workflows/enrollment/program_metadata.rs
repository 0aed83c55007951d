//! Job `program-metadata`: the programs of each course run, a projection of `program_course` (rules 03, 6.7). Map only.

use anyhow::{Context, Result};

use crate::streaming::{Job, Mapper, NoOptions, Output};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "program-metadata", "Programs of each course run", |_, _| Ok(Box::new(Programs)));

struct Programs;

impl Mapper for Programs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = columns::<9>(line).context("A row of program_course has not nine columns.")?;
        let [program_id, program_type, program_title, _, _, course_id, ..] = row;
        let row = output.row().bytes(course_id).bytes(program_id).bytes(program_type);
        row.optional_bytes(not_null(program_title)).end()
    }
}
