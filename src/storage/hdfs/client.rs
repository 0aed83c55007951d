//! Connections to NameNodes, and what their errors mean.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow};
use hdfs_native::{Client, ClientBuilder, HdfsError};

use crate::storage::Location;
use crate::storage::remote::{runtime, wait_for};

/// No single question to a NameNode takes longer than this, failover included.
const LONGEST_CALL: Duration = Duration::from_mins(3);
/// Tries to reach a single NameNode: with doubling pauses 16 seconds. High availability has Hadoop's own settings.
const SINGLE_NAMENODE_RETRIES: &str = "5";
const DEFAULT_PORT: u16 = 8020;

/// A client for the location's NameNode; made once and shared.
pub(super) fn client_of(location: &Location) -> Result<Client> {
    static CLIENTS: Mutex<Option<HashMap<String, Client>>> = Mutex::new(None);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let clients = clients.get_or_insert_default();
    if let Some(client) = clients.get(location.authority()) {
        return Ok(client.clone());
    }
    let client = connect(location)?;
    clients.insert(location.authority().to_owned(), client.clone());
    Ok(client)
}

/// Nothing is sent before the first call.
fn connect(location: &Location) -> Result<Client> {
    let authority = location.authority();
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let build = |authority: &str, single: bool| -> Result<Client, HdfsError> {
        let mut builder = ClientBuilder::new().with_url(format!("hdfs://{authority}"));
        if single {
            builder = builder.with_config([("dfs.client.failover.max.attempts", SINGLE_NAMENODE_RETRIES)]);
        }
        let runtime = runtime().map_err(|error| HdfsError::InternalError(error.to_string()))?;
        builder.with_io_runtime(runtime.clone()).build()
    };
    let made = if authority.is_empty() {
        let found = ClientBuilder::new().with_io_runtime(runtime()?.clone()).build();
        return found.map_err(|error| {
            anyhow!(
                "{location} names no NameNode, and none is configured ({error}). Write hdfs://host:port/path, or set HADOOP_CONF_DIR to the directory whose core-site.xml has fs.defaultFS."
            )
        });
    } else if has_port {
        build(authority, true)
    } else {
        // A name without port is a nameservice of hdfs-site.xml, else a host.
        build(authority, false).or_else(|_| build(&format!("{authority}:{DEFAULT_PORT}"), true))
    };
    made.map_err(|error| anyhow!("{location} cannot be used: {error}. Check the URL and the files in HADOOP_CONF_DIR."))
}

/// The path as a NameNode takes it: absolute, without empty parts.
pub(super) fn path_of(location: &Location) -> String {
    let parts = location.path().split('/').filter(|part| !part.is_empty());
    let path: String = parts.flat_map(|part| ["/", part]).collect();
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Makes a call and turns its error into a message about the location.
pub(super) fn call<T>(location: &Location, what: &str, call: impl Future<Output = Result<T, HdfsError>>) -> Result<T> {
    let started = Instant::now();
    match wait_for(async { tokio::time::timeout(LONGEST_CALL, call).await })? {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(explain(location, what, &error, started.elapsed())),
        Err(_) => {
            let late = io::Error::new(ErrorKind::TimedOut, format!("no answer within {} s", LONGEST_CALL.as_secs()));
            Err(Error::new(late).context(format!("Cannot {what} {location}: the NameNode does not answer. {CHECK_ADDRESS}")))
        }
    }
}

const CHECK_ADDRESS: &str = "Check that HDFS runs, that the address is that of the NameNode's RPC port (not its web page), and that this machine may connect to it.";

fn explain(location: &Location, what: &str, error: &HdfsError, elapsed: Duration) -> Error {
    let (kind, meaning) = meaning(error, elapsed);
    // The cause carries the kind, so that callers can tell a missing file.
    Error::new(io::Error::new(kind, first_line(&error.to_string()).to_owned())).context(format!("Cannot {what} {location}: {meaning}"))
}

pub(super) fn meaning(error: &HdfsError, elapsed: Duration) -> (ErrorKind, String) {
    let seconds = elapsed.as_secs_f64();
    match error {
        HdfsError::FileNotFound(_) => missing(),
        HdfsError::BlocksNotFound(_) => (
            ErrorKind::Other,
            "no DataNode has all of its blocks, or it was removed while it was read. Run again; if it persists, look at the file with hdfs fsck.".to_owned(),
        ),
        HdfsError::AlreadyExists(_) => (ErrorKind::AlreadyExists, "there is something of that name already.".to_owned()),
        HdfsError::RPCError(class, _) | HdfsError::FatalRPCError(class, _) if class.ends_with(".FileNotFoundException") => missing(),
        HdfsError::RPCError(class, message) | HdfsError::FatalRPCError(class, message) if class.ends_with("AccessControlException") => (
            ErrorKind::PermissionDenied,
            format!(
                "permission is refused ({}). Set HADOOP_USER_NAME to a user who may, have the permissions changed, or, on a cluster with Kerberos, log in with kinit.",
                first_line(message)
            ),
        ),
        HdfsError::SASLError(_) | HdfsError::GSSAPIError(..) | HdfsError::NoSASLMechanism => (
            ErrorKind::PermissionDenied,
            "the cluster does not accept this user's authentication. Log in with kinit, and set HADOOP_CONF_DIR to the cluster's configuration.".to_owned(),
        ),
        HdfsError::IOError(io) => {
            (ErrorKind::NotConnected, format!("HDFS cannot be reached ({io}), tried for {seconds:.1} s. {CHECK_ADDRESS}"))
        }
        HdfsError::RPCError(class, message) | HdfsError::FatalRPCError(class, message) => {
            let class = class.rsplit('.').next().unwrap_or(class);
            (ErrorKind::Other, format!("the NameNode refuses: {} ({class}).", first_line(message)))
        }
        other => (ErrorKind::Other, format!("{}.", first_line(&other.to_string()))),
    }
}

fn missing() -> (ErrorKind, String) {
    let text =
        "it does not exist. If it was listed before, it has been removed or renamed since: run again, so that the input is chosen anew.";
    (ErrorKind::NotFound, text.to_owned())
}

/// A NameNode sends its stack trace along.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_and_without_empty_parts() {
        for (text, path) in [("hdfs://h:1/a//b/", "/a/b"), ("hdfs://h", "/"), ("hdfs:///x", "/x")] {
            assert_eq!(path_of(&text.parse().unwrap()), path);
        }
    }

    #[test]
    fn a_location_without_namenode_asks_for_configuration() {
        // Whoever tests with a configured Hadoop has a NameNode.
        if std::env::var_os("HADOOP_CONF_DIR").is_none() && std::env::var_os("HADOOP_HOME").is_none() {
            let error = client_of(&"hdfs:///data".parse().unwrap()).unwrap_err().to_string();
            assert!(error.contains("HADOOP_CONF_DIR"), "{error}");
        }
    }
}
