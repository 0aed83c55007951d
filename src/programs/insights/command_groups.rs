//! Help of the driver in groups: commands by purpose, tasks by workflow.

use std::fmt::Write;

use clap::Command;

use super::{Workflows, tasks};

/// Commands by what they are for, in the order of help. Those that no purpose names come behind.
const PURPOSES: &[(&str, &[&str])] = &[
    ("Try it", &["demo", "report", "generate"]),
    ("Set up", &["init", "doctor", "list", "explain"]),
    ("Every night", &["daily", "plan", "backfill", "together", "status", "clean"]),
    ("Read the results", &["export", "compare"]),
    ("Single jobs", &["job", "map"]),
    ("From the old pipeline", &["launch-task", "remote-task"]),
    ("For the shell", &["completions", "man"]),
];

/// Columns of the lists of commands and tasks.
const WIDTH: usize = 100;

/// Commands by purpose, tasks by workflow.
pub(super) fn groups(workflows: Workflows, driver: &Command) -> String {
    let about = |name: &str| driver.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
    let mut text = String::new();
    let is_task = |name: &str| tasks(workflows).any(|task| task.name == name);
    let has_purpose = |name: &str| PURPOSES.iter().any(|(_, names)| names.contains(&name));
    let others: Vec<_> = driver.get_subcommands().map(Command::get_name).filter(|name| !is_task(name) && !has_purpose(name)).collect();
    for (purpose, names) in PURPOSES.iter().copied().chain([("More", &others[..])]) {
        let known: Vec<_> = names.iter().filter_map(|name| Some((*name, about(name)?))).collect();
        write_group(&mut text, purpose, &known);
    }
    text.push_str("Tasks:\n\n");
    for workflow in workflows {
        let known: Vec<_> = workflow.tasks.iter().filter_map(|task| Some((task.name, about(task.name)?))).collect();
        write_group(&mut text, &format!("{}: {}", workflow.name, workflow.about), &known);
    }
    text
}

fn write_group(text: &mut String, title: &str, entries: &[(&str, String)]) {
    let Some(longest) = entries.iter().map(|(name, _)| name.len()).max() else { return };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{title}");
    for (name, about) in entries {
        let lines = wrapped(about, WIDTH - longest - 4);
        let _ = writeln!(text, "  {name:<longest$}  {}", lines.join(&format!("\n{:1$}", "", longest + 4)));
    }
    text.push('\n');
}

/// Words in lines of at most this many characters, as far as words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
