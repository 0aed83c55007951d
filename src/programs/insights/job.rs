//! `insights job WORKFLOW JOB`: one job on given files, for trying things out and for tests.

use anyhow::{Context, Result, bail};

use super::Workflows;
use crate::engine::plan::Runner;
use crate::engine::{JobOutput, JobRun, RunnerOptions, hadoop, local, pipe};
use crate::storage::{Entry, Location, store_for};
use crate::streaming::{OutputForm, job_named};
use crate::warehouse::RunId;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::job_output_files;

/// Options of the command.
#[derive(clap::Args, Clone, Debug)]
pub struct JobOptions {
    /// Workflow, such as answer-distribution
    workflow: String,
    /// Job of the workflow
    job: String,
    /// Input file or directory; may be repeated
    #[arg(long, required = true)]
    input: Vec<Location>,
    /// Output directory, replaced as a whole; for jobs that write named files: their root
    #[arg(long)]
    output: Location,
    /// Number of reducers
    #[arg(long, default_value_t = 2)]
    n_reduce_tasks: usize,
    /// Options of the job itself, behind --
    #[arg(last = true)]
    options: Vec<String>,
}

/// Runs the job.
pub fn run(workflows: Workflows, options: &JobOptions, runner: Runner, runner_options: &RunnerOptions) -> Result<()> {
    let Some(workflow) = workflows.iter().find(|workflow| workflow.name == options.workflow) else {
        let known: Vec<_> = workflows.iter().map(|workflow| workflow.name).collect();
        bail!("There is no workflow {:?}. The workflows are: {}.", options.workflow, known.join(", "));
    };
    let job = job_named(workflow.jobs, &options.job)?;
    let shape = job.shape();
    let lock = OutputLock::acquire(&options.output, &RunId::generate(), &options.job)?;
    let output = match shape.output {
        OutputForm::Rows => JobOutput::Directory(options.output.clone()),
        OutputForm::Files => JobOutput::Files { root: options.output.clone(), marker: options.output.join("_marker/") },
    };
    let run = JobRun {
        job,
        options: options.options.clone(),
        inputs: inputs(&options.input)?,
        output,
        reducers: shape.reducer_count(options.n_reduce_tasks),
        locks: std::slice::from_ref(&lock),
    };
    let report = match runner {
        Runner::Local => local::run(&run, runner_options)?,
        Runner::Pipe => pipe::run(&run, runner_options)?,
        Runner::Hadoop => hadoop::run(&run, runner_options)?,
    };
    for (group, name, value) in report.counters.iter() {
        eprintln!("{group}: {name} = {value}");
    }
    Ok(())
}

fn inputs(locations: &[Location]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for location in locations {
        let store = store_for(location)?;
        if store.directory_exists(location)? {
            entries.extend(job_output_files(location)?);
        } else {
            entries.push(store.entry(location)?.with_context(|| format!("The input {location} does not exist."))?);
        }
    }
    Ok(entries)
}
