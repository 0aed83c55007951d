//! A task as steps: what is complete, what is due, and running what is due.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use chrono::NaiveDate;

use super::check::Check;
use super::job_report::JobReport;
use super::job_run::{JobOutput, JobRun, RunnerOptions};
pub use super::load_step::{LoadInput, LoadStep};
use super::program::Program;
use super::recipe::{Recipe, RecipeInput};
use super::submission::{Submission, Submissions};
pub use super::worked::Worked;
use super::{hadoop, local, pipe};
use crate::calendar::interval::DateInterval;
use crate::say;
use crate::storage::{Entry, Location};
use crate::stores::target::TargetStore;
use crate::streaming::{AnyJob, Input, Job, JobOptions};
use crate::warehouse::RunId;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::{DayFiles, LogListings, ManifestUse, PathSelectionByDateInterval, PathSet, job_output_files};

/// The steps of a task, in the order in which they run.
#[derive(Default)]
pub struct Plan {
    /// Name of the task.
    pub task: String,
    /// The line that runs it again, if somebody can type one.
    pub line: String,
    /// All steps, complete ones included.
    pub steps: Vec<Step>,
    /// What the operator should know before it runs, such as options without effect.
    pub notices: Vec<String>,
    /// Days of its history that nobody has made and that it does not make either.
    pub missing_days: Vec<NaiveDate>,
    /// Days of its history that are no holes yet.
    pub later_days: Option<LaterDays>,
}

/// Days of a history that a task neither makes nor reports on, and will on a later day (rules 10, 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterDays {
    /// The table of the history.
    pub table: &'static str,
    /// The days; those of them that are not there are not missed yet.
    pub days: DateInterval,
    /// The first day on which the task reports on them.
    pub due: NaiveDate,
}

/// One step and whether it has to run.
pub struct Step {
    /// What it is called in messages.
    pub name: String,
    /// What it does.
    pub action: Action,
    /// Whether and why it runs.
    pub state: State,
}

/// What a step does.
pub enum Action {
    /// Runs a streaming job.
    Job(JobStep),
    /// Loads a table of the result store.
    Load(LoadStep),
    /// Anything else, such as an import of LMS tables.
    Work(Box<dyn Work>),
}

/// What a step does that is neither a job nor a load.
pub trait Work {
    /// Lines for `insights plan`: where from, where to.
    fn describe(&self) -> Vec<String>;

    /// What another task must have made before this one runs; asked only of a step that is due.
    fn needs(&self) -> Option<Need> {
        None
    }

    /// What it needs besides, such as a server; looked at before anything runs, if the step is due. Looking changes nothing.
    fn checks(&self) -> Vec<Check<'_>> {
        Vec::new()
    }

    /// The directories that it makes when it is due, for those who read them.
    fn makes(&self) -> Vec<Location> {
        Vec::new()
    }

    /// The directories that it reads: one that is made anew makes it due.
    fn reads(&self) -> Vec<Location> {
        Vec::new()
    }

    /// Whether it runs every time, and finds out by itself that nothing is to be done: what is due says nothing of it then.
    fn looks_for_itself(&self) -> bool {
        false
    }

    /// The program that does the same where the driver is not there; none if nothing is left to do.
    ///
    /// # Errors
    /// No program can do it.
    fn program(&self) -> Result<Option<Program>>;

    /// Does it, or finds that nothing is to be done.
    ///
    /// # Errors
    /// It failed; what was there before is intact.
    fn run(&self, context: &WorkContext<'_>) -> Result<Worked>;
}

/// A directory that other tasks make.
#[derive(Debug)]
pub struct Need {
    /// The directory.
    pub directory: Location,
    /// What is said if nobody makes it in this run.
    pub error: anyhow::Error,
}

/// What a running step knows of the run.
#[derive(Clone, Copy, Debug)]
pub struct WorkContext<'c> {
    /// Name of the task.
    pub task: &'c str,
    /// The run.
    pub run_id: &'c RunId,
    /// The runner that was asked for.
    pub runner: Runner,
    /// How it may use the machine.
    pub options: &'c RunnerOptions,
}

/// Whether a step has to run, with the reason as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its result is there.
    Complete(String),
    /// It has to run.
    Due(String),
}

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
}

/// A job that may run: its outputs are locked and its input is known.
pub struct Prepared {
    locks: Vec<OutputLock>,
    inputs: Vec<Entry>,
    reducers: usize,
}

/// The locks of jobs that run at the same time: jobs that make other days of the same table share its lock.
#[derive(Debug, Default)]
pub struct HeldLocks(BTreeMap<Location, OutputLock>);

impl HeldLocks {
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

/// Where the input of a job comes from; looked up only when the job runs.
pub enum StepInput {
    /// Tracking logs.
    Logs(PathSet),
    /// Tracking logs of an interval's days. None at all is an error.
    LogsOfInterval(PathSelectionByDateInterval),
    /// Tracking logs of days that may have none.
    LogsIfAny(PathSelectionByDateInterval),
    /// These log files, chosen by what is in them; there may be none.
    LogFiles(Vec<Entry>),
    /// Files of a history; there may be none.
    DayFiles(DayFiles),
    /// Result directories of earlier jobs.
    Directories(Vec<Location>),
}

/// Which runner executes jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Runner {
    /// In this process, in parallel
    Local,
    /// The real binaries and `sort`, commands printed
    Pipe,
    /// A cluster, by Hadoop Streaming
    Hadoop,
}

impl Plan {
    /// Submits its jobs by these settings.
    #[must_use]
    pub fn submitted(mut self, submissions: &Submissions) -> Self {
        for step in &mut self.steps {
            if let Action::Job(job) = &mut step.action {
                job.submission = submissions.of(job.job.shape());
            }
        }
        self
    }

    /// The first thing that a due step needs and that nobody makes in this run; `made` knows what others make.
    pub fn unmet_need(&self, made: impl Fn(&Location) -> bool) -> Option<Need> {
        let due = self.steps.iter().filter(|step| matches!(step.state, State::Due(_)));
        let needs = due.filter_map(|step| match &step.action {
            Action::Work(work) => work.needs(),
            Action::Job(_) | Action::Load(_) => None,
        });
        needs.into_iter().find(|need| !made(&need.directory))
    }

    /// The stores that the plan loads into, as messages name them.
    pub fn stores(&self) -> BTreeSet<String> {
        let stores = self.steps.iter().filter_map(|step| if let Action::Load(load) = &step.action { Some(&load.store) } else { None });
        stores.map(TargetStore::described).collect()
    }

    /// The directories that the jobs of the plan make, or have made.
    pub fn outputs(&self) -> impl Iterator<Item = &Location> {
        self.steps.iter().flat_map(|step| match &step.action {
            Action::Job(job) => job.output.roots(),
            Action::Load(_) | Action::Work(_) => Vec::new(),
        })
    }

    /// Leaves rows alone that are in their table already; what has changed since is loaded.
    pub fn load_only_changes(&mut self) {
        for step in &mut self.steps {
            if let Action::Load(load) = &mut step.action {
                load.repeats = false;
                step.state = State::Due("unless its rows are in the table".to_owned());
            }
        }
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
        Self { job, options: options.words(), input, output, n_reduce_tasks, submission, awaited }
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
    pub fn prepare(&self, task: &str, run_id: &RunId, held: &mut HeldLocks, listings: &LogListings) -> Result<Prepared> {
        let shape = self.job.shape();
        ensure!(self.input.is_of(shape.input), "The job {} is not made for the input of its step.", shape.name);
        let locks = self.output.roots().into_iter().map(|root| held.take(root, run_id, task)).collect::<Result<Vec<_>>>()?;
        let locks = self.recipe().noted(locks)?;
        Ok(Prepared { locks, inputs: self.input.files(listings)?, reducers: self.reducers() })
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
        let prepared = self.prepare(task, run_id, held, &LogListings::default())?;
        let run = self.job_run(&prepared);
        match runner {
            Runner::Local => local::run(&run, options),
            Runner::Pipe => pipe::run(&run, options),
            Runner::Hadoop => hadoop::run(&run, options),
        }
    }
}

impl StepInput {
    fn is_of(&self, input: Input) -> bool {
        match self {
            Self::Logs(_) | Self::LogsOfInterval(_) | Self::LogsIfAny(_) | Self::LogFiles(_) => input == Input::TrackingLogs,
            Self::DayFiles(_) | Self::Directories(_) => input == Input::Warehouse,
        }
    }

    /// Looks whether the logs are there that a job needs; of what other steps make nothing is said.
    ///
    /// # Errors
    /// They are not.
    pub(crate) fn check_logs(&self, listings: &LogListings) -> Result<()> {
        match self {
            Self::Logs(paths) => Ok(paths.look_up()?.0.require_files(&paths.roots, &paths.include).map(drop)?),
            Self::LogsOfInterval(selection) => selection.select_some_from(listings).map(drop),
            Self::LogsIfAny(selection) => selection.select_from(listings).map(drop),
            Self::LogFiles(_) | Self::DayFiles(_) | Self::Directories(_) => Ok(()),
        }
    }

    fn files(&self, listings: &LogListings) -> Result<Vec<Entry>> {
        match self {
            Self::Logs(paths) => {
                let (selection, manifest) = paths.select()?;
                if let ManifestUse::Reused(manifest) = manifest {
                    say!("The manifest {manifest} exists and is used as it is; new log files are not looked for.");
                }
                Ok(selection.require_files(&paths.roots, &paths.include)?.files)
            }
            Self::LogsOfInterval(selection) => Ok(selection.select_some_from(listings)?.files),
            Self::LogsIfAny(selection) => Ok(selection.select_from(listings)?.files),
            Self::LogFiles(files) => Ok(files.clone()),
            Self::DayFiles(files) => Ok(files.select()?.files),
            Self::Directories(directories) => {
                let files = directories.iter().map(job_output_files).collect::<Result<Vec<_>>>()?;
                Ok(files.into_iter().flatten().collect())
            }
        }
    }
}
