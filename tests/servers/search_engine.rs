//! Real search engines for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test binary uses a part
use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The two dialects, each with the engine that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Elasticsearch 1.5, typed mappings.
    Elasticsearch,
    /// OpenSearch 2, typeless.
    OpenSearch,
}

/// A running engine: the one that the environment names, or one of the test's own, which ends with it.
pub(crate) struct Engine {
    pub kind: Kind,
    pub url: String,
    pub process: u32,
    folder: Option<TempDir>,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }

    fn script(self) -> String {
        format!("tests/servers/{}.sh", self.name())
    }

    fn variable(self, what: &str) -> String {
        format!("TEST_{}_{what}", self.name().to_uppercase())
    }
}

impl Engine {
    /// The engine that all tests may share: `TEST_ELASTICSEARCH_URL` or `TEST_OPENSEARCH_URL`, or one started here.
    pub(crate) fn shared(kind: Kind) -> Arc<Self> {
        static SHARED: [Mutex<Weak<Engine>>; 2] = [const { Mutex::new(Weak::new()) }; 2];
        let mut shared = SHARED[kind as usize].lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let engine = match std::env::var(kind.variable("URL")) {
                Ok(url) => Self { kind, url, process: 0, folder: None },
                Err(_) => Self::own(kind),
            };
            let engine = Arc::new(engine);
            *shared = Arc::downgrade(&engine);
            engine
        })
    }

    /// An engine for one test, which may break it.
    pub(crate) fn own(kind: Kind) -> Self {
        Self::start(kind, tempfile::tempdir().unwrap())
    }

    fn start(kind: Kind, folder: TempDir) -> Self {
        let started = Command::new(kind.script()).arg("start").arg(folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&started.stderr);
        assert!(
            started.status.success(),
            "No {} for this test; run tests/run.sh, which installs what the tests need. {errors}",
            kind.name()
        );
        let text = String::from_utf8(started.stdout).unwrap();
        let values: HashMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let value = |what: &str| values[&*kind.variable(what)].to_owned();
        Self { kind, url: value("URL"), process: value("PID").parse().unwrap(), folder: Some(folder) }
    }

    /// Starts it again on the same data and the same port.
    pub(crate) fn restart(&mut self) {
        let folder = self.folder.take().expect("only an own engine can be started again");
        *self = Self::start(self.kind, folder);
    }

    /// Sends a request; gives status and body.
    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let answer = match body {
            Some(body) => agent.run(request.header("content-type", "application/json").body(body.to_string()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, None).1
    }

    /// Documents of an index or alias.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.get(&format!("/{name}/_count"))["count"].as_u64().unwrap_or_else(|| panic!("{name} cannot be counted"))
    }

    /// The indexes that have an alias.
    pub(crate) fn holders(&self, alias: &str) -> Vec<String> {
        let (status, body) = self.send("GET", &format!("/_alias/{alias}"), None);
        if status == 404 { Vec::new() } else { body.as_object().unwrap().keys().cloned().collect() }
    }

    /// The indexes whose names begin with the alias and `_`.
    pub(crate) fn indexes(&self, alias: &str) -> Vec<String> {
        let (status, body) = self.send("GET", &format!("/{alias}_*/_settings"), None);
        if status == 404 { Vec::new() } else { body.as_object().unwrap().keys().cloned().collect() }
    }

    /// Searches; gives the number of all hits and the sources of the first ones.
    pub(crate) fn search(&self, name: &str, mut query: Value) -> (u64, Vec<Value>) {
        if self.kind == Kind::OpenSearch {
            query["track_total_hits"] = json!(true);
        }
        let (status, body) = self.send("POST", &format!("/{name}/_search"), Some(&query));
        assert_eq!(status, 200, "{body}");
        let total = &body["hits"]["total"];
        let total = total.as_u64().or_else(|| total["value"].as_u64()).unwrap();
        (total, body["hits"]["hits"].as_array().unwrap().iter().map(|hit| hit["_source"].clone()).collect())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = Command::new(self.kind.script()).arg("stop").arg(folder.path()).status();
        }
    }
}
