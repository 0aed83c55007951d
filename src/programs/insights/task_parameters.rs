//! Parameters of a task by its name, `--TASK-parameter value`: for this run they stand in the section of that task (rules 01, 7).

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::Result;
use clap::{Arg, ArgMatches, Args, Command};

use super::explain::unknown;
use super::run_options::ClusterOptions;
use super::task_parameter::{OPTION, TaskParameter, given};
use super::{Workflows, old_tasks, tasks};
use crate::config::lists::is_list;
use crate::config::settings::Settings;
use crate::say;
use crate::tasks::workflow::Task;
use crate::wrong_usage::{nearest, wrong_usage};

/// Names those that neither the task itself nor its plan has asked for.
pub(super) fn tell_idle(task: &str, matches: &ArgMatches, settings: &Settings) {
    let asked = settings.asked();
    let is_idle = |parameter: &&TaskParameter| {
        parameter.task != task && !asked.iter().any(|(section, key)| *section == parameter.task && *key == parameter.key)
    };
    let idle: Vec<_> = given(matches).filter(is_idle).map(TaskParameter::option).collect();
    if !idle.is_empty() {
        say!("insights: Without effect in this run, since {task} does not ask for them: {}.", idle.join(", "));
    }
}

/// The command line with the hidden option in place of each such word and its value. Of a parameter that is repeated the last one counts;
/// of lists all do.
///
/// # Errors
/// There is no such task, it has no such parameter, or the value is missing.
pub(super) fn translated(workflows: Workflows, arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    let mut translated = Vec::with_capacity(arguments.len());
    let mut lists = BTreeMap::new();
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        if word == "--" {
            translated.push(word);
            break;
        }
        let Some((task, name, value)) = word.to_str().and_then(parts) else {
            translated.push(word);
            continue;
        };
        let Known { task, takes_value, is_list } = known(workflows, task, name)?;
        let value = match value {
            Some(value) => value.to_owned(),
            None if takes_value => value_behind(&word, words.next())?,
            None => "true".to_owned(),
        };
        let mut parameter = TaskParameter { task: task.to_owned(), key: name.replace('-', "_"), value };
        if is_list {
            parameter.take_into(&mut lists);
        }
        translated.push(format!("{OPTION}={parameter}").into());
    }
    translated.extend(words);
    Ok(translated)
}

/// Task, parameter and value of `--TASK-parameter=value`. Our own options begin with a small letter.
fn parts(word: &str) -> Option<(&str, &str, Option<&str>)> {
    let word = word.strip_prefix("--").filter(|word| word.starts_with(|first: char| first.is_ascii_uppercase()))?;
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let (task, parameter) = name.split_once('-')?;
    Some((task, parameter, value))
}

fn value_behind(option: &OsString, value: Option<OsString>) -> Result<String> {
    let option = option.to_string_lossy();
    let value = value.filter(|value| !value.to_string_lossy().starts_with("--"));
    let value = value.ok_or_else(|| wrong_usage(format!("{option} needs a value behind it.")))?;
    value.into_string().map_err(|_| wrong_usage(format!("The value of {option} is not UTF-8 text.")))
}

/// A parameter that a task has.
struct Known {
    task: &'static str,
    takes_value: bool,
    is_list: bool,
}

/// The parameter of the task of this name, which may be an old one.
///
/// # Errors
/// There is no such task, or it has no such parameter.
fn known(workflows: Workflows, task: &str, parameter: &str) -> Result<Known> {
    let name = old_tasks::new_name(task).unwrap_or(task);
    let found = tasks(workflows).find(|known| known.name == name);
    let not_there = || format!("--{task}-{parameter}: {}", unknown("task", name, tasks(workflows).map(|task| task.name)));
    let task = found.ok_or_else(|| wrong_usage(not_there()))?;
    // The day's run reads it of every task's section.
    if parameter.replace('_', "-") == "interval-start" {
        return Ok(Known { task: task.name, takes_value: true, is_list: false });
    }
    let arguments = arguments_of(task);
    let names = arguments.iter().flat_map(names_of).collect::<Vec<_>>();
    let argument = arguments.iter().find(|argument| names_of(argument).any(|name| name == parameter.replace('_', "-")));
    let argument = argument.ok_or_else(|| {
        let guess = nearest(parameter, names.iter().copied()).map(|near| format!(" Did you mean --{name}-{near}?")).unwrap_or_default();
        wrong_usage(format!(
            "--{name}-{parameter}: {name} has no parameter {parameter:?}.{guess} `insights {name} --help` tells all of them."
        ))
    })?;
    Ok(Known { task: task.name, takes_value: argument.get_action().takes_values(), is_list: is_list(argument) })
}

/// What may stand in the section of a task.
fn arguments_of(task: &Task) -> Vec<Arg> {
    let (of_task, of_cluster) = ((task.command)(Command::new(task.name)), ClusterOptions::augment_args(Command::new(task.name)));
    of_task.get_arguments().chain(of_cluster.get_arguments()).cloned().collect()
}

fn names_of(argument: &Arg) -> impl Iterator<Item = &str> {
    argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    fn line(words: &str) -> Result<String> {
        let words = words.split(' ').map(OsString::from).collect();
        let words: Vec<_> = translated(WORKFLOWS, words)?.into_iter().map(|word| word.into_string().unwrap()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn words_of_a_task_become_its_parameters() {
        for (old, new) in [
            ("x T --UserActivityTask-interval 2014-05-02 --a b", "x T --task-parameter=UserActivityTask.interval=2014-05-02 --a b"),
            ("x --UserActivityTask-n-reduce-tasks=4 T", "x --task-parameter=UserActivityTask.n_reduce_tasks=4 T"),
            ("x --UserActivityTask-overwrite T", "x --task-parameter=UserActivityTask.overwrite=true T"),
            ("x --UserActivityTask-overwrite=false T", "x --task-parameter=UserActivityTask.overwrite=false T"),
            ("x --CourseActivityWeeklyTask-weeks 2", "x --task-parameter=InsertToMysqlCourseActivityTask.weeks=2"),
            (
                "x --UserActivityTask-source a --UserActivityTask-source=b",
                "x --task-parameter=UserActivityTask.source=a --task-parameter=UserActivityTask.source=[\"a\",\"b\"]",
            ),
            ("x T -- --UserActivityTask-interval 2014", "x T -- --UserActivityTask-interval 2014"),
        ] {
            assert_eq!(line(old).unwrap(), new);
        }
    }

    #[test]
    fn what_no_task_has_is_refused() {
        for (words, told) in [
            ("x --UserActvityTask-interval 2014", "There is no task \"UserActvityTask\". Did you mean UserActivityTask?"),
            ("x --UserActivityTask-intervall 2014", "Did you mean --UserActivityTask-interval?"),
            ("x --LastCountryOfUser-interval 2014", "`insights InsertToMysqlLastCountryPerCourseTask` does its work"),
            ("x --UserActivityTask-interval --overwrite", "needs a value"),
            ("x --UserActivityTask-interval", "needs a value"),
        ] {
            let error = line(words).unwrap_err().to_string();
            assert!(error.contains(told), "{words}: {error}");
        }
    }
}
