//! Real database servers for tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code)] // every test binary uses a part
use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use insights_pipeline::stores::mysql::MysqlTarget;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, Value};
use tempfile::TempDir;

/// Rows as texts, for comparisons; `None` is NULL.
pub(crate) type Texts = Vec<Vec<Option<String>>>;

/// A MariaDB server: the one that the environment names, or one of the test's own, which ends with it.
pub(crate) struct MariaDb {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub process: u32,
    folder: Option<TempDir>,
}

impl MariaDb {
    /// The server that all tests may share: `TEST_MYSQL_HOST`, `_PORT`, `_USER`, `_PASSWORD`, or one started here.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<MariaDb>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let environment: HashMap<_, _> = std::env::vars().collect();
            let server = if environment.contains_key("TEST_MYSQL_HOST") { Self::from_values(&environment, None) } else { Self::own(&[]) };
            let server = Arc::new(server);
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A server for one test, which may break it.
    pub(crate) fn own(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let values = start(folder.path(), options);
        Self::from_values(&values, Some(folder))
    }

    fn from_values(values: &HashMap<String, String>, folder: Option<TempDir>) -> Self {
        let value = |name: &str| values.get(name).cloned().unwrap_or_default();
        Self {
            host: value("TEST_MYSQL_HOST"),
            port: value("TEST_MYSQL_PORT").parse().unwrap_or(3306),
            user: value("TEST_MYSQL_USER"),
            password: value("TEST_MYSQL_PASSWORD"),
            process: value("TEST_MYSQL_PID").parse().unwrap_or(0),
            folder,
        }
    }

    /// Starts the server again on the same data and, usually, another port.
    pub(crate) fn restart(&mut self) {
        let folder = self.folder.take().expect("only an own server can be started again");
        let values = start(folder.path(), &[]);
        *self = Self::from_values(&values, Some(folder));
    }

    /// A database name that no other test has.
    pub(crate) fn new_database() -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("reports_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn target(&self, database: &str) -> MysqlTarget {
        MysqlTarget {
            host: self.host.clone(),
            port: self.port,
            username: self.user.clone(),
            password: self.password.clone(),
            database: database.into(),
            ssl_ca: None,
            tls: insights_pipeline::config::credentials::Tls::Required,
        }
    }

    /// A plain connection that knows nothing of the loader.
    pub(crate) fn connect(&self) -> Conn {
        let options = OptsBuilder::new()
            .ip_or_hostname(Some(&*self.host))
            .tcp_port(self.port)
            .user(Some(&*self.user))
            .pass(Some(&*self.password))
            .prefer_socket(false);
        Conn::new(options).unwrap()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = Command::new("tests/servers/mariadb.sh").arg("stop").arg(folder.path()).status();
        }
    }
}

fn start(folder: &std::path::Path, options: &[&str]) -> HashMap<String, String> {
    let started =
        Command::new("tests/servers/mariadb.sh").arg("start").arg(folder).args(options).env_remove("TEST_MYSQL_PORT").output().unwrap();
    assert!(
        started.status.success(),
        "No MariaDB server for this test; run tests/run.sh, which installs what the tests need. {}",
        String::from_utf8_lossy(&started.stderr)
    );
    String::from_utf8(started.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Runs a query as text; all values come as texts.
pub(crate) fn query(conn: &mut Conn, sql: &str) -> mysql::Result<Texts> {
    let rows: Vec<mysql::Row> = conn.query(sql)?;
    let text = |value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8(bytes).unwrap()),
        other => Some(other.as_sql(true)),
    };
    Ok(rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect())
}
