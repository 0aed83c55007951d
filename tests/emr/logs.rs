//! The logs of a step: waited for while they may come, and no longer.

use serde_json::{Value, json};

use crate::emr::Scenario;
use crate::{DONE, at_once, ended, with};

/// Runs a task whose requests for logs meet faults; gives exit code, what was said, and how often the faulty action was asked for.
fn run_with_faults(step: &str, action: &str, faults: &Value) -> (i32, String, usize) {
    let scenario = Scenario::new(&with(at_once(step, DONE), "faults", json!({action: faults})));
    let mut command = scenario.run_task();
    // The script's repetitions are of interest, not the client's.
    command.arg("UserActivityTask").env("EMR_LOG_WAIT_SECONDS", "300").env("AWS_MAX_ATTEMPTS", "1");
    let (code, said) = ended(&command.output().unwrap());
    assert_eq!(scenario.cluster_states(), ["TERMINATED"], "{said}");
    assert!(!said.contains("not all logs"), "{said}");
    (code, said, scenario.requests(action).len())
}

#[test]
fn a_refusal_that_will_not_pass_ends_the_wait_for_logs() {
    let denied = json!({"code": "AccessDenied", "message": "not authorized to perform: s3:ListBucket"});
    let (code, said, listings) = run_with_faults("COMPLETED", "ListObjects", &json!(vec![denied; 100]));
    assert_eq!((code, listings), (0, 1), "{said}");
    assert!(said.contains("cannot be fetched from s3://") && said.contains("not authorized to perform: s3:ListBucket"), "{said}");
    assert!(said.contains("UserActivityTask is done"), "{said}");

    let denied = json!({"code": "AccessDenied", "message": "not authorized to perform: kms:Decrypt"});
    let (code, said, reads) = run_with_faults("FAILED", "GetObject", &json!(vec![denied; 100]));
    assert_eq!((code, reads), (30, 1), "{said}");
    assert!(said.contains("cannot be fetched from s3://") && said.contains("not authorized to perform: kms:Decrypt"), "{said}");
}

#[test]
fn a_refusal_that_passes_does_not_end_the_wait_for_logs() {
    let busy = json!({"code": "SlowDown", "status": 503});
    let replaced = json!({"code": "NoSuchKey", "status": 404});
    for (action, faults) in [("ListObjects", json!([busy, busy])), ("GetObject", json!([replaced]))] {
        let (code, said, _) = run_with_faults("COMPLETED", action, &faults);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("fetched"), "{action}: {said}");
    }
}
