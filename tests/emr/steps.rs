//! Lists of steps, as `aws emr add-steps` takes them.

use std::fs;

use serde_json::{Value, json};

use crate::emr::Scenario;
use crate::site::Configuration;
use crate::site::configuration::DATED;

/// Gives a list of steps, as JSON, to `aws emr add-steps`, and reads from the API what has arrived of it, in the same form.
fn steps_as_they_arrive(steps: &str) -> Vec<Value> {
    let scenario = Scenario::new(&json!({}));
    let file = scenario.folder.path().join("steps.json");
    fs::write(&file, steps).unwrap();
    let cluster = ["emr", "create-cluster", "--release-label", "emr-7.14.0", "--use-default-roles", "--instance-type", "m5.xlarge"];
    let created = scenario.aws(&cluster);
    let cluster = created["ClusterId"].as_str().unwrap();
    let added = scenario.aws(&["emr", "add-steps", "--cluster-id", cluster, "--steps", &format!("file://{}", file.display())]);
    let listed = scenario.aws(&["emr", "list-steps", "--cluster-id", cluster]);
    let in_turn = added["StepIds"].as_array().unwrap().iter();
    let found = in_turn.map(|id| listed["Steps"].as_array().unwrap().iter().find(|step| step["Id"] == *id).unwrap());
    let shape = |step: &Value| {
        let (name, action, config) = (&step["Name"], &step["ActionOnFailure"], &step["Config"]);
        json!({"Type": "CUSTOM_JAR", "Name": name, "ActionOnFailure": action, "Jar": config["Jar"], "Args": config["Args"]})
    };
    found.map(shape).collect()
}

#[test]
fn a_list_of_steps_arrives_byte_for_byte() {
    let arguments = ["/opt/insights/bin/insights", "--src", r#"["s3://b/x", "s3://b/é ü"]"#, "--name", "it's \"one\"\\\n\ttwo,three=4", ""];
    let step = |name: &str| json!({"Type": "CUSTOM_JAR", "Name": name, "ActionOnFailure": "CANCEL_AND_WAIT", "Jar": "command-runner.jar", "Args": arguments});
    let steps = [step("first"), step("second, of two")];
    assert_eq!(steps_as_they_arrive(&json!(steps).to_string()), steps);
}

#[test]
fn the_steps_of_a_plan_are_taken_as_they_are() {
    let scenario = Scenario::new(&json!({}));
    for day in ["20140505", "20140506"] {
        scenario.put_object(&format!("logs/tracking.log-{day}.gz"), b"\x1f\x8b");
    }
    scenario.put_object("output.json", br#"{"host": "db", "username": "u", "password": "secret-of-this-test"}"#);
    let place = |key: &str| scenario.location(key);
    let settings = Configuration {
        warehouse: place("w/"),
        logs: place("logs/"),
        markers: place("w/markers/"),
        pattern: DATED,
        expand_interval: "2 days",
    };
    let sections = format!(
        "[database-export]\ndatabase = reports\ncredentials = {}\n[manifest]\npath = {}\n[user-activity]\noverwrite_n_days = 7\n\
         [hadoop]\npool = night\n[job-conf]\nmapreduce.map.memory.mb = 900\n",
        place("output.json"),
        place("manifests/")
    );
    scenario.put_object("insights.cfg", settings.text(&sections).as_bytes());
    let mut plan = scenario.command(env!("CARGO_BIN_EXE_insights"));
    let task =
        ["InsertToMysqlCourseActivityTask", "--end-date", "2014-05-12", "--weeks", "1", "--overwrite-mysql", "--n-reduce-tasks", "5"];
    plan.args(["--config", &place("insights.cfg"), "plan"]).args(task).args(["--format", "emr-steps"]);
    let planned = plan.current_dir(scenario.folder.path()).env_remove("LUIGI_CONFIG_PATH").output().unwrap();
    assert!(planned.status.success(), "{}", String::from_utf8_lossy(&planned.stderr));
    let steps = String::from_utf8(planned.stdout).unwrap();
    assert!(!steps.contains("secret-of-this-test"), "{steps}");
    let taken = steps_as_they_arrive(&steps);
    assert_eq!(json!(taken), serde_json::from_str::<Value>(&steps).unwrap());
    let names: Vec<_> = taken.iter().map(|step| step["Name"].as_str().unwrap()).collect();
    let expected = [
        "1. Days of user_activity_by_user: output-committer begin",
        "1. Days of user_activity_by_user",
        "1. Days of user_activity_by_user: output-committer commit",
        "2. Distinct learners of each week: output-committer begin",
        "2. Distinct learners of each week",
        "2. Distinct learners of each week: output-committer commit",
        "3. Table course_activity: mysql-loader course_activity",
    ];
    assert_eq!(names, expected);
    let arguments =
        |step: usize| -> Vec<&str> { taken[step]["Args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect() };
    let job = arguments(1);
    assert_eq!((job[0], job[2]), ("hadoop-streaming", "/opt/insights/bin/insights-hadoop.jar"));
    for word in ["mapreduce.job.queuename=night", "mapreduce.map.memory.mb=900", "mapreduce.job.reduces=5"] {
        assert!(job.contains(&word), "{word} in {job:?}");
    }
    let manifest = job[job.iter().position(|word| *word == "-input").unwrap() + 1];
    assert!(manifest.starts_with(&place("manifests/")), "{manifest}");
    let lines = scenario.command("aws").args(["s3", "cp", manifest, "-"]).output().unwrap().stdout;
    let logs = ["20140505", "20140506"].map(|day| place(&format!("logs/tracking.log-{day}.gz\n"))).concat();
    assert_eq!(String::from_utf8(lines).unwrap(), logs);
    let load = arguments(6);
    assert_eq!(load[..4], ["/opt/insights/bin/mysql-loader", "course_activity", "--input", &place("w/course_activity/dt=2014-05-12/")]);
    assert!(load.contains(&place("output.json").as_str()) && load.contains(&"--overwrite"), "{load:?}");
}
