//! What one look found, for people and as JSON.

use std::fmt::Write;

use anyhow::Error;
use serde_json::{Value, json};

use crate::error_text::{error_text, visible};
use crate::programs::exit_code::exit_code;

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

    /// An error, whose first sentence says what is wrong and the others what to do.
    pub(super) fn error(area: &'static str, error: &Error) -> Self {
        Self::sentences(area, exit_code(error), &error_text(error))
    }

    /// The same of a text.
    pub(super) fn sentences(area: &'static str, code: u8, text: &str) -> Self {
        let end = text.find(". ").into_iter().chain(text.find(":\n")).min();
        let (text, remedy) = match end {
            Some(at) => (text.get(..=at).unwrap_or(text), text.get(at + 1..).map(|rest| rest.trim().to_owned())),
            None => (text, None),
        };
        Self { area, state: State::Failure(code), text: text.to_owned(), remedy }
    }

    fn word(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failure(_) => "failure",
        }
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
    let _ = writeln!(out, "{} ok, {} warnings, {} failures", count("ok"), count("warning"), count("failure"));
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
        assert!(text.contains("→ Start it. Or name another.\n") && text.ends_with("1 ok, 1 warnings, 2 failures\n"), "{text}");
        assert_eq!(code(&looks), 30);
        let json = json(&looks);
        assert_eq!(json["checks"][3]["remedy"], "bring them");
        assert_eq!((json["exit_code"].as_u64(), json["checks"][0]["remedy"].is_null()), (Some(30), true));
    }
}
