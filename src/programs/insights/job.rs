//! `insights job WORKFLOW JOB`: one job on given files, for trying things out and for tests.

use std::ffi::OsString;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result, ensure};
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Workflows;
use crate::engine::cluster::Cluster;
use crate::engine::plan::Runner;
use crate::engine::printed::PrintedJob;
use crate::engine::submission::{Submission, Submissions};
use crate::engine::{JobOutput, JobRun, RunnerOptions, hadoop, local, pipe};
use crate::say;
use crate::storage::{Entry, Location, SUCCESS, store_for};
use crate::streaming::{AnyJob, Input, JobArguments, OutputForm, job_named};
use crate::tasks::MissingData;
use crate::tasks::options::reducers;
use crate::warehouse::RunId;
use crate::warehouse::input_selection::FilesTaken;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::{NoInputFiles, job_output_files};
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// Name of the command.
pub(super) const NAME: &str = "job";

/// Options of the command.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct JobOptions {
    /// Workflow, such as answer-distribution
    workflow: String,
    /// Job of the workflow
    job: String,
    /// Input file or directory; may be repeated
    #[arg(long, required_unless_present = "print")]
    input: Vec<Location>,
    /// Output directory, replaced as a whole; for jobs that write named files: their root
    #[arg(long, required_unless_present = "print")]
    output: Option<Location>,
    /// Number of reducers; default: that of the job's settings, else 2
    #[arg(long, value_parser = reducers)]
    n_reduce_tasks: Option<usize>,
    /// Print the commands that do it, and run nothing
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) print: Option<PrintForm>,
    /// Options of the job itself, behind --
    #[arg(last = true)]
    options: Vec<String>,
}

/// The commands of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PrintForm {
    /// The manifest and the `hadoop jar` line, with every property
    Hadoop,
    /// A pipe of mapper, sort and reducer
    Pipe,
}

impl JobOptions {
    /// Whether there is such a job, and its options are its own. A cluster would tell it only from its tasks.
    ///
    /// # Errors
    /// There is no such job, or its options are not those of the job.
    pub(crate) fn check(&self, workflows: Workflows) -> Result<()> {
        self.job(workflows)?.check(&JobArguments::new(self.options.clone()))
    }

    fn job(&self, workflows: Workflows) -> Result<&'static dyn AnyJob> {
        let Some(workflow) = workflows.iter().find(|workflow| workflow.name == self.workflow) else {
            return Err(no_workflow(workflows, &self.workflow));
        };
        job_named(workflow.jobs, &self.job)
    }

    fn reducers(&self, job: &dyn AnyJob, submission: &Submission) -> usize {
        let shape = job.shape();
        self.n_reduce_tasks.map_or_else(|| submission.reducer_count(shape, 2), |number| shape.reducer_count(number))
    }
}

/// The commands that do the same.
///
/// # Errors
/// There is no such job, or a file of it cannot be sent to the nodes.
pub(crate) fn printed(
    workflows: Workflows,
    options: &JobOptions,
    form: PrintForm,
    submissions: &Submissions,
    cluster: impl FnOnce() -> Result<Cluster>,
) -> Result<String> {
    let job = options.job(workflows)?;
    let submission = submissions.of(job.shape());
    let reducers = options.reducers(job, &submission);
    let (words, inputs, output) = (&options.options, &options.input, options.output.as_ref());
    let printed = PrintedJob { job, options: words, inputs, output, reducers, submission: &submission };
    match form {
        PrintForm::Hadoop => printed.for_hadoop(&cluster()?),
        PrintForm::Pipe => Ok(PrintedJob { inputs: &files_of(inputs, job.shape().input == Input::TrackingLogs)?, ..printed }.for_pipe()),
    }
}

/// The locations with directories as their files. Elsewhere only what ends in a slash is taken for a directory: a line may be printed
/// for a store that this machine does not reach.
fn files_of(locations: &[Location], are_logs: bool) -> Result<Vec<Location>> {
    let mut files = Vec::new();
    for location in locations {
        if !location.as_local_path().map_or(location.is_directory_form(), Path::is_dir) {
            files.push(location.clone());
            continue;
        }
        let below = inputs(std::slice::from_ref(location), are_logs)?;
        ensure!(!below.is_empty(), "There is no file below the input {location}.");
        files.extend(below.into_iter().map(|entry| entry.location));
    }
    Ok(files)
}

/// Runs the job.
pub(crate) fn run(workflows: Workflows, options: &JobOptions, runner: Runner, runner_options: &RunnerOptions) -> Result<()> {
    let job = options.job(workflows)?;
    let shape = job.shape();
    let target = options.output.as_ref().context("Name the output with --output.")?;
    refuse_losses(target, &options.input, shape.output)?;
    let inputs = inputs(&options.input, shape.input == Input::TrackingLogs)?;
    let lock = OutputLock::acquire(target, &RunId::generate(), &options.job)?;
    let output = match shape.output {
        OutputForm::Rows => JobOutput::Directory(target.clone()),
        OutputForm::Files => JobOutput::Files { root: target.clone(), marker: target.join("_marker/") },
    };
    let submission = runner_options.submissions.of(shape);
    let run = JobRun {
        job,
        options: options.options.clone(),
        inputs,
        output,
        reducers: options.reducers(job, &submission),
        submission,
        locks: std::slice::from_ref(&lock),
        kept: None,
    };
    let report = match runner {
        Runner::Local => local::run(&run, runner_options)?,
        Runner::Pipe => pipe::run(&run, runner_options)?,
        Runner::Hadoop => hadoop::run(&run, runner_options)?,
    };
    for (group, name, value) in report.counters.iter() {
        say!("{group}: {name} = {value}");
    }
    Ok(())
}

/// The error of a command line that has an option of the job before `--`, with the command line that was meant; any other one as it is.
pub(super) fn with_line_that_was_meant(workflows: Workflows, words: &[OsString], mut error: clap::Error) -> clap::Error {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) if error.kind() == ErrorKind::UnknownArgument => unknown,
        _ => return error,
    };
    let Some(meant) = meant(workflows, &words, unknown) else { return error };
    let tip = format!("options of the job stand behind `--`: {meant}");
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    error
}

/// The command line with the options of its job behind `--`, if the unknown one is such an option.
fn meant(workflows: Workflows, words: &[String], unknown: &str) -> Option<String> {
    let at = words.iter().position(|word| word == NAME)?;
    let (before, behind) = words.split_at_checked(at + 1)?;
    let workflow = workflows.iter().find(|workflow| behind.iter().any(|word| word == workflow.name))?;
    let job = workflow.jobs.iter().find(|job| behind.iter().any(|word| word == job.shape().name))?.command();
    let of_job = |word: &str| {
        let name = word.strip_prefix("--")?.split('=').next()?;
        job.get_arguments().find(|option| option.get_long() == Some(name))
    };
    of_job(unknown)?;
    let (mut kept, mut moved) = (before.to_vec(), Vec::new());
    let mut rest = behind.iter();
    while let Some(word) = rest.next() {
        let Some(option) = of_job(word) else {
            if word != "--" {
                kept.push(word.clone());
            }
            continue;
        };
        moved.push(word.clone());
        if option.get_action().takes_values() && !word.contains('=') {
            moved.extend(rest.next().cloned());
        }
    }
    let words = kept.iter().map(String::as_str).chain(["--"]).chain(moved.iter().map(String::as_str));
    shlex::try_join(words).ok()
}

/// No workflow has this name.
pub(super) fn no_workflow(workflows: Workflows, name: &str) -> anyhow::Error {
    wrong_usage(format!("There is no workflow {name:?}{}", did_you_mean(name, workflows.iter().map(|workflow| workflow.name))))
}

/// The files of the inputs, each once: of logs all, of tables those that are not hidden (rules 01, 4.4).
fn inputs(locations: &[Location], are_logs: bool) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for location in locations {
        let store = store_for(location)?;
        if !store.directory_exists(location)? {
            let missing = || MissingData(format!("The input {location} does not exist. Name a file or a directory that is there."));
            entries.push(store.entry(location)?.ok_or_else(missing)?);
        } else if are_logs {
            entries.extend(store.list(&location.directory_form())?);
        } else {
            entries.extend(job_output_files(location)?);
        }
    }
    let mut taken = FilesTaken::default();
    entries.retain(|entry| taken.is_new(&entry.location));
    if are_logs && entries.is_empty() {
        return Err(NoInputFiles { roots: locations.to_vec(), patterns: vec!["*".to_owned()], examined: 0, dated: None }.into());
    }
    Ok(entries)
}

/// Refuses an output that would take away what somebody needs: it is replaced as a whole.
fn refuse_losses(target: &Location, inputs: &[Location], form: OutputForm) -> Result<()> {
    if form == OutputForm::Files {
        return Ok(());
    }
    let place = |location: &Location| {
        let local = location.as_local_path().and_then(|path| absolute(path).ok());
        local.unwrap_or_else(|| PathBuf::from(location.as_str()))
    };
    let is_lost = |input: &&Location| place(input).starts_with(place(target));
    if let Some(input) = inputs.iter().find(is_lost) {
        return Err(wrong_usage(format!(
            "The input {input} lies in the output {target}, which is replaced as a whole: it would be gone. Name another --output."
        )));
    }
    let children = store_for(target)?.children(&target.directory_form())?;
    let is_ours = |name: &str| name == SUCCESS || name.starts_with("part-");
    if !children.is_empty() && !children.iter().any(|child| is_ours(&child.name)) {
        return Err(wrong_usage(format!(
            "The output {target} holds something else than the output of a job, and would be replaced as a whole. Name a directory that is not \
             there, or empty it."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_that_are_printed_are_their_files() {
        let folder = tempfile::tempdir().unwrap();
        for directory in ["full/below", "empty"] {
            std::fs::create_dir_all(folder.path().join(directory)).unwrap();
        }
        for file in ["full/a.log", "full/below/b.gz"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let at = |name: &str| Location::from_path(&folder.path().join(name)).unwrap();
        // Neither is asked for: this machine may reach neither.
        let elsewhere: Location = "s3://no-such-bucket/a.log".parse().unwrap();
        let files = files_of(&[at("full"), at("missing.log"), elsewhere.clone()], true).unwrap();
        assert_eq!(files, [at("full/a.log"), at("full/below/b.gz"), at("missing.log"), elsewhere]);
        assert!(files_of(&[at("empty")], true).unwrap_err().to_string().contains(at("empty").as_str()));
    }
}
