//! What a plan would do, as data: for people, for programs, as a picture.
//!
//! Looking at a step's input lists directories and changes nothing. What an earlier step makes is not there yet, so nothing is told of it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use chrono::NaiveDate;
use serde::Serialize;

use super::check::PATIENCE;
use super::load_step::loaded;
use super::plan::{Action, JobStep, LoadInput, LoadStep, Plan, State, Step, StepInput};
use crate::calendar::interval::DateInterval;
use crate::error_text::counted;
use crate::error_text::error_text;
use crate::storage::Location;
use crate::stores::LoadMode;
use crate::stores::by_input::Standing;
use crate::warehouse::kept::Compared;
use crate::warehouse::selection::{InputSelection, LogListings, job_output_files};

/// A task.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TaskSummary {
    /// Its name.
    pub task: String,
    /// Its steps in order.
    pub steps: Vec<StepSummary>,
}

/// A step. What does not belong to its kind is left out.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StepSummary {
    /// From 1 on.
    pub number: usize,
    /// What messages call it.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// Whether it runs.
    pub state: StepState,
    /// Why.
    pub reason: String,
    /// Workflow and name of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Reducers of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reducers: Option<usize>,
    /// The table of a load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Where it reads.
    pub reads: Vec<String>,
    /// Where it writes.
    pub makes: Vec<String>,
    /// What a due step would read now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<InputSummary>,
    /// The days that it makes or reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<DaysSummary>,
    /// Lines that tell of it.
    #[serde(skip)]
    pub details: Vec<String>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepKind {
    /// It runs a job.
    Job,
    /// It loads a table.
    Load,
    /// Anything else.
    Work,
}

/// Whether a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepState {
    /// Its result is there.
    Complete,
    /// It has to run.
    Due,
}

impl fmt::Display for StepState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Complete => "complete",
            Self::Due => "due",
        })
    }
}

/// Files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct InputSummary {
    /// How many.
    pub files: usize,
    /// Their stored size.
    pub bytes: u64,
}

/// Days, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DaysSummary {
    /// The first one.
    pub start: NaiveDate,
    /// The one behind the last.
    pub end: NaiveDate,
    /// How many.
    pub count: usize,
}

impl DaysSummary {
    fn of(days: &DateInterval) -> Self {
        Self { start: days.start(), end: days.end(), count: days.days().count() }
    }
}

impl TaskSummary {
    /// What each plan would do now.
    pub(crate) fn of_all(plans: &[Plan]) -> Vec<Self> {
        let listings = LogListings::default();
        plans.iter().map(|plan| Self::of(plan, &listings)).collect()
    }

    fn of(plan: &Plan, listings: &LogListings) -> Self {
        let mut steps: Vec<StepSummary> =
            plan.steps.iter().zip(1..).map(|(step, number)| StepSummary::of(step, number, listings)).collect();
        let mut made: Vec<String> = Vec::new();
        let mut usable: BTreeMap<&str, bool> = BTreeMap::new();
        for (step, planned) in steps.iter_mut().zip(&plan.steps) {
            let is_made_anew = step.reads_what_is_made(&made);
            if is_made_anew {
                step.input = None;
            }
            if let Action::Load(load) = &planned.action {
                // What is wrong with a store is told as something that is missing.
                let is_usable = || load.store.store.check_usable(false, PATIENCE).is_ok();
                if *usable.entry(&load.store.name).or_insert_with(is_usable)
                    && let Ok(Some(state)) = state_of_load(load, is_made_anew)
                {
                    (step.state, step.reason) = told(state);
                }
            }
            if step.state == StepState::Due {
                made.extend(step.makes.iter().cloned());
            }
        }
        Self { task: plan.task.clone(), steps }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut lines = vec![self.task.clone()];
        let digits = self.steps.len().to_string().len();
        let width = self.steps.iter().map(|step| step.name.chars().count()).max().unwrap_or(0);
        for step in &self.steps {
            lines.push(format!("  {:>digits$}. {:<width$}  {}: {}", step.number, step.name, step.state, step.reason));
            let below = step.details.iter().cloned().chain(step.amount());
            lines.extend(below.map(|line| format!("  {:digits$}     {line}", "")));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl StepSummary {
    fn of(step: &Step, number: usize, listings: &LogListings) -> Self {
        let (state, reason) = told(step.state.clone());
        let mut summary = Self {
            number,
            name: step.name.clone(),
            kind: StepKind::Work,
            state,
            reason,
            job: None,
            reducers: None,
            table: None,
            reads: Vec::new(),
            makes: Vec::new(),
            input: None,
            days: None,
            details: Vec::new(),
        };
        match &step.action {
            Action::Job(job) => summary.add_job(job, listings),
            Action::Load(load) => {
                summary.kind = StepKind::Load;
                summary.table = Some(load.table.name.to_owned());
                let (root, days) = match &load.input {
                    LoadInput::Directory(directory) => (directory, None),
                    LoadInput::DayFiles(files) => (&files.root, Some(DaysSummary::of(&files.days))),
                };
                (summary.reads, summary.days) = (vec![root.directory_form().to_string()], days);
                summary.makes = vec![format!("{} {}", load.store.name, load.table.name)];
                summary.details = vec![format!("from {} into {}", load.input, load.store.name)];
            }
            Action::Work(work) => {
                (summary.reads, summary.makes) = (places(&work.reads()), places(&work.makes()));
                summary.details = work.describe();
            }
        }
        summary
    }

    fn add_job(&mut self, job: &JobStep, listings: &LogListings) {
        let shape = job.job.shape();
        self.kind = StepKind::Job;
        self.job = Some(format!("{} {}", shape.workflow, shape.name));
        self.reducers = Some(job.reducers());
        self.reads = reads(&job.input);
        self.makes = job.output.roots().into_iter().map(|root| root.directory_form().to_string()).collect();
        self.details = vec![format!("job {} {}, {}", shape.workflow, shape.name, counted(job.reducers(), "reducer"))];
        self.details.extend(job.output.roots().into_iter().map(|root| format!("output {root}")));
        self.days = job.output.days().or(days(&job.input).as_ref()).map(DaysSummary::of);
        let found = (self.state == StepState::Due).then(|| selection(&job.input, listings)).flatten();
        self.input = found.as_ref().map(|found| InputSummary { files: found.files.len(), bytes: found.total_size() });
        if let (Some(root), Some(found)) = (&job.kept, &found) {
            let kept = Compared::of(root, job.made_by(), &found.files);
            self.details.push(match kept {
                Ok(compared) => format!("the local runner finds records of {} in {root}", counted(compared.files(), "file")),
                Err(error) => format!("what is kept in {root} cannot be looked up: {}", error_text(&error)),
            });
        }
    }

    /// Whether it reads what other steps make: directories in which its own lie, or that lie in them. A load makes a table, which has no
    /// place in a warehouse; so these are compared as texts.
    pub(crate) fn reads_what_is_made(&self, made: &[String]) -> bool {
        self.reads.iter().any(|read| made.iter().any(|made| read.starts_with(made.as_str()) || made.starts_with(read.as_str())))
    }

    /// What it would read.
    pub(crate) fn amount(&self) -> Option<String> {
        let days = self.days.filter(|_| self.kind == StepKind::Job);
        let days = days.map(|days| format!("{} {}..{}", counted(days.count, "day"), days.start, days.end));
        let input = self.input.map(|input| format!("{}, {}", counted(input.files, "file"), indicatif::HumanBytes(input.bytes)));
        let parts: Vec<_> = input.into_iter().chain(days.filter(|_| self.state == StepState::Due)).collect();
        (!parts.is_empty()).then(|| format!("reads {}", parts.join(", ")))
    }
}

/// Why a load runs, by what its table holds; none where that does not matter. `is_made_anew` says that the run makes its input anew.
fn state_of_load(load: &LoadStep, is_made_anew: bool) -> Result<Option<State>> {
    let stays = load.mode == LoadMode::Append;
    let Some(standing) = load.standing()? else { return Ok(None) };
    Ok(Some(match standing {
        Standing::Absent => State::Due(if stays { "its rows are appended" } else { "its rows are not in the table" }.to_owned()),
        Standing::Loaded(since) if !is_made_anew => State::Complete(format!("its rows are in the table{}", loaded(since.as_deref()))),
        Standing::Loaded(since) | Standing::Older(since) if stays => State::Due(format!(
            "its input is another one than that of the rows in the table{}; they stay as they are without --overwrite-mysql",
            loaded(since.as_deref())
        )),
        Standing::Loaded(_) | Standing::Older(_) => State::Due("its input is another one than that of the rows in the table".to_owned()),
    }))
}

fn told(state: State) -> (StepState, String) {
    match state {
        State::Complete(reason) => (StepState::Complete, reason),
        State::Due(reason) => (StepState::Due, reason),
    }
}

fn places(locations: &[Location]) -> Vec<String> {
    locations.iter().map(|location| location.directory_form().to_string()).collect()
}

fn reads(input: &StepInput) -> Vec<String> {
    match input {
        StepInput::Logs(paths) => places(&paths.roots),
        StepInput::LogsOfInterval(selection) | StepInput::LogsIfAny(selection) => places(selection.roots()),
        // They are named one by one.
        StepInput::LogFiles(_) => Vec::new(),
        StepInput::DayFiles(files) => vec![files.root.directory_form().to_string()],
        StepInput::Directories(directories) => places(directories),
    }
}

fn days(input: &StepInput) -> Option<DateInterval> {
    match input {
        StepInput::DayFiles(files) => Some(files.days),
        _ => None,
    }
}

/// What is there now; nothing is told of what cannot be looked up, for the run will tell it.
fn selection(input: &StepInput, listings: &LogListings) -> Option<InputSelection> {
    match input {
        StepInput::Logs(paths) => paths.look_up().ok().map(|(selection, _)| selection),
        StepInput::LogsOfInterval(selection) | StepInput::LogsIfAny(selection) => selection.select_from(listings).ok(),
        StepInput::LogFiles(files) => Some(InputSelection { files: files.clone(), examined: files.len() }),
        StepInput::DayFiles(files) => files.select().ok(),
        StepInput::Directories(directories) => {
            let files = directories.iter().map(job_output_files).collect::<Result<Vec<_>, _>>().ok()?;
            Some(InputSelection { files: files.concat(), examined: 0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_read_the_words_that_people_do() {
        let word = |kind: StepKind| serde_json::to_value(kind).unwrap();
        assert_eq!([StepKind::Job, StepKind::Load, StepKind::Work].map(word), ["job", "load", "work"]);
        for (state, expected) in [(StepState::Complete, "complete"), (StepState::Due, "due")] {
            assert_eq!((state.to_string().as_str(), serde_json::to_value(state).unwrap().as_str()), (expected, Some(expected)));
        }
    }
}
