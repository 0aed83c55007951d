//! All settings that a task misses, not only the first.

use anyhow::{Error, Result};
use clap::ArgMatches;

use crate::config::missing::{MissingSetting, MissingSettings};
use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::tasks::workflow::Task;

/// Plans with examples in place of what is missing, until nothing is; gives what was missing, and the plan or why there is none. It is
/// only to be looked at.
pub(super) fn plan_with_examples(task: &Task, matches: &ArgMatches, settings: &Settings) -> (MissingSettings, Result<Plan>) {
    let (mut missing, mut filled) = (MissingSettings::default(), settings.clone());
    loop {
        let planned = (task.plan)(matches, &filled);
        let lacking = planned.as_ref().err().and_then(|error| error.downcast_ref::<MissingSetting>());
        let Some(lacking) = lacking.cloned() else { return (missing, planned) };
        let Some(example) = lacking.example().filter(|_| missing.add(lacking.clone())) else { return (missing, planned) };
        filled = filled.with(&lacking.section, &lacking.key, example);
    }
}

/// The error of a plan; one that misses a setting tells all that the task misses.
pub(super) fn with_all(error: Error, task: &Task, matches: &ArgMatches, settings: &Settings) -> Error {
    let Some(first) = error.downcast_ref::<MissingSetting>().cloned() else { return error };
    let (mut missing, _) = plan_with_examples(task, matches, settings);
    missing.add(first);
    missing.into()
}
