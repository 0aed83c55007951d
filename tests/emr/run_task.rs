//! A task as one step of a cluster: what is asked of AWS, and what comes of it.

use std::fs;

use serde_json::{Value, json};

use crate::emr::Scenario;
use crate::{DONE, at_once, ended, run, with};

#[test]
fn a_task_runs_as_one_step_of_a_cluster_that_is_terminated() {
    let logs = json!({"controller": DONE, "stdout": "what the driver said\n", "stderr": ""});
    let scenario = Scenario::new(&json!({"clusters": [["STARTING", "WAITING"]], "step": ["PENDING", "COMPLETED"], "logs": logs}));
    fs::create_dir_all(scenario.workspace().join("logs")).unwrap();
    fs::write(scenario.workspace().join("logs/of-yesterday"), "").unwrap();
    let options = ["--source", r#"["s3://b/x"]"#, "--name", "a\tb\n'\"\\ \u{7f}é€😀 $HOME `x` %", "--pattern", r#"[".*\\d{8}"]"#, ""];
    let mut command = scenario.run_task();
    command.arg("UserActivityTask").args(options);
    command.env("OVERRIDE_CONFIG", "s3://b/config/override.cfg").env("SECURE_CONFIG", "s3://b/config/secure.cfg");
    command.env("EMR_PACKAGE_SHA256", "abc").env("EMR_SECURITY_GROUPS", "sg-1").env("EMR_SECURITY_CONFIGURATION", "insights");
    let (code, said) = ended(&command.env("TASKS_REPO", "old").output().unwrap());
    assert_eq!((code, scenario.cluster_states()), (0, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(said.contains("TASKS_REPO has no meaning any more") && said.contains("UserActivityTask is done"), "{said}");

    let [created] = &scenario.requests("RunJobFlow")[..] else { panic!("{said}") };
    assert_eq!(created["LogUri"], scenario.location("emr-logs/"));
    assert_eq!(created["AutoTerminationPolicy"], json!({"IdleTimeout": 14400}));
    assert_eq!((&created["ServiceRole"], &created["JobFlowRole"]), (&json!("insights-emr"), &json!("insights-nodes")));
    assert_eq!(created["Applications"], json!([{"Name": "Hadoop"}]));
    assert_eq!(created["SecurityConfiguration"], "insights");
    assert_eq!(created["Tags"][0], json!({"Key": "for-use-with-amazon-emr-managed-policies", "Value": "true"}));
    let template = |name: &str| serde_json::from_slice::<Value>(&fs::read(format!("emr/cluster/{name}.json")).unwrap()).unwrap();
    assert_eq!(created["Configurations"], template("configurations"));
    let instances = &created["Instances"];
    assert_eq!(instances["InstanceFleets"], template("instance-fleets"));
    assert_eq!(instances["Ec2SubnetIds"], json!(["subnet-1", "subnet-2"]));
    assert_eq!(instances["AdditionalSlaveSecurityGroups"], json!(["sg-1"]));
    assert_eq!((&instances["TerminationProtected"], &instances["KeepJobFlowAliveWhenNoSteps"]), (&json!(false), &json!(true)));
    let action = json!({"Path": scenario.location("package/install.sh"), "Args": [scenario.location("package/insights.tar.gz"), "abc"]});
    assert_eq!(created["BootstrapActions"], json!([{"Name": "insights", "ScriptBootstrapAction": action}]));

    let [step] = &scenario.requests("AddJobFlowSteps")[..] else { panic!("{said}") };
    let driver = ["/opt/insights/bin/insights", "--runner", "hadoop", "--config", "s3://b/config/override.cfg"];
    let configured = ["--config", "s3://b/config/secure.cfg", "UserActivityTask"];
    // Ten units of core and task nodes.
    let arguments: Vec<_> = driver.into_iter().chain(configured).chain(options).chain(["--n-reduce-tasks", "30"]).collect();
    assert_eq!(step["Steps"][0]["HadoopJarStep"], json!({"Jar": "command-runner.jar", "Args": arguments}));

    let mut logs: Vec<_> = fs::read_dir(scenario.workspace().join("logs")).unwrap().map(|file| file.unwrap().file_name()).collect();
    logs.sort();
    assert_eq!(logs, ["controller", "stderr", "stdout"]);
    assert_eq!(fs::read_to_string(scenario.workspace().join("logs/stdout")).unwrap(), "what the driver said\n");
}

#[test]
fn a_failed_step_shows_its_logs_and_ends_with_30_or_the_code_of_the_driver() {
    let failed = "INFO waitProcessCompletion ended with exit code 1 : hadoop jar\nWARN Step failed with exitCode 1 and took 3 seconds\n";
    let told = with(at_once("FAILED", failed), "log_delay", json!(1));
    let scenario = Scenario::new(&with(told, "logs", json!({"controller": failed, "stderr": "column grade is missing\n"})));
    let (code, said) = run(&scenario, &["UserActivityTask", "--n-reduce-tasks=7"]);
    assert_eq!((code, scenario.cluster_states()), (30, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(said.contains("column grade is missing") && said.contains("failed with exit code 1"), "{said}");
    let arguments = &scenario.requests("AddJobFlowSteps")[0]["Steps"][0]["HadoopJarStep"]["Args"];
    assert_eq!(arguments.as_array().unwrap()[3..], ["UserActivityTask", "--n-reduce-tasks=7"]);

    let scenario = Scenario::new(&at_once("FAILED", &format!("Command exiting with ret '20'\n{failed}")));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (20, vec!["TERMINATED".to_owned()]), "{said}");
}

#[test]
fn throttled_requests_and_lost_answers_are_repeated_without_a_second_cluster_or_step() {
    let throttled = json!({"code": "ThrottlingException", "message": "Rate exceeded"});
    let lost = json!({"code": "InternalServerException", "status": 500, "performed": true});
    let faults = json!({
        "RunJobFlow": [throttled, lost],
        "DescribeCluster": [throttled, {"code": "ServiceUnavailable", "status": 503}],
        "ListInstanceFleets": [null, null, throttled],
        "AddJobFlowSteps": [throttled, lost],
        "DescribeStep": [throttled],
        "TerminateJobFlows": [throttled, {"code": "RequestLimitExceeded"}],
    });
    let scenario = Scenario::new(&with(at_once("COMPLETED", DONE), "faults", faults));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (0, vec!["TERMINATED".to_owned()]), "{said}");
    assert_eq!((scenario.requests("AddJobFlowSteps").len(), scenario.requests("TerminateJobFlows").len()), (2, 3), "{said}");
}

#[test]
fn a_cluster_that_does_not_start_is_followed_by_another() {
    let failed = json!(["TERMINATED_WITH_ERRORS", "INSTANCE_FAILURE", "no machines of these types"]);
    let scenario = Scenario::new(&with(at_once("COMPLETED", DONE), "clusters", json!([[failed], ["WAITING"]])));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.requests("RunJobFlow").len()), (0, 2), "{said}");
    assert!(said.contains("no cluster at try 1 of 3") && said.contains("no machines of these types"), "{said}");
    assert!(scenario.cluster_states().iter().all(|state| state == "TERMINATED"));

    let failed = json!(["TERMINATED_WITH_ERRORS", "BOOTSTRAP_FAILURE", "install.sh returned 1"]);
    let scenario = Scenario::new(&json!({"clusters": [[failed]]}));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.requests("RunJobFlow").len()), (40, 1), "{said}");
    assert!(said.contains("install.sh returned 1"), "{said}");
}

#[test]
fn failures_of_aws_end_with_40() {
    let refused = json!({"code": "ValidationException", "message": "The subnet subnet-1 does not exist, and IdleTimeout is wrong"});
    let scenario = Scenario::new(&json!({"faults": {"RunJobFlow": [refused]}}));
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states().len(), scenario.requests("").len()), (40, 0, 1), "{said}");
    assert!(said.contains("subnet-1 does not exist"), "{said}");

    let gone = json!([["WAITING", ["TERMINATED", "USER_REQUEST", "Terminated by user request"]]]);
    let told = with(json!({"step": ["RUNNING"], "logs": {"controller": DONE}}), "clusters", gone);
    let scenario = Scenario::new(&told);
    let mut command = scenario.run_task();
    let (code, said) = ended(&command.arg("UserActivityTask").env("EMR_LOG_WAIT_SECONDS", "0").output().unwrap());
    assert_eq!(code, 40, "{said}");
    assert!(said.contains("did not run to its end") && said.contains("Terminated by user request"), "{said}");

    let refused = json!({"code": "AccessDeniedException", "message": "not authorized to perform: TerminateJobFlows"});
    let told = with(at_once("COMPLETED", DONE), "faults", json!({"TerminateJobFlows": vec![refused; 20]}));
    let scenario = Scenario::new(&told);
    let (code, said) = run(&scenario, &["UserActivityTask"]);
    assert_eq!((code, scenario.cluster_states()), (40, vec!["RUNNING".to_owned()]), "{said}");
    assert!(said.contains("NOT CERTAIN") && said.contains("aws emr terminate-clusters --region us-east-1 --cluster-ids j-"), "{said}");
}

#[test]
fn a_cluster_is_kept_only_by_the_exact_word_false() {
    for (word, state) in [("false", "RUNNING"), ("no", "TERMINATED")] {
        let scenario = Scenario::new(&at_once("COMPLETED", DONE));
        let mut command = scenario.run_task();
        command.arg("UserActivityTask").env("TERMINATE", word).env("NUM_REDUCE_TASKS", "12");
        let (code, said) = ended(&command.output().unwrap());
        assert_eq!((code, scenario.cluster_states()), (0, vec![state.to_owned()]), "{said}");
        assert_eq!(said.contains("TERMINATE=false: the cluster is kept"), word == "false", "{said}");
        let arguments = &scenario.requests("AddJobFlowSteps")[0]["Steps"][0]["HadoopJarStep"]["Args"];
        assert_eq!(arguments.as_array().unwrap()[3..], ["UserActivityTask", "--n-reduce-tasks", "12"]);
    }
}

/// Error of the shell itself in a function of the script, as soon as it says something from there.
fn broken_in(scenario: &Scenario, function: &str) -> (i32, String) {
    let broken = scenario.folder.path().join("broken.sh");
    let text = format!("echo() {{\n case \" ${{FUNCNAME[*]}} \" in *' {function} '*) : $((08)) ;; esac\n builtin echo \"$@\"\n}}\n");
    fs::write(&broken, text).unwrap();
    ended(&scenario.run_task().arg("UserActivityTask").env("BASH_ENV", broken).output().unwrap())
}

#[test]
fn an_error_of_the_script_itself_is_no_success() {
    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let (code, said) = broken_in(&scenario, "await_step");
    assert_eq!((code, scenario.cluster_states()), (40, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(said.contains("value too great") && said.contains("this script itself failed"), "{said}");
    assert!(!said.contains("is done"), "{said}");

    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let (code, said) = broken_in(&scenario, "terminate_clusters");
    assert_eq!((code, scenario.cluster_states()), (40, vec!["RUNNING".to_owned()]), "{said}");
    assert!(said.contains("UserActivityTask is done") && said.contains("NOT CERTAIN"), "{said}");

    // Even if the error comes where nothing can be said of the cluster.
    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let (code, said) = broken_in(&scenario, "finish");
    assert_eq!(code, 40, "{said}");
}
