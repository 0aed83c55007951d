//! Several tasks in one run: their jobs over raw logs share one scan, so that each log file is read once.

use std::collections::BTreeSet;

use anyhow::{Context, Error, Result, anyhow};

use super::job_report::{counted, told};
use super::local;
use super::plan::{Action, HeldLocks, JobStep, Plan, Prepared, Runner, State};
use super::preflight::{Unready, preflight};
use super::task_report::{StepOutcome, StepReport, TaskReport};
use super::{JobReport, JobRun, RunnerOptions};
use crate::error_text::error_text;
use crate::standard_streams::voice::Level;
use crate::warehouse::RunId;
use crate::{say, say_at};

/// A plan of the run, and what became of it.
struct Member {
    plan: Plan,
    report: TaskReport,
}

/// A job over raw logs that takes part in the scan.
struct Chosen {
    member: usize,
    step: usize,
    prepared: Prepared,
}

/// Runs what is due of all plans. Jobs over raw logs come first, in one scan if the runner is the local one; then each plan goes on by
/// itself, in the given order. A plan that fails does not keep the others from running. Gives what became of each plan; when there are
/// several, errors have been told.
pub(crate) fn run_together(plans: Vec<Plan>, runner: Runner, options: &RunnerOptions) -> Vec<TaskReport> {
    let mut members: Vec<_> = plans.into_iter().map(Member::new).collect();
    let is_alone = members.len() == 1;
    let stores: BTreeSet<_> = members.iter().flat_map(|member| member.plan.stores()).collect();
    let stores: Vec<_> = stores.difference(&options.told_stores).map(String::as_str).collect();
    if !stores.is_empty() {
        options.tell(format_args!("Result store: {}", stores.join(", ")));
    }
    // What is missing is said before the logs are read.
    let lacked = preflight(&members.iter().map(|member| &member.plan).collect::<Vec<_>>());
    for (member, findings) in members.iter_mut().zip(lacked).filter(|(_, findings)| !findings.is_empty()) {
        member.fail(Unready(findings).into(), is_alone);
    }
    if runner == Runner::Local {
        scan(&mut members, options, is_alone);
    } else if members.len() > 1 {
        say!("Only the local runner shares a scan; each job reads the logs by itself.");
    }
    for member in members.iter_mut().filter(|member| !member.has_failed()) {
        if let Err(error) = member.plan.run(runner, options, &mut member.report) {
            member.fail(error, is_alone);
        }
        member.report.steps.sort_by_key(|step| step.place);
    }
    members.into_iter().map(|member| member.report).collect()
}

/// Notices of plans that begin so are repeated at the end.
const WARNING: &str = "Warning: ";

impl Member {
    fn new(plan: Plan) -> Self {
        let warnings = plan.notices.iter().filter_map(|notice| notice.strip_prefix(WARNING)).map(str::to_owned).collect();
        let report = TaskReport { task: plan.task.clone(), missing_days: plan.missing_days.clone(), warnings, ..TaskReport::default() };
        Self { plan, report }
    }

    fn has_failed(&self) -> bool {
        self.report.error.is_some()
    }

    /// Enters a step that the scan has done, or that failed in it.
    fn enter(&mut self, place: usize, report: StepReport) {
        if let Some(step) = self.plan.steps.get(place) {
            self.report.steps.push(StepReport { shared: true, ..report }.named(place, step));
        }
    }

    /// Keeps the first error. A plan that runs alone leaves telling to the caller.
    fn fail(&mut self, error: Error, is_alone: bool) {
        if self.has_failed() {
            return;
        }
        let task = &self.plan.task;
        self.report.error = Some(if is_alone {
            error
        } else {
            say_at!(Level::Error, "{task} failed: {}", error_text(&error));
            error.context(format!("{task} failed."))
        });
    }

    /// Takes the locks of the due jobs over raw logs and looks up their inputs.
    fn choose(&self, member: usize, run_id: &RunId, held: &mut HeldLocks) -> Result<Vec<Chosen>> {
        let mut chosen = Vec::new();
        for (step, found) in self.plan.steps.iter().enumerate() {
            if let (Action::Job(job), State::Due(_)) = (&found.action, &found.state)
                && job.reads_logs()
            {
                chosen.push(Chosen { member, step, prepared: job.prepare(&self.plan.task, run_id, held)? });
            }
        }
        Ok(chosen)
    }

    fn job(&self, step: usize) -> Option<(&str, &JobStep)> {
        let step = self.plan.steps.get(step)?;
        if let Action::Job(job) = &step.action { Some((&step.name, job)) } else { None }
    }
}

/// Runs the jobs over raw logs of all members in one scan, if there are at least two. Their steps are complete then, or their plan has
/// failed.
fn scan(members: &mut [Member], options: &RunnerOptions, is_alone: bool) {
    let (run_id, mut held) = (RunId::generate(), HeldLocks::default());
    let mut chosen = Vec::new();
    for (number, member) in members.iter_mut().enumerate().filter(|(_, member)| !member.has_failed()) {
        match member.choose(number, &run_id, &mut held) {
            Ok(found) => chosen.extend(found),
            Err(error) => member.fail(error, is_alone),
        }
    }
    if chosen.len() < 2 {
        return;
    }
    let outcomes = match shared(members, &chosen, options) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            // One error for all: the first member has it, the others point to it.
            let mut error = Some(error);
            for of in chosen.iter().map(|chosen| chosen.member) {
                if let Some(member) = members.get_mut(of).filter(|member| !member.has_failed()) {
                    let told = || anyhow!("The logs could not be read, as told above.");
                    member.fail(error.take().unwrap_or_else(told), is_alone);
                }
            }
            return;
        }
    };
    for (Chosen { member, step, .. }, outcome) in chosen.iter().zip(outcomes) {
        let Some(member) = members.get_mut(*member) else { continue };
        match outcome {
            Ok(report) => {
                member.enter(*step, StepReport::of_job(&report));
                if let Some(step) = member.plan.steps.get_mut(*step) {
                    step.state = State::Complete("the shared scan made it".to_owned());
                }
            }
            Err(error) => {
                member.enter(*step, StepReport { outcome: StepOutcome::Failed, ..StepReport::default() });
                member.fail(error, is_alone);
            }
        }
    }
}

fn shared(members: &[Member], chosen: &[Chosen], options: &RunnerOptions) -> Result<Vec<Result<JobReport>>> {
    let mut steps = Vec::new();
    for Chosen { member, step, prepared } in chosen {
        let member = members.get(*member).context("A plan has gone.")?;
        let (name, job) = member.job(*step).context("A step is no job any more.")?;
        steps.push((&member.plan.task, name, job.job_run(prepared)));
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
        options.tell_of(Level::Detail, &about, format_args!("{}", counted(&report.counters)));
        Ok(report)
    });
    Ok(outcomes.collect())
}
