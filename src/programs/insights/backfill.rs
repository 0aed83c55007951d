//! `insights backfill`: the days of a history that no run has made, for all workflows from one pass over the logs (rules 10, 6).
//!
//! It goes piece by piece, so that what is made stays made; run again it goes on where it was.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::NaiveDate;
use clap::{ArgMatches, Args};

use super::{Workflows, plan_of_words};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::engine::freshness::Freshness;
use crate::engine::plan::{Action, Plan, Runner, State, StepInput};
use crate::engine::task_report::TaskReport;
use crate::engine::together::run_together;
use crate::engine::{JobOutput, RunnerOptions};
use crate::say;
use crate::tasks::holes::Holes;
use crate::warehouse::day_index::days_there;
use crate::wrong_usage::wrong_usage;

/// As many days before a hole as nights usually read again.
const READ_AGAIN: usize = 2;

/// Name of the command.
pub(crate) const NAME: &str = "backfill";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(crate) struct BackfillOptions {
    /// The first day
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    from: NaiveDate,
    /// The day behind the last one
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    to: NaiveDate,
    /// Days that are made at once
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    /// Number of reducers of each job
    #[arg(long)]
    n_reduce_tasks: Option<usize>,
}

impl BackfillOptions {
    /// Whether there is a day between them, before a run begins.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn check(&self) -> Result<()> {
        day::between(self.from, self.to).map(drop).map_err(|error| wrong_usage(error.to_string()))
    }

    fn pieces(&self) -> Vec<DateInterval> {
        let days: Vec<_> = DateInterval::new(self.from, self.to).days().collect();
        let pieces = days.chunks(self.days.max(1) as usize);
        let piece = |days: &[NaiveDate]| Some(DateInterval::new(*days.first()?, DateInterval::of_day(*days.last()?).end()));
        pieces.filter_map(piece).collect()
    }
}

/// Makes what is missing, up to the first piece that fails; gives what became of the tasks of each piece.
///
/// # Errors
/// A plan cannot be made.
pub(crate) fn run(
    workflows: Workflows,
    options: &BackfillOptions,
    matches: &ArgMatches,
    (runner, runner_options): (Runner, &RunnerOptions),
) -> Result<Vec<TaskReport>> {
    let mut reports = Vec::new();
    for piece in options.pieces() {
        let mut plans = Vec::new();
        for task in workflows.iter().filter_map(|workflow| workflow.daily.as_ref()?.history) {
            let plan = |days: &DateInterval| {
                let reducers = options.n_reduce_tasks.map(|number| format!("--n-reduce-tasks={number}"));
                let words = [task, "--fill-days", "1", "--interval", &format!("{}-{}", days.start(), days.end())].map(str::to_owned);
                let words: Vec<_> = words.into_iter().chain(reducers).collect();
                plan_of_words(workflows, &words, matches, &mut Freshness::default())
            };
            for missing in missing(&plan(&piece)?, &piece)? {
                plans.push(due(plan(&missing)?).submitted(&runner_options.submissions));
            }
        }
        if plans.is_empty() {
            say!("{piece}: all days are there");
            continue;
        }
        say!("{piece}:");
        reports.extend(run_together(plans, runner, runner_options));
        if reports.iter().any(|report| report.error.is_some()) {
            break;
        }
    }
    Ok(reports)
}

/// Days of a piece that a plan makes and that are not there, of any of its tables.
fn missing(plan: &Plan, piece: &DateInterval) -> Result<Vec<DateInterval>> {
    let mut there: Option<BTreeSet<NaiveDate>> = None;
    for step in &plan.steps {
        if let Action::Job(job) = &step.action
            && let JobOutput::Days { root, .. } = &job.output
        {
            let days = days_there(root)?;
            there = Some(there.map_or(days.clone(), |there| there.intersection(&days).copied().collect()));
        }
    }
    let Some(there) = there else { return Ok(Vec::new()) };
    let holes = Holes { days: piece.days().filter(|day| !there.contains(day)).collect(), ..Holes::default() };
    Ok(holes.intervals().into_iter().map(|hole| with_days_before(&hole, &there)).collect())
}

/// Days before a hole that are there are made anew with it: had the nights not been missed, they would have read them again, with what
/// came late.
fn with_days_before(hole: &DateInterval, there: &BTreeSet<NaiveDate>) -> DateInterval {
    let mut start = hole.start();
    for _ in 0..READ_AGAIN {
        match start.pred_opt().filter(|day| there.contains(day)) {
            Some(day) => start = day,
            None => break,
        }
    }
    DateInterval::new(start, hole.end())
}

/// What is missing is made whatever markers say, and although there may be no logs of it.
fn due(mut plan: Plan) -> Plan {
    for step in &mut plan.steps {
        if let State::Complete(_) = &step.state {
            step.state = State::Due("days of it are missing".to_owned());
        }
        if let Action::Job(job) = &mut step.action
            && let StepInput::LogsOfInterval(selection) = &job.input
        {
            job.input = StepInput::LogsIfAny(selection.clone());
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_the_days() {
        let day = |text: &str| text.parse().unwrap();
        let options = BackfillOptions { from: day("2014-01-30"), to: day("2014-02-04"), days: 2, n_reduce_tasks: None };
        let pieces: Vec<_> = options.pieces().iter().map(|piece| format!("{}-{}", piece.start(), piece.end())).collect();
        assert_eq!(pieces, ["2014-01-30-2014-02-01", "2014-02-01-2014-02-03", "2014-02-03-2014-02-04"]);
    }
}
