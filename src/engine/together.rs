//! Several tasks in one run: their jobs over raw logs share one scan, so that each log file is read once (design 4).

use anyhow::{Context, Result, bail};

use super::local;
use super::plan::{Action, JobStep, Plan, Prepared, Runner, State, told};
use super::{JobRun, RunnerOptions};
use crate::error_text::error_text;
use crate::warehouse::RunId;

/// Runs what is due of all plans. Jobs over raw logs come first, in one scan if the runner is the local one; then each plan goes on by
/// itself. A plan that fails does not keep the others from running.
///
/// # Errors
/// The scan failed, or a plan did; the first error, after all have been told.
pub fn run_together(mut plans: Vec<Plan>, runner: Runner, options: &RunnerOptions) -> Result<()> {
    if runner == Runner::Local {
        scan(&mut plans, options)?;
    } else if plans.len() > 1 {
        eprintln!("Only the local runner shares a scan; each job reads the logs by itself.");
    }
    let mut first = None;
    for plan in &plans {
        if plans.len() == 1 {
            return plan.run(runner, options);
        }
        if let Err(error) = plan.run(runner, options) {
            eprintln!("{} failed: {}", plan.task, error_text(&error));
            first.get_or_insert(error.context(format!("{} failed.", plan.task)));
        }
    }
    first.map_or(Ok(()), Err)
}

/// The due job over raw logs in a step, if it can share a scan.
fn job_over_logs(action: &Action, state: &State) -> Option<Result<bool>> {
    match (action, state) {
        (Action::Job(job), State::Due(_)) => Some(job.reads_logs()),
        _ => None,
    }
}

fn scan(plans: &mut [Plan], options: &RunnerOptions) -> Result<()> {
    let run_id = RunId::generate();
    let mut chosen = Vec::new();
    for (plan_number, plan) in plans.iter().enumerate() {
        for (step_number, step) in plan.steps.iter().enumerate() {
            if job_over_logs(&step.action, &step.state).transpose()? == Some(true) {
                chosen.push((plan_number, step_number));
            }
        }
    }
    if chosen.len() < 2 {
        return Ok(());
    }
    let step_of = |(plan, step): &(usize, usize)| -> Result<(&str, &str, &JobStep)> {
        let plan = plans.get(*plan).context("A plan has gone.")?;
        let step = plan.steps.get(*step).context("A step has gone.")?;
        match &step.action {
            Action::Job(job) => Ok((&plan.task, &step.name, job)),
            _ => bail!("A step is no job any more."),
        }
    };
    let steps = chosen.iter().map(step_of).collect::<Result<Vec<_>>>()?;
    let prepared = steps.iter().map(|(task, _, job)| job.prepare(task, &run_id)).collect::<Result<Vec<Prepared>>>()?;
    let runs: Vec<JobRun<'_>> = steps.iter().zip(&prepared).map(|((_, _, job), prepared)| job.job_run(prepared)).collect();
    let mut files: Vec<&str> = runs.iter().flat_map(|run| run.inputs.iter().map(|entry| entry.location.as_str())).collect();
    let asked = files.len();
    files.sort_unstable();
    files.dedup();
    eprintln!("One scan of {} log files for {} jobs, instead of {asked} file reads.", files.len(), runs.len());
    let reports = local::run_shared(&runs, options).context("The shared scan failed.")?;
    for ((task, name, _), report) in steps.iter().zip(&reports) {
        eprintln!("{task}, {name}: {}", told(report));
    }
    drop(runs);
    for (plan, step) in chosen {
        if let Some(step) = plans.get_mut(plan).and_then(|plan| plan.steps.get_mut(step)) {
            step.state = State::Complete("the shared scan made it".to_owned());
        }
    }
    Ok(())
}
