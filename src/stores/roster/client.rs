//! Requests to the engine. A lost connection is tried again: on the other hosts at once, then after pauses (rules 07, 10.2).

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use ureq::http::{Method, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error};

use super::connection::{Connection, Host};
use super::signature::signed_headers;
use crate::storage::s3::AmbientCredentials;
use crate::web::backoff::{Backoff, Patience, wait};

/// Longer answers are not answers to anything asked here.
const LONGEST_RESPONSE: u64 = 256 * 1024 * 1024;
/// How much of an error's text goes into a message.
const LONGEST_REASON: usize = 500;

/// Speaks to one cluster of servers.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    hosts: Vec<Host>,
    /// The host that answered last.
    current: AtomicUsize,
    patience: Patience,
    /// With the region, where requests are signed for AWS.
    signer: Option<(AmbientCredentials, String)>,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'b> {
    /// Nothing.
    None,
    /// A JSON document.
    Json(&'b Value),
    /// Lines of JSON, for `_bulk`.
    Lines(&'b [u8]),
}

/// An answer of the server, whatever its status.
#[derive(Debug)]
pub(crate) struct Response {
    /// HTTP status.
    pub status: u16,
    /// As it came.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is 200 to 299.
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is not JSON.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("The answer (HTTP {}) is not JSON; is this a search engine?", self.status))
    }

    /// The status and the server's reason, for messages.
    pub(crate) fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let error = serde_json::from_slice::<Value>(&self.body).ok().and_then(|body| body.get("error").map(error_reason));
        let reason = error.unwrap_or_else(|| text.trim().to_owned());
        let reason = reason.get(..reason.floor_char_boundary(LONGEST_REASON)).unwrap_or_default();
        format!("HTTP {}: {reason}", self.status)
    }
}

/// An error as servers write it: a text (1.x), or an object with type and reason.
pub(crate) fn error_reason(error: &Value) -> String {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let Value::Object(_) = error else { return error.as_str().map_or_else(|| error.to_string(), str::to_owned) };
    let mut reason = format!("{}: {}", text(error, "type").unwrap_or_default(), text(error, "reason").unwrap_or_default());
    if let Some(cause) = error.get("caused_by").and_then(|cause| text(cause, "reason")) {
        reason = format!("{reason} ({cause})");
    }
    reason
}

enum Failure {
    /// Another attempt may succeed.
    Lost(String),
    Fatal(anyhow::Error),
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// The certificates are no PEM text, or there are no credentials to sign with.
    pub(crate) fn new(connection: &Connection, patience: Patience) -> Result<Self> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Credentials go to no other host than the configured ones, and requests through no proxy of the environment.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(connection.request_timeout()))
            .tls_config(TlsConfig::builder().root_certs(root_certificates(connection)?).build());
        let signer =
            connection.aws_region.as_ref().map(|region| Ok::<_, anyhow::Error>((AmbientCredentials::find(region)?, region.clone())));
        let signer = signer.transpose()?;
        let hosts = connection.hosts.clone();
        if hosts.is_empty() {
            bail!("No host is named.");
        }
        Ok(Self { agent: config.build().into(), hosts, current: AtomicUsize::new(0), patience, signer })
    }

    /// How often things are tried.
    pub(crate) const fn patience(&self) -> Patience {
        self.patience
    }

    /// Sends one request; a server that is too busy is asked again after a pause. Gives any other answer, whatever its status.
    ///
    /// # Errors
    /// No host could be reached, or the server was too busy for too long.
    pub(crate) fn call(&self, method: &Method, path: &str, body: Body<'_>) -> Result<Response> {
        let mut backoff = Backoff::rejections(self.patience);
        loop {
            let response = self.request(method, path, body)?;
            if !matches!(response.status, 429 | 503) {
                return Ok(response);
            }
            match backoff.next_delay() {
                Some(delay) => wait(delay, &format!("{method} {path} was rejected (HTTP {})", response.status)),
                None => bail!("{method} {path} was rejected too often; the last answer was {}", response.reason()),
            }
        }
    }

    /// As [`Self::call`]; any status but 200 to 299 is an error.
    ///
    /// # Errors
    /// See there.
    pub(crate) fn call_successfully(&self, method: &Method, path: &str, body: Body<'_>) -> Result<Value> {
        let response = self.call(method, path, body)?;
        if !response.is_success() {
            bail!("{method} {path} failed: {}", response.reason());
        }
        response.json()
    }

    /// Sends one request. Only lost connections are tried again.
    ///
    /// # Errors
    /// No host could be reached.
    pub(crate) fn request(&self, method: &Method, path: &str, body: Body<'_>) -> Result<Response> {
        let mut backoff = Backoff::lost_connections(self.patience, self.hosts.len());
        loop {
            let place = self.current.load(Ordering::Relaxed);
            let host = self.hosts.get(place % self.hosts.len()).context("No host is named.")?;
            let lost = match self.request_once(host, method, path, body) {
                Ok(response) if !matches!(response.status, 408 | 504) => return Ok(response),
                Ok(response) => response.reason(),
                Err(Failure::Lost(reason)) => reason,
                Err(Failure::Fatal(error)) => return Err(error.context(format!("{method} {} cannot be sent.", host.url))),
            };
            self.current.store(place.wrapping_add(1), Ordering::Relaxed);
            match backoff.next_delay() {
                Some(delay) => wait(delay, &format!("The connection to {} was lost ({lost})", host.url)),
                None => bail!(
                    "The search engine cannot be reached at {}: {lost}. Check that it runs and that host of [elasticsearch] is right.",
                    self.host_names()
                ),
            }
        }
    }

    fn host_names(&self) -> String {
        let urls: Vec<_> = self.hosts.iter().map(|host| host.url.as_str()).collect();
        urls.join(", ")
    }

    fn request_once(&self, host: &Host, method: &Method, path: &str, body: Body<'_>) -> Result<Response, Failure> {
        let bytes = match body {
            Body::None => Vec::new(),
            Body::Json(value) => serde_json::to_vec(value).map_err(|error| Failure::Fatal(error.into()))?,
            Body::Lines(lines) => lines.to_vec(),
        };
        let mut request = Request::builder().method(method).uri(format!("{}{path}", host.url));
        match body {
            Body::None => {}
            Body::Json(_) => request = request.header("content-type", "application/json"),
            Body::Lines(_) => request = request.header("content-type", "application/x-ndjson"),
        }
        if let Some((credentials, region)) = &self.signer {
            let key = credentials.key().map_err(Failure::Fatal)?;
            let uri = format!("{}{path}", host.url).parse().map_err(|error| Failure::Fatal(anyhow::Error::new(error)))?;
            for (name, value) in &signed_headers(&key, region, method, &uri, &bytes).map_err(Failure::Fatal)? {
                request = request.header(name, value);
            }
        } else if let Some(authorization) = host.authorization() {
            request = request.header("authorization", authorization);
        }
        let answer = if *method == Method::GET || *method == Method::HEAD || *method == Method::DELETE {
            request.body(()).map_err(|error| Failure::Fatal(error.into())).and_then(|request| self.agent.run(request).map_err(failure))
        } else {
            request.body(bytes).map_err(|error| Failure::Fatal(error.into())).and_then(|request| self.agent.run(request).map_err(failure))
        }?;
        let status = answer.status().as_u16();
        let body = answer.into_body().into_with_config().limit(LONGEST_RESPONSE).read_to_vec().map_err(failure)?;
        Ok(Response { status, body })
    }
}

/// Whether another attempt may help. Texts of these errors hold no headers, and so no credentials.
fn failure(error: Error) -> Failure {
    match error {
        // A certificate that is refused stays refused.
        Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Failure::Fatal(anyhow!(
            "{error}. If the server's certificate is signed by a private authority, name its PEM file as ca_certificate in [elasticsearch]."
        )),
        Error::Io(_) | Error::Timeout(_) | Error::ConnectionFailed | Error::HostNotFound | Error::Protocol(_) | Error::BodyStalled => {
            Failure::Lost(error.to_string())
        }
        other => Failure::Fatal(other.into()),
    }
}

fn root_certificates(connection: &Connection) -> Result<RootCerts> {
    let Some(text) = &connection.certificates else { return Ok(RootCerts::WebPki) };
    let mut certificates = Vec::new();
    for item in parse_pem(text.as_bytes()) {
        if let PemItem::Certificate(certificate) = item.context("ca_certificate of [elasticsearch] is no PEM file.")? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        bail!("The file named by ca_certificate of [elasticsearch] holds no certificate.");
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn reasons_of_old_and_new_servers() {
        assert_eq!(error_reason(&json!("IndexMissingException[[x] missing]")), "IndexMissingException[[x] missing]");
        let new = json!({"type": "mapper_parsing_exception", "reason": "failed to parse", "caused_by": {"reason": "no number"}});
        assert_eq!(error_reason(&new), "mapper_parsing_exception: failed to parse (no number)");
        let response = Response { status: 400, body: json!({"error": new}).to_string().into_bytes() };
        assert_eq!(response.reason(), "HTTP 400: mapper_parsing_exception: failed to parse (no number)");
        assert_eq!(Response { status: 502, body: b"Bad Gateway\n".to_vec() }.reason(), "HTTP 502: Bad Gateway");
    }

    #[test]
    fn a_host_that_nobody_answers_on_is_named_after_bounded_attempts() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let connection = Connection::to(&format!("127.0.0.1:{port}")).unwrap();
        let client = Client::new(&connection, Patience { attempts: 3, first_delay: Duration::from_millis(1) }).unwrap();
        let error = client.call(&Method::GET, "/", Body::None).unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{port}")) && error.contains("[elasticsearch]"), "{error}");
    }

    #[test]
    fn certificates_must_be_certificates() {
        let mut connection = Connection::to("https://one").unwrap();
        connection.certificates = Some("no certificate".to_owned());
        let error = Client::new(&connection, Patience::default()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("ca_certificate of [elasticsearch]"), "{error}");
    }
}
