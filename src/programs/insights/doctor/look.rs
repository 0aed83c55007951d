//! What one look found, for people and as JSON.

use std::fmt::Write;
use std::io;

use anyhow::Error;
use serde_json::{Value, json};

use crate::config::missing::MissingSetting;
use crate::error_text::{counted, error_text, visible};
use crate::programs::exit_code::{USAGE, exit_code};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In order.
    Ok,
    /// A night would run, but not as well as it could.
    Warning,
    /// A night would fail, with this exit code.
    Failure(u8),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// What was looked at.
    pub area: &'static str,
    /// How it stands.
    pub state: State,
    /// One line.
    pub text: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Look {
    pub(super) fn ok(area: &'static str, text: impl Into<String>) -> Self {
        Self { area, state: State::Ok, text: text.into(), remedy: None }
    }

    pub(super) fn warning(area: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { area, state: State::Warning, text: text.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn failure(area: &'static str, code: u8, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { area, state: State::Failure(code), text: text.into(), remedy: Some(remedy.into()) }
    }

    /// A setting that something needs and that is not there.
    pub(super) fn missing(setting: &MissingSetting) -> Self {
        let MissingSetting { section, key, .. } = setting;
        let remedy = format!("Write into the configuration: [{section}] {key} = {}", setting.example().unwrap_or("…"));
        Self::failure("configuration", USAGE, format!("The setting {key} of [{section}] is missing"), remedy)
    }

    /// An error, whose first sentence says what is wrong and the others what to do.
    pub(super) fn error(area: &'static str, error: &Error) -> Self {
        match error.downcast_ref::<MissingSetting>() {
            Some(setting) => Self::missing(setting),
            None => Self::sentences(area, exit_code(error), &error_text(error)),
        }
    }

    /// The same of a text. What begins with a small letter is no sentence, such as a cause, or the rest of a path. What the system says
    /// belongs to the first sentence.
    pub(super) fn sentences(area: &'static str, code: u8, text: &str) -> Self {
        let is_end = |at: &usize| !text.get(at + 2..).is_some_and(|rest| rest.starts_with(char::is_lowercase));
        let end = text.match_indices(". ").map(|(at, _)| at).find(is_end).into_iter().chain(text.find(":\n")).min();
        let (text, rest) = match end {
            Some(at) => (text.get(..=at).unwrap_or(text), text.get(at + 1..).unwrap_or_default().trim()),
            None => (text, ""),
        };
        let state = State::Failure(code);
        let Some((remedy, cause, kind)) = system_cause(rest) else {
            let remedy = (!rest.is_empty()).then(|| rest.to_owned());
            return Self { area, state, text: text.to_owned(), remedy };
        };
        let remedy = Some(remedy).filter(|remedy| !remedy.is_empty()).or_else(|| remedy_of(kind).map(str::to_owned));
        let text = format!("{}: {cause}.", text.trim_end_matches(['.', ':']));
        Self { area, state, text, remedy }
    }

    fn word(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failure(_) => "failure",
        }
    }
}

/// The sentences around what the system says in a text, that, and what kind of error it is.
fn system_cause(text: &str) -> Option<(String, &str, io::ErrorKind)> {
    let (number, behind) = text.rsplit_once("(os error ")?.1.split_once(')')?;
    let told = text.get(..text.len() - behind.len())?;
    let (before, cause) = told.rsplit_once(". ").unwrap_or(("", told));
    let full_stop = if before.is_empty() { "" } else { "." };
    let behind = if behind.is_empty() { "" } else { behind.strip_prefix(". ")? };
    let blank = if before.is_empty() || behind.is_empty() { "" } else { " " };
    Some((format!("{before}{full_stop}{blank}{behind}"), cause, io::Error::from_raw_os_error(number.parse().ok()?).kind()))
}

/// What helps against what the system says, where the error does not tell.
fn remedy_of(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NotFound => Some("Correct its path, or bring it there."),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable => {
            Some("Start the server, or correct its address.")
        }
        _ => None,
    }
}

/// The exit code of all: the highest of the failures.
pub(super) fn code(looks: &[Look]) -> u8 {
    let codes = looks.iter().map(|look| if let State::Failure(code) = look.state { code } else { 0 });
    codes.max().unwrap_or(0)
}

/// A line for each, the remedy below.
pub(super) fn text(looks: &[Look]) -> String {
    let mut out = String::new();
    for look in looks {
        let _ = writeln!(out, "{:<8} {:<14} {}", look.word(), look.area, look.text);
        for line in look.remedy.iter().flat_map(|remedy| remedy.lines()) {
            let _ = writeln!(out, "{:<23} → {line}", "");
        }
    }
    let count = |word: &str| looks.iter().filter(|look| look.word() == word).count();
    let _ = writeln!(out, "{} ok, {}, {}", count("ok"), counted(count("warning"), "warning"), counted(count("failure"), "failure"));
    visible(&out).into_owned()
}

/// The same as one JSON object.
pub(super) fn json(looks: &[Look]) -> Value {
    let entries = looks.iter().map(|look| json!({"area": look.area, "state": look.word(), "text": look.text, "remedy": look.remedy}));
    json!({"version": 1, "exit_code": code(looks), "checks": entries.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_is_below_and_the_worst_counts() {
        let looks = [
            Look::ok("disk", "5 GB"),
            Look::sentences("store", 30, "The server at db is gone. Start it. Or name another."),
            Look::warning("clock", "late", "set it"),
            Look::failure("logs", 20, "none", "bring them"),
        ];
        let text = text(&looks);
        assert!(text.contains("failure  store          The server at db is gone.\n"), "{text}");
        assert!(text.contains("→ Start it. Or name another.\n") && text.ends_with("1 ok, 1 warning, 2 failures\n"), "{text}");
        assert_eq!(code(&looks), 30);
        let cause = || io::Error::from_raw_os_error(2);
        let error = Error::from(cause()).context("The file a. b cannot be opened.");
        let look = Look::error("geolocation", &error);
        assert_eq!(look.text, format!("The file a. b cannot be opened: {}.", cause()));
        assert_eq!(look.remedy.as_deref(), Some("Correct its path, or bring it there."));
        let told = Look::error("geolocation", &Error::from(cause()).context("It is gone. Get it."));
        assert_eq!((told.text, told.remedy.as_deref()), (format!("It is gone: {}.", cause()), Some("Get it.")));
        let full = || io::Error::from_raw_os_error(28);
        let look = Look::error("disk", &Error::from(full()).context("Cannot write a. b."));
        assert_eq!(look.text, format!("Cannot write a. b: {}.", full()));
        assert_eq!(look.remedy.as_deref(), Some("The disk is full: make room there, or choose another place."));
        let look = Look::error("disk", &Error::from(full()).context("It is full. Clear it."));
        assert_eq!(look.text, format!("It is full: {}.", full()));
        assert_eq!(look.remedy.as_deref(), Some("Clear it. The disk is full: make room there, or choose another place."));
        let json = json(&looks);
        assert_eq!(json["checks"][3]["remedy"], "bring them");
        assert_eq!((json["exit_code"].as_u64(), json["checks"][0]["remedy"].is_null()), (Some(30), true));
    }
}
