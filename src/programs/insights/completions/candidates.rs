//! What can stand in place of the last word of a command line that is being typed.

use std::fmt::Write;
use std::path::Path;

use clap::builder::StyledStr;
use clap::{Arg, ArgAction, Command};

use super::known_values::known_values;
use crate::programs::insights::Workflows;
use crate::programs::insights::launcher::LAUNCHERS;

/// Words that may stand there and what they are, a line each. There is none where only the shell knows any, such as files.
pub(super) fn lines(workflows: Workflows, mut programs: Vec<Command>, words: &[&str]) -> String {
    let Some((last, before)) = words.split_last() else { return String::new() };
    // Behind `insights launch-task` stands what stands behind `launch-task`.
    let before = match before {
        [_, launcher, ..] if LAUNCHERS.contains(launcher) => before.get(1..).unwrap_or_default(),
        before => before,
    };
    let Some((program, before)) = before.split_first() else { return String::new() };
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    let Some(program) = programs.iter_mut().find(|program| program.get_name() == name) else { return String::new() };
    program.build();
    let Some(program) = programs.iter().find(|program| program.get_name() == name) else { return String::new() };
    let known = |command: &str, argument: &str, words: &[&str]| known_values(workflows, &programs, (command, argument), words);
    let mut lines = String::new();
    for (word, about) in Place::behind(program, before).map(|place| place.candidates(last, &known)).unwrap_or_default() {
        let about = about.map(ToString::to_string).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{word}\t{}", about.lines().next().unwrap_or_default());
    }
    lines
}

/// A word, and what it is.
type Candidate<'c> = (String, Option<&'c StyledStr>);

/// Where a word stands.
struct Place<'c> {
    /// The command whose words these are.
    command: &'c Command,
    /// The option whose value it is.
    option: Option<&'c Arg>,
    /// The words without an option that stand before it.
    words: Vec<&'c str>,
}

/// What is known of an argument that lists no values: the command, the argument, the words before it.
type Known<'k> = &'k dyn Fn(&str, &str, &[&str]) -> Vec<String>;

impl<'c> Place<'c> {
    /// The place behind words; none behind `--`.
    fn behind(program: &'c Command, words: &[&'c str]) -> Option<Self> {
        let mut place = Self { command: program, option: None, words: Vec::new() };
        for word in words {
            if *word == "--" {
                return None;
            }
            // bash gives the sign of --option=value as a word of its own.
            if *word == "=" && place.option.is_some() {
                continue;
            }
            if place.option.take().is_some() {
                continue;
            }
            if word.starts_with('-') {
                let with_value = place.option(word).filter(|option| option.get_action().takes_values());
                place.option = with_value.filter(|_| !word.contains('='));
            } else if let Some(command) = place.command.find_subcommand(word) {
                place = Self { command, option: None, words: Vec::new() };
            } else {
                place.words.push(word);
            }
        }
        Some(place)
    }

    /// The option that a word begins with.
    fn option(&self, word: &str) -> Option<&'c Arg> {
        let named = |option: &&Arg| match word.strip_prefix("--") {
            Some(long) => option.get_long().is_some_and(|name| long.split('=').next() == Some(name)),
            None => option.get_short().is_some_and(|name| word.strip_prefix('-') == Some(name.encode_utf8(&mut [0; 4]))),
        };
        self.command.get_arguments().find(named)
    }

    fn candidates(&self, last: &str, known: Known<'_>) -> Vec<Candidate<'c>> {
        let values = |option, prefix: &str| self.values(option, prefix, known);
        let mut found = match (self.option, last.split_once('=')) {
            (Some(option), _) => values(option, ""),
            (None, Some((name, _))) if last.starts_with("--") => {
                self.option(name).map(|option| values(option, &format!("{name}="))).unwrap_or_default()
            }
            _ if last.starts_with('-') => self.options(),
            _ => {
                let commands = self.command.get_subcommands().filter(|command| !command.is_hide_set());
                let commands = commands.map(|command| (command.get_name().to_owned(), command.get_about()));
                commands.chain(self.positional().map(|argument| values(argument, "")).unwrap_or_default()).collect()
            }
        };
        found.retain(|(word, _)| word.starts_with(last));
        found
    }

    /// The argument that has no name; the last one may be repeated.
    fn positional(&self) -> Option<&'c Arg> {
        let repeated = || self.command.get_positionals().last().filter(|last| matches!(last.get_action(), ArgAction::Append));
        self.command.get_positionals().nth(self.words.len()).or_else(repeated)
    }

    fn options(&self) -> Vec<Candidate<'c>> {
        let shown = self.command.get_arguments().filter(|option| !option.is_hide_set());
        shown.filter_map(|option| Some((format!("--{}", option.get_long()?), option.get_help()))).collect()
    }

    /// The values of an option, if they can be told.
    fn values(&self, option: &Arg, prefix: &str, known: Known<'_>) -> Vec<Candidate<'c>> {
        // What a value is stands in help; the names say enough here.
        let values = option.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
        let mut names: Vec<_> = values.map(|value| value.get_name().to_owned()).collect();
        names.extend(known(self.command.get_name(), option.get_id().as_str(), &self.words));
        names.into_iter().map(|name| (format!("{prefix}{name}"), None)).collect()
    }
}
