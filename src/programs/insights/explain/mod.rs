//! `insights explain NAME`: what a counter, an exit code, a task or a setting means, and what to do.

mod counters;
mod of_task;

use std::fmt::Write;

use anyhow::Result;

use self::counters::{COUNTERS, CounterText};

use super::{Workflows, old_tasks, tasks};
use crate::config::catalogue::{KnownSetting, Unset, known_settings};
use crate::programs::exit_code::EXITS;
use crate::standard_streams;
use crate::wrong_usage::{WrongUsage, nearest};

/// Name of the command.
pub(crate) const NAME: &str = "explain";

/// Options of the command.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct ExplainOptions {
    /// A counter (`Discard Malformed Row`), an exit code (20), a task, or a setting (`hive warehouse_path`)
    #[arg(required = true, num_args = 1.., value_name = "NAME")]
    name: Vec<String>,
}

/// Prints the text.
///
/// # Errors
/// Nothing is called so; the text has the nearest names.
pub(crate) fn run(workflows: Workflows, options: &ExplainOptions) -> Result<()> {
    standard_streams::print(format_args!("{}", text(workflows, options.name.join(" ").trim())?))
}

fn text(workflows: Workflows, name: &str) -> Result<String> {
    if let Some((code, called, meaning, remedy)) = EXITS.iter().find(|(code, called, ..)| *called == name || code.to_string() == name) {
        return Ok(format!("Exit code {code} ({called}): {meaning}.\n{remedy}\n"));
    }
    // As it stands in a log: GROUP: NAME = 7, or GROUP,NAME.
    let bare = name.split(" = ").next().unwrap_or(name);
    let of_group = bare.split_once([':', ',']).map_or(bare, |(_, counter)| counter).trim();
    // Reports tell what was not counted without its first word.
    let is_called = |counter: &&CounterText| {
        [Some(counter.name), counter.name.strip_prefix("Discard ")].into_iter().flatten().any(|name| name.eq_ignore_ascii_case(of_group))
    };
    if let Some(counter) = COUNTERS.iter().find(is_called) {
        return Ok(format!("Counter {}: {}\n{}\n", counter.name, counter.meaning, counter.remedy));
    }
    let of_workflow = |known: &&crate::tasks::workflow::Workflow| known.name.eq_ignore_ascii_case(name);
    let main_task = workflows.iter().find(of_workflow).and_then(|workflow| workflow.tasks.first());
    if let Some(task) = tasks(workflows).find(|task| task.name.eq_ignore_ascii_case(name)).or(main_task) {
        return of_task::text(workflows, task);
    }
    if let Some(told) = old_tasks::told(name) {
        return Ok(told + "\n");
    }
    let plain = |text: &str| text.replace(['[', ']', '.'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = plain(name);
    let settings: Vec<_> = known_settings()
        .filter(|known| wanted == known.section || wanted == known.key || wanted == format!("{} {}", known.section, known.key))
        .collect();
    if !settings.is_empty() {
        return Ok(settings.into_iter().map(of_setting).collect());
    }
    let names = COUNTERS.iter().map(|counter| counter.name).chain(tasks(workflows).map(|task| task.name));
    let names = names.chain(workflows.iter().map(|workflow| workflow.name)).chain(EXITS.iter().map(|(_, called, ..)| *called));
    let names = names.chain(known_settings().map(|known| known.key)).chain(known_settings().map(|known| known.section));
    Err(WrongUsage(unknown("counter, exit code, task or setting", of_group, names)).into())
}

fn of_setting(known: &KnownSetting) -> String {
    let unset = match known.unset {
        Unset::Required => "Required".to_owned(),
        Unset::RequiredWith(what, _) => format!("Required with {what}"),
        Unset::Default(value) => format!("Default: {value}"),
        Unset::Without(what) => format!("Without it: {what}"),
    };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "Setting {} of [{}]: {}.\n{unset}. Example: {} = {}",
        known.key, known.section, known.about, known.key, known.example
    );
    text
}

/// The sentence for a name that there is not; of a task of the old pipeline what does its work now.
pub(crate) fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    if let Some(told) = old_tasks::told(name) {
        return told;
    }
    let guess = nearest(name, known).map(|other| format!(" Did you mean {other}?")).unwrap_or_default();
    format!("There is no {what} {name:?}.{guess} `insights list` shows all tasks.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    fn told(name: &str) -> String {
        text(WORKFLOWS, name).unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn everything_that_has_a_name_is_explained() {
        assert!(told("20").starts_with("Exit code 20 (missing_data): "));
        assert!(told("task_failed").starts_with("Exit code 30"));
        for name in ["Discard Malformed Row", "Video Usage: Discard Malformed Row = 3", "Video Usage,Discard Malformed Row"] {
            assert!(told(name).starts_with("Counter Discard Malformed Row: Rows of the warehouse"), "{}", told(name));
        }
        // As `insights report` tells them.
        for name in ["Missing Course ID", "User Activity: Missing Course ID", "Discard Missing Course ID"] {
            assert!(told(name).starts_with("Counter Discard Missing Course ID: "), "{}", told(name));
        }
        assert!(told("[hive] warehouse_path").contains("Example: warehouse_path = /var/lib"));
        assert!(told("Discard Malformed Rwo").contains("Did you mean Discard Malformed Row?"));
        assert_eq!(told("CourseActivityWeeklyTask"), "CourseActivityWeeklyTask is now called InsertToMysqlCourseActivityTask.\n");
        assert!(told("EnrollmentDailyTask").contains("`insights ImportEnrollmentsIntoMysql` does its work"));
        assert!(told("InsertToMysqlAllVideoTsk").contains("Did you mean InsertToMysqlAllVideoTask?"));
    }

    #[test]
    fn a_task_is_explained_by_what_it_does_and_reads() {
        let text = told("InsertToMysqlLastCountryPerCourseTask");
        for expected in [
            "Country of each learner",
            "course_enrollment_location_current",
            "[geolocation] geolocation_data",
            "[location-per-course] overwrite_n_days",
            "--interval-end",
            "every day",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert_eq!(told("location"), text);
        for task in tasks(WORKFLOWS) {
            let text = told(task.name);
            assert!(
                text.contains("Options:") && text.contains("[event-logs] source")
                    || text.contains("[hive] warehouse_path")
                    || task.name.starts_with("Answer"),
                "{text}"
            );
        }
    }
}
