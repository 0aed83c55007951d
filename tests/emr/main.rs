//! Tasks on EMR: what is asked of AWS, and that a cluster is terminated whatever happens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: emr

#[path = "../servers/emr.rs"]
mod emr;
mod examples;
mod interruption;
mod logs;
mod package;
mod policies;
mod run_task;
mod settings;
#[path = "../site/mod.rs"]
mod site;
mod steps;
#[path = "../servers/waiting.rs"]
mod waiting;

use std::process::Output;

use serde_json::{Value, json};

use emr::Scenario;

const DONE: &str = "2026-01-01T00:00:00Z INFO Step succeeded with exitCode 0 and took 2 seconds\n";

/// Exit code, and all that was said.
fn ended(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("secret-of-this-test"), "{said}");
    (output.status.code().unwrap(), said)
}

fn run(scenario: &Scenario, arguments: &[&str]) -> (i32, String) {
    ended(&scenario.run_task().args(arguments).output().unwrap())
}

/// A scenario whose cluster is ready and whose step has ended when first asked for.
fn at_once(step: &str, controller: &str) -> Value {
    json!({"clusters": [["WAITING"]], "step": [step], "logs": {"controller": controller}})
}

fn with(mut scenario: Value, member: &str, value: Value) -> Value {
    scenario[member] = value;
    scenario
}

/// All that a program said, its errors last.
fn said_by(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}
