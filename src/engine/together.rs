//! Several tasks in one run: their jobs over raw logs share one scan, so that each log file is read once.

use std::collections::BTreeSet;

use anyhow::{Context, Error, Result, anyhow};

use super::job_report::told;
use super::local;
use super::plan::{Action, HeldLocks, JobStep, Plan, Prepared, Runner, State};
use super::preflight::{Unready, preflight};
use super::{JobRun, RunnerOptions};
use crate::error_text::error_text;
use crate::say;
use crate::warehouse::RunId;

/// A plan of the run, and why it failed.
struct Member {
    plan: Plan,
    error: Option<Error>,
}

/// A job over raw logs that takes part in the scan.
struct Chosen {
    member: usize,
    step: usize,
    prepared: Prepared,
}

/// Runs what is due of all plans. Jobs over raw logs come first, in one scan if the runner is the local one; then each plan goes on by
/// itself, in the given order. A plan that fails does not keep the others from running. Gives the error of each plan that failed; when
/// there are several plans, errors have been told.
pub(crate) fn run_together(plans: Vec<Plan>, runner: Runner, options: &RunnerOptions) -> Vec<Error> {
    let mut members: Vec<_> = plans.into_iter().map(|plan| Member { plan, error: None }).collect();
    let is_alone = members.len() == 1;
    let stores: BTreeSet<_> = members.iter().flat_map(|member| member.plan.stores()).collect();
    if !stores.is_empty() {
        options.tell(format_args!("Result store: {}", stores.into_iter().collect::<Vec<_>>().join(", ")));
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
    for member in members.iter_mut().filter(|member| member.error.is_none()) {
        if let Err(error) = member.plan.run(runner, options) {
            member.fail(error, is_alone);
        }
    }
    members.into_iter().filter_map(|member| member.error).collect()
}

impl Member {
    /// Keeps the first error. A plan that runs alone leaves telling to the caller.
    fn fail(&mut self, error: Error, is_alone: bool) {
        if self.error.is_some() {
            return;
        }
        let task = &self.plan.task;
        self.error = Some(if is_alone {
            error
        } else {
            say!("{task} failed: {}", error_text(&error));
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
    for (number, member) in members.iter_mut().enumerate().filter(|(_, member)| member.error.is_none()) {
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
                if let Some(member) = members.get_mut(of).filter(|member| member.error.is_none()) {
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
            Ok(()) => {
                if let Some(step) = member.plan.steps.get_mut(*step) {
                    step.state = State::Complete("the shared scan made it".to_owned());
                }
            }
            Err(error) => member.fail(error, is_alone),
        }
    }
}

fn shared(members: &[Member], chosen: &[Chosen], options: &RunnerOptions) -> Result<Vec<Result<()>>> {
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
        options.tell(format_args!("{task}, {name}: {}", told(&report)));
        Ok(())
    });
    Ok(outcomes.collect())
}
