//! Job `program-metadata`: the programs of each course run, a projection of `program_course` (rules 03, 6.7). Map only.

use anyhow::Result;

use crate::streaming::{Job, Mapper, NoOptions, Output};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "program-metadata", "Programs of each course run", |_, _| Ok(Box::new(Programs)));

const GROUP: &str = "Program Metadata";

struct Programs;

impl Mapper for Programs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let Some(row) = columns::<9>(line) else {
            output.count(GROUP, "Discard Malformed Row");
            return Ok(());
        };
        let [program_id, program_type, program_title, _, _, course_id, ..] = row;
        let row = output.row().bytes(course_id).bytes(program_id).bytes(program_type);
        row.optional_bytes(not_null(program_title)).end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Counters;

    #[test]
    fn a_row_with_other_columns_is_counted() {
        let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        for row in ["p\ttype\ttitle\t\\N\t\\N\tc/o/r\t\\N\t\\N\t\\N", "bad\trow"] {
            Programs.map(row.as_bytes(), &mut Output::new(&mut rows, &mut counters)).unwrap();
        }
        assert_eq!((rows, counters.get(GROUP, "Discard Malformed Row")), (vec![b"c/o/r\tp\ttype\ttitle".to_vec()], 1));
    }
}
