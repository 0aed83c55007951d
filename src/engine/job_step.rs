//! A step of a plan that runs a streaming job.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::job_report::JobReport;
use super::job_run::{JobOutput, JobRun, Runner, RunnerOptions};
use super::recipe::{Recipe, RecipeInput};
use super::step_input::StepInput;
use super::submission::Submission;
use super::{hadoop, local, pipe};
use crate::error_text::error_text;
use crate::standard_streams::voice::Level;
use crate::storage::{Entry, Location};
use crate::streaming::{AnyJob, Input, Job, JobOptions};
use crate::warehouse::RunId;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::kept::{Kept, MadeBy};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::LogListings;
use crate::{say, say_at};

/// A streaming job.
pub struct JobStep {
    /// The job.
    pub job: &'static dyn AnyJob,
    /// The words of its options.
    pub options: Vec<String>,
    /// Where its input comes from.
    pub input: StepInput,
    /// Where its result goes.
    pub output: JobOutput,
    /// `--n-reduce-tasks`
    pub n_reduce_tasks: usize,
    /// How the job is submitted.
    pub submission: Submission,
    /// The log files that its days wait for; known when the plan is made.
    pub awaited: Awaited,
    /// Where the local runner keeps the records of log files that do not change, so that its next run reads the others only.
    pub kept: Option<Location>,
}

/// A job that may run: its outputs are locked and its input is known.
pub struct Prepared {
    locks: Vec<OutputLock>,
    /// Those that are to be read.
    inputs: Vec<Entry>,
    reducers: usize,
    kept: Option<Kept>,
}

/// The locks of jobs that run at the same time: jobs that make other days of the same table share its lock.
#[derive(Debug, Default)]
pub struct HeldLocks(BTreeMap<Location, OutputLock>);

impl HeldLocks {
    /// Whether a job of this run holds an output.
    fn holds(&self, root: &Location) -> bool {
        self.0.contains_key(&root.directory_form())
    }

    /// The lock of an output, taken if it is not held yet.
    ///
    /// # Errors
    /// See [`OutputLock::acquire`].
    pub(crate) fn take(&mut self, root: &Location, run_id: &RunId, task: &str) -> Result<OutputLock> {
        if let Some(lock) = self.0.get(&root.directory_form()) {
            return Ok(lock.share());
        }
        let lock = OutputLock::acquire(root, run_id, task)?;
        self.0.insert(root.directory_form(), lock.clone());
        Ok(lock)
    }
}

impl JobStep {
    /// The job with its options.
    pub fn new<O: JobOptions + 'static>(
        job: &'static Job<O>,
        options: &O,
        input: StepInput,
        output: JobOutput,
        n_reduce_tasks: usize,
    ) -> Self {
        let (submission, awaited) = (Submission::default(), Awaited::default());
        Self { job, options: options.words(), input, output, n_reduce_tasks, submission, awaited, kept: None }
    }

    /// Has the local runner keep the records of log files that do not change. The job must have a combiner, and no option that names a file.
    #[must_use]
    pub fn keeping(self, kept: Option<Location>) -> Self {
        Self { kept, ..self }
    }

    /// Number of reducers: that of the job's settings, else the task's; 0 for a map-only job.
    pub fn reducers(&self) -> usize {
        self.submission.reducer_count(self.job.shape(), self.n_reduce_tasks)
    }

    /// Whether it reads raw logs and has reducers, so that it can share a scan.
    pub fn reads_logs(&self) -> bool {
        let shape = self.job.shape();
        shape.input == Input::TrackingLogs && !shape.map_only()
    }

    /// What its result is made from.
    pub fn recipe(&self) -> Recipe {
        let shape = self.job.shape();
        let inputs = match &self.input {
            // Logs are read again by the days that a task is told to overwrite, and so make new days.
            StepInput::Logs(_) | StepInput::LogsOfInterval(_) | StepInput::LogsIfAny(_) | StepInput::LogFiles(_) => Vec::new(),
            StepInput::DayFiles(files) => vec![RecipeInput::Days(files.root.directory_form(), files.days)],
            StepInput::Directories(directories) => directories.iter().cloned().map(RecipeInput::Directory).collect(),
        };
        let (job, options, awaited) = (format!("{}/{}", shape.workflow, shape.name), self.options.clone(), self.awaited.clone());
        Recipe { job, rules: shape.rules_version, options, inputs, awaited }
    }

    /// Takes the locks of its outputs and looks up its input.
    ///
    /// # Errors
    /// Another run holds an output, there is no input, or it is of another kind than the job's.
    pub fn prepare(&self, task: &str, run_id: &RunId, runner: Runner, held: &mut HeldLocks, listings: &LogListings) -> Result<Prepared> {
        let shape = self.job.shape();
        ensure!(self.input.is_of(shape.input), "The job {} is not made for the input of its step.", shape.name);
        let locks = self.output.roots().into_iter().map(|root| held.take(root, run_id, task)).collect::<Result<Vec<_>>>()?;
        let locks = self.recipe().noted(locks)?;
        let mut inputs = self.input.files(listings)?;
        let mut kept = None;
        if let Some(root) = self.kept.as_ref().filter(|_| runner == Runner::Local) {
            // Files that tasks read are in no layer's list.
            let can = shape.combines && !shape.map_only() && shape.file_options.is_empty();
            ensure!(can, "Records of the job {} cannot be kept.", shape.name);
            // Without it, too, the result is right.
            match self.look_up_kept(root, held, task, run_id, &mut inputs) {
                Ok(found) => kept = found,
                Err(error) => {
                    say_at!(Level::Warning, "What is kept in {root} is left alone, and all logs are read: {}", error_text(&error));
                }
            }
        }
        Ok(Prepared { locks, inputs, reducers: self.reducers(), kept })
    }

    /// What was kept of these files, which are no longer to be read then; none if another job of this run is at it.
    fn look_up_kept(
        &self,
        root: &Location,
        held: &mut HeldLocks,
        task: &str,
        run_id: &RunId,
        inputs: &mut Vec<Entry>,
    ) -> Result<Option<Kept>> {
        if held.holds(root) {
            say_at!(Level::Warning, "What is kept in {root} is in use by another job of this run, and all logs are read.");
            return Ok(None);
        }
        // They are no logs, whatever the patterns say.
        inputs.retain(|entry| entry.location.relative_to(root).is_none());
        let lock = held.take(root, run_id, task)?;
        let kept = Kept::look_up(root, &lock, self.made_by(), inputs)?;
        if kept.lost() > 0 {
            let lost = kept.lost();
            say!("Of {lost} log files whose records are kept together in {root} some have changed or gone: the others are read again.");
        }
        let is_kept = kept.holds();
        inputs.retain(|entry| !is_kept(entry));
        drop(is_kept);
        Ok(Some(kept))
    }

    /// How it would make the records that it keeps.
    pub(crate) fn made_by(&self) -> MadeBy {
        let Recipe { job, rules, options, .. } = self.recipe();
        let commit = env!("INSIGHTS_SOURCE").trim_start_matches('(').trim_end_matches("rules").trim_end_matches(", ");
        let version = format!("{} {commit}", env!("CARGO_PKG_VERSION"));
        let program = format!("{}, spread by {} fields", version.trim_end(), self.job.shape().spread_fields());
        MadeBy { job, rules, program, options, reducers: self.reducers() }
    }

    /// What a runner is given.
    pub fn job_run<'p>(&'p self, prepared: &'p Prepared) -> JobRun<'p> {
        JobRun {
            job: self.job,
            options: self.options.clone(),
            inputs: prepared.inputs.clone(),
            output: self.output.clone(),
            reducers: prepared.reducers,
            submission: self.submission.clone(),
            locks: &prepared.locks,
            kept: prepared.kept.as_ref(),
        }
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// See [`Self::prepare`]; or the job failed, and its output is as it was.
    pub fn run(&self, task: &str, run_id: &RunId, runner: Runner, options: &RunnerOptions) -> Result<JobReport> {
        self.run_holding(&mut HeldLocks::default(), task, run_id, runner, options)
    }

    /// As [`Self::run`], by a step that may hold its locks already.
    pub(crate) fn run_holding(
        &self,
        held: &mut HeldLocks,
        task: &str,
        run_id: &RunId,
        runner: Runner,
        options: &RunnerOptions,
    ) -> Result<JobReport> {
        let prepared = self.prepare(task, run_id, runner, held, &LogListings::default())?;
        let run = self.job_run(&prepared);
        match runner {
            Runner::Local => local::run(&run, options),
            Runner::Pipe => pipe::run(&run, options),
            Runner::Hadoop => hadoop::run(&run, options),
        }
    }
}
