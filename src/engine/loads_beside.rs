//! Loads beside jobs: while the workers of a run are busy with the next job, one more thread puts rows that are complete into the result
//! store. Loads keep their order among themselves.

use std::collections::{BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;
use std::time::Instant;

use anyhow::{Context, Result};

use super::job_run::RunnerOptions;
use super::load_step::{LoadInput, LoadStep};
use super::plan::{JobStep, Plan, Runner, Step};
use super::run_reports::RunReports;
use super::task_report::{StepOutcome, StepReport};
use crate::standard_streams::voice::Level;
use crate::storage::Location;
use crate::stores::LoadReport;

/// A load of a plan.
#[derive(Clone, Copy)]
pub(super) struct PlannedLoad<'p> {
    /// The number of its plan.
    pub number: usize,
    /// Its plan.
    pub plan: &'p Plan,
    /// Its place in the plan.
    pub place: usize,
    /// The step.
    pub step: &'p Step,
    /// What it does.
    pub load: &'p LoadStep,
}

/// What became of a load; none if one before it in the same plan had failed.
struct Ended {
    outcome: Option<Result<LoadReport>>,
    seconds: f64,
}

/// The loads of a run.
pub(super) struct Loads<'p> {
    /// Where loads go that run beside jobs; none if each runs when its turn comes.
    asked: Option<Sender<(usize, &'p LoadStep)>>,
    ended: Receiver<Ended>,
    /// Those that have been asked for, the first one first.
    begun: VecDeque<PlannedLoad<'p>>,
}

impl<'p> Loads<'p> {
    /// Loads that run beside jobs if there is more than one thread; the pipe runner shows one command after the other.
    pub(super) fn new<'s>(scope: &'s Scope<'s, 'p>, runner: Runner, options: &RunnerOptions) -> Self {
        let (asked, to_do) = channel::<(usize, &LoadStep)>();
        let (done, ended) = channel();
        let is_beside = options.threads > 1 && runner != Runner::Pipe;
        if is_beside {
            scope.spawn(move || {
                let mut failed = BTreeSet::new();
                for (number, load) in to_do {
                    let started = Instant::now();
                    let outcome = (!failed.contains(&number)).then(|| load.run());
                    if matches!(outcome, Some(Err(_))) {
                        failed.insert(number);
                    }
                    if done.send(Ended { outcome, seconds: started.elapsed().as_secs_f64() }).is_err() {
                        return;
                    }
                }
            });
        }
        Self { asked: is_beside.then_some(asked), ended, begun: VecDeque::new() }
    }

    /// Whether loads run beside jobs.
    pub(super) const fn are_beside(&self) -> bool {
        self.asked.is_some()
    }

    /// Begins a load, or runs it to its end if loads do not run beside jobs.
    ///
    /// # Errors
    /// The thread of the loads is gone.
    pub(super) fn begin(&mut self, planned: PlannedLoad<'p>, options: &RunnerOptions, reports: &mut RunReports) -> Result<()> {
        if let Some(asked) = &self.asked {
            self.begun.push_back(planned);
            return asked.send((planned.number, planned.load)).ok().context("The result store is not loaded any more.");
        }
        let started = Instant::now();
        let outcome = Some(planned.load.run());
        enter(planned, Ended { outcome, seconds: started.elapsed().as_secs_f64() }, options, reports);
        Ok(())
    }

    /// Tells and enters what has ended.
    pub(super) fn take_ended(&mut self, options: &RunnerOptions, reports: &mut RunReports) {
        while let Ok(ended) = self.ended.try_recv() {
            if let Some(planned) = self.begun.pop_front() {
                enter(planned, ended, options, reports);
            }
        }
    }

    /// Waits until all that were begun have ended, and enters them.
    ///
    /// # Errors
    /// The thread of the loads is gone.
    pub(super) fn wait(&mut self, options: &RunnerOptions, reports: &mut RunReports) -> Result<()> {
        while let Some(planned) = self.begun.pop_front() {
            let ended = self.ended.recv().context("The result store is not loaded any more.")?;
            enter(planned, ended, options, reports);
        }
        Ok(())
    }

    /// Waits if a load that was begun may read what a job is about to make anew.
    ///
    /// # Errors
    /// See [`Self::wait`].
    pub(super) fn wait_for(&mut self, job: &JobStep, options: &RunnerOptions, reports: &mut RunReports) -> Result<()> {
        if self.begun.iter().any(|planned| planned.load.reads_what(job)) { self.wait(options, reports) } else { Ok(()) }
    }
}

impl LoadStep {
    /// Whether it may read what a job makes.
    pub(super) fn reads_what(&self, job: &JobStep) -> bool {
        let made = job.output.roots();
        self.directories().any(|read| made.iter().any(|made| share_files(made, read)))
    }

    /// Those of its rows, and of the days by which it knows a young site.
    fn directories(&self) -> impl Iterator<Item = &Location> {
        let of_young = self.young.iter().flat_map(|young| [&young.before.root, &young.running.root]);
        std::iter::once(self.input.directory()).chain(of_young)
    }
}

/// Whether one directory is the other, or lies in it.
fn share_files(left: &Location, right: &Location) -> bool {
    let (left, right) = (left.directory_form(), right.directory_form());
    left == right || left.relative_to(&right).is_some() || right.relative_to(&left).is_some()
}

impl LoadInput {
    fn directory(&self) -> &Location {
        match self {
            Self::Directory(directory) => directory,
            Self::DayFiles(files) => &files.root,
        }
    }
}

/// Tells what became of a load, and enters it.
fn enter(planned: PlannedLoad<'_>, ended: Ended, options: &RunnerOptions, reports: &mut RunReports) {
    let PlannedLoad { number, plan, place, step, load } = planned;
    let about = [("task", plan.task.as_str()), ("step", step.name.as_str())];
    match ended.outcome {
        Some(Ok(done)) => {
            options.loaded(load.table.name, &done);
            for notice in load.warnings(&done, &plan.line) {
                options.tell_of(Level::Warning, &about, format_args!("{}: {notice}", step.name));
                reports.warn(number, format!("{}: {notice}", step.name));
            }
            options.tell_of(Level::Info, &about, format_args!("{}: {}", step.name, load.told(&done, &plan.line)));
            reports.enter(number, StepReport::of_load(&done).named(place, step));
        }
        Some(Err(error)) => {
            let failed = StepReport { outcome: StepOutcome::Failed, seconds: ended.seconds, ..StepReport::default() };
            reports.enter(number, failed.named(place, step));
            reports.fail(number, error.context(format!("{} failed.", step.name)));
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::hadoop::trial_jobs::TITLES;
    use crate::engine::job_run::JobOutput;
    use crate::engine::plan::StepInput;
    use crate::engine::submission::Submission;
    use crate::engine::young_site::YoungSite;
    use crate::stores::marker_table::MarkerTable;
    use crate::stores::table::{ColumnKind, Table, required};
    use crate::stores::target::StorePlace;
    use crate::warehouse::awaited::Awaited;
    use crate::warehouse::selection::{DayFiles, DayNames};

    const TABLE: Table = Table::new("weeks", &[required("count", ColumnKind::Int)], &[]);

    #[test]
    fn a_load_reads_its_rows_and_the_days_by_which_it_knows_a_young_site() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().join("w/");
        let job = |table: &str| JobStep {
            job: &TITLES,
            options: Vec::new(),
            input: StepInput::Directories(Vec::new()),
            output: JobOutput::Directory(warehouse.join(table)),
            n_reduce_tasks: 1,
            submission: Submission::default(),
            awaited: Awaited::default(),
            kept: None,
        };
        let store = StorePlace::Sqlite(folder.path().join("x.sqlite")).open(MarkerTable::default()).unwrap();
        let input = LoadInput::Directory(warehouse.join("weeks/dt=2014-05-14/"));
        let mut load = LoadStep::new(&TABLE, input, "id".to_owned(), store);
        let read =
            |load: &LoadStep| ["weeks/dt=2014-05-14", "weeks/dt=2014-05-21", "days/dt=2014-05-13"].map(|made| load.reads_what(&job(made)));
        assert_eq!(read(&load), [true, false, false]);
        let days =
            |days: &str| DayFiles { root: warehouse.join("days/"), days: days.parse().unwrap(), names: DayNames::Stem("day_".to_owned()) };
        let young = YoungSite { before: days("2014-05-01-2014-05-12"), running: days("2014-05-12-2014-05-14") };
        load.young = Some(Box::new(young));
        assert_eq!(read(&load), [true, false, true]);
    }

    #[test]
    fn places_share_files_that_hold_each_other() {
        let share = |left: &str, right: &str| share_files(&left.parse().unwrap(), &right.parse().unwrap());
        assert!(share("/wh/video", "/wh/video/") && share("/wh/video/dt=2024-01-01", "/wh/video") && share("/wh", "/wh/video"));
        assert!(!share("/wh/video", "/wh/video_timeline") && !share("hdfs://a/wh", "hdfs://b/wh"));
    }
}
