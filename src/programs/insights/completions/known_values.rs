//! Words that can stand for an argument of a command although the command line does not list them: what there is of tasks, tables and jobs.

use std::collections::BTreeSet;

use clap::Command;

use crate::programs::exit_code::EXITS;
use crate::programs::insights::{Workflows, names_of};

/// The words of an argument of a command, by its name in the command line. `words` are those before it that are no options.
pub(super) fn known_values(workflows: Workflows, programs: &[Command], (command, argument): (&str, &str), words: &[&str]) -> Vec<String> {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
    match (command, argument) {
        ("status", "only") | ("doctor", "tasks") => owned(names_of(workflows).collect()),
        ("daily", "only" | "skip") => {
            let daily = workflows.iter().filter_map(|workflow| Some([workflow.name, workflow.daily?.task]));
            owned(daily.flatten().collect())
        }
        ("explain", "name") => {
            let exits = EXITS.iter().flat_map(|(code, called, ..)| [code.to_string(), (*called).to_owned()]);
            exits.chain(names_of(workflows).map(str::to_owned)).collect()
        }
        ("export", "tables") => owned(workflows.iter().flat_map(|workflow| workflow.tables).map(|table| table.table.name).collect()),
        ("job", "workflow") => owned(workflows.iter().map(|workflow| workflow.name).collect()),
        ("job", "job") => {
            let workflow = workflows.iter().find(|workflow| words.first() == Some(&workflow.name));
            owned(workflow.map(|workflow| workflow.jobs.iter().map(|job| job.shape().name).collect()).unwrap_or_default())
        }
        ("man", "page") => {
            let commands = programs.iter().find(|program| program.get_name() == "insights").map(Command::get_subcommands);
            let commands = commands.into_iter().flatten().map(Command::get_name);
            // The launchers are both.
            let names: BTreeSet<_> = commands.chain(programs.iter().map(Command::get_name)).collect();
            owned(names.into_iter().collect())
        }
        _ => Vec::new(),
    }
}
