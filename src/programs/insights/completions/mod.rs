//! `insights completions`: what a shell is told, a short script that asks this program at each key for what can stand there. A script that
//! knew it all by itself would have a megabyte, since each of many tasks has many options.

mod candidates;
mod known_values;

use std::ffi::OsString;

use anyhow::Result;
use clap::{Args, Command, ValueEnum};

use super::Workflows;
use crate::standard_streams;

/// The hidden command by which the scripts ask. It is no part of the command line: it has to be fast, and its words are those of others.
pub(super) const CANDIDATES: &str = "completion-candidates";

/// Options of `insights completions`.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// source <(insights completions bash)
    Bash,
    /// source <(insights completions zsh)
    Zsh,
    /// insights completions fish | source
    Fish,
}

/// Prints the script for a shell, of all programs.
///
/// # Errors
/// It cannot be printed.
pub(super) fn run(programs: &[Command], options: CompletionsOptions) -> Result<()> {
    let names: Vec<_> = programs.iter().map(Command::get_name).collect();
    let script = match options.shell {
        Shell::Bash => include_str!("insights.bash").replace("PROGRAMS", &names.join(" ")),
        Shell::Zsh => include_str!("insights.zsh").replace("PROGRAMS", &names.join(" ")),
        Shell::Fish => {
            let complete = |name: &&str| format!("complete --command {name} --no-files --arguments '(__insights_candidates)'\n");
            include_str!("insights.fish").to_owned() + &names.iter().map(complete).collect::<String>()
        }
    };
    standard_streams::print(format_args!("{script}"))
}

/// Prints what can stand in place of the last of these words, a line each: the word, TAB, what it is.
///
/// # Errors
/// It cannot be printed.
pub(super) fn print_candidates(workflows: Workflows, programs: Vec<Command>, words: &[OsString]) -> Result<()> {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let lines = candidates::lines(workflows, programs, &words);
    standard_streams::print(format_args!("{lines}"))
}
