//! `insights map WORKFLOW JOB`: the map side of a job over files that it opens by itself.
//!
//! Mapper programs read standard input only. On a cluster with `--map-input paths` this takes their place: each line of its input is the
//! path of a file, anywhere, compressed or not, and Java neither inflates nor pipes it.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Arg, Command};

use super::Workflows;
use super::job::no_workflow;
use crate::programs::exit_code::failed;
use crate::programs::streaming_program::{JobSide, Reporting, Side, of_input};
use crate::say;
use crate::storage::Location;
use crate::storage::decompression::open_log;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::sides::run_mapper;
use crate::streaming::{AnyJob, JobArguments, Output};

/// Name of the command.
pub(super) const NAME: &str = "map";

/// The command, as help shows it.
pub(super) fn with_options(map: Command) -> Command {
    map.arg(Arg::new("workflow").required(true).help("Workflow, such as enrollment"))
        .arg(Arg::new("job").required(true).help("Job of the workflow"))
        .arg(Arg::new("options").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true).help("Options of the job"))
}

/// Runs the command with the words behind its name, if they name a workflow and a job; its options are the job's, not the driver's.
pub(super) fn run(workflows: Workflows, words: &[String]) -> Option<ExitCode> {
    let [workflow, job, options @ ..] = words else { return None };
    // Options before a workflow, such as --help, are the driver's.
    if workflow.starts_with('-') {
        return None;
    }
    let Some(workflow) = workflows.iter().find(|known| known.name == workflow) else {
        let error = no_workflow(workflows, workflow);
        say!("insights: {error}");
        return Some(failed(&error));
    };
    let program = format!("insights {NAME} {}", workflow.name);
    Some(JobSide { program: &program, jobs: workflow.jobs, job, side: Side::Map, map_input: map_files }.run(options.to_vec()))
}

/// Maps the files whose paths are the input lines; each has its own mapper, as under the local runner.
fn map_files(job: &dyn AnyJob, arguments: &JobArguments, paths: &mut dyn LineSource, output: &mut Output<'_>) -> Result<()> {
    while let Some(line) = paths.next_line()? {
        let path = std::str::from_utf8(line).context("A path in the input is not UTF-8.")?.trim_end_matches('\t');
        let location: Location = path.parse().with_context(|| format!("The input line {path:?} is no path."))?;
        let of_file = JobArguments { input_file: Some(location.to_string()), ..arguments.clone() };
        let mut mapper = job.mapper(&of_file)?;
        let mut lines = LineReader::new(open_log(&location)?);
        let outcome = run_mapper(mapper.as_mut(), &mut Reporting::new(&mut lines), output);
        outcome.map_err(|error| of_input(error, || format!("Reading {location} failed.")))?;
        if lines.too_long() > 0 {
            output.count_many("Input", "Discard Line Too Long", lines.too_long());
        }
    }
    Ok(())
}
