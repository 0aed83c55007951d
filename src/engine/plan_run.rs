//! Running what is due of a plan, step by step.

use std::time::Instant;

use anyhow::{Context, Result};

use super::job_report::{counted, told};
use super::job_run::RunnerOptions;
use super::outputs::clear_leftovers;
use super::plan::{Action, Plan, Runner, State, Step, WorkContext, Worked};
use super::task_report::{StepOutcome, StepReport, TaskReport};
use crate::standard_streams::voice::Level;
use crate::warehouse::RunId;

impl Plan {
    /// Runs what is due and tells each step on standard error; enters each into the report, unless it is there.
    ///
    /// # Errors
    /// A step failed; those behind it were not begun.
    pub(super) fn run(&self, runner: Runner, options: &RunnerOptions, report: &mut TaskReport) -> Result<()> {
        let run_id = RunId::generate();
        for (place, step) in self.steps.iter().enumerate() {
            let about = [("task", self.task.as_str()), ("step", step.name.as_str())];
            if let State::Complete(reason) = &step.state {
                options.tell_of(Level::Info, &about, format_args!("{}: skipped, {reason}", step.name));
                if let Action::Job(job) = &step.action {
                    // What cannot be cleared now harms nobody.
                    let _ = clear_leftovers(&job.output, &run_id, &self.task);
                }
                if report.steps.iter().all(|entered| entered.place != place) {
                    let up_to_date = StepReport { outcome: StepOutcome::UpToDate, ..StepReport::default() };
                    report.steps.push(up_to_date.named(place, step));
                }
                continue;
            }
            let started = Instant::now();
            match self.run_step(step, &run_id, runner, options, report) {
                Ok(done) => report.steps.push(done.named(place, step)),
                Err(error) => {
                    let seconds = started.elapsed().as_secs_f64();
                    let failed = StepReport { outcome: StepOutcome::Failed, seconds, ..StepReport::default() };
                    report.steps.push(failed.named(place, step));
                    return Err(error).with_context(|| format!("{} failed.", step.name));
                }
            }
        }
        Ok(())
    }

    fn run_step(
        &self,
        step: &Step,
        run_id: &RunId,
        runner: Runner,
        options: &RunnerOptions,
        report: &mut TaskReport,
    ) -> Result<StepReport> {
        let about = [("task", self.task.as_str()), ("step", step.name.as_str())];
        let tell = |text: &str| options.tell_of(Level::Info, &about, format_args!("{}: {text}", step.name));
        match &step.action {
            Action::Job(job) => {
                let done = job.run(&self.task, run_id, runner, options)?;
                options.done(&done);
                tell(&told(&done));
                options.tell_of(Level::Detail, &about, format_args!("{}", counted(&done.counters)));
                Ok(StepReport::of_job(&done))
            }
            Action::Load(load) => {
                let done = load.run()?;
                options.loaded(load.table.name, &done);
                for notice in &done.notices {
                    options.tell_of(Level::Warning, &about, format_args!("{}: {notice}", step.name));
                    report.warnings.push(format!("{}: {notice}", step.name));
                }
                tell(&load.told(&done));
                Ok(StepReport::of_load(&done))
            }
            Action::Work(work) => {
                let started = Instant::now();
                let context = WorkContext { task: &self.task, run_id, runner, options };
                let worked = work.run(&context)?;
                tell(worked.told());
                let outcome = match worked {
                    Worked::Done(_) => StepOutcome::Done,
                    Worked::WasThere(_) => StepOutcome::UpToDate,
                };
                Ok(StepReport { outcome, seconds: started.elapsed().as_secs_f64(), ..StepReport::default() })
            }
        }
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
