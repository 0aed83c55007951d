//! `insights list`: workflows with their tasks, jobs and tables.

use std::fmt::Write;

use clap::{Args, Command, ValueEnum};

use super::Workflows;
use crate::tasks::workflow::{Task, Workflow};

/// Options of the command.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ListOptions {
    /// Form of the list
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    format: ListFormat,
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// For people
    Text,
    /// A table for documentation
    Markdown,
}

/// The list.
pub(crate) fn text(workflows: Workflows, options: ListOptions) -> String {
    // Writing to a string cannot fail.
    let mut text = String::new();
    if options.format == ListFormat::Markdown {
        text.push_str("| workflow | what it tells | main task | jobs | tables |\n|---|---|---|---|---|\n");
        for workflow in workflows {
            text.push_str(&row(workflow));
        }
        return text;
    }
    for workflow in workflows {
        let _ = writeln!(text, "{}: {}", workflow.name, workflow.about);
        for task in workflow.tasks {
            let _ = writeln!(text, "  task  {:<44} {}", task.name, about(task));
        }
        for job in workflow.jobs {
            let _ = writeln!(text, "  job   {:<44} {}", job.shape().name, job.shape().about);
        }
        for table in workflow.tables {
            let reload = Some(table.table.reload).filter(|words| !words.is_empty()).map(|words| format!(" loaded again by {words}"));
            let _ = writeln!(text, "{}", format!("  table {:<44}{}", table.table.name, reload.unwrap_or_default()).trim_end());
        }
    }
    text
}

fn about(task: &Task) -> String {
    (task.command)(Command::new(task.name)).get_about().map(ToString::to_string).unwrap_or_default()
}

fn row(workflow: &Workflow) -> String {
    let quoted = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let task = quoted(workflow.tasks.first().map(|task| task.name).into_iter().collect());
    let jobs = quoted(workflow.jobs.iter().map(|job| job.shape().name).collect());
    let tables = quoted(workflow.tables.iter().map(|table| table.table.name).collect());
    format!("| {} | {} | {task} | {jobs} | {tables} |\n", workflow.name, workflow.about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn the_readme_has_the_table() {
        let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
        let table = text(WORKFLOWS, ListOptions { format: ListFormat::Markdown });
        assert!(readme.contains(&table), "README.md needs what `insights list --format markdown` prints:\n{table}");
    }

    #[test]
    fn everything_that_can_be_named_is_listed() {
        let text = text(WORKFLOWS, ListOptions { format: ListFormat::Text });
        for name in [
            "enrollment: Who was",
            "task  UserActivityTask",
            "job   roster-index",
            "table video_timeline                               loaded again by InsertToMysqlAllVideoTask --interval FIRST..today",
        ] {
            assert!(text.contains(name), "{name}\n{text}");
        }
    }
}
