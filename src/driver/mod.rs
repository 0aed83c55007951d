//! `insights`, the driver: every task by the name that operators know, and `daily`, `together`, `list`, `plan`, `job`, `generate`,
//! `demo`.

pub mod daily;
pub mod demo;
pub mod job_command;
pub mod logs;
mod plan_format;
mod report;
mod run_options;
pub mod steps;
pub mod store;
mod task_section;
pub mod work_program;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{ArgMatches, Args, Command, FromArgMatches};

use self::run_options::RunOptions;
use self::steps::MissingData;
use crate::config::settings::Settings;
use crate::engine::plan::{Plan, Runner};
use crate::engine::together::run_together;
use crate::error_text::error_text;
use crate::generate::{self, GenerateOptions};
use crate::storage::{Location, is_not_found};
use crate::warehouse::lock::OutputLocked;
use crate::warehouse::selection::NoInputFiles;
use crate::workflows::{Task, WORKFLOWS};

/// Exit codes (spec 01, 9): another run holds an output.
const ALREADY_RUNNING: u8 = 10;
/// An input is missing.
const MISSING_DATA: u8 = 20;
/// A step failed.
const TASK_FAILED: u8 = 30;

fn tasks() -> impl Iterator<Item = &'static Task> {
    WORKFLOWS.iter().flat_map(|workflow| workflow.tasks)
}

/// The whole command line.
pub fn command() -> Command {
    let driver = Command::new("insights")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Open edX tracking logs to Insights tables")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("list").about("Lists the tasks and jobs"))
        .subcommand(demo::DemoOptions::augment_args(
            Command::new("demo").about("Generates a day of logs, runs the workflows, shows what they found"),
        ))
        .subcommand(report::ReportCommand::augment_args(
            Command::new("report").about("Writes an HTML report of a result store: an overview, and a page for each course"),
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
        .subcommand(job_command::JobOptions::augment_args(Command::new("job").about("Runs one job of a workflow on given files")))
        .subcommand(with_tasks(
            Command::new("plan")
                .about("Shows what a task would do, without running it")
                .subcommand_required(true)
                .args(plan_format::arguments())
                .subcommand(daily_command()),
        ));
    with_tasks(RunOptions::augment_args(driver))
}

fn daily_command() -> Command {
    daily::DailyOptions::augment_args(Command::new(daily::NAME).about("Runs everything that is due for a day; each log file is read once"))
}

fn with_tasks(command: Command) -> Command {
    tasks().fold(command, |command, task| command.subcommand((task.command)(Command::new(task.name))))
}

/// Runs a command line; the exit code is 0 only on success.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = task_section::completed(in_todays_words(arguments)).and_then(|arguments| {
        let matches = command().try_get_matches_from(arguments).unwrap_or_else(|error| error.exit());
        run(&matches)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("insights: {}", error_text(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// The original's `TASK --dependency-tree` is `plan TASK`: whatever cannot be planned is refused rather than run.
fn in_todays_words(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let mut words: Vec<_> = arguments.iter().filter(|word| *word != "--dependency-tree").cloned().collect();
    if words.len() < arguments.len() && words.get(1).is_none_or(|word| word != "plan") {
        words.insert(1.min(words.len()), "plan".into());
    }
    words
}

/// The exit code that an error is told by (spec 01, 9).
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(<dyn std::error::Error + 'static>::is::<OutputLocked>) {
        ALREADY_RUNNING
    } else if error.chain().any(<dyn std::error::Error + 'static>::is::<MissingData>)
        || error.chain().any(<dyn std::error::Error + 'static>::is::<NoInputFiles>)
        || is_not_found(error)
    {
        MISSING_DATA
    } else {
        TASK_FAILED
    }
}

fn run(matches: &ArgMatches) -> Result<()> {
    let common = RunOptions::from_arg_matches(matches)?;
    let settings = || -> Result<Settings> {
        let settings = RunOptions::settings_of(matches)?;
        settings.notices().iter().for_each(|notice| eprintln!("insights: {notice}"));
        Ok(settings)
    };
    match matches.subcommand() {
        Some(("list", _)) => list(),
        Some(("job", matches)) => {
            let (runner, options) = common.runner_with_options(&settings()?)?;
            job_command::run(&job_command::JobOptions::from_arg_matches(matches)?, runner, &options)
        }
        Some(("demo", matches)) => {
            demo::run(&demo::DemoOptions::from_arg_matches(matches)?, common.runner.unwrap_or(Runner::Local), &common.runner_options())
        }
        Some(("report", matches)) => report::run(&report::ReportCommand::from_arg_matches(matches)?, &settings()?),
        Some(("generate", matches)) => {
            let report = generate::run(&GenerateOptions::from_arg_matches(matches)?)?;
            eprintln!("{} events in {} files, {} bytes", report.events, report.files, report.bytes);
            Ok(())
        }
        Some(("plan", planned)) if planned.subcommand_name() == Some(daily::NAME) => {
            let options = planned.subcommand().map(|(_, given)| daily::DailyOptions::from_arg_matches(given));
            let (plans, errors) = daily::plans(&options.context("Name the task to plan.")??, matches, &settings()?)?;
            if errors.is_empty() || plan_format::is_for_people(planned) {
                plan_format::print(&plans, planned, &settings()?, common.cluster_choices())?;
            }
            worst(errors)
        }
        Some(("plan", planned)) => {
            let (name, given) = planned.subcommand().context("Name the task to plan.")?;
            let settings = settings()?;
            plan_format::print(&[plan(name, given, &settings)?], planned, &settings, common.cluster_choices())
        }
        Some(("together", given)) => {
            let tasks: Vec<&String> = given.get_many("tasks").into_iter().flatten().collect();
            let plans = tasks.into_iter().map(|task| plan_of_text(task, matches)).collect::<Result<_>>()?;
            let (runner, options) = common.runner_with_options(&settings()?)?;
            worst(run_together(plans, runner, &options))
        }
        Some((daily::NAME, given)) => {
            let settings = settings()?;
            let (runner, options) = common.runner_with_options(&settings)?;
            let (plans, mut errors) = daily::plans(&daily::DailyOptions::from_arg_matches(given)?, matches, &settings)?;
            errors.extend(run_together(plans, runner, &options));
            worst(errors)
        }
        // Several jobs of one task over the logs, such as days, share a scan, too.
        Some((name, matches)) => {
            let settings = settings()?;
            let (runner, options) = common.runner_with_options(&settings)?;
            worst(run_together(vec![plan(name, matches, &settings)?], runner, &options))
        }
        None => Ok(()),
    }
}

/// Of the errors of several tasks the first one with the highest exit code (spec 01, 9).
fn worst(errors: Vec<anyhow::Error>) -> Result<()> {
    let worst = errors.into_iter().reduce(|one, other| if exit_code(&other) > exit_code(&one) { other } else { one });
    worst.map_or(Ok(()), Err)
}

/// The plan of a task given as one text.
fn plan_of_text(text: &str, matches: &ArgMatches) -> Result<Plan> {
    let words = shlex::split(text).with_context(|| format!("The quotes in {text:?} do not match."))?;
    plan_of_words(&words, matches)
}

/// The plan of a task given as words, with the configuration of the whole run and the task's section.
fn plan_of_words(words: &[String], matches: &ArgMatches) -> Result<Plan> {
    let files = |id: &str, option: &str| -> Vec<OsString> {
        let places = matches.get_many::<Location>(id).into_iter().flatten();
        places.flat_map(|place| [option.into(), place.as_str().into()]).collect()
    };
    let mut arguments: Vec<OsString> = vec!["insights".into()];
    arguments.extend(files("configs", "--config"));
    arguments.extend(files("additional_configs", "--additional-config"));
    arguments.extend(words.iter().map(OsString::from));
    let given = command().try_get_matches_from(task_section::completed(arguments)?)?;
    let (name, given) = given.subcommand().with_context(|| format!("{words:?} names no task."))?;
    plan(name, given, &RunOptions::settings_of(matches)?)
}

fn plan(name: &str, matches: &ArgMatches, settings: &Settings) -> Result<Plan> {
    let plan = (task(name)?.plan)(matches, settings)?;
    plan.notices.iter().for_each(|notice| eprintln!("insights: {notice}"));
    Ok(plan)
}

fn task(name: &str) -> Result<&'static Task> {
    tasks().find(|task| task.name == name).with_context(|| format!("There is no task {name}. `insights list` shows all."))
}

fn list() -> Result<()> {
    for workflow in WORKFLOWS {
        println!("{}", workflow.jobs.workflow);
        for task in workflow.tasks {
            let about = (task.command)(Command::new(task.name)).get_about().map(ToString::to_string).unwrap_or_default();
            println!("  task {:<32} {about}", task.name);
        }
        for job in workflow.jobs.jobs {
            println!("  job  {:<32} {}", job.name, workflow.jobs.job(job.name)?.1.about);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
