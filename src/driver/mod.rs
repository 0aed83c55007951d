//! `insights`, the driver: every task by the name that operators know, and `daily`, `together`, `list`, `plan`, `job`, `generate`,
//! `demo`.

pub mod daily;
pub mod demo;
pub mod job_command;
pub mod logs;
mod plan_format;
pub mod steps;
pub mod store;
mod task_section;
pub mod work_program;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches};

use self::steps::MissingData;
use crate::config::lists::StringList;
use crate::config::settings::{ConfigFile, Settings, Sources};
use crate::engine::RunnerOptions;
use crate::engine::hadoop::cluster::{ClusterChoices, command_name, is_there};
use crate::engine::hadoop::{Cluster, MapInput};
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

/// Options of every task.
#[derive(Args, Clone, Debug)]
pub struct CommonOptions {
    /// Which runner executes the jobs; default: hadoop if `engine` of [map-reduce] says so and the command is there, else local
    #[arg(long, value_enum, global = true)]
    runner: Option<Runner>,
    /// Worker threads; all cores by default
    #[arg(long, global = true)]
    threads: Option<usize>,
    /// Memory for sorting, such as 64M or 2G; more is spilled to disk
    #[arg(long, value_parser = bytes, default_value = "512M", global = true)]
    memory: usize,
    /// Directory for spilled and intermediate files
    #[arg(long, global = true)]
    temporary: Option<PathBuf>,
    /// Configuration file, read after override.cfg; may be repeated
    #[arg(long = "config", value_name = "FILE", global = true)]
    configs: Vec<Location>,
    /// As --config, but a missing file is only noted
    #[arg(long = "additional-config", value_name = "FILE", global = true)]
    additional_configs: Vec<Location>,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Accepted for old command lines; there is no central scheduler
    #[arg(long, global = true, hide = true)]
    local_scheduler: bool,
    /// Accepted for old command lines
    #[arg(long, global = true, hide = true)]
    verbose: bool,
}

/// Options of every task that only the hadoop runner heeds (spec 01, 8.1).
#[derive(Args, Clone, Debug)]
struct ClusterOptions {
    /// Jars for the cluster, a JSON list; `lib_jar` of [manifest] is added
    #[arg(long, global = true)]
    lib_jar: Option<StringList>,
    /// Hadoop input format of jobs over logs, instead of ours; default: `input_format` of [manifest]
    #[arg(long, alias = "base-input-format", global = true)]
    input_format: Option<String>,
    /// Queue or pool of the cluster; default: `pool` of [hadoop]
    #[arg(long, global = true)]
    pool: Option<String>,
    /// How mappers of logs get their input on a cluster
    #[arg(long, value_enum, global = true)]
    map_input: Option<MapInput>,
    /// The old name of --runner: hadoop, local or emu
    #[arg(long, global = true, hide = true)]
    mapreduce_engine: Option<String>,
    /// Tasks do not log at levels
    #[arg(long, global = true, hide = true)]
    remote_log_level: Option<String>,
}

impl ClusterOptions {
    /// The options that were given, by name; for runs without a cluster.
    fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--lib-jar", self.lib_jar.is_some()),
            ("--input-format", self.input_format.is_some()),
            ("--pool", self.pool.is_some()),
            ("--map-input", self.map_input.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }

    fn choices(&self) -> ClusterChoices {
        ClusterChoices {
            lib_jars: self.lib_jar.clone().map(|list| list.0).unwrap_or_default(),
            input_format: self.input_format.clone(),
            pool: self.pool.clone(),
            map_input: self.map_input,
        }
    }
}

/// A size with the suffix K, M or G.
fn bytes(text: &str) -> Result<usize, String> {
    let upper = text.trim().to_ascii_uppercase();
    let upper = upper.strip_suffix('B').unwrap_or(&upper);
    let (digits, unit) = match upper.strip_suffix(['K', 'M', 'G']) {
        Some(digits) => (
            digits,
            if upper.ends_with('K') {
                1 << 10
            } else if upper.ends_with('M') {
                1 << 20
            } else {
                1 << 30
            },
        ),
        None => (upper, 1),
    };
    let number: usize = digits.trim().parse().map_err(|_| format!("{text:?} is no size such as 64M or 2G"))?;
    number.checked_mul(unit).filter(|size| *size >= 1 << 20).ok_or_else(|| "the size must be at least 1M".to_owned())
}

impl CommonOptions {
    /// The settings of a command line; `--config` and `--additional-config` count in the order in which they were given.
    fn settings_of(matches: &ArgMatches) -> Result<Settings> {
        let files = |id: &str, make: fn(Location) -> ConfigFile| -> Vec<_> {
            let paths = matches.get_many::<Location>(id).into_iter().flatten().cloned().map(make);
            matches.indices_of(id).into_iter().flatten().zip(paths).collect()
        };
        let mut all = files("configs", ConfigFile::Required);
        all.extend(files("additional_configs", ConfigFile::Optional));
        all.sort_by_key(|(index, _)| *index);
        Settings::load(&Sources::of_process(all.into_iter().map(|(_, file)| file).collect()))
    }

    /// The runner that was asked for. Configurations of the original name the engine `hadoop` wherever they are used; without
    /// a `hadoop` command such a run is a local one.
    fn runner(&self, settings: &Settings) -> Result<Runner> {
        if let Some(runner) = self.runner {
            return Ok(runner);
        }
        let (engine, origin) = match (&self.cluster.mapreduce_engine, settings.get("map-reduce", "engine")) {
            (Some(engine), _) => (engine.as_str(), "--mapreduce-engine"),
            (None, Some(engine)) => (engine, "engine of [map-reduce]"),
            (None, None) => return Ok(Runner::Local),
        };
        match engine.trim() {
            "hadoop" if is_there(&command_name(settings)) => Ok(Runner::Hadoop),
            "hadoop" => {
                let command = command_name(settings);
                eprintln!(
                    "insights: {origin} is hadoop, but there is no command {command} here: the local runner is used (--runner local says so without this notice)."
                );
                Ok(Runner::Local)
            }
            "local" | "emu" => Ok(Runner::Local),
            other => bail!("{origin} is {other:?}; it must be hadoop, local or emu."),
        }
    }

    /// The runner and how it may use the machine and the cluster.
    fn runner_with_options(&self, settings: &Settings) -> Result<(Runner, RunnerOptions)> {
        let runner = self.runner(settings)?;
        let mut options = self.runner_options();
        let given = self.cluster.given();
        if runner == Runner::Hadoop {
            options.cluster = Some(Cluster::of_settings(settings, self.cluster.choices())?);
        } else if !given.is_empty() {
            eprintln!("insights: Without effect, since only the hadoop runner heeds them: {}.", given.join(", "));
        }
        Ok((runner, options))
    }

    /// Prints plans in the form that was asked for.
    fn show(&self, plans: &[Plan], planned: &ArgMatches, settings: &Settings) -> Result<()> {
        plan_format::print(plans, planned, settings, self.cluster.choices())
    }

    fn runner_options(&self) -> RunnerOptions {
        let defaults = RunnerOptions::default();
        RunnerOptions {
            threads: self.threads.unwrap_or(defaults.threads).max(1),
            memory: self.memory,
            temporary: self.temporary.clone().unwrap_or(defaults.temporary),
            progress: std::io::stderr().is_terminal(),
            ..defaults
        }
    }
}

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
    with_tasks(CommonOptions::augment_args(driver))
}

fn daily_command() -> Command {
    daily::DailyOptions::augment_args(Command::new(daily::NAME).about("Runs everything that is due for a day; each log file is read once"))
}

fn with_tasks(command: Command) -> Command {
    tasks().fold(command, |command, task| command.subcommand((task.command)(Command::new(task.name))))
}

/// Runs a command line; the exit code is 0 only on success.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = task_section::completed(arguments.into_iter().collect()).and_then(|arguments| {
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
    let common = CommonOptions::from_arg_matches(matches)?;
    let settings = || -> Result<Settings> {
        let settings = CommonOptions::settings_of(matches)?;
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
        Some(("generate", matches)) => {
            let report = generate::run(&GenerateOptions::from_arg_matches(matches)?)?;
            eprintln!("{} events in {} files, {} bytes", report.events, report.files, report.bytes);
            Ok(())
        }
        Some(("plan", planned)) if planned.subcommand_name() == Some(daily::NAME) => {
            let options = planned.subcommand().map(|(_, given)| daily::DailyOptions::from_arg_matches(given));
            let (plans, errors) = daily::plans(&options.context("Name the task to plan.")??, matches, &settings()?)?;
            if errors.is_empty() || plan_format::is_for_people(planned) {
                common.show(&plans, planned, &settings()?)?;
            }
            worst(errors)
        }
        Some(("plan", planned)) => {
            let (name, given) = planned.subcommand().context("Name the task to plan.")?;
            let settings = settings()?;
            common.show(&[plan(name, given, &settings)?], planned, &settings)
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
    plan(name, given, &CommonOptions::settings_of(matches)?)
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

    #[test]
    fn sizes() {
        assert_eq!(bytes("64M").unwrap(), 64 << 20);
        assert_eq!(bytes("2gb").unwrap(), 2 << 30);
        assert_eq!(bytes("2097152").unwrap(), 2 << 20);
        assert!(bytes("x").is_err() && bytes("1K").is_err() && bytes("99999999999999999999G").is_err());
    }
}
