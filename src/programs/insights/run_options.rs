//! Options of every task: the runner, what it may use of the machine and the cluster, and the configuration files.

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Arg, ArgMatches, Args, Command};

use super::Workflows;
use super::old_options::OldOptions;
use super::run_report::ReportingOptions;
use super::task_parameter::{self, TaskParameter};
use crate::config::lists::StringList;
use crate::config::settings::{ConfigFile, Settings, Sources};
use crate::engine::cluster::{Cluster, MapInput};
use crate::engine::cluster::{ClusterChoices, command_name, is_there};
use crate::engine::job_run::{RunnerOptions, sorting_memory};
use crate::engine::plan::Runner;
use crate::engine::submission::Submissions;
use crate::say;
use crate::standard_streams::voice;
use crate::storage::Location;
use crate::tasks::workflow::Workflow;
use crate::wrong_usage::wrong_usage;

/// Options of every task.
#[derive(Args, Clone, Debug)]
pub(super) struct RunOptions {
    /// Which runner executes the jobs; default: hadoop if `engine` of [map-reduce] says so and the command is there, else local
    #[arg(long, value_enum, global = true)]
    pub(super) runner: Option<Runner>,
    /// Worker threads; all cores by default
    #[arg(long, value_parser = threads, global = true)]
    threads: Option<usize>,
    /// Memory for sorting, such as 64M or 2G; more is spilled to disk. Default: 32M for each thread, which is as fast as more
    #[arg(long, value_parser = bytes, global = true)]
    memory: Option<usize>,
    /// Directory for spilled and intermediate files
    #[arg(long, global = true)]
    temporary: Option<PathBuf>,
    /// Configuration file, read after override.cfg; may be repeated
    #[arg(long = "config", value_name = "FILE", global = true)]
    configs: Vec<Location>,
    /// As --config, but a missing file is only noted
    #[arg(long = "additional-config", value_name = "FILE", global = true)]
    additional_configs: Vec<Location>,
    /// Directory of files as in `jobs/`, whose keys win over those compiled in; default: `directory` of [jobs]
    #[arg(long = "jobs", value_name = "DIRECTORY", global = true)]
    jobs: Option<Location>,
    /// What words such as `--TASK-parameter value` become: TASK.parameter=value
    #[arg(id = task_parameter::ID, long = "task-parameter", global = true, hide = true)]
    _task_parameters: Vec<TaskParameter>,
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    pub(super) old: OldOptions,
    /// What the run says, and what it leaves for others.
    #[command(flatten)]
    pub(super) reporting: ReportingOptions,
}

/// Options of every task that choose files of configuration.
pub(super) const CONFIGURATION: [&str; 2] = ["configs", "additional_configs"];
/// Options of every task that say what a run may use of the machine.
pub(super) const MACHINE: [&str; 3] = ["threads", "memory", "temporary"];

/// How anything is said; every command heeds them.
pub(super) const VOICE: [&str; 3] = ["quiet", "verbose", "log_format"];

/// The option in a word of a task that is one of several, if it would be of the whole run. Files of configuration may be of the task, and
/// options without any effect are of neither.
pub(super) fn of_the_whole_run(word: &str) -> Option<&str> {
    let option = word.split_once('=').map_or(word, |(option, _)| option);
    let command = RunOptions::augment_args(Command::new("run"));
    let is_meant = |argument: &Arg| {
        let has_effect = !argument.is_hide_set() || argument.get_id() == "mapreduce_engine";
        let is_long = argument.get_long().is_some_and(|long| option.strip_prefix("--") == Some(long));
        let is_short = argument.get_short().is_some_and(|short| option == format!("-{short}"));
        has_effect && !CONFIGURATION.contains(&argument.get_id().as_str()) && (is_long || is_short)
    };
    command.get_arguments().any(is_meant).then_some(option)
}

/// Options of every task that only the hadoop runner heeds (rules 01, 8.1).
#[derive(Args, Clone, Debug)]
pub(super) struct ClusterOptions {
    /// Jars for the cluster, a JSON list; `lib_jar` of [manifest] is added
    #[arg(long, global = true)]
    lib_jar: Option<StringList>,
    /// Hadoop input format of jobs over logs, instead of ours; default: `input_format` of [manifest]
    #[arg(long, global = true)]
    input_format: Option<String>,
    /// What answer distribution calls --input-format; wins over it
    #[arg(long, global = true, hide = true)]
    base_input_format: Option<String>,
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
            ("--base-input-format", self.base_input_format.is_some()),
            ("--pool", self.pool.is_some()),
            ("--map-input", self.map_input.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }

    fn choices(&self) -> ClusterChoices {
        ClusterChoices {
            lib_jars: self.lib_jar.clone().map(|list| list.0).unwrap_or_default(),
            input_format: self.base_input_format.clone().or_else(|| self.input_format.clone()),
            pool: self.pool.clone(),
            map_input: self.map_input,
        }
    }
}

/// A number of threads; each of them works.
fn threads(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is no number of threads; write 1 or more"))
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
    let size = number.checked_mul(unit).ok_or_else(|| format!("{text:?} is more than any machine has"))?;
    if size >= 1 << 20 { Ok(size) } else { Err("the size must be at least 1M".to_owned()) }
}

impl RunOptions {
    /// The settings of a command line; `--config` and `--additional-config` count in the order in which they were given.
    pub(super) fn settings_of(matches: &ArgMatches) -> Result<Settings> {
        let files = |id: &str, make: fn(Location) -> ConfigFile| -> Vec<_> {
            let paths = matches.get_many::<Location>(id).into_iter().flatten().cloned().map(make);
            matches.indices_of(id).into_iter().flatten().zip(paths).collect()
        };
        let mut all = files("configs", ConfigFile::Required);
        all.extend(files("additional_configs", ConfigFile::Optional));
        all.sort_by_key(|(index, _)| *index);
        let sources = Sources::of_process(all.into_iter().map(|(_, file)| file).collect());
        Settings::load(&Sources { given: task_parameter::settings(matches), ..sources })
    }

    /// Refuses files of configuration where none is read.
    ///
    /// # Errors
    /// There is one.
    pub(super) fn refuse_configuration(&self, reader: &str) -> Result<()> {
        let given = [("--config", &self.configs), ("--additional-config", &self.additional_configs)];
        given.iter().find(|(_, files)| !files.is_empty()).map_or(Ok(()), |(option, _)| {
            Err(wrong_usage(format!(
                "{reader} reads no configuration: everything about it stands on the command line. Leave {option} out."
            )))
        })
    }

    /// The runner that was asked for. Configurations of the original name the engine `hadoop` wherever they are used; without
    /// a `hadoop` command such a run is a local one.
    fn runner(&self, settings: &Settings) -> Result<Runner> {
        if let Some(runner) = self.runner {
            return Ok(runner);
        }
        let Some(origin) = self.origin_of_hadoop(settings)? else { return Ok(Runner::Local) };
        let command = command_name(settings);
        if is_there(&command) {
            return Ok(Runner::Hadoop);
        }
        say!(
            "insights: {origin} is hadoop, but there is no command {command} here: the local runner is used (--runner local says so without this notice)."
        );
        Ok(Runner::Local)
    }

    /// What asks for hadoop as the engine, if anything does.
    fn origin_of_hadoop(&self, settings: &Settings) -> Result<Option<&'static str>> {
        let (engine, origin) = match (&self.cluster.mapreduce_engine, settings.get("map-reduce", "engine")) {
            (Some(engine), _) => (engine.as_str(), "--mapreduce-engine"),
            (None, Some(engine)) => (engine, "engine of [map-reduce]"),
            (None, None) => return Ok(None),
        };
        match engine.trim() {
            "hadoop" => Ok(Some(origin)),
            "local" | "emu" => Ok(None),
            other => Err(wrong_usage(format!("{origin} is {other:?}; it must be hadoop, local or emu."))),
        }
    }

    /// Whether a run would find its runner; nothing is told.
    ///
    /// # Errors
    /// The engine is none.
    pub(super) fn check_runner(&self, settings: &Settings) -> Result<()> {
        if self.runner.is_none() {
            self.origin_of_hadoop(settings)?;
        }
        Ok(())
    }

    /// The runner and how it may use the machine and the cluster.
    pub(super) fn runner_with_options(&self, workflows: Workflows, settings: &Settings) -> Result<(Runner, RunnerOptions)> {
        let runner = self.runner(settings)?;
        let mut options = RunnerOptions { submissions: self.submissions(workflows, settings)?, ..self.runner_options() };
        let given = self.cluster.given();
        if runner == Runner::Hadoop {
            options.cluster = Some(Cluster::of_settings(settings, self.cluster.choices())?);
        } else if !given.is_empty() {
            say!("insights: Without effect, since only the hadoop runner heeds them: {}.", given.join(", "));
        }
        Ok((runner, options))
    }

    /// How jobs are submitted.
    pub(super) fn submissions(&self, workflows: Workflows, settings: &Settings) -> Result<Submissions> {
        let configured = settings.get("jobs", "directory").map(str::parse).transpose();
        let directory = self.jobs.clone().map_or(configured, |given| Ok(Some(given)));
        let defaults: Vec<_> = workflows.iter().map(Workflow::submission_defaults).collect();
        Submissions::load(&defaults, directory.context("directory of [jobs] cannot be used.")?.as_ref())
    }

    /// What the command line says of a cluster.
    pub(super) fn cluster_choices(&self) -> ClusterChoices {
        self.cluster.choices()
    }

    /// How a runner may use the machine.
    pub(super) fn runner_options(&self) -> RunnerOptions {
        let defaults = RunnerOptions::default();
        let threads = self.threads.unwrap_or(defaults.threads);
        RunnerOptions {
            threads,
            memory: self.memory.unwrap_or_else(|| sorting_memory(threads)),
            temporary: self.temporary.clone().unwrap_or(defaults.temporary),
            progress: std::io::stderr().is_terminal() && voice::is_for_people(),
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    #[test]
    fn both_names_of_the_input_format_may_be_given() {
        let command = RunOptions::augment_args(clap::Command::new("x"));
        let given = |words: &[&str]| {
            let matches = command.clone().try_get_matches_from([&["x"], words].concat()).unwrap();
            RunOptions::from_arg_matches(&matches).unwrap().cluster.choices().input_format
        };
        assert_eq!(given(&["--input-format", "a.B"]).unwrap(), "a.B");
        assert_eq!(given(&["--base-input-format", "c.D", "--input-format", "a.B"]).unwrap(), "c.D");
        assert!(given(&[]).is_none());
    }

    #[test]
    fn groups_of_options_name_options_that_are_there() {
        let command = RunOptions::augment_args(clap::Command::new("x"));
        for id in CONFIGURATION.iter().chain(&MACHINE).chain(&VOICE) {
            assert!(command.get_arguments().any(|option| option.get_id() == id), "{id}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("64M").unwrap(), 64 << 20);
        assert_eq!(bytes("2gb").unwrap(), 2 << 30);
        assert_eq!(bytes("2097152").unwrap(), 2 << 20);
        assert!(bytes("x").is_err() && bytes("1K").is_err() && bytes("99999999999999999999G").is_err());
        assert!(bytes("99999999999G").unwrap_err().contains("more than any machine has"));
    }
}
