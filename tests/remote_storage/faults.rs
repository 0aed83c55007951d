//! What operators are told when a store cannot be reached, or refuses. Each case is a process of its own, since the clients read
//! their settings from the environment.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use insights_pipeline::storage::write_bytes;

use crate::servers;

const SECRET: &str = "c0rrect-h0rse-battery";

/// Runs a job on an input with changed variables; gives what it said.
fn refusal(input: &str, output: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
    command.current_dir(folder.path()).args(["job", "user-activity", "daily", "--input", input, "--output", output]);
    command.args(["--", "--interval", "2014-05"]);
    for (name, value) in variables {
        command.env(name, value);
    }
    let done = command.output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success(), "{said}");
    assert!(!said.contains("panicked") && !said.contains(SECRET), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().filter(|found| found.as_ref().unwrap().file_name() == "out").count(), 0);
    said
}

/// An address on which nobody listens.
fn closed_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn wrong_credentials_are_told_without_the_secret() {
    // A server of its own, since from now on it checks keys.
    let server = servers::S3Server::start();
    server.check_keys();
    let variables = [("AWS_ENDPOINT_URL", server.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "AKIAWRONG"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    for (input, output) in [("s3://insights-test/logs/x", "out"), ("/etc/hostname", "s3://insights-test/out")] {
        let said = refusal(input, output, &variables);
        assert!(said.contains("does not accept the credentials") && said.contains("InvalidAccessKeyId"), "{said}");
        assert!(said.contains("AWS_ACCESS_KEY_ID") && said.contains(&server.endpoint), "{said}");
    }
}

#[test]
fn an_endpoint_that_is_not_there_is_given_up_after_some_seconds() {
    let endpoint = format!("http://{}", closed_port());
    for (input, output) in [("s3://insights-test/logs/x", "out"), ("/etc/hostname", "s3://insights-test/out")] {
        let started = Instant::now();
        let said =
            refusal(input, output, &[("AWS_ENDPOINT_URL", &endpoint), ("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", SECRET)]);
        assert!(said.contains(&format!("{endpoint} cannot be reached")) && said.contains("Check AWS_ENDPOINT_URL"), "{said}");
        assert!(said.contains("tried 7 times"), "{said}");
        let seconds = started.elapsed().as_secs();
        assert!((1..60).contains(&seconds), "{seconds} s");
    }
}

#[test]
fn a_bucket_that_is_not_there_is_named() {
    servers::s3::new_directory("s3");
    let said = refusal("s3://no-such-bucket/logs/x", "out", &[]);
    assert!(said.contains("there is no bucket no-such-bucket at http://") && said.contains("us-east-1"), "{said}");
}

#[test]
fn a_missing_input_is_named() {
    for root in crate::roots() {
        let input = root.join("logs/nothing.log");
        assert!(refusal(input.as_str(), "out", &[]).contains(&format!("The input {input} does not exist")));
    }
}

#[test]
fn a_namenode_that_is_not_there_is_given_up_after_some_seconds() {
    let address = closed_port();
    let started = Instant::now();
    let said = refusal(&format!("hdfs://{address}/logs/x"), "out", &[]);
    assert!(said.contains(&format!("hdfs://{address}/logs/x: HDFS cannot be reached")) && said.contains("RPC port"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(90), "{:?}", started.elapsed());
}

#[test]
fn a_user_without_permission_is_told_the_way_out() {
    let root = servers::hadoop::new_directory();
    let input = root.join("logs/x.log");
    write_bytes(&input, b"{}\n").unwrap();
    let said = refusal(input.as_str(), root.join("out").as_str(), &[("HADOOP_USER_NAME", "stranger")]);
    assert!(said.contains("permission is refused") && said.contains("user=stranger") && said.contains("HADOOP_USER_NAME"), "{said}");
}

#[test]
fn hdfs_without_an_address_is_that_of_the_configuration() {
    let root = servers::hadoop::new_directory();
    let input = root.join("x.log");
    write_bytes(&input, b"{}\n").unwrap();
    let configuration = servers::variable("TEST_HADOOP_CONF_DIR", "hadoop.sh start-hdfs DIR");
    let found = refusal(&format!("hdfs://{}", input.path()), "/dev/null/out", &[("HADOOP_CONF_DIR", &configuration)]);
    assert!(found.contains("/dev/null") && !found.contains("hdfs:"), "{found}");
    let missing = refusal(&format!("hdfs://{}/y.log", root.path()), "out", &[("HADOOP_CONF_DIR", &configuration)]);
    assert!(missing.contains("The input hdfs:///") && missing.contains("y.log does not exist"), "{missing}");
    let said = refusal("hdfs:///y.log", "out", &[("HADOOP_CONF_DIR", "/none"), ("HADOOP_HOME", "/none")]);
    assert!(said.contains("names no NameNode") && said.contains("core-site.xml"), "{said}");
}
