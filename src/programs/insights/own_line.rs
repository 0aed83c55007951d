//! The line that runs a task again, as messages tell it.

use std::fmt::Write;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::task_parameter::given;
use crate::config::settings::Settings;
use crate::engine::plan::TypedLine;
use crate::error_text::quoted;
use crate::tasks::workflow::Task;

/// Where tasks leave their results: another task that is to replace them needs the same.
const PLACES: [&str; 4] = ["sqlite", "credentials", "database", "warehouse-path"];

/// `insights TASK` with the options that the task was given, and parameters of others; those that nobody types are left out.
pub(super) fn of_task(task: &Task, matches: &ArgMatches, settings: &Settings) -> TypedLine {
    let command = (task.command)(Command::new(task.name));
    let program = settings.program();
    let (mut line, mut places) = (format!("{program} {}", task.name), String::new());
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let id = argument.get_id().as_str();
        let Some(option) = argument.get_long().filter(|_| matches.value_source(id) == Some(ValueSource::CommandLine)) else { continue };
        if !argument.get_action().takes_values() {
            // Writing to a string cannot fail.
            let _ = write!(line, " --{option}");
            continue;
        }
        for value in matches.get_raw(id).into_iter().flatten() {
            let value = value.to_string_lossy();
            let between = if value.starts_with('-') { '=' } else { ' ' };
            let word = format!(" --{option}{between}{}", quoted(&value));
            line += &word;
            if PLACES.contains(&option) {
                places += &word;
            }
        }
    }
    for parameter in given(matches) {
        let _ = write!(line, " {}={}", parameter.option(), quoted(&parameter.value));
    }
    TypedLine { whole: line, program, places }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::insights::tasks;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn a_line_has_what_was_given_and_nothing_hidden() {
        let task = tasks(WORKFLOWS).find(|task| task.name == "ImportEnrollmentsIntoMysql").unwrap();
        let line = |words: &[&str]| {
            let matches = (task.command)(Command::new("x").no_binary_name(true)).try_get_matches_from(words).unwrap();
            of_task(task, &matches, &Settings::default()).whole
        };
        assert_eq!(line(&[]), "insights ImportEnrollmentsIntoMysql");
        assert_eq!(
            line(&["--overwrite-hive", "--interval=-3d..today", "--fill-days=62", "--source", "[\"a b\"]", "--n-reduce-tasks", "25"]),
            "insights ImportEnrollmentsIntoMysql --interval=-3d..today --overwrite-hive --n-reduce-tasks 25 --source '[\"a b\"]'"
        );
    }
}
