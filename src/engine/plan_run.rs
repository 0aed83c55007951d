//! Running what is due of a plan, step by step.

use std::time::Instant;

use anyhow::{Context, Result};

use super::job_report::{counters_text, told};
use super::job_run::RunnerOptions;
use super::loads_beside::{Loads, PlannedLoad};
use super::outputs::{clear_kept, clear_leftovers};
use super::plan::{Action, JobStep, Plan, Runner, State, Step, Work, WorkContext, Worked};
use super::run_reports::RunReports;
use super::signals::gate;
use super::task_report::{StepOutcome, StepReport};
use crate::standard_streams::voice::Level;
use crate::warehouse::RunId;

/// Where and how a plan runs.
#[derive(Clone, Copy)]
pub(super) struct PlanRun<'r> {
    /// Its number among the plans of the run.
    pub number: usize,
    /// What its jobs run on.
    pub runner: Runner,
    /// How they may use the machine.
    pub options: &'r RunnerOptions,
}

impl Plan {
    /// Runs what is due and tells each step on standard error; enters each into the reports, unless it is there. Loads may still go on
    /// afterwards.
    ///
    /// # Errors
    /// A job failed, or what a plan does besides; those behind it were not begun. A load that failed is in the reports.
    pub(super) fn run<'p>(&'p self, run: PlanRun<'_>, loads: &mut Loads<'p>, reports: &mut RunReports) -> Result<()> {
        let PlanRun { number, runner, options } = run;
        let run_id = RunId::generate();
        let mut begun_early = None;
        for (place, step) in self.steps.iter().enumerate() {
            gate();
            loads.take_ended(options, reports);
            if reports.has_failed(number) {
                return Ok(());
            }
            if begun_early == Some(place) {
                continue;
            }
            let about = [("task", self.task.as_str()), ("step", step.name.as_str())];
            if let State::Complete(reason) = &step.state {
                options.tell_of(Level::Info, &about, format_args!("{}: skipped, {reason}", step.name));
                if let Action::Job(job) = &step.action {
                    // What cannot be cleared now harms nobody.
                    let _ = clear_leftovers(&job.output, &run_id, &self.task);
                    let kept = job.kept.as_ref().filter(|_| runner == Runner::Local);
                    let _ = kept.map(|root| clear_kept(root, &run_id, &self.task));
                }
                if !reports.knows(number, place) {
                    let up_to_date = StepReport { outcome: StepOutcome::UpToDate, ..StepReport::default() };
                    reports.enter(number, up_to_date.named(place, step));
                }
                continue;
            }
            match &step.action {
                Action::Job(job) => loads.wait_for(job, options, reports)?,
                // It may read what was loaded, or load by itself.
                Action::Work(_) => loads.wait(options, reports)?,
                Action::Load(_) => {}
            }
            if reports.has_failed(number) {
                return Ok(());
            }
            // From here on the job is run, whatever becomes of the load.
            if let Action::Job(job) = &step.action
                && loads.are_beside()
                && let Some(next) = self.load_behind(number, place)
                && !next.load.reads_what(job)
            {
                begun_early = Some(next.place);
                loads.begin(next, options, reports)?;
            }
            let started = Instant::now();
            let outcome = match &step.action {
                Action::Job(job) => self.run_job(job, step, &run_id, run),
                Action::Work(work) => self.run_work(work.as_ref(), step, &run_id, run),
                Action::Load(load) => {
                    loads.begin(PlannedLoad { number, plan: self, place, step, load }, options, reports)?;
                    continue;
                }
            };
            match outcome {
                Ok(done) => reports.enter(number, done.named(place, step)),
                Err(error) => {
                    let seconds = started.elapsed().as_secs_f64();
                    let failed = StepReport { outcome: StepOutcome::Failed, seconds, ..StepReport::default() };
                    reports.enter(number, failed.named(place, step));
                    return Err(error).with_context(|| format!("{} failed.", step.name));
                }
            }
        }
        Ok(())
    }

    /// The step behind another one, if it is a load that is due.
    fn load_behind(&self, number: usize, place: usize) -> Option<PlannedLoad<'_>> {
        let place = place + 1;
        let step = self.steps.get(place).filter(|step| matches!(step.state, State::Due(_)))?;
        if let Action::Load(load) = &step.action { Some(PlannedLoad { number, plan: self, place, step, load }) } else { None }
    }

    fn run_job(&self, job: &JobStep, step: &Step, run_id: &RunId, PlanRun { runner, options, .. }: PlanRun<'_>) -> Result<StepReport> {
        let about = [("task", self.task.as_str()), ("step", step.name.as_str())];
        let done = job.run(&self.task, run_id, runner, options)?;
        options.done(&done);
        options.tell_of(Level::Info, &about, format_args!("{}: {}", step.name, told(&done)));
        options.tell_of(Level::Detail, &about, format_args!("{}", counters_text(&done.counters)));
        Ok(StepReport::of_job(&done))
    }

    fn run_work(&self, work: &dyn Work, step: &Step, run_id: &RunId, PlanRun { runner, options, .. }: PlanRun<'_>) -> Result<StepReport> {
        let about = [("task", self.task.as_str()), ("step", step.name.as_str())];
        let started = Instant::now();
        let worked = work.run(&WorkContext { task: &self.task, run_id, runner, options })?;
        options.tell_of(Level::Info, &about, format_args!("{}: {}", step.name, worked.told()));
        let outcome = match worked {
            Worked::Done(_) => StepOutcome::Done,
            Worked::WasThere(_) => StepOutcome::UpToDate,
        };
        Ok(StepReport { outcome, seconds: started.elapsed().as_secs_f64(), ..StepReport::default() })
    }
}

impl StepReport {
    /// With what the plan knows of the step.
    pub(super) fn named(self, place: usize, step: &Step) -> Self {
        let (job, table, over_logs) = match &step.action {
            Action::Job(job) => {
                let shape = job.job.shape();
                (Some(format!("{}/{}", shape.workflow, shape.name)), None, job.reads_logs())
            }
            Action::Load(load) => (None, Some(load.table.name), false),
            Action::Work(_) => (None, None, false),
        };
        Self { place, step: step.name.clone(), job, table, over_logs, ..self }
    }
}
