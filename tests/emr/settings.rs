//! Settings are checked before anything is asked of AWS.
use crate::emr::Scenario;
use crate::ended;
use serde_json::json;
use std::process::Command;

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
    let said = run(&|command| _ = command.env("NUM_REDUCE_TASKS", "many"));
    assert!(said.contains("NUM_REDUCE_TASKS must be a whole number"), "{said}");
    let said = ended(&scenario.run_task().output().unwrap()).1;
    assert!(said.contains("usage: emr/run-task.sh TASK OPTIONS"), "{said}");
    assert!(scenario.requests("").is_empty());
}
