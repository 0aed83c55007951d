//! An endpoint for EMR and S3 for tests, each of which says what is to happen to its own requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The endpoint that the environment names, or one of the tests' own, which ends with them.
struct Endpoint {
    url: String,
    /// The directory with the official client `aws`.
    commands: String,
    folder: Option<TempDir>,
}

impl Endpoint {
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Endpoint>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let environment: HashMap<_, _> = std::env::vars().collect();
            let endpoint = Arc::new(Self::from_values(&environment).unwrap_or_else(Self::start));
            *shared = Arc::downgrade(&endpoint);
            endpoint
        })
    }

    fn from_values(values: &HashMap<String, String>) -> Option<Self> {
        Some(Self { url: values.get("TEST_EMR_ENDPOINT")?.clone(), commands: values.get("TEST_AWS_COMMANDS")?.clone(), folder: None })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let started = Command::new("tests/servers/emr.sh").arg("start").arg(folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&started.stderr);
        assert!(started.status.success(), "No EMR endpoint for this test; run tests/run.sh, which installs what the tests need. {errors}");
        let lines = String::from_utf8(started.stdout).unwrap();
        let values = lines.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut endpoint = Self::from_values(&values.collect()).unwrap();
        endpoint.folder = Some(folder);
        endpoint
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = Command::new("tests/servers/emr.sh").arg("stop").arg(folder.path()).status();
        }
    }
}

/// What is to happen to the requests of one test, and what has happened to them.
pub(crate) struct Scenario {
    endpoint: Arc<Endpoint>,
    /// The access key of the test, also its bucket and the name of its clusters.
    pub name: String,
    pub folder: TempDir,
}

impl Scenario {
    /// `told` is what `emr_endpoint.py` describes.
    pub(crate) fn new(told: &Value) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("emr-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let scenario = Self { endpoint: Endpoint::shared(), name, folder: tempfile::tempdir().unwrap() };
        ureq::put(scenario.address("scenario/")).send(told.to_string()).unwrap();
        ureq::put(scenario.address("")).send_empty().unwrap();
        scenario
    }

    fn address(&self, place: &str) -> String {
        format!("{}/{place}{}", self.endpoint.url, self.name)
    }

    /// A location in the bucket of the test.
    pub(crate) fn location(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    pub(crate) fn put_object(&self, key: &str, content: &[u8]) {
        ureq::put(format!("{}/{key}", self.address(""))).send(content).unwrap();
    }

    /// A command that finds the client, and the client the endpoint; nothing of this machine's settings.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.endpoint.commands, std::env::var("PATH").unwrap());
        command.env("PATH", path).env("AWS_ENDPOINT_URL", &self.endpoint.url).env("AWS_ACCESS_KEY_ID", &self.name);
        command.env("AWS_SECRET_ACCESS_KEY", "secret-of-this-test").env("AWS_REGION", "us-east-1");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_EC2_METADATA_DISABLED", "true").env_remove("AWS_PROFILE");
        command
    }

    /// `aws ARGUMENTS`, which must succeed; gives its answer.
    pub(crate) fn aws(&self, arguments: &[&str]) -> Value {
        let done = self.command("aws").args(["--region", "us-east-1", "--output", "json"]).args(arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }

    /// All requests so far: action and request.
    pub(crate) fn calls(&self) -> Vec<Value> {
        let told = ureq::get(self.address("scenario/")).call().unwrap().body_mut().read_to_string().unwrap();
        let mut told: Value = serde_json::from_str(&told).unwrap();
        told["calls"].as_array_mut().unwrap().drain(..).collect()
    }

    /// The requests for an action so far.
    pub(crate) fn requests(&self, action: &str) -> Vec<Value> {
        let calls = self.calls().into_iter().filter(|call| action.is_empty() || call["action"] == action);
        calls.map(|mut call| call["request"].take()).collect()
    }

    /// The states of all clusters of this test.
    pub(crate) fn cluster_states(&self) -> Vec<String> {
        let credential =
            "AWS4-HMAC-SHA256 Credential=observer/20200101/us-east-1/elasticmapreduce/aws4_request, SignedHeaders=host, Signature=a";
        let request = ureq::post(&self.endpoint.url).header("authorization", credential).content_type("application/x-amz-json-1.1");
        let request = request.header("x-amz-target", "ElasticMapReduce.ListClusters");
        let listed = request.send(json!({}).to_string()).unwrap().body_mut().read_to_string().unwrap();
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let clusters = listed["Clusters"].as_array().unwrap().iter();
        let own = clusters.filter(|cluster| cluster["Name"].as_str().unwrap().starts_with(&format!("{} ", self.name)));
        own.map(|cluster| cluster["Status"]["State"].as_str().unwrap().to_owned()).collect()
    }

    /// The directory that `run-task.sh` works in.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// `emr/run-task.sh` with all its settings, and without pauses.
    pub(crate) fn run_task(&self) -> Command {
        // Shells ignore interrupts in what they run in the background, and this test may run there.
        let mut command = self.command("env");
        command.args(["--default-signal=INT,TERM,HUP", "emr/run-task.sh"]);
        command.env("CLUSTER_NAME", &self.name).env("WORKSPACE", self.workspace());
        command.env("EMR_PACKAGE", self.location("package/insights.tar.gz")).env("EMR_LOG_URI", self.location("emr-logs"));
        command.env("EMR_SUBNETS", "subnet-1 subnet-2").env("EMR_SERVICE_ROLE", "insights-emr");
        command.env("EMR_INSTANCE_PROFILE", "insights-nodes");
        command.env("EMR_POLL_SECONDS", "0.1").env("EMR_RETRY_SECONDS", "0").env("EMR_LOG_WAIT_SECONDS", "20");
        for name in ["TERMINATE", "NUM_REDUCE_TASKS", "OVERRIDE_CONFIG", "SECURE_CONFIG", "EMR_TEMPLATE", "EMR_RELEASE"] {
            command.env_remove(name);
        }
        command
    }
}
