//! Jobs over small tables, for tests: rows with equal keys come in any order.

use super::JOBS;
use crate::streaming::job_trial::Lines;
use crate::streaming::record::prefix;
use crate::streaming::sides::{run_mapper, run_reducer};
use crate::streaming::{Counters, JobArguments, Output, Reducer, job_named};

/// A warehouse of small tables: name and lines. Columns of LMS tables are separated by `|` here.
#[derive(Clone, Default)]
pub(super) struct Tables {
    pub contents: Vec<(&'static str, String)>,
    pub counters: Counters,
}

/// How rows with equal keys come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Ascending,
    Descending,
    Combined,
}

impl Tables {
    /// With other lines in a table.
    pub(super) fn with(mut self, table: &str, lines: &str) -> Self {
        let (_, text) = self.contents.iter_mut().find(|(name, _)| *name == table).unwrap();
        lines.clone_into(text);
        self
    }

    /// Runs a job over tables; its rows become a table, too.
    pub(super) fn run(&mut self, job: &'static str, inputs: &[&str], options: &[&str], output: &'static str, order: Order) {
        let job = job_named(JOBS, job).unwrap();
        let shape = job.shape();
        let mut records: Vec<Vec<u8>> = Vec::new();
        for (table, text) in self.contents.iter().filter(|(name, _)| inputs.contains(name)) {
            let path = format!("file:///warehouse/{table}/dt=2020-03-08/part-00000");
            let arguments = JobArguments { input_file: Some(path), ..JobArguments::new(options.iter().copied()) };
            let is_lms = table.starts_with("auth_") || table.starts_with("course_groups");
            let lines = text.lines().map(|line| if is_lms { line.replace('|', "\u{1}") } else { line.to_owned() }.into_bytes());
            let mut mapper = job.mapper(&arguments).unwrap();
            let mut sink = Output::new(&mut records, &mut self.counters);
            run_mapper(mapper.as_mut(), &mut Lines::new(lines.collect()), &mut sink).unwrap();
        }
        let arguments = JobArguments::new(options.iter().copied());
        let mut reduce = |mut reducer: Box<dyn Reducer>, lines: Vec<Vec<u8>>| {
            let mut rows: Vec<Vec<u8>> = Vec::new();
            let mut sink = Output::new(&mut rows, &mut self.counters);
            run_reducer(reducer.as_mut(), &mut Lines::new(lines), shape.group_fields(), &mut sink).unwrap();
            rows
        };
        records.sort();
        match order {
            Order::Ascending => {}
            Order::Descending => {
                records.reverse();
                records.sort_by(|one, other| prefix(one, shape.key_fields()).cmp(prefix(other, shape.key_fields())));
            }
            Order::Combined => {
                if let Some(combiner) = job.combiner(&arguments).unwrap() {
                    records = reduce(combiner, records);
                    assert!(records.is_sorted_by_key(|record| prefix(record, shape.key_fields()).to_vec()));
                    records.sort();
                }
            }
        }
        let rows = reduce(job.reducer(&arguments).unwrap(), records);
        let text = rows.iter().fold(String::new(), |text, row| text + std::str::from_utf8(row).unwrap() + "\n");
        self.contents.push((output, text));
    }

    /// The rows of one job over these tables, the same in any order.
    pub(super) fn rows_of(&self, job: &'static str, options: &[&str]) -> Vec<String> {
        let of = |order| {
            let mut all = self.clone();
            let inputs: Vec<_> = self.contents.iter().map(|(name, _)| *name).collect();
            all.run(job, &inputs, options, "made", order);
            let (_, text) = all.contents.pop().unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let rows = of(Order::Ascending);
        for order in [Order::Descending, Order::Combined] {
            assert_eq!(of(order), rows, "{order:?}");
        }
        rows
    }
}

/// The value of a counter.
pub(super) fn counted(counters: &Counters, name: &str) -> u64 {
    counters.iter().find(|(_, found, _)| *found == name).map_or(0, |(_, _, value)| value)
}
