//! Plans of tasks, from the words of a command line or of a task within one.

use std::ffi::OsString;

use anyhow::{Context, Result};
use clap::ArgMatches;

use super::command::parsed;
use super::run_options::RunOptions;
use super::{Workflows, explain, missing, own_line, run_options, setup, task, task_parameter, task_parameters, task_section, tasks};
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::engine::freshness::Freshness;
use crate::engine::plan::Plan;
use crate::engine::submission::Submissions;
use crate::say_at;
use crate::standard_streams::voice::Level;
use crate::storage::Location;
use crate::tasks::log_days::{ListedOnce, empty_sources_of};
use crate::wrong_usage::wrong_usage;

/// The words of a task given as one text.
///
/// # Errors
/// There is no such task; its options are looked at when it is planned, with its section.
pub(super) fn words_of(workflows: Workflows, text: &str) -> Result<Vec<String>> {
    let words = shlex::split(text).ok_or_else(|| wrong_usage(format!("The quotes in {text:?} do not match.")))?;
    if let Some(name) = words.first().filter(|name| !name.starts_with('-') && !tasks(workflows).any(|task| task.name == name.as_str())) {
        return Err(wrong_usage(explain::unknown("task", name, tasks(workflows).map(|task| task.name))));
    }
    Ok(words)
}

/// The plan of a task given as one text.
pub(super) fn plan_of_text(workflows: Workflows, text: &str, matches: &ArgMatches, freshness: &mut Freshness) -> Result<Plan> {
    let words = words_of(workflows, text)?;
    if let Some(option) = words.iter().find_map(|word| run_options::of_the_whole_run(word)) {
        return Err(wrong_usage(format!("{option} is of the whole run, and stands in the task {text:?}. Give it to the command itself.")));
    }
    plan_of_words(workflows, &words, matches, freshness).map_err(missing::as_sentence)
}

/// The plan of a task given as words, with the configuration of the whole run and the task's section.
pub(super) fn plan_of_words(workflows: Workflows, words: &[String], matches: &ArgMatches, freshness: &mut Freshness) -> Result<Plan> {
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
    plan_of_task(workflows, name, given, &RunOptions::settings_of(matches)?, freshness)
}

/// The plan of a task by its name and its options, with what the operator should be told besides.
pub(super) fn plan_of_task(
    workflows: Workflows,
    name: &str,
    matches: &ArgMatches,
    settings: &Settings,
    freshness: &mut Freshness,
) -> Result<Plan> {
    let task = task(workflows, name)?;
    let _listed = ListedOnce::begin();
    let planned = freshness.plan(|| (task.plan)(matches, settings));
    let mut plan = planned.map_err(|error| missing::with_all(error, task, matches, settings))?;
    plan.line = own_line::of_task(task, matches, settings);
    plan.notices.extend(empty_sources_of(&plan));
    let patterns = matches.try_get_one::<StringList>("pattern").ok().flatten();
    let near = patterns.map(|patterns| setup::names::of_patterns(&patterns.0)).unwrap_or_default();
    for warning in near {
        say_at!(Level::Warning, "insights: {warning}");
    }
    freshness.new_notices(&plan).into_iter().for_each(|notice| say_at!(Level::Warning, "insights: {notice}"));
    Ok(plan)
}

/// The plans with the settings by which their jobs are submitted.
pub(super) fn submitted(plans: Vec<Plan>, submissions: &Submissions) -> Vec<Plan> {
    plans.into_iter().map(|plan| plan.submitted(submissions)).collect()
}
