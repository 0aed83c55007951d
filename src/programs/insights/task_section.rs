//! The section named after a task: parameters that the command line leaves out; and lists that it gives in several options
//! (rules 01, 7).

use std::ffi::OsString;

use anyhow::Result;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command};

use super::command::command_for;
use super::run_options::{ClusterOptions, RunOptions};
use super::{Workflows, task};
use crate::config::lists::{StringList, is_list};
use crate::config::settings::Settings;
use crate::tasks::workflow::Task;

/// Adds what the section of the task says to a command line that runs or plans one, and each list that it gives in parts as one.
pub(super) fn completed(workflows: Workflows, mut arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    // Required options may be missing from the command line because the section has them.
    let command = collecting(command_for(workflows, &arguments)).ignore_errors(true);
    let Ok(matches) = command.try_get_matches_from(&arguments) else { return Ok(arguments) };
    let Some((task, given)) = task_of(workflows, &matches) else { return Ok(arguments) };
    let settings = RunOptions::settings_of(&matches)?;
    let (of_task, of_cluster) = ((task.command)(Command::new(task.name)), ClusterOptions::augment_args(Command::new(task.name)));
    for argument in of_task.get_arguments().chain(of_cluster.get_arguments()) {
        arguments.extend(from_section(task, argument, given, &settings)?);
        arguments.extend(of_parts(argument, given));
    }
    Ok(arguments)
}

/// The command line with all parts of a list.
fn collecting(command: Command) -> Command {
    let with_parts = |argument: Arg| if is_list(&argument) { argument.action(ArgAction::Append) } else { argument };
    command.mut_args(with_parts).mut_subcommands(collecting)
}

/// The whole list of an option that was given more than once; it takes the place of its parts.
fn of_parts(argument: &Arg, given: &ArgMatches) -> Option<OsString> {
    let (option, id) = (argument.get_long().filter(|_| is_list(argument))?, argument.get_id().as_str());
    let parts: Vec<_> = given.try_get_many::<StringList>(id).ok().flatten()?.collect();
    (parts.len() > 1).then(|| format!("--{option}={}", StringList::joined(parts)).into())
}

/// The task that a command line runs or plans, and what it was given.
pub(super) fn task_of(workflows: Workflows, matches: &ArgMatches) -> Option<(&'static Task, &ArgMatches)> {
    let (name, given) = match matches.subcommand()? {
        ("plan", planned) => planned.subcommand()?,
        other => other,
    };
    Some((task(workflows, name).ok()?, given))
}

fn from_section(task: &Task, argument: &Arg, given: &ArgMatches, settings: &Settings) -> Result<Option<OsString>> {
    let on_command_line = given.value_source(argument.get_id().as_str()) == Some(ValueSource::CommandLine);
    let Some(option) = argument.get_long().filter(|_| !on_command_line) else { return Ok(None) };
    let aliases = argument.get_all_aliases().unwrap_or_default();
    if argument.get_action().takes_values() {
        let mut names = std::iter::once(option).chain(aliases).map(|name| name.replace('-', "_"));
        return Ok(names.find_map(|key| settings.get(task.name, &key)).map(|value| format!("--{option}={value}").into()));
    }
    let key = option.replace('-', "_");
    let set = settings.flag(task.name, &key)?.unwrap_or(false);
    Ok(set.then(|| format!("--{option}").into()))
}
