//! `insights`, the driver: every task by the name that operators know, and commands, one file each.

mod all_programs;
pub(crate) mod backfill;
mod backfill_days;
mod clean;
pub(crate) mod command;
mod command_groups;
mod compare;
mod completions;
pub(crate) mod daily;
pub(crate) mod demo;
mod doctor;
mod examples;
mod explain;
mod export;
mod heeds;
pub(crate) mod job;
mod launcher;
pub(crate) mod list;
mod man;
mod map;
mod missing;
mod near_names;
mod notices;
mod old_options;
mod old_tasks;
mod one_night;
mod own_line;
mod plan;
mod plan_forms;
mod planning;
mod report;
mod report_of_logs;
mod run_options;
mod run_report;
mod setup;
mod status;
mod task_parameter;
mod task_parameters;
mod task_section;
mod topics;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{ArgMatches, Command, FromArgMatches};

use self::all_programs::all_programs;
use self::command::{command_for, parsed, refuse_unheeded};
use self::planning::{plan_of_task, submitted, words_of};
use self::run_options::RunOptions;
use self::run_report::AlreadyTold;

use crate::config::settings::Settings;
use crate::engine::cluster::Cluster;
use crate::engine::freshness::Freshness;
use crate::engine::plan::Plan;
use crate::engine::task_report::TaskReport;
use crate::engine::together::run_together;
use crate::error_text::error_text;
use crate::generate::{self, GenerateOptions};
use crate::programs::allocator::give_large_blocks_back;
use crate::programs::exit_code::exit_code;
use crate::programs::resolved_days;
use crate::standard_streams::voice::Level;
use crate::standard_streams::{self, ReaderGone};
use crate::storage::Location;
use crate::tasks::workflow::{Task, Workflow};
use crate::wrong_usage::wrong_usage;
use crate::{say, say_at};

/// The workflows that a driver is made from.
type Workflows = &'static [Workflow];

fn tasks(workflows: Workflows) -> impl Iterator<Item = &'static Task> {
    workflows.iter().flat_map(|workflow| workflow.tasks)
}

/// The names of workflows and tasks.
fn names_of(workflows: Workflows) -> impl Iterator<Item = &'static str> {
    workflows.iter().map(|workflow| workflow.name).chain(tasks(workflows).map(|task| task.name))
}

/// Runs a command line; the exit code is 0 only on success.
pub(super) fn main(workflows: Workflows, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    give_large_blocks_back();
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|word| word == map::NAME) {
        let words = arguments.iter().skip(2).map(|word| word.to_string_lossy().into_owned());
        if let Some(code) = map::run(workflows, &words.collect::<Vec<_>>()) {
            return code;
        }
    }
    if arguments.get(1).is_some_and(|word| word == completions::CANDIDATES) {
        // A shell that is completing shows no errors.
        let printed = completions::print_candidates(workflows, all_programs(workflows), arguments.get(2..).unwrap_or_default());
        return ExitCode::from(u8::from(printed.is_err()));
    }
    let outcome = launcher::translated(arguments).and_then(|arguments| task_parameters::translated(workflows, arguments));
    let outcome = outcome.and_then(|arguments| old_tasks::renamed(workflows, arguments));
    let outcome = outcome.and_then(|arguments| task_section::completed(workflows, with_current_options(arguments)));
    let outcome = outcome.and_then(|arguments| {
        let matches =
            parsed(workflows, &arguments).unwrap_or_else(|error| job::with_line_that_was_meant(workflows, &arguments, error).exit());
        let driver = command_for(workflows, &arguments);
        refuse_unheeded(&driver, &matches)?;
        run(workflows, &driver, &matches)
    });
    match outcome {
        Ok(code) => code,
        Err(error) if error.is::<ReaderGone>() => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is::<AlreadyTold>() {
                say_at!(Level::Error, "insights: {}", error_text(&error));
            }
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

/// Runs a command; what it finds may be no error and yet not success.
fn run(workflows: Workflows, driver: &Command, matches: &ArgMatches) -> Result<ExitCode> {
    if let Some((doctor::NAME, given)) = matches.subcommand() {
        let options = doctor::DoctorOptions::from_arg_matches(given)?;
        resolved_days::tell("insights", driver, matches);
        return doctor::run(workflows, &options, matches, &RunOptions::settings_of(matches)?);
    }
    run_command(workflows, driver, matches).map(|()| ExitCode::SUCCESS)
}

fn run_command(workflows: Workflows, driver: &Command, matches: &ArgMatches) -> Result<()> {
    let common = RunOptions::from_arg_matches(matches)?;
    common.reporting.apply(None)?;
    resolved_days::tell("insights", driver, matches);
    let ignored = common.old.ignored();
    if !ignored.is_empty() {
        say!("insights: Without effect, since there is no scheduler and exit codes are always the same: {}.", ignored.join(", "));
    }
    if let Some((task, given)) = task_section::task_of(workflows, matches) {
        old_options::tell_of_task(task.name, given);
    }
    let settings = || -> Result<Settings> {
        let settings = RunOptions::settings_of(matches)?;
        common.reporting.apply(Some(&settings))?;
        settings.notices().iter().chain(&setup::names::warnings(workflows, &settings)).for_each(notices::tell);
        Ok(settings)
    };
    match matches.subcommand() {
        Some(("list", given)) => {
            standard_streams::print(format_args!("{}", list::text(workflows, list::ListOptions::from_arg_matches(given)?)))?;
            Ok(())
        }
        Some(("completions", given)) => {
            completions::run(&all_programs(workflows), completions::CompletionsOptions::from_arg_matches(given)?)
        }
        Some(("compare", given)) => compare::run(&compare::CompareOptions::from_arg_matches(given)?, workflows, &settings()?),
        Some(("man", given)) => man::run(all_programs(workflows), &man::ManOptions::from_arg_matches(given)?),
        Some((job::NAME, given)) => run_job(workflows, &job::JobOptions::from_arg_matches(given)?, &common, &settings()?),
        Some(("demo", matches)) => demo::run(&demo::DemoOptions::from_arg_matches(matches)?, workflows, &common.runner_options()),
        Some(("generate", matches)) => {
            let report = generate::run(&GenerateOptions::from_arg_matches(matches)?)?;
            say!("{}, {} bytes", report.told(), report.bytes);
            Ok(())
        }
        Some(("plan", planned)) => plan::run(workflows, planned, matches, &common, settings),
        Some((name @ "together", given)) => run_tasks_together(workflows, (name, given), matches, &common, settings),
        Some(("export", given)) => export::run(&export::ExportOptions::from_arg_matches(given)?, workflows, &settings()?),
        Some(("report", matches)) => {
            let command = report::ReportCommand::from_arg_matches(matches)?;
            if command.is_of_logs() {
                common.refuse_configuration("A report of logs")?;
                report::run_of_logs(&command, workflows, &common.runner_options())
            } else {
                report::run(&command, &settings()?, &common.runner_options().temporary)
            }
        }
        Some((setup::init::NAME, given)) => setup::init::run(workflows, &setup::init::InitOptions::from_arg_matches(given)?, settings),
        Some((explain::NAME, given)) => explain::run(workflows, &explain::ExplainOptions::from_arg_matches(given)?),
        Some((status::NAME, given)) => status::run(workflows, given, matches, &settings()?),
        Some((clean::NAME, given)) => clean::run(&clean::CleanOptions::from_arg_matches(given)?, &settings()?),
        Some((name @ backfill::NAME, given)) => backfill::run(workflows, (name, given), matches, &common, settings),
        Some((name @ daily::NAME, given)) => {
            let of_day = daily::DailyOptions::from_arg_matches(given)?;
            of_day.check(workflows)?;
            let settings = settings()?;
            common.reporting.reported((name, given), &settings, || daily::run(workflows, &of_day, matches, &common, &settings))
        }
        Some((name, given)) => run_task(workflows, (name, given), &common, &settings()?),
        None => Ok(()),
    }
}

fn run_tasks_together(
    workflows: Workflows,
    (name, given): (&str, &ArgMatches),
    matches: &ArgMatches,
    common: &RunOptions,
    settings: impl FnOnce() -> Result<Settings>,
) -> Result<()> {
    let tasks: Vec<&String> = given.get_many("tasks").into_iter().flatten().collect();
    tasks.iter().try_for_each(|task| words_of(workflows, task).map(drop))?;
    let settings = settings()?;
    common.reporting.reported((name, given), &settings, || {
        let mut freshness = Freshness::default();
        let plans = tasks.into_iter().map(|task| plan_of_text(workflows, task, matches, &mut freshness)).collect::<Result<_>>()?;
        let (runner, options) = common.runner_with_options(workflows, &settings)?;
        Ok(run_together(submitted(plans, &options.submissions), runner, &options))
    })
}

/// Runs one task; several jobs of it over the logs, such as days, share a scan, too.
fn run_task(workflows: Workflows, (name, given): (&str, &ArgMatches), common: &RunOptions, settings: &Settings) -> Result<()> {
    common.reporting.reported((name, given), settings, || {
        let (runner, options) = common.runner_with_options(workflows, settings)?;
        let plan = plan_of_task(workflows, name, given, settings, &mut Freshness::default());
        task_parameters::tell_idle(name, given, settings);
        let reports = plan.map(|plan| run_together(vec![plan.submitted(&options.submissions)], runner, &options));
        Ok(reports.unwrap_or_else(|error| vec![TaskReport::failed(name, error)]))
    })
}

fn run_job(workflows: Workflows, job: &job::JobOptions, common: &RunOptions, settings: &Settings) -> Result<()> {
    job.check(workflows)?;
    if let Some(form) = job.print {
        let submissions = common.submissions(workflows, settings)?;
        let cluster = || Cluster::of_settings(settings, common.cluster_choices());
        return standard_streams::print(format_args!("{}", job::printed(workflows, job, form, &submissions, cluster)?));
    }
    let (runner, options) = common.runner_with_options(workflows, settings)?;
    job::run(workflows, job, runner, &options)
}

/// Of the errors of several tasks the first one with the highest exit code (rules 01, 9).
fn worst(errors: Vec<anyhow::Error>) -> Result<()> {
    let worst = errors.into_iter().reduce(|one, other| if exit_code(&other) > exit_code(&one) { other } else { one });
    worst.map_or(Ok(()), Err)
}

/// The plan of a task given as one text.
fn plan_of_text(workflows: Workflows, text: &str, matches: &ArgMatches, freshness: &mut Freshness) -> Result<Plan> {
    let words = words_of(workflows, text)?;
    if let Some(option) = words.iter().find_map(|word| run_options::of_the_whole_run(word)) {
        return Err(wrong_usage(format!("{option} is of the whole run, and stands in the task {text:?}. Give it to the command itself.")));
    }
    plan_of_words(workflows, &words, matches, freshness).map_err(missing::as_sentence)
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
    arguments.extend(task_parameter::words(matches));
    arguments.extend(words.iter().map(OsString::from));
    let arguments = task_parameters::translated(workflows, arguments)?;
    let given = parsed(workflows, &task_section::completed(workflows, arguments)?)?;
    let (name, given) = given.subcommand().with_context(|| format!("{words:?} names no task."))?;
    old_options::tell_of_task(name, given);
    plan_of_task(workflows, name, given, &RunOptions::settings_of(matches)?, freshness)
}

fn task(workflows: Workflows, name: &str) -> Result<&'static Task> {
    tasks(workflows).find(|task| task.name == name).with_context(|| format!("There is no task {name}. `insights list` shows all."))
}
