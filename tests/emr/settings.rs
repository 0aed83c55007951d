//! Settings are checked before anything is asked of AWS.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use serde_json::json;

use crate::emr::Scenario;
use crate::{DONE, at_once, ended, with};

#[test]
fn what_is_missing_is_said_before_anything_is_asked_of_aws() {
    let scenario = Scenario::new(&json!({}));
    let run = |change: &dyn Fn(&mut Command)| {
        let mut command = scenario.run_task();
        change(command.arg("UserActivityTask"));
        let (code, said) = ended(&command.output().unwrap());
        assert_eq!(code, 2, "{said}");
        said
    };
    let said = run(&|command| _ = command.env_remove("EMR_PACKAGE").env_remove("EMR_SUBNETS"));
    assert!(said.contains("EMR_PACKAGE   the archive of emr/package.sh") && said.contains("EMR_SUBNETS   private subnets"), "{said}");
    assert!(!said.contains("EMR_LOG_URI") && said.contains("emr/README.md"), "{said}");
    let said = run(&|command| _ = command.env("SECURE_CONFIG", "config/secure.cfg"));
    assert!(said.contains("SECURE_CONFIG must be an S3 location") && said.contains("aws s3 cp"), "{said}");
    let said = run(&|command| _ = command.arg("--src").arg(OsStr::from_bytes(b"s3://b/\xff")));
    assert!(said.contains("argument 3 is not valid UTF-8"), "{said}");
    for (name, values) in [
        ("NUM_REDUCE_TASKS", &["many", "-1", "0x10", "1.5", "9999999999"][..]),
        ("EMR_RETRY_SECONDS", &["many"]),
        ("EMR_LOG_WAIT_SECONDS", &["ten"]),
        ("EMR_START_SECONDS", &["1e3"]),
        ("EMR_POLL_SECONDS", &["thirty", "0", "0.0", "-1", ".", "infinity"]),
        ("EMR_SUBNETS", &[",", "vpc-1", "[\"subnet-1\"]", "subnet-1,,subnet-2"]),
        ("EMR_SECURITY_GROUPS", &["subnet-1", "sg-1;sg-2"]),
    ] {
        for value in values {
            let said = run(&|command| _ = command.env(name, value));
            assert!(said.contains(&format!("{name} must ")), "{name}={value}: {said}");
        }
    }
    let said = ended(&scenario.run_task().output().unwrap()).1;
    assert!(said.contains("usage: emr/run-task.sh TASK OPTIONS"), "{said}");
    assert!(scenario.requests("").is_empty());
}

#[test]
fn numbers_may_have_zeros_in_front() {
    // Bash takes such numbers for octal, and ends what it is at if they are none.
    let throttled = json!({"code": "ThrottlingException", "message": "Rate exceeded"});
    let told = with(at_once("COMPLETED", DONE), "faults", json!({"TerminateJobFlows": [throttled]}));
    let scenario = Scenario::new(&told);
    let mut command = scenario.run_task();
    command.arg("UserActivityTask").env("EMR_RETRY_SECONDS", "08").env("EMR_START_SECONDS", "0900");
    let (code, said) = ended(&command.env("EMR_LOG_WAIT_SECONDS", "019").env("NUM_REDUCE_TASKS", "012").output().unwrap());
    assert_eq!((code, scenario.cluster_states()), (0, vec!["TERMINATED".to_owned()]), "{said}");
    assert!(!said.contains("value too great"), "{said}");
    let arguments = &scenario.requests("AddJobFlowSteps")[0]["Steps"][0]["HadoopJarStep"]["Args"];
    assert_eq!(arguments.as_array().unwrap()[4..], ["--n-reduce-tasks", "12"]);
}

#[test]
fn lists_are_separated_by_commas_or_blanks() {
    // What was asked for is enough here: nothing comes of it.
    let refused = json!({"code": "ValidationException", "message": "told so by a test"});
    let scenario = Scenario::new(&json!({"faults": {"RunJobFlow": vec![refused; 3]}}));
    for (subnets, groups) in
        [("subnet-1,subnet-2", "sg-1,sg-2"), (" subnet-1, subnet-2 ", "sg-1\tsg-2"), ("subnet-1\nsubnet-2\n", "sg-1 , sg-2")]
    {
        let mut command = scenario.run_task();
        command.arg("UserActivityTask").env("EMR_SUBNETS", subnets).env("EMR_SECURITY_GROUPS", groups);
        let (code, said) = ended(&command.output().unwrap());
        assert_eq!(code, 40, "{said}");
    }
    let requests = scenario.requests("RunJobFlow");
    assert_eq!(requests.len(), 3);
    for request in requests {
        let instances = &request["Instances"];
        assert_eq!(instances["Ec2SubnetIds"], json!(["subnet-1", "subnet-2"]));
        for nodes in ["Master", "Slave"] {
            assert_eq!(instances[format!("Additional{nodes}SecurityGroups")], json!(["sg-1", "sg-2"]));
        }
    }
}
