//! Runs the map or the reduce side of a job over a stream of lines, the same way under every runner.

use anyhow::{Context, Result};

use super::group::Groups;
use super::lines::LineSource;
use super::mapper_reducer::{Mapper, Reducer};
use super::output::Output;

/// Counts, in the group `Input`, groups that come to a reducer behind one that sorts after them.
pub const OUT_OF_ORDER: &str = "Groups Out Of Order";

/// Feeds every line to the mapper; an error names the line's number (from 1).
pub fn run_mapper(mapper: &mut dyn Mapper, input: &mut dyn LineSource, output: &mut Output<'_>) -> Result<()> {
    let mut number = 0_u64;
    loop {
        let passed = input.pass_over(&|text| mapper.first_that_matters(text));
        if passed > 0 {
            number += passed;
            mapper.passed_over(passed, output);
        }
        let Some(line) = input.next_line()? else { break };
        number += 1;
        mapper.map(line, output).with_context(|| format!("The mapper failed on line {number}."))?;
    }
    mapper.finish(output).context("The mapper failed behind the last line.")
}

/// Feeds every group of the sorted lines to the reducer.
pub fn run_reducer(reducer: &mut dyn Reducer, input: &mut dyn LineSource, group_fields: usize, output: &mut Output<'_>) -> Result<()> {
    let mut groups = Groups::new(input, group_fields);
    while let Some(mut group) = groups.next_group()? {
        if let Err(error) = reducer.reduce(&mut group, output) {
            let key = String::from_utf8_lossy(group.key().line()).into_owned();
            return Err(error.context(format!("The reducer failed on the group {key:?}.")));
        }
    }
    if groups.out_of_order() > 0 {
        output.count_many("Input", OUT_OF_ORDER, groups.out_of_order());
    }
    reducer.finish(output).context("The reducer failed behind the last group.")
}
