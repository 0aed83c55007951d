//! A job over damaged lines between sound ones of a neighbour, in memory.

use insights_pipeline::streaming::lines::LineSource;
use insights_pipeline::streaming::record::prefix;
use insights_pipeline::streaming::sides::{run_mapper, run_reducer};
use insights_pipeline::streaming::{AnyJob, Counters, JobArguments, Output, job_named};
use insights_pipeline::workflows::WORKFLOWS;

struct Lines {
    lines: std::vec::IntoIter<Vec<u8>>,
    line: Vec<u8>,
}

impl Lines {
    fn new(lines: Vec<Vec<u8>>) -> Self {
        Self { lines: lines.into_iter(), line: Vec::new() }
    }
}

impl LineSource for Lines {
    fn next_line(&mut self) -> anyhow::Result<Option<&[u8]>> {
        let next = self.lines.next();
        Ok(next.map(|line| {
            self.line = line;
            self.line.as_slice()
        }))
    }
}

/// What a job made of some lines.
#[derive(Debug)]
pub(crate) struct Made {
    /// Sorted.
    pub rows: Vec<Vec<u8>>,
    pub counters: Counters,
}

/// Lines of one input file.
pub(crate) struct Input {
    /// Its path: jobs over several tables know by it what they read.
    pub path: String,
    pub lines: Vec<Vec<u8>>,
}

/// Runs `WORKFLOW JOB`; no damage may make it fail.
pub(crate) fn run(job: [&str; 2], options: &[&str], inputs: Vec<Input>) -> anyhow::Result<Made> {
    let workflow = WORKFLOWS.iter().find(|workflow| workflow.name == job[0]).unwrap();
    let job: &dyn AnyJob = job_named(workflow.jobs, job[1])?;
    let (mut records, mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Vec::<Vec<u8>>::new(), Counters::default());
    let mut arguments = JobArguments::new(options.iter().copied());
    for input in inputs {
        arguments.input_file = Some(input.path);
        let mut mapper = job.mapper(&arguments)?;
        run_mapper(mapper.as_mut(), &mut Lines::new(input.lines), &mut Output::new(&mut records, &mut counters))?;
    }
    let shape = job.shape();
    records.sort_by(|one, other| prefix(one, shape.key_fields()).cmp(prefix(other, shape.key_fields())));
    let mut reducer = job.reducer(&arguments)?;
    let mut output = Output::new(&mut rows, &mut counters);
    run_reducer(reducer.as_mut(), &mut Lines::new(records), shape.group_fields(), &mut output)?;
    rows.sort();
    Ok(Made { rows, counters })
}

impl Made {
    /// How often `GROUP: NAME` was counted.
    pub(crate) fn count(&self, counter: &str) -> u64 {
        let (group, name) = counter.split_once(": ").unwrap();
        self.counters.get(group, name)
    }

    /// Everything that says that something was left out.
    pub(crate) fn discards(&self) -> Vec<(String, u64)> {
        let discards = self.counters.iter().filter(|(_, name, _)| name.to_lowercase().contains("discard"));
        discards.map(|(group, name, value)| (format!("{group}: {name}"), value)).collect()
    }

    /// Rows that another run over fewer lines has not.
    pub(crate) fn beyond(&self, other: &Self) -> Vec<String> {
        let mut rows = self.rows.clone();
        for row in &other.rows {
            let at = rows.iter().position(|own| own == row);
            rows.remove(at.unwrap_or_else(|| panic!("the neighbour's row {} is gone", String::from_utf8_lossy(row))));
        }
        rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect()
    }
}
