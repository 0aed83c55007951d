//! Where the engine is and who may use it (rules 07, 2). Credentials come from the configuration only.

use std::fmt;
use std::io::Write;
use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::config::lists::StringList;
use crate::config::settings::Settings;

const SECTION: &str = "elasticsearch";
const DEFAULT_TIMEOUT: u64 = 60;

/// How to reach the engine. `Debug` shows no credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connection {
    /// At least one; the others are tried when one is lost.
    pub hosts: Vec<Host>,
    /// PEM text of the certificates that are trusted in place of the public ones.
    pub certificates: Option<String>,
    /// Seconds until a request counts as lost.
    pub timeout: u64,
    /// Region of AWS for signed requests (`connection_type = aws`).
    pub aws_region: Option<String>,
}

/// One address of the engine.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Host {
    /// `http://host:port/prefix`, without a slash at its end and without credentials.
    pub url: String,
    /// Value of the header `Authorization`.
    authorization: Option<String>,
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

/// What a command line says of the connection, in place of `[elasticsearch]`.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ConnectionOptions {
    /// Host of the search engine, without credentials; default: host of [elasticsearch]
    #[arg(long)]
    pub host: Option<String>,
    /// Seconds until a request to the search engine counts as lost; default: timeout of [elasticsearch], else 60
    #[arg(long)]
    pub timeout: Option<i64>,
    /// aws for requests signed by AWS credentials, else urllib; default: `connection_type` of [elasticsearch]
    #[arg(long)]
    pub connection_type: Option<String>,
}

impl ConnectionOptions {
    /// The options as words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let timeout = self.timeout.map(|seconds| seconds.to_string());
        let options = [("--host", &self.host), ("--timeout", &timeout), ("--connection-type", &self.connection_type)];
        let given = options.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value.clone()?]));
        given.flatten().collect()
    }
}

impl Connection {
    /// The connection of `[elasticsearch]` and the options before it; none when no host is set.
    ///
    /// # Errors
    /// A setting cannot be used, or the option holds credentials, which every user of the machine could read there.
    pub(crate) fn of_settings(settings: &Settings, options: &ConnectionOptions) -> Result<Option<Self>> {
        let aws_region = aws_region(settings, options.connection_type.as_deref())?;
        let default = if aws_region.is_some() { AWS } else { PLAIN };
        let hosts = match &options.host {
            Some(text) => {
                let hosts = hosts(text, default).context("--host cannot be used.")?;
                ensure!(
                    hosts.iter().all(|host| host.authorization.is_none()),
                    "Credentials on a command line can be read by all users of the machine. \
                     Write them into the section [{SECTION}] of the configuration, as username and password."
                );
                hosts
            }
            None => hosts(settings.get(SECTION, "host").unwrap_or_default(), default)
                .with_context(|| format!("The setting host of [{SECTION}] cannot be used."))?,
        };
        if hosts.is_empty() {
            return Ok(None);
        }
        let timeout = options.timeout.map_or_else(|| settings.integer(SECTION, "timeout"), |seconds| Ok(Some(seconds)))?;
        let timeout = timeout.map_or(Ok(DEFAULT_TIMEOUT), u64::try_from).ok().filter(|seconds| *seconds > 0);
        let mut connection = Self {
            hosts,
            certificates: certificates(settings)?,
            timeout: timeout.with_context(|| format!("timeout of [{SECTION}], or --timeout, must be a positive number of seconds."))?,
            aws_region,
        };
        connection.complete(settings)?;
        Ok(Some(connection))
    }

    /// An address without credentials.
    #[cfg(test)]
    pub(crate) fn to(host: &str) -> Result<Self> {
        let hosts = hosts(host, PLAIN)?;
        ensure!(!hosts.is_empty(), "No host is named.");
        Ok(Self { hosts, certificates: None, timeout: DEFAULT_TIMEOUT, aws_region: None })
    }

    /// Longest time for a request.
    pub(crate) const fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// The hosts without credentials, for messages and identities.
    pub(crate) fn host_names(&self) -> String {
        let urls: Vec<_> = self.hosts.iter().map(|host| host.url.as_str()).collect();
        urls.join(" ")
    }

    /// Writes the connection into a file that only this user can read, for the tasks of a job. It is removed when dropped.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn to_private_file(&self, directory: &Path) -> Result<NamedTempFile> {
        std::fs::create_dir_all(directory).with_context(|| format!("The directory {} cannot be made.", directory.display()))?;
        let mut file = tempfile::Builder::new()
            .prefix("roster-connection-")
            .suffix(".json")
            .tempfile_in(directory)
            .with_context(|| format!("No file can be made in {}.", directory.display()))?;
        file.write_all(&serde_json::to_vec(self)?).context("The connection could not be written for the tasks.")?;
        Ok(file)
    }

    /// Reads what [`Self::to_private_file`] wrote.
    ///
    /// # Errors
    /// There is no such file, or it is another. The text never shows its content.
    pub(crate) fn of_private_file(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = std::fs::read(path).with_context(|| format!("The connection file {name} cannot be read."))?;
        let Ok(connection) = serde_json::from_slice(&text) else { bail!("The file {name} is no connection file of the roster index.") };
        Ok(connection)
    }

    /// Gives hosts without credentials those of the section.
    fn complete(&mut self, settings: &Settings) -> Result<()> {
        let authorization = match (settings.get(SECTION, "username"), settings.get(SECTION, "password")) {
            (Some(username), Some(password)) => Some(basic(username, password)),
            (None, None) => None,
            _ => bail!("The section [{SECTION}] has only one of username and password; write both or none."),
        };
        for host in &mut self.hosts {
            if host.authorization.is_none() {
                host.authorization.clone_from(&authorization);
            }
        }
        Ok(())
    }
}

impl Host {
    /// Value of the header `Authorization`, if there is one.
    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_deref()
    }
}

fn certificates(settings: &Settings) -> Result<Option<String>> {
    let Some(path) = settings.get(SECTION, "ca_certificate").filter(|path| !path.is_empty()) else { return Ok(None) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("The file {path} named by ca_certificate of [{SECTION}] cannot be read; it must be a PEM file."))?;
    Ok(Some(text))
}

fn aws_region(settings: &Settings, option: Option<&str>) -> Result<Option<String>> {
    match option.or_else(|| settings.get(SECTION, "connection_type")).unwrap_or("urllib") {
        "aws" => Ok(Some(settings.get(SECTION, "region").unwrap_or("us-east-1").to_owned())),
        "urllib" | "" => Ok(None),
        other => bail!("The connection type of [{SECTION}] is {other:?}; write urllib or aws."),
    }
}

/// What a host means that says less.
#[derive(Clone, Copy)]
struct Unsaid {
    scheme: &'static str,
    /// Of this scheme; that of `https` is always 443.
    port: u16,
}

const PLAIN: Unsaid = Unsaid { scheme: "http", port: 9200 };
/// Signed requests go by HTTPS only.
const AWS: Unsaid = Unsaid { scheme: "https", port: 443 };

fn hosts(text: &str, default: Unsaid) -> Result<Vec<Host>> {
    let text = text.trim();
    let is_list = text.contains('\n') || text.starts_with('[') && !begins_with_ipv6(text);
    let words = if is_list { text.parse::<StringList>()?.0 } else { vec![text.to_owned()] };
    words.iter().filter(|word| !word.trim().is_empty()).map(|word| host(word.trim(), default)).collect()
}

/// Whether an address such as `[2001:db8::1]` stands first, and not the first word of a list.
fn begins_with_ipv6(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    address.and_then(|address| address.split('%').next()).is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// A URL or `host:port`. Errors do not show it, because it may hold a password.
fn host(text: &str, default: Unsaid) -> Result<Host> {
    let (scheme, rest) = text.split_once("://").unwrap_or((default.scheme, text));
    ensure!(matches!(scheme, "http" | "https"), "A host must be a URL with http or https, or host:port.");
    ensure!(scheme == "https" || default.scheme == "http", "With connection_type = aws a host must be a bare name, or a URL with https.");
    let (address, path) = rest.split_once('/').map_or((rest, ""), |(address, path)| (address, path.trim_end_matches('/')));
    let (user, address) = address.rsplit_once('@').map_or((None, address), |(user, address)| (Some(user), address));
    let name_and_port = address.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    let (name, port) = name_and_port.map_or((address, None), |(name, port)| (name, Some(port)));
    ensure!(!name.is_empty() && !name.contains(char::is_whitespace), "A host has no name.");
    let port = match port {
        Some(port) => port.parse::<u16>().ok().context("The port of a host is no number from 1 to 65535.")?,
        None if scheme == "https" => 443,
        None => default.port,
    };
    let authorization = user.map(|user| {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        basic(&percent_decoded(name), &percent_decoded(password))
    });
    let slash = if path.is_empty() { "" } else { "/" };
    Ok(Host { url: format!("{scheme}://{name}:{port}{slash}{path}"), authorization })
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}")))
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(value.unwrap_or(byte));
        rest = if value.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
