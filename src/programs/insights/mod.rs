//! `insights`, the driver: every task by the name that operators know, and `daily`, `together`, `list`, `plan`, `job`, `generate`,
//! `demo`.

pub(crate) mod backfill;
pub(crate) mod daily;
pub(crate) mod demo;
mod export;
pub(crate) mod job;
pub(crate) mod list;
mod map;
mod plan;
mod report;
mod report_of_logs;
mod run_options;
mod task_section;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{ArgMatches, Args, Command, FromArgMatches};

use self::run_options::RunOptions;
use crate::config::settings::Settings;
use crate::engine::cluster::Cluster;
use crate::engine::freshness::Freshness;
use crate::engine::plan::Plan;
use crate::engine::submission::Submissions;
use crate::engine::together::run_together;
use crate::error_text::error_text;
use crate::generate::{self, GenerateOptions};
use crate::programs::exit_code::exit_code;
use crate::say;
use crate::standard_streams::{self, ReaderGone};
use crate::storage::Location;
use crate::tasks::workflow::{Task, Workflow};

/// The workflows that a driver is made from.
type Workflows = &'static [Workflow];

fn tasks(workflows: Workflows) -> impl Iterator<Item = &'static Task> {
    workflows.iter().flat_map(|workflow| workflow.tasks)
}

/// The whole command line.
pub(crate) fn command(workflows: Workflows) -> Command {
    let driver = Command::new("insights")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Open edX tracking logs to Insights tables")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list::ListOptions::augment_args(Command::new("list").about("Lists the tasks, jobs and tables of each workflow")))
        .subcommand(demo::DemoOptions::augment_args(
            Command::new("demo").about("Generates some weeks of logs, runs all workflows, shows what they found"),
        ))
        .subcommand(GenerateOptions::augment_args(Command::new("generate").about("Generates realistic tracking logs and LMS tables")))
        .subcommand(
            Command::new("together").about("Runs several tasks; those that read the same logs read them once").arg(
                clap::Arg::new("tasks")
                    .required(true)
                    .num_args(1..)
                    .value_name("TASK OPTIONS")
                    .help("A task with its options, quoted as one word"),
            ),
        )
        .subcommand(daily_command())
        .subcommand(report::ReportCommand::augment_args(
            Command::new("report")
                .about("Writes an HTML report of log files, or of a result store: an overview, and a page for each course"),
        ))
        .subcommand(export::ExportOptions::augment_args(
            Command::new("export").about("Writes tables as Parquet, CSV or JSON lines, for other programs"),
        ))
        .subcommand(map::command())
        .subcommand(backfill::BackfillOptions::augment_args(
            Command::new(backfill::NAME).about("Makes the days of the history that are missing, for all workflows at once"),
        ))
        .subcommand(job::JobOptions::augment_args(Command::new("job").about("Runs one job of a workflow on given files")))
        .subcommand(with_tasks(
            workflows,
            Command::new("plan")
                .about("Shows what a task would do, without running it")
                .subcommand_required(true)
                .args(plan::arguments())
                .subcommand(daily_command()),
        ));
    with_tasks(workflows, RunOptions::augment_args(driver))
}

fn daily_command() -> Command {
    daily::DailyOptions::augment_args(Command::new(daily::NAME).about("Runs everything that is due for a day; each log file is read once"))
}

fn with_tasks(workflows: Workflows, command: Command) -> Command {
    tasks(workflows).fold(command, |command, task| command.subcommand((task.command)(Command::new(task.name))))
}

/// Runs a command line; the exit code is 0 only on success.
pub(super) fn main(workflows: Workflows, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|word| word == map::NAME) {
        let words = arguments.iter().skip(2).map(|word| word.to_string_lossy().into_owned());
        if let Some(code) = map::run(workflows, &words.collect::<Vec<_>>()) {
            return code;
        }
    }
    let outcome = task_section::completed(workflows, with_current_options(arguments)).and_then(|arguments| {
        let matches = command(workflows).try_get_matches_from(arguments).unwrap_or_else(|error| error.exit());
        run(workflows, &matches)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<ReaderGone>() => ExitCode::SUCCESS,
        Err(error) => {
            say!("insights: {}", error_text(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The original's `TASK --dependency-tree` is `plan TASK`: whatever cannot be planned is refused rather than run.
fn with_current_options(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let mut words: Vec<_> = arguments.iter().filter(|word| *word != "--dependency-tree").cloned().collect();
    if words.len() < arguments.len() && words.get(1).is_none_or(|word| word != "plan") {
        words.insert(1.min(words.len()), "plan".into());
    }
    words
}

fn run(workflows: Workflows, matches: &ArgMatches) -> Result<()> {
    let common = RunOptions::from_arg_matches(matches)?;
    let settings = || -> Result<Settings> {
        let settings = RunOptions::settings_of(matches)?;
        settings.notices().iter().for_each(|notice| say!("insights: {notice}"));
        Ok(settings)
    };
    match matches.subcommand() {
        Some(("list", given)) => {
            standard_streams::print(format_args!("{}", list::text(workflows, list::ListOptions::from_arg_matches(given)?)))?;
            Ok(())
        }
        Some(("job", matches)) => {
            let (job, settings) = (job::JobOptions::from_arg_matches(matches)?, settings()?);
            if let Some(form) = job.print {
                let submissions = common.submissions(workflows, &settings)?;
                let cluster = || Cluster::of_settings(&settings, common.cluster_choices());
                print!("{}", job::printed(workflows, &job, form, &submissions, cluster)?);
                return Ok(());
            }
            let (runner, options) = common.runner_with_options(workflows, &settings)?;
            job::run(workflows, &job, runner, &options)
        }
        Some(("demo", matches)) => demo::run(&demo::DemoOptions::from_arg_matches(matches)?, workflows, &common.runner_options()),
        Some(("generate", matches)) => {
            let report = generate::run(&GenerateOptions::from_arg_matches(matches)?)?;
            say!("{} events in {} files, {} bytes", report.events, report.files, report.bytes);
            Ok(())
        }
        Some(("plan", planned)) if planned.subcommand_name() == Some(daily::NAME) => {
            let options = planned.subcommand().map(|(_, given)| daily::DailyOptions::from_arg_matches(given));
            let settings = settings()?;
            let (plans, errors) = daily::plans(workflows, &options.context("Name the task to plan.")??, matches, &settings)?;
            let plans = submitted(plans, &common.submissions(workflows, &settings)?);
            if errors.is_empty() || plan::is_for_people(planned) {
                plan::print(&plans, planned, &settings, common.cluster_choices())?;
            }
            worst(errors)
        }
        Some(("plan", planned)) => {
            let (name, given) = planned.subcommand().context("Name the task to plan.")?;
            let settings = settings()?;
            let plan = plan_of_task(workflows, name, given, &settings, &mut Freshness::default())?;
            let plan = plan.submitted(&common.submissions(workflows, &settings)?);
            plan::print(&[plan], planned, &settings, common.cluster_choices())
        }
        Some(("together", given)) => {
            let tasks: Vec<&String> = given.get_many("tasks").into_iter().flatten().collect();
            let mut freshness = Freshness::default();
            let plans = tasks.into_iter().map(|task| plan_of_text(workflows, task, matches, &mut freshness)).collect::<Result<_>>()?;
            let (runner, options) = common.runner_with_options(workflows, &settings()?)?;
            worst(run_together(submitted(plans, &options.submissions), runner, &options))
        }
        Some(("export", given)) => export::run(&export::ExportOptions::from_arg_matches(given)?, workflows, &settings()?),
        Some(("report", matches)) => {
            let command = report::ReportCommand::from_arg_matches(matches)?;
            if command.is_of_logs() {
                report::run_of_logs(&command, workflows, &common.runner_options())
            } else {
                report::run(&command, &settings()?)
            }
        }
        Some((backfill::NAME, given)) => {
            let (runner, options) = common.runner_with_options(workflows, &settings()?)?;
            worst(backfill::run(workflows, &backfill::BackfillOptions::from_arg_matches(given)?, matches, (runner, &options))?)
        }
        Some((daily::NAME, given)) => {
            let settings = settings()?;
            let (runner, options) = common.runner_with_options(workflows, &settings)?;
            let (plans, mut errors) = daily::plans(workflows, &daily::DailyOptions::from_arg_matches(given)?, matches, &settings)?;
            errors.extend(run_together(submitted(plans, &options.submissions), runner, &options));
            worst(errors)
        }
        // Several jobs of one task over the logs, such as days, share a scan, too.
        Some((name, matches)) => {
            let settings = settings()?;
            let (runner, options) = common.runner_with_options(workflows, &settings)?;
            let plan = plan_of_task(workflows, name, matches, &settings, &mut Freshness::default())?.submitted(&options.submissions);
            worst(run_together(vec![plan], runner, &options))
        }
        None => Ok(()),
    }
}

fn submitted(plans: Vec<Plan>, submissions: &Submissions) -> Vec<Plan> {
    plans.into_iter().map(|plan| plan.submitted(submissions)).collect()
}

/// Of the errors of several tasks the first one with the highest exit code (rules 01, 9).
fn worst(errors: Vec<anyhow::Error>) -> Result<()> {
    let worst = errors.into_iter().reduce(|one, other| if exit_code(&other) > exit_code(&one) { other } else { one });
    worst.map_or(Ok(()), Err)
}

/// The plan of a task given as one text.
fn plan_of_text(workflows: Workflows, text: &str, matches: &ArgMatches, freshness: &mut Freshness) -> Result<Plan> {
    let words = shlex::split(text).with_context(|| format!("The quotes in {text:?} do not match."))?;
    plan_of_words(workflows, &words, matches, freshness)
}

/// The plan of a task given as words, with the configuration of the whole run and the task's section.
fn plan_of_words(workflows: Workflows, words: &[String], matches: &ArgMatches, freshness: &mut Freshness) -> Result<Plan> {
    let files = |id: &str, option: &str| -> Vec<OsString> {
        let places = matches.get_many::<Location>(id).into_iter().flatten();
        places.flat_map(|place| [option.into(), place.as_str().into()]).collect()
    };
    let mut arguments: Vec<OsString> = vec!["insights".into()];
    arguments.extend(files("configs", "--config"));
    arguments.extend(files("additional_configs", "--additional-config"));
    arguments.extend(words.iter().map(OsString::from));
    let given = command(workflows).try_get_matches_from(task_section::completed(workflows, arguments)?)?;
    let (name, given) = given.subcommand().with_context(|| format!("{words:?} names no task."))?;
    plan_of_task(workflows, name, given, &RunOptions::settings_of(matches)?, freshness)
}

fn plan_of_task(workflows: Workflows, name: &str, matches: &ArgMatches, settings: &Settings, freshness: &mut Freshness) -> Result<Plan> {
    let task = task(workflows, name)?;
    let plan = freshness.plan(|| (task.plan)(matches, settings))?;
    freshness.new_notices(&plan).into_iter().for_each(|notice| say!("insights: {notice}"));
    Ok(plan)
}

fn task(workflows: Workflows, name: &str) -> Result<&'static Task> {
    tasks(workflows).find(|task| task.name == name).with_context(|| format!("There is no task {name}. `insights list` shows all."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command(crate::workflows::WORKFLOWS).debug_assert();
    }
}
