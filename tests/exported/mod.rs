//! Single programs out of the script of a plan.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
use std::path::Path;
use std::process::{Command, Output};

/// Places of a cluster that nothing asks for.
pub(crate) const CLUSTER: &str = "[hadoop]\nstreaming-jar = /streaming.jar\ninsights-jar = /insights.jar\n";

/// The commands of the script that run a program of ours, with their continued lines.
pub(crate) fn commands(script: &str, program: &str) -> Vec<String> {
    let begin = format!("\"$INSIGHTS_BIN\"/{program} ");
    let mut found = Vec::new();
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        if line.starts_with(&begin) {
            let mut command = line.to_owned();
            while command.ends_with('\\') {
                command.push('\n');
                command.push_str(lines.next().unwrap());
            }
            found.push(command);
        }
    }
    found
}

/// Runs such a command as the script does.
pub(crate) fn run(command: &str) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap();
    Command::new("bash").args(["-euc", command]).env("INSIGHTS_BIN", programs).output().unwrap()
}
