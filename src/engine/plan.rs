//! A task as steps: what is complete, what is due, and running what is due.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::NaiveDate;

use super::check::Check;
pub use super::job_run::Runner;
use super::job_run::RunnerOptions;
pub use super::job_step::{HeldLocks, JobStep, Prepared};
pub use super::load_step::{LoadInput, LoadStep};
use super::program::Program;
pub use super::step_input::StepInput;
use super::submission::Submissions;
pub use super::typed_line::TypedLine;
pub use super::worked::Worked;
use crate::calendar::interval::DateInterval;
use crate::notice::Notice;
use crate::storage::Location;
use crate::stores::target::TargetStore;
use crate::warehouse::RunId;

/// The steps of a task, in the order in which they run.
#[derive(Default)]
pub struct Plan {
    /// Name of the task.
    pub task: String,
    /// The line that runs it again.
    pub line: TypedLine,
    /// All steps, complete ones included.
    pub steps: Vec<Step>,
    /// What the operator should know before it runs, such as options without effect.
    pub notices: Vec<Notice>,
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

impl Step {
    /// A step that runs a streaming job.
    pub fn job(name: &str, job: JobStep, state: State) -> Self {
        Self { name: name.to_owned(), action: Action::Job(job), state }
    }
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
