//! Signals: the cluster is terminated whenever they come.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::emr::Scenario;
use crate::ended;
use crate::waiting::wait_until;

/// Starts a run whose processes are a group, as those of a terminal are.
fn start(scenario: &Scenario) -> Child {
    let mut command = scenario.run_task();
    command.arg("UserActivityTask").process_group(0).stderr(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Sends a signal to a process, or to a whole group (a negative number), as soon as an action was asked for.
fn signal_after(scenario: &Scenario, action: &str, signal: &str, process: i64) {
    wait_until(&format!("{action} was asked for"), || !scenario.requests(action).is_empty());
    assert!(Command::new("kill").args(["-s", signal, "--", &process.to_string()]).status().unwrap().success());
}

/// A run that is interrupted when an action was asked for terminates its cluster and tells the signal by its exit code.
fn interrupt(told: &Value, action: &str, signal: &str, whole_group: bool, expected: i32) {
    let scenario = Scenario::new(told);
    let child = start(&scenario);
    let process = i64::from(child.id());
    signal_after(&scenario, action, signal, if whole_group { -process } else { process });
    let (code, said) = ended(&child.wait_with_output().unwrap());
    assert_eq!((code, scenario.cluster_states()), (expected, vec!["TERMINATED".to_owned()]), "{action} {signal}: {said}");
    assert!(said.contains(&format!("interrupted by SIG{signal}")), "{said}");
}

#[test]
fn an_interruption_while_waiting_terminates_the_cluster() {
    let running = json!({"clusters": [["WAITING"]], "step": ["RUNNING"]});
    interrupt(&running, "DescribeStep", "TERM", false, 143);
    interrupt(&running, "DescribeStep", "INT", true, 130);
    interrupt(&json!({"clusters": [["STARTING"]]}), "DescribeCluster", "HUP", false, 129);
}

#[test]
fn an_interruption_during_creation_terminates_the_cluster() {
    // The answer is on its way while the signal comes.
    let creating = json!({"faults": {"RunJobFlow": [{"seconds": 4}]}});
    interrupt(&creating, "RunJobFlow", "TERM", false, 143);
    interrupt(&creating, "RunJobFlow", "INT", true, 130);
    // The answer is lost, and the signal comes while the cluster is looked for.
    let lost = json!({"faults": {"RunJobFlow": [{"code": "InternalServerException", "status": 500, "performed": true}]}});
    interrupt(&lost, "ListClusters", "INT", true, 130);
}
