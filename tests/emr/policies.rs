//! Rights: the policies of `emr/iam`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::emr::Scenario;
use crate::site::Configuration;
use crate::site::configuration::DATED;
use crate::{DONE, at_once, ended, said_by};

#[test]
fn policies_and_the_security_configuration_are_ones_that_aws_takes() {
    let scenario = Scenario::new(&json!({}));
    for name in ["nodes", "launcher", "service-role"] {
        let document = format!("file://emr/iam/{name}.json");
        scenario.aws(&["iam", "create-policy", "--policy-name", &format!("{}-{name}", scenario.name), "--policy-document", &document]);
    }
    let document = "file://emr/cluster/security-configuration.json";
    let arguments = ["emr", "create-security-configuration", "--name", &scenario.name, "--security-configuration", document];
    assert_eq!(scenario.aws(&arguments)["Name"], *scenario.name);
}

/// A policy of `emr/iam` for the bucket of a test.
fn policy(name: &str, scenario: &Scenario) -> Value {
    let text = fs::read_to_string(format!("emr/iam/{name}.json")).unwrap();
    serde_json::from_str(&text.replace("INSIGHTS-BUCKET", &scenario.name).replace("LOGS-BUCKET", &scenario.name)).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(|| vec![value.as_str().unwrap()], |texts| texts.iter().map(|text| text.as_str().unwrap()).collect())
}

/// Whether one of some patterns matches, of which a star can only be the last character.
fn matches(patterns: &Value, text: &str) -> bool {
    texts(patterns).iter().any(|pattern| pattern.strip_suffix('*').map_or(*pattern == text, |start| text.starts_with(start)))
}

/// Whether a policy allows an action of S3; `prefix` is what a listing is for.
fn allows(policy: &Value, action: &str, resource: &str, prefix: &str) -> bool {
    policy["Statement"].as_array().unwrap().iter().any(|statement| {
        let condition = &statement["Condition"]["StringLike"]["s3:prefix"];
        matches(&statement["Action"], action)
            && matches(&statement["Resource"], &format!("arn:aws:s3:::{resource}"))
            && (condition.is_null() || matches(condition, prefix))
    })
}

/// The rights that AWS asks for when a request to S3 comes: action, resource, and the prefix of a listing.
fn rights(call: &Value) -> Vec<(&'static str, String, String)> {
    let request = &call["request"];
    let text = |member: &str| request[member].as_str().unwrap_or_default().to_owned();
    let mut rights = Vec::new();
    for key in texts(&request["keys"]) {
        let action = match call["action"].as_str().unwrap() {
            "ListObjects" | "HeadBucket" => {
                rights.push(("s3:ListBucket", text("bucket"), text("prefix")));
                continue;
            }
            "GetObject" | "HeadObject" => {
                // Without this one, what is missing is forbidden instead. The key counts as the prefix.
                rights.push(("s3:ListBucket", text("bucket"), key.to_owned()));
                "s3:GetObject"
            }
            "DeleteObject" | "DeleteObjects" => "s3:DeleteObject",
            "AbortMultipartUpload" => "s3:AbortMultipartUpload",
            _ => "s3:PutObject",
        };
        let object = format!("{}/{key}", text("bucket"));
        if !request["acl"].is_null() {
            rights.push(("s3:PutObjectAcl", object.clone(), String::new()));
        }
        rights.push((action, object, String::new()));
    }
    if !request["source"].is_null() {
        rights.push(("s3:GetObject", text("source").trim_start_matches('/').to_owned(), String::new()));
    }
    rights
}

/// All rights that the requests of a test to S3 needed; each must be in the policy.
fn rights_in(policy: &Value, scenario: &Scenario) -> BTreeSet<&'static str> {
    let calls = scenario.calls();
    let calls = calls.iter().filter(|call| call["request"]["bucket"].is_string());
    let needed: BTreeSet<_> = calls.flat_map(rights).collect();
    for (action, resource, prefix) in &needed {
        assert!(allows(policy, action, resource, prefix), "{action} on {resource} {prefix}");
    }
    needed.into_iter().map(|(action, ..)| action).collect()
}

/// Log files of two days, in the bucket of a test.
fn put_logs(scenario: &Scenario, below: &Path) {
    for entry in fs::read_dir(below).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            put_logs(scenario, &entry.path());
        } else if let Some(name) = entry.file_name().to_str().filter(|name| name.contains("tracking.log")) {
            scenario.put_object(&format!("tracking/{name}"), &fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn nodes_may_do_what_the_programs_do_in_s3() {
    let scenario = Scenario::new(&json!({}));
    let generated = scenario.folder.path().join("generated");
    let mut generate = Command::new(env!("CARGO_BIN_EXE_insights"));
    generate.args(["generate", "--interval", "2014-05-01-2014-05-03", "--events", "300", "--users", "5", "--out"]).arg(&generated);
    let done = generate.output().unwrap();
    assert!(done.status.success(), "{}", said_by(&done));
    put_logs(&scenario, &generated);
    let (place, config) = (|key: &str| scenario.location(key), "config/insights.cfg");
    let settings = Configuration {
        warehouse: place("warehouse"),
        logs: place("tracking"),
        markers: place("warehouse/markers"),
        pattern: DATED,
        expand_interval: "1 day",
    };
    scenario.put_object(config, settings.text("").as_bytes());
    let insights = |arguments: &[&str]| {
        let mut command = scenario.command(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(scenario.folder.path()).env_remove("LUIGI_CONFIG_PATH").args(["--config", &place(config)]);
        let done = command.args(arguments).args(["--n-reduce-tasks", "2"]).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", said_by(&done));
    };
    let history = ["UserActivityTask", "--interval", "2014-05-01-2014-05-03"];
    insights(&history);
    insights(&[&history[..], &["--overwrite"]].concat());
    let source = format!("[\"{}\"]", place("tracking"));
    let answers = ["AnswerDistributionWorkflow", "--name", "x", "--src", &source, "--include", "[\"*tracking.log*\"]"];
    let (dest, csv, marker) = (place("warehouse/answers"), place("warehouse/csv"), place("warehouse/csv-marker"));
    let places = ["--dest", &dest, "--output-root", &csv, "--marker", &marker, "--manifest", &place("manifests/logs.txt")];
    insights(&[&answers[..], &places, &["--sqlite", "store.sqlite"]].concat());

    let needed = rights_in(&policy("nodes", &scenario), &scenario);
    let expected = ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:PutObjectAcl"];
    assert!(needed.iter().eq(&expected), "{needed:?}");
}

#[test]
fn whoever_runs_a_task_may_fetch_its_logs() {
    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let mut command = scenario.run_task();
    let (code, said) = ended(&command.arg("UserActivityTask").output().unwrap());
    assert_eq!(code, 0, "{said}");
    let needed = rights_in(&policy("launcher", &scenario), &scenario);
    assert!(needed.iter().eq(&["s3:GetObject", "s3:ListBucket"]), "{needed:?}");
}

#[test]
fn no_right_that_creating_a_cluster_needs_asks_for_a_tag_of_the_cluster() {
    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let (code, said) = ended(&scenario.run_task().arg("UserActivityTask").output().unwrap());
    assert_eq!(code, 0, "{said}");
    let created = &scenario.requests("RunJobFlow")[0];
    let needed = [("AutoTerminationPolicy", "PutAutoTerminationPolicy"), ("Tags", "AddTags"), ("Name", "RunJobFlow")];
    for (_, action) in needed.iter().filter(|(member, _)| !created[member].is_null()) {
        let policy = policy("launcher", &scenario);
        let mut statements = policy["Statement"].as_array().unwrap().iter();
        let granted = statements.any(|statement| {
            let on_resource = statement["Condition"].to_string().contains("ResourceTag");
            matches(&statement["Action"], &format!("elasticmapreduce:{action}")) && !on_resource
        });
        assert!(granted, "{action}");
    }
}
