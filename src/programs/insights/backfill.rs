//! `insights backfill`: the days of a history that no run has made, for all workflows but engagement from one pass over the logs (rules 10, 6).
//!
//! It goes piece by piece, so that what is made stays made; run again it goes on where it was.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::{ArgMatches, Args, FromArgMatches};
use indicatif::HumanDuration;

use super::backfill_days::{Known, Scope};
use super::notices::tell;
use super::planning::submitted;
use super::run_options::RunOptions;
use super::{Workflows, missing, one_night, plan_of_words};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::RunnerOptions;
use crate::engine::freshness::Freshness;
use crate::engine::plan::{Action, Plan, Runner, State, StepInput};
use crate::engine::plan_summary::{StepKind, TaskSummary};
use crate::engine::task_report::TaskReport;
use crate::engine::together::run_together;
use crate::say;
use crate::standard_streams::print;
use crate::tasks::log_days::ListedOnce;
use crate::tasks::logs::EventLogOptions;
use crate::tasks::options::{MOST_DAYS, reducers};
use crate::warehouse::selection::LogListings;
use crate::wrong_usage::wrong_usage;

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
    /// Days that are made at once. Figures of videos differ with it by a percent or two: where a viewing begins may be told by an event
    /// of an earlier day, which only counts within a piece (rules 06, 2)
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,
    /// Number of reducers of each job
    #[arg(long, value_parser = reducers)]
    n_reduce_tasks: Option<usize>,
    /// Tell the pieces and what each would run; read no logs and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl BackfillOptions {
    /// Whether there are days between them, and not too many, before a run begins.
    ///
    /// # Errors
    /// There is none, or there are more than a history may have (rules 01, 3).
    pub(super) fn check(&self) -> Result<()> {
        let asked = day::between(self.from, self.to).map_err(|error| wrong_usage(error.to_string()))?;
        let days = (asked.end() - asked.start()).num_days();
        if days > i64::from(MOST_DAYS) {
            return Err(wrong_usage(format!(
                "From {} to {} are {days} days; a history has {MOST_DAYS} at most, about two hundred years. Give --from the first day of the \
                 site, or one shortly before it.",
                self.from, self.to
            )));
        }
        Ok(())
    }
}

/// What a backfill is made from.
#[derive(Clone, Copy)]
pub(super) struct Backfill<'b> {
    /// The workflows.
    pub workflows: Workflows,
    /// Its options.
    pub options: &'b BackfillOptions,
    /// The whole command line, for files of configuration.
    pub matches: &'b ArgMatches,
    /// The configuration.
    pub settings: &'b Settings,
}

/// What a backfill has done.
pub(super) struct Backfilled {
    /// What became of the tasks of each piece.
    pub reports: Vec<TaskReport>,
    /// What is made by tasks of their own, to be told at the end.
    pub apart: Vec<String>,
}

impl Backfill<'_> {
    /// Makes what is missing, up to the first piece that fails.
    ///
    /// # Errors
    /// A plan cannot be made.
    pub(super) fn run(self, runner: Runner, runner_options: &RunnerOptions) -> Result<Backfilled> {
        let scope = self.scope()?;
        let apart = self.apart(&scope);
        let (pieces, mut notices) = (scope.pieces(self.options.days), scope.notices);
        let (mut reports, mut pace) = (Vec::new(), Pace::default());
        for (place, piece) in pieces.iter().enumerate() {
            let head = head(place, pieces.len(), piece);
            let mut plans = self.plans_of(piece)?;
            let Some(first) = plans.first_mut() else {
                say!("{head}: all days are there");
                continue;
            };
            // The end of the run repeats warnings.
            first.notices.append(&mut notices);
            say!("{head}: {}{}", tasks_of(&plans), pace.told(pieces.len() - place, Utc::now()));
            let started = Instant::now();
            reports.extend(run_together(submitted(plans, &runner_options.submissions), runner, runner_options));
            if reports.iter().any(|report| report.error.is_some()) {
                break;
            }
            pace.add(started.elapsed());
        }
        Ok(Backfilled { reports, apart })
    }

    /// What is not among the days that are made, and the commands that make it.
    fn apart(self, scope: &Scope) -> Vec<String> {
        let days = &scope.interval;
        let workflows = self.workflows.iter().filter(|_| !days.is_empty());
        let apart = workflows.filter_map(|workflow| Some((workflow.name, workflow.daily.as_ref()?.history_apart?)));
        let line = |(workflow, task)| {
            let (program, start, end) = (self.settings.program(), days.start(), days.end());
            format!("The days of {workflow} are made by a task of their own: {program} {task} --interval {start}..{end}")
        };
        apart.map(line).collect()
    }

    /// What each piece would run, a line for each step over the logs; nothing is read and nothing written.
    ///
    /// # Errors
    /// A plan cannot be made.
    pub(super) fn told(self) -> Result<String> {
        let scope = self.scope()?;
        let (pieces, mut out) = (scope.pieces(self.options.days), String::new());
        for (place, piece) in pieces.iter().enumerate() {
            let plans = self.plans_of(piece)?;
            let what = if plans.is_empty() { "all days are there".to_owned() } else { tasks_of(&plans) };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{}: {what}", head(place, pieces.len(), piece));
            for summary in TaskSummary::of_all(&plans) {
                for step in summary.steps.iter().filter(|step| step.kind == StepKind::Job) {
                    let _ = writeln!(out, "  {}, {}: {}", summary.task, step.name, step.amount().unwrap_or_default());
                }
            }
        }
        for line in self.apart(&scope) {
            let _ = writeln!(out, "{line}");
        }
        Ok(out)
    }

    /// The plans of all pieces, as they are now.
    ///
    /// # Errors
    /// A plan cannot be made.
    pub(super) fn plans(self) -> Result<Vec<Plan>> {
        let plans = self.scope()?.pieces(self.options.days).iter().map(|piece| self.plans_of(piece)).collect::<Result<Vec<_>>>()?;
        Ok(plans.into_iter().flatten().collect())
    }

    /// What is made of the days that are asked for; tells of those that are not.
    fn scope(self) -> Result<Scope> {
        let (_listed, listings) = (ListedOnce::begin(), LogListings::default());
        let asked = DateInterval::new(self.options.from, self.options.to);
        let known = self.tasks().map(|task| self.known(task, &asked, &listings)).collect::<Result<Vec<_>>>()?;
        let scope = Scope::of(&asked, &known);
        scope.notices.iter().for_each(tell);
        Ok(scope)
    }

    /// What makes the days of a piece that are missing, by the logs that are there now.
    fn plans_of(self, piece: &DateInterval) -> Result<Vec<Plan>> {
        let (_listed, listings) = (ListedOnce::begin(), LogListings::default());
        let mut plans = Vec::new();
        for task in self.tasks() {
            for missing in self.known(task, piece, &listings)?.missing(piece) {
                plans.push(due(self.plan(task, &missing)?));
            }
        }
        Ok(plans)
    }

    fn tasks(self) -> impl Iterator<Item = &'static str> {
        self.workflows.iter().filter_map(|workflow| workflow.daily.as_ref()?.history)
    }

    fn known(self, task: &str, days: &DateInterval, listings: &LogListings) -> Result<Known> {
        let expand_days = u64::try_from(EventLogOptions::default().expansion(self.settings)?.days()).unwrap_or(0);
        Known::of(&self.plan(task, days)?, expand_days, listings)
    }

    fn plan(self, task: &str, days: &DateInterval) -> Result<Plan> {
        let reducers = self.options.n_reduce_tasks.map(|number| format!("--n-reduce-tasks={number}"));
        let words = [task, "--fill-days", "1", "--interval", &format!("{}-{}", days.start(), days.end())].map(str::to_owned);
        let words: Vec<_> = words.into_iter().chain(reducers).collect();
        plan_of_words(self.workflows, &words, self.matches, &mut Freshness::default()).map_err(missing::without_options)
    }
}

fn head(place: usize, count: usize, piece: &DateInterval) -> String {
    format!("Piece {} of {count}, {}..{}", place + 1, piece.start(), piece.end())
}

fn tasks_of(plans: &[Plan]) -> String {
    let tasks: BTreeSet<_> = plans.iter().map(|plan| plan.task.as_str()).collect();
    format!("days are missing for {} tasks", tasks.len())
}

/// How long pieces take that have something to make.
#[derive(Debug, Default)]
struct Pace {
    pieces: u32,
    spent: Duration,
}

impl Pace {
    fn add(&mut self, spent: Duration) {
        self.pieces += 1;
        self.spent += spent;
    }

    /// When the rest may be made, once a piece is: at most, for pieces that are there take no time.
    fn told(&self, left: usize, now: DateTime<Utc>) -> String {
        let Some(each) = self.spent.checked_div(self.pieces) else { return String::new() };
        let rest = each.saturating_mul(u32::try_from(left).unwrap_or(u32::MAX));
        let end = TimeDelta::from_std(rest).ok().and_then(|rest| now.checked_add_signed(rest));
        let end = end.map(|end| format!(", until {}", end.format("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
        format!("; at most about {} left{end}", HumanDuration(rest))
    }
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

/// Makes missing days, or tells which they are.
pub(super) fn run(
    workflows: Workflows,
    (name, given): (&str, &ArgMatches),
    matches: &ArgMatches,
    common: &RunOptions,
    settings: impl FnOnce() -> Result<Settings>,
) -> Result<()> {
    let options = &BackfillOptions::from_arg_matches(given)?;
    options.check()?;
    let settings = settings()?;
    let backfill = Backfill { workflows, options, matches, settings: &settings };
    if options.dry_run {
        common.check_runner(&settings)?;
        return print(format_args!("{}", backfill.told()?));
    }
    let mut apart = Vec::new();
    let ended = common.reporting.reported((name, given), &settings, || {
        let (runner, options) = common.runner_with_options(workflows, &settings)?;
        let _held = one_night::held(name, &settings)?;
        let done = backfill.run(runner, &options)?;
        apart = done.apart;
        Ok(done.reports)
    });
    for line in apart {
        say!("{line}");
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_days_than_a_history_may_have() {
        let check = |from: &str, to: &str| {
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            BackfillOptions { from, to, days: 31, n_reduce_tasks: None, dry_run: false }.check().map_err(|error| error.to_string())
        };
        let error = check("0001-01-01", "9999-12-31").unwrap_err();
        assert!(error.contains("are 3652058 days; a history has 70000 at most") && error.contains("--from"), "{error}");
        assert!(check("1900-01-01", "2026-01-01").is_ok() && check("2026-01-01", "2026-01-01").is_err());
    }

    #[test]
    fn the_end_is_told_once_a_piece_is_made() {
        let now: DateTime<Utc> = "2024-03-18T03:00:00Z".parse().unwrap();
        let mut pace = Pace::default();
        assert_eq!(pace.told(3, now), "");
        pace.add(Duration::from_mins(10));
        pace.add(Duration::from_mins(30));
        assert_eq!(pace.told(3, now), "; at most about 60 minutes left, until 2024-03-18 04:00 UTC");
    }
}
