//! Several tasks in one run: their jobs over raw logs share one scan, so that each log file is read once.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Context, Result, anyhow};

use super::job_report::{counters_text, told};
use super::loads_beside::Loads;
use super::local;
use super::plan::{Action, HeldLocks, JobStep, Plan, Prepared, Runner, State};
use super::plan_run::PlanRun;
use super::preflight::{Unready, preflight};
use super::run_reports::RunReports;
use super::signals::gate;
use super::task_report::{StepOutcome, StepReport, TaskReport};
use super::{JobReport, JobRun, RunnerOptions};
use crate::say;
use crate::standard_streams::voice::Level;
use crate::warehouse::RunId;
use crate::warehouse::selection::LogListings;

/// A job over raw logs that takes part in the scan.
struct Chosen {
    /// The number of its plan.
    plan: usize,
    step: usize,
    prepared: Prepared,
}

/// Runs what is due of all plans. Jobs over raw logs come first, in one scan if the runner is the local one; then the plans go on in the
/// given order, their loads beside the jobs. A plan that fails does not keep the others from running. Gives what became of each plan; when
/// there are several, errors have been told.
pub(crate) fn run_together(mut plans: Vec<Plan>, runner: Runner, options: &RunnerOptions) -> Vec<TaskReport> {
    let mut reports = RunReports::of(&plans);
    let stores: BTreeSet<_> = plans.iter().flat_map(Plan::stores).collect();
    let stores: Vec<_> = stores.difference(&options.told_stores).map(String::as_str).collect();
    if !stores.is_empty() {
        options.tell(format_args!("Result store: {}", stores.join(", ")));
    }
    // What is missing is said before the logs are read.
    let lacked = preflight(&plans.iter().collect::<Vec<_>>());
    for (number, findings) in lacked.into_iter().enumerate().filter(|(_, findings)| !findings.is_empty()) {
        reports.fail(number, Unready(findings).into());
    }
    if runner == Runner::Local {
        scan(&mut plans, options, &mut reports);
    } else if plans.len() > 1 {
        say!("Only the local runner shares a scan; each job reads the logs by itself.");
    }
    thread::scope(|scope| {
        let mut loads = Loads::new(scope, runner, options);
        for (number, plan) in plans.iter().enumerate() {
            if reports.has_failed(number) {
                continue;
            }
            if let Err(error) = plan.run(PlanRun { number, runner, options }, &mut loads, &mut reports) {
                reports.fail(number, error);
            }
        }
        if let Err(error) = loads.wait(options, &mut reports) {
            reports.fail(plans.len().saturating_sub(1), error);
        }
    });
    reports.ended()
}

impl Plan {
    /// Takes the locks of the due jobs over raw logs and looks up their inputs.
    fn choose(&self, plan: usize, run_id: &RunId, held: &mut HeldLocks, listings: &LogListings) -> Result<Vec<Chosen>> {
        let prepared = |(step, job): (usize, &JobStep)| {
            Ok(Chosen { plan, step, prepared: job.prepare(&self.task, run_id, Runner::Local, held, listings)? })
        };
        self.over_logs().map(prepared).collect()
    }

    /// The due jobs over raw logs, with the numbers of their steps.
    fn over_logs(&self) -> impl Iterator<Item = (usize, &JobStep)> {
        self.steps.iter().enumerate().filter_map(|(number, step)| match (&step.action, &step.state) {
            (Action::Job(job), State::Due(_)) if job.reads_logs() => Some((number, job)),
            _ => None,
        })
    }

    fn job(&self, step: usize) -> Option<(&str, &JobStep)> {
        let step = self.steps.get(step)?;
        if let Action::Job(job) = &step.action { Some((&step.name, job)) } else { None }
    }

    /// What the scan did for a step, or that it failed in it.
    fn scanned(&self, place: usize, report: StepReport) -> Option<StepReport> {
        self.steps.get(place).map(|step| StepReport { shared: true, ..report }.named(place, step))
    }
}

/// Runs the jobs over raw logs of all plans in one scan, if there are at least two. Their steps are complete then, or their plan has
/// failed.
fn scan(plans: &mut [Plan], options: &RunnerOptions, reports: &mut RunReports) {
    let due = plans.iter().enumerate().filter(|(number, _)| !reports.has_failed(*number));
    if due.flat_map(|(_, plan)| plan.over_logs()).nth(1).is_none() {
        return;
    }
    let (run_id, mut held, listings) = (RunId::generate(), HeldLocks::default(), LogListings::default());
    let mut chosen = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        if reports.has_failed(number) {
            continue;
        }
        match plan.choose(number, &run_id, &mut held, &listings) {
            Ok(found) => chosen.extend(found),
            Err(error) => reports.fail(number, error),
        }
    }
    if chosen.len() < 2 {
        return;
    }
    let outcomes = match shared(plans, &chosen, options) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            // One error for all: the first plan has it, the others point to it.
            let mut error = Some(error);
            for number in chosen.iter().map(|chosen| chosen.plan) {
                if !reports.has_failed(number) {
                    let told = || anyhow!("The logs could not be read, as told above.");
                    reports.fail(number, error.take().unwrap_or_else(told));
                }
            }
            return;
        }
    };
    for (&Chosen { plan: number, step: place, .. }, outcome) in chosen.iter().zip(outcomes) {
        let Some(plan) = plans.get_mut(number) else { continue };
        let (report, error) = match outcome {
            Ok(report) => {
                if let Some(step) = plan.steps.get_mut(place) {
                    step.state = State::Complete("the shared scan made it".to_owned());
                }
                (StepReport::of_job(&report), None)
            }
            Err(error) => (StepReport { outcome: StepOutcome::Failed, ..StepReport::default() }, Some(error)),
        };
        if let Some(report) = plan.scanned(place, report) {
            reports.enter(number, report);
        }
        if let Some(error) = error {
            reports.fail(number, error);
        }
    }
}

fn shared(plans: &[Plan], chosen: &[Chosen], options: &RunnerOptions) -> Result<Vec<Result<JobReport>>> {
    gate();
    let mut steps = Vec::new();
    for Chosen { plan, step, prepared } in chosen {
        let plan = plans.get(*plan).context("A plan has gone.")?;
        let (name, job) = plan.job(*step).context("A step is no job any more.")?;
        steps.push((&plan.task, name, job.job_run(prepared)));
    }
    let (named, runs): (Vec<_>, Vec<JobRun<'_>>) = steps.into_iter().map(|(task, name, run)| ((task, name), run)).unzip();
    let mut files: Vec<&str> = runs.iter().flat_map(|run| run.inputs.iter().map(|entry| entry.location.as_str())).collect();
    let asked = files.len();
    files.sort_unstable();
    files.dedup();
    options.tell(format_args!("One scan of {} log files for {} jobs, instead of {asked} file reads.", files.len(), runs.len()));
    let reports = local::run_shared(&runs, options).context("The shared scan failed.")?;
    let outcomes = named.into_iter().zip(reports).map(|((task, name), report)| {
        let report = report.with_context(|| format!("{name} failed."))?;
        options.done(&report);
        let about = [("task", task.as_str()), ("step", name)];
        options.tell_of(Level::Info, &about, format_args!("{task}, {name}: {}", told(&report)));
        options.tell_of(Level::Detail, &about, format_args!("{}", counters_text(&report.counters)));
        Ok(report)
    });
    Ok(outcomes.collect())
}
