//! A job tried over a few lines in memory, for unit tests.
//!
//! Between mapper and reducer the records are sorted by the job's key fields and by nothing else, as every runner does it: a job that
//! needs another order has it in its key.

use super::lines::LineSource;
use super::record::prefix;
use super::sides::{run_mapper, run_reducer};
use super::{AnyJob, Counters, JobArguments, Mapper, Output};

/// Lines in memory.
pub struct Lines {
    lines: Vec<Vec<u8>>,
    read: usize,
}

impl Lines {
    /// All of them.
    pub fn new(lines: Vec<Vec<u8>>) -> Self {
        Self { lines, read: 0 }
    }
}

impl LineSource for Lines {
    fn next_line(&mut self) -> anyhow::Result<Option<&[u8]>> {
        self.read += 1;
        Ok(self.lines.get(self.read - 1).map(Vec::as_slice))
    }
}

/// The rows of a job over lines of one input, and what it counted.
#[allow(clippy::missing_panics_doc)] // fails its test
pub fn run_job(job: &dyn AnyJob, options: &[&str], lines: &[&str]) -> (Vec<String>, Counters) {
    let mapper = job.mapper(&JobArguments::new(options.iter().copied())).unwrap();
    run_job_with(job, mapper, options, lines)
}

/// As [`run_job`], with a mapper that the job might have made.
#[allow(clippy::missing_panics_doc)] // fails its test
pub fn run_job_with(job: &dyn AnyJob, mut mapper: Box<dyn Mapper>, options: &[&str], lines: &[&str]) -> (Vec<String>, Counters) {
    let (mut records, mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Vec::<Vec<u8>>::new(), Counters::default());
    let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    run_mapper(mapper.as_mut(), &mut Lines::new(lines), &mut Output::new(&mut records, &mut counters)).unwrap();
    let shape = job.shape();
    // Rows with equal keys come in no particular order: here the last one comes first.
    records.reverse();
    records.sort_by(|one, other| prefix(one, shape.key_fields()).cmp(prefix(other, shape.key_fields())));
    let mut reducer = job.reducer(&JobArguments::new(options.iter().copied())).unwrap();
    let mut output = Output::new(&mut rows, &mut counters);
    run_reducer(reducer.as_mut(), &mut Lines::new(records), shape.group_fields(), &mut output).unwrap();
    (rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect(), counters)
}
