//! Requests to a server that checks keys, signatures and permissions as AWS does.

use std::process::Command;

use crate::servers::S3Server;

/// The text of an element of an answer.
fn between<'t>(text: &'t str, name: &str) -> &'t str {
    let start = text.find(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {text}")) + name.len() + 2;
    text[start..].split('<').next().unwrap()
}

/// Makes a user who may do everything with objects and buckets, and nothing else; gives key and secret.
fn new_key(server: &S3Server) -> (String, String) {
    let ask = |parameters: &[(&str, &str)]| {
        let credential = "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=a";
        let form = [&[("Version", "2010-05-08"), ("UserName", "analytics")], parameters].concat();
        let mut answer = ureq::post(&server.endpoint).header("authorization", credential).send_form(form).unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    ask(&[("Action", "CreateUser")]);
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}"#;
    ask(&[("Action", "PutUserPolicy"), ("PolicyName", "objects"), ("PolicyDocument", policy)]);
    let key = ask(&[("Action", "CreateAccessKey")]);
    (between(&key, "AccessKeyId").to_owned(), between(&key, "SecretAccessKey").to_owned())
}

#[test]
fn requests_are_signed_as_aws_wants_it() {
    let server = S3Server::start();
    let (key, secret) = new_key(&server);
    let event = r#"{"username": "ann", "event_type": "/courses/a/b/c/x", "event_source": "server", "time": "2014-05-02T10:00:00+00:00", "context": {"course_id": "a/b/c", "user_id": 7}, "event": "{}"}"#;
    for name in ["logs/plain.log", "logs/a+b%20c=d&e.log", "logs//double.log", "logs/%C3%A9%20%C3%BC.log"] {
        let url = format!("{}/insights-test/{name}", server.endpoint);
        assert!(ureq::put(&url).send(&*format!("{event}\n")).unwrap().status().is_success());
    }
    server.check_keys();
    let folder = tempfile::tempdir().unwrap();
    let run = |secret: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_insights"));
        command.current_dir(folder.path()).env("AWS_ENDPOINT_URL", &server.endpoint).env("AWS_ACCESS_KEY_ID", &key);
        command.env("AWS_SECRET_ACCESS_KEY", secret).env("AWS_REGION", "us-east-1").args(["UserActivityTask", "--interval", "2014-05"]);
        command.args(["--source", "[\"s3://insights-test/logs\"]", "--pattern", "[\".*\"]", "--expand-interval", "0 days", "--overwrite"]);
        let done = command.args(["--n-reduce-tasks", "2", "--warehouse-path", "s3://insights-test/warehouse"]).output().unwrap();
        (done.status.success(), String::from_utf8(done.stderr).unwrap())
    };
    for _ in 0..2 {
        // The second run replaces what the first one wrote: renames and removals are signed, too.
        let (succeeded, said) = run(&secret);
        assert!(succeeded && said.contains("4 lines"), "{said}");
    }
    let (succeeded, said) = run("wrong-secret");
    assert!(!succeeded && said.contains("does not accept the credentials"), "{said}");
    assert!(said.contains("SignatureDoesNotMatch") && !said.contains("wrong-secret") && !said.contains(&secret), "{said}");
}
