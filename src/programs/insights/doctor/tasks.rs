//! What the tasks of a night say themselves: settings that they miss, and their preflight.

use anyhow::Result;
use clap::ArgMatches;

use super::look::Look;
use crate::config::missing::MissingSettings;
use crate::engine::freshness::Freshness;
use crate::engine::preflight::{Kind, preflight};
use crate::programs::exit_code::{MISSING_DATA, TASK_FAILED, USAGE};
use crate::programs::insights::explain::unknown;
use crate::programs::insights::missing::of_options;
use crate::programs::insights::{Workflows, names_of, plan_of_words, tasks};
use crate::tasks::workflow::{Day, Workflow};
use crate::wrong_usage::WrongUsage;

const AREA: &str = "tasks";

/// The names of tasks or workflows, or all of every day: name and words for today.
fn chosen(workflows: Workflows, names: &[String], day: &Day<'_>) -> Result<Vec<(&'static str, Vec<String>)>> {
    let of_day = |workflow: &Workflow| {
        let daily = workflow.daily?;
        let is_wanted = !daily.needs_section || day.settings.section(daily.task).next().is_some();
        Some((daily.task, (daily.options)(day), is_wanted))
    };
    if names.is_empty() {
        let all = workflows.iter().filter_map(of_day).filter(|(.., is_wanted)| *is_wanted);
        return Ok(all.map(|(task, words, _)| (task, words)).collect());
    }
    let one = |name: &String| -> Result<(&'static str, Vec<String>)> {
        let workflow = workflows.iter().find(|workflow| workflow.name == name || workflow.daily.is_some_and(|daily| daily.task == name));
        if let Some((task, words, _)) = workflow.and_then(of_day) {
            return Ok((task, words));
        }
        match tasks(workflows).find(|task| task.name == name) {
            Some(task) => Ok((task.name, Vec::new())),
            None => Err(WrongUsage(unknown("task or workflow", name, names_of(workflows))).into()),
        }
    };
    names.iter().map(one).collect()
}

/// What each lacks.
///
/// # Errors
/// A task does not exist.
pub(super) fn looks(workflows: Workflows, names: &[String], matches: &ArgMatches, day: &Day<'_>) -> Result<Vec<Look>> {
    let (mut looks, mut plans, mut missing, mut freshness) = (Vec::new(), Vec::new(), MissingSettings::default(), Freshness::default());
    for (name, words) in chosen(workflows, names, day)? {
        let words: Vec<_> = std::iter::once(name.to_owned()).chain(words).collect();
        match plan_of_words(workflows, &words, matches, &mut freshness) {
            Ok(plan) => plans.push(plan),
            Err(error) => {
                let error = of_options(name, error);
                if let Some(lacking) = error.downcast_ref::<MissingSettings>() {
                    for setting in &lacking.0 {
                        missing.add(setting.clone());
                    }
                } else {
                    let look = Look::error(AREA, &error);
                    looks.push(Look { text: format!("{name}: {}", look.text), ..look });
                }
            }
        }
    }
    for setting in missing.0 {
        looks.push(Look::missing(&setting));
    }
    let findings = preflight(&plans.iter().collect::<Vec<_>>());
    for (plan, findings) in plans.iter().zip(findings) {
        if findings.is_empty() {
            looks.push(Look::ok(AREA, format!("{} can begin", plan.task)));
        }
        for finding in findings {
            let code = match finding.kind {
                Kind::Wrong => USAGE,
                Kind::Input => MISSING_DATA,
                Kind::Unusable => TASK_FAILED,
            };
            looks.push(Look::sentences(AREA, code, &finding.text));
        }
    }
    // Several tasks lack the same thing.
    let mut once: Vec<Look> = Vec::new();
    for look in looks {
        if !once.contains(&look) {
            once.push(look);
        }
    }
    Ok(once)
}
