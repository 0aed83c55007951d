//! Names that the parser of the command line proposes in place of an unknown one: it takes names for alike that hardly are.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::{Workflows, tasks};
use crate::wrong_usage::nearest;

/// How alike an option and what was meant are at least.
const ALIKE: f64 = 0.85;

/// The error with those proposals only that are near; of what is written as a task, tasks only.
pub(super) fn only(workflows: Workflows, mut error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidSubcommand => of_command(workflows, &mut error),
        ErrorKind::UnknownArgument => of_option(&mut error),
        _ => {}
    }
    error
}

fn of_command(workflows: Workflows, error: &mut Error) {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand).cloned() else { return };
    let proposed = error.remove(ContextKind::SuggestedSubcommand);
    let near = if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        nearest(&name, tasks(workflows).map(|task| task.name)).map(str::to_owned)
    } else {
        let proposed = proposed.map(texts).unwrap_or_default();
        nearest(&name, proposed.iter().map(String::as_str)).map(str::to_owned)
    };
    if let Some(near) = near {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near]));
    }
}

/// The usage of such an error has the option that is proposed.
fn of_option(error: &mut Error) {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg).cloned() else { return };
    let proposed = error.get(ContextKind::SuggestedArg).cloned().map(texts).unwrap_or_default();
    let is_near = |other: &String| strsim::jaro_winkler(option.trim_start_matches('-'), other.trim_start_matches('-')) > ALIKE;
    if !proposed.iter().any(is_near) && error.remove(ContextKind::SuggestedArg).is_some() {
        error.remove(ContextKind::Usage);
    }
}

fn texts(value: ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text],
        ContextValue::Strings(texts) => texts,
        _ => Vec::new(),
    }
}
