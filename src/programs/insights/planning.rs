//! The plan of a task, with what the operator should be told besides.

use anyhow::Result;
use clap::ArgMatches;

use super::notices::tell;
use super::{Workflows, explain, missing, own_line, setup, task, tasks};
use crate::config::lists::StringList;
use crate::config::settings::Settings;
use crate::engine::freshness::Freshness;
use crate::engine::plan::Plan;
use crate::engine::submission::Submissions;
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
    near.iter().for_each(tell);
    freshness.new_notices(&plan).into_iter().for_each(tell);
    Ok(plan)
}

/// The plans with the settings by which their jobs are submitted.
pub(super) fn submitted(plans: Vec<Plan>, submissions: &Submissions) -> Vec<Plan> {
    plans.into_iter().map(|plan| plan.submitted(submissions)).collect()
}
