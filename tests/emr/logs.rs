//! The logs of a step: waited for while they may come, and no longer.
use crate::emr::Scenario;
use crate::{DONE, at_once, ended, with};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Runs a task whose requests for logs meet faults; gives what was said, the listings that were asked for, and the time it took.
fn run_with_faults(step: &str, action: &str, faults: &Value) -> ((i32, String), usize, Duration) {
    let scenario = Scenario::new(&with(at_once(step, DONE), "faults", json!({action: faults})));
    let mut command = scenario.run_task();
    let started = Instant::now();
    let (code, said) = ended(&command.arg("UserActivityTask").env("EMR_LOG_WAIT_SECONDS", "60").output().unwrap());
    assert_eq!(scenario.cluster_states(), ["TERMINATED"], "{said}");
    ((code, said), scenario.requests("ListObjects").len(), started.elapsed())
}

#[test]
fn a_refusal_that_will_not_pass_ends_the_wait_for_logs() {
    let denied = json!({"code": "AccessDenied", "message": "not authorized to perform: s3:ListBucket"});
    let ((code, said), listings, took) = run_with_faults("COMPLETED", "ListObjects", &json!(vec![denied; 100]));
    assert_eq!((code, listings), (0, 1), "{said}");
    assert!(took < Duration::from_secs(40), "{took:?}");
    assert!(said.contains("cannot be fetched from s3://") && said.contains("not authorized to perform: s3:ListBucket"), "{said}");
    assert!(said.contains("UserActivityTask is done") && !said.contains("not all logs"), "{said}");

    let denied = json!({"code": "AccessDenied", "message": "not authorized to perform: kms:Decrypt"});
    let ((code, said), _, took) = run_with_faults("FAILED", "GetObject", &json!(vec![denied; 100]));
    assert_eq!(code, 30, "{said}");
    assert!(took < Duration::from_secs(40), "{took:?}");
    assert!(said.contains("cannot be fetched from s3://") && said.contains("AccessDenied") | said.contains("Forbidden"), "{said}");
}

#[test]
fn a_refusal_that_passes_does_not_end_the_wait_for_logs() {
    let busy = json!({"code": "SlowDown", "status": 503});
    let replaced = json!({"code": "NoSuchKey", "status": 404});
    for (action, faults) in [("ListObjects", json!(vec![busy; 7])), ("GetObject", json!([replaced]))] {
        let ((code, said), _, _) = run_with_faults("COMPLETED", action, &faults);
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("fetched") && !said.contains("not all logs"), "{action}: {said}");
    }
}
