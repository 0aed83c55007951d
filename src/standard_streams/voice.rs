//! How much a run says on standard error, and in which form.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value};

use crate::error_text::visible;

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Said only where more is asked for.
    Detail,
    /// What happens, a line each.
    Info,
    /// Nothing has failed, and somebody should look.
    Warning,
    /// Something has failed.
    Error,
    /// How the run ended.
    End,
}

/// The form of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

static QUIET: AtomicBool = AtomicBool::new(false);
static VERBOSE: AtomicBool = AtomicBool::new(false);
static JSON: AtomicBool = AtomicBool::new(false);
static RUN: OnceLock<String> = OnceLock::new();
static LAST_SPEAKER: OnceLock<ThreadId> = OnceLock::new();

impl Level {
    fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::End => "end",
        }
    }

    /// Whether such lines are said.
    pub(crate) fn is_said(self) -> bool {
        match self {
            _ if is_silenced() => false,
            Self::Error | Self::End => true,
            Self::Info | Self::Warning => !QUIET.load(Ordering::Relaxed),
            Self::Detail => VERBOSE.load(Ordering::Relaxed) && !QUIET.load(Ordering::Relaxed),
        }
    }
}

/// Says errors and the end only, or more than usual.
pub(crate) fn set_amount(quiet: bool, verbose: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
    VERBOSE.store(verbose, Ordering::Relaxed);
}

/// Chooses the form of all lines from now on.
pub(crate) fn set_format(format: LogFormat) {
    JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Whether lines are JSON.
pub(crate) fn is_json() -> bool {
    JSON.load(Ordering::Relaxed)
}

/// Whether a bar may be drawn: somebody looks on, and nobody parses.
pub(crate) fn is_for_people() -> bool {
    !is_json() && Level::Info.is_said()
}

/// From now on each line in JSON names the run.
pub(crate) fn set_run(run_id: &str) {
    // A process is one run.
    let _ = RUN.set(run_id.to_owned());
}

/// From now on only what this thread says is said: it tells the end while others still work.
pub(crate) fn silence_others() {
    let _ = LAST_SPEAKER.set(thread::current().id());
}

/// Says a line although others may say nothing any more.
pub(crate) fn say_whatever_others_may(text: fmt::Arguments<'_>) {
    super::write_line(Level::Error, &[], text);
}

/// Whether another thread tells the end.
pub(crate) fn is_silenced() -> bool {
    LAST_SPEAKER.get().is_some_and(|speaker| *speaker != thread::current().id())
}

/// The line, with its end.
pub(super) fn line(level: Level, about: &[(&str, &str)], text: fmt::Arguments<'_>) -> String {
    let text = text.to_string();
    if !is_json() {
        // Nothing in it steers a terminal.
        return format!("{}\n", visible(&text));
    }
    json_line(level, about, &text)
}

fn json_line(level: Level, about: &[(&str, &str)], text: &str) -> String {
    let mut object = Map::new();
    let mut add = |name: &str, value: &str| drop(object.insert(name.to_owned(), Value::from(value)));
    add("time", &Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true));
    add("level", level.name());
    RUN.get().into_iter().for_each(|run_id| add("run_id", run_id));
    for (name, value) in about {
        add(name, value);
    }
    add("message", text.trim_end());
    Value::Object(object).to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_json_is_one_object_whatever_it_says() {
        let text = json_line(Level::Warning, &[("task", "UserActivityTask")], "two\nlines \u{1b}[2J \"quoted\"\n");
        assert_eq!(text.matches('\n').count(), 1);
        let object: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(object["message"], "two\nlines \u{1b}[2J \"quoted\"");
        assert_eq!((&object["level"], &object["task"]), (&Value::from("warning"), &Value::from("UserActivityTask")));
        assert!(!text.contains('\u{1b}') && object["time"].as_str().unwrap().ends_with('Z'), "{text}");
    }
}
