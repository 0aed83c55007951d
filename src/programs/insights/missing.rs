//! All settings that a task misses, not only the first.

use anyhow::{Error, Result};
use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::calendar::day;
use crate::config::missing::{MissingSetting, MissingSettings};
use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::error_text::option_error_text;
use crate::tasks::workflow::Task;
use crate::wrong_usage::wrong_usage;

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

/// The options that a task of several lacks, as settings: nobody typed them, so a command line's usage would say nothing.
pub(super) fn of_options(task: &str, error: Error) -> Error {
    let Some(wrong) = error.downcast_ref::<clap::Error>() else {
        let one = error.downcast_ref::<MissingSetting>().cloned();
        return one.map_or(error, |setting| MissingSettings(vec![setting]).into());
    };
    if let Some(setting) = setting_of_the_day(wrong) {
        return setting;
    }
    let Some(ContextValue::Strings(options)) =
        wrong.get(ContextKind::InvalidArg).filter(|_| wrong.kind() == ErrorKind::MissingRequiredArgument)
    else {
        return as_sentence(error);
    };
    let mut missing = MissingSettings::default();
    for option in options {
        let option = option.split([' ', '=']).next().unwrap_or_default();
        let key = option.trim_start_matches("--").replace('-', "_");
        // The day's run makes the interval from its start.
        let (section, key) = if key == "interval" { ("enrollments", "interval_start".to_owned()) } else { (task, key) };
        missing.add(MissingSetting { section: section.to_owned(), key, option: None });
    }
    missing.into()
}

/// A wrong value of an option that the day's run makes from a setting: nobody has typed the option.
fn setting_of_the_day(wrong: &clap::Error) -> Option<Error> {
    let (Some(ContextValue::String(option)), Some(ContextValue::String(value))) =
        (wrong.get(ContextKind::InvalidArg), wrong.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    match option.split([' ', '=']).next()? {
        "--fill-days" => Some(wrong_usage(format!("fill_days of [daily] is {value:?}; write a whole number of days, such as 62."))),
        "--interval" => {
            let (start, end) = value.split_once("..")?;
            let why = if day::day(start).is_ok() { format!("gives no day before {end}") } else { "is no day".to_owned() };
            Some(wrong_usage(format!("interval_start is {start:?}, which {why}. Write the first day of the logs, such as 2024-03-01.")))
        }
        _ => None,
    }
}

/// Settings that a task of a command misses which has not the options of the task.
pub(super) fn without_options(error: Error) -> Error {
    let Some(MissingSettings(missing)) = error.downcast_ref() else { return error };
    MissingSettings(missing.iter().map(|setting| MissingSetting { option: None, ..setting.clone() }).collect()).into()
}

/// What is wrong with a task inside of another command, without the usage of the whole driver.
pub(super) fn as_sentence(error: Error) -> Error {
    let Some(wrong) = error.downcast_ref::<clap::Error>() else { return error };
    let text = option_error_text(wrong);
    let text = text.split("\n\nUsage:").next().unwrap_or_default();
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    wrong_usage(lines.join("; ").replace("subcommand", "task or command"))
}

/// The error of a plan; one that misses a setting tells all that the task misses.
pub(super) fn with_all(error: Error, task: &Task, matches: &ArgMatches, settings: &Settings) -> Error {
    let Some(first) = error.downcast_ref::<MissingSetting>().cloned() else { return error };
    let (mut missing, _) = plan_with_examples(task, matches, settings);
    missing.add(first);
    missing.into()
}
