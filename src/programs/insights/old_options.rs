//! Options of the old pipeline that stand in crontabs and change nothing here, mostly its scheduler's: accepted, told once, and without
//! effect.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::say;

/// Flags of the scheduler that stand in every line of the old documentation; they are not told.
const UNTOLD: [&str; 1] = ["local-scheduler"];

/// Flags of the scheduler, its workers and its logging.
const FLAGS: [&str; 15] = [
    "no-lock",
    "take-lock",
    "parallel-scheduling",
    "assistant",
    "no-configure-logging",
    "no-install-shutdown-handler",
    "worker-keep-alive",
    "worker-retry-external-tasks",
    "worker-count-uniques",
    "worker-count-last-scheduled",
    "worker-no-install-shutdown-handler",
    "worker-check-complete-on-run",
    "worker-force-multiprocessing",
    "worker-send-failure-email",
    "worker-check-unfulfilled-deps",
];

/// The same with a value. Exit codes are those of rules 01, 9.
const WITH_VALUES: [&str; 28] = [
    "workers",
    "lock-size",
    "lock-pid-dir",
    "logging-conf-file",
    "log-level",
    "scheduler-host",
    "scheduler-port",
    "scheduler-url",
    "parallel-scheduling-processes",
    "module",
    "rpc-connect-timeout",
    "rpc-retry-attempts",
    "rpc-retry-wait",
    "worker-id",
    "worker-ping-interval",
    "worker-timeout",
    "worker-wait-interval",
    "worker-wait-jitter",
    "worker-task-limit",
    "worker-max-reschedules",
    "worker-max-keep-alive-idle-duration",
    "worker-task-process-context",
    "retcode-unhandled-exception",
    "retcode-missing-data",
    "retcode-task-failed",
    "retcode-already-running",
    "retcode-scheduling-error",
    "retcode-not-run",
];

/// Tasks that took `--overwrite` from others whose parameters they shared; it changes nothing in them.
const WITH_OVERWRITE: [&str; 3] = ["ImportEnrollmentsIntoMysql", "ModuleEngagementIntervalTask", "UserVideoViewingByDateTask"];
const OVERWRITE: &str = "overwrite";

/// Those of the scheduler that were given and are to be told.
#[derive(Clone, Debug)]
pub(super) struct OldOptions(Vec<&'static str>);

impl OldOptions {
    /// What was given and has no effect.
    pub(super) fn ignored(&self) -> Vec<String> {
        let told = |name: &&str| if *name == "workers" { "--workers (cores: --threads)".to_owned() } else { format!("--{name}") };
        self.0.iter().map(told).collect()
    }
}

/// Whether a word is a flag of the scheduler, so that no value follows it.
pub(super) fn is_flag(word: &str) -> bool {
    word.strip_prefix("--").is_some_and(|name| UNTOLD.contains(&name) || FLAGS.contains(&name))
}

/// Options of one task, with the one that has no effect there.
pub(super) fn with_overwrite(task: Command) -> Command {
    if WITH_OVERWRITE.contains(&task.get_name()) { task.arg(hidden(OVERWRITE, false)) } else { task }
}

/// Tells that `--overwrite` was given and has no effect in the task.
pub(super) fn tell_of_task(task: &str, given: &ArgMatches) {
    if WITH_OVERWRITE.contains(&task) && is_given(given, OVERWRITE) {
        say!("insights: Without effect in {task}: --{OVERWRITE}.");
    }
}

fn hidden(name: &'static str, has_value: bool) -> Arg {
    let option = Arg::new(name).long(name).hide(true);
    if has_value { option } else { option.action(ArgAction::SetTrue) }
}

fn is_given(matches: &ArgMatches, name: &str) -> bool {
    matches.try_contains_id(name).unwrap_or(false) && matches.value_source(name) == Some(ValueSource::CommandLine)
}

impl Args for OldOptions {
    fn augment_args(command: Command) -> Command {
        let flags = UNTOLD.into_iter().chain(FLAGS).map(|name| hidden(name, false));
        command.args(flags.chain(WITH_VALUES.map(|name| hidden(name, true))).map(|option| option.global(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OldOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(WITH_VALUES.into_iter().chain(FLAGS).filter(|name| is_given(matches, name)).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
