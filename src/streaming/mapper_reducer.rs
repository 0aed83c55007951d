//! The two sides of a job, as the frame calls them.

use anyhow::Result;

use super::group::Group;
use super::output::Output;

/// Turns input lines into records (or rows, if the job has no reducer).
pub trait Mapper {
    /// Takes one line, without its line end. A bad line is counted and skipped; an error fails the job.
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()>;

    /// Where in a text of many lines the first one begins that the mapper has to see, or a place in that line; none if it need see
    /// none of them. Lines before it may be passed over.
    fn first_that_matters(&self, _text: &[u8]) -> Option<usize> {
        Some(0)
    }

    /// Called when lines were passed over, perhaps not before the last line, for all of them.
    fn passed_over(&mut self, _lines: u64, _output: &mut Output<'_>) {}

    /// Called once behind the last line, for mappers that fold neighbouring lines.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

/// Turns groups of sorted records into rows. As a combiner: into records of the same form.
pub trait Reducer {
    /// Takes one group; its rows come in the order of the sort key, rows with equal keys in no particular order.
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()>;

    /// Called once behind the last group, for reducers that hand on what they gathered.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}
