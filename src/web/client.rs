//! Requests to a JSON interface: repeated after a pause when the server is too busy or the connection is lost, within bounds.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::config::RedirectAuthHeaders;
use ureq::http::Response;
use ureq::{Agent, Body, Error};

use super::backoff::{Backoff, Patience, wait};
use super::shown::{Secrets, shown};
use crate::tracking::json::with_pairs_only;

/// Longer answers are not answers to anything asked here.
const LONGEST_RESPONSE: u64 = 256 * 1024 * 1024;
/// How much of an error's text goes into a message.
const LONGEST_REASON: usize = 300;
/// Statuses after which the same request may succeed (rules 09, 6.2).
const BUSY: [u16; 6] = [408, 429, 502, 503, 504, 520];

/// How long is waited for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Until an answer is complete.
    pub timeout: Duration,
    /// The first pause behind an answer of a busy server; each further one is twice as long.
    pub first_delay: Duration,
    /// How long after the first try a busy server is asked again.
    pub give_up_after: Duration,
    /// How often a lost connection is tried in all.
    pub connection_attempts: u32,
}

impl Default for Limits {
    /// Those of the course catalog (rules 09, 6.2).
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            first_delay: Duration::from_millis(500),
            give_up_after: Duration::from_hours(2),
            connection_attempts: 4,
        }
    }
}

/// What is sent. Addresses may hold keys in their query; messages show none of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask<'a> {
    /// The address, and what is added to its query.
    Get(&'a str, &'a [(&'a str, String)]),
    /// The address, and the fields of a form.
    Form(&'a str, &'a [(&'a str, String)]),
}

/// Asks JSON interfaces. Errors and what it says while it waits hold no secrets.
#[derive(Clone, Debug)]
pub(crate) struct JsonClient {
    agent: Agent,
    limits: Limits,
    secrets: Secrets,
}

/// An answer of the server, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub status: u16,
    body: Vec<u8>,
}

impl Ask<'_> {
    fn url(&self) -> &str {
        match self {
            Self::Get(url, _) | Self::Form(url, _) => url,
        }
    }
}

enum Failure {
    /// Another attempt may succeed.
    Lost(String),
    Fatal(String),
}

impl JsonClient {
    /// A client; nothing is sent yet.
    pub(crate) fn new(limits: Limits) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(5)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_global(Some(limits.timeout))
            .user_agent(concat!("insights-pipeline/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().into(), limits, secrets: Secrets::default() }
    }

    /// A text that no message may hold from now on.
    pub(crate) fn keep_secret(&mut self, secret: &str) {
        self.secrets.add(secret);
    }

    /// Asks until there is an answer of a server that is not too busy, whatever its status. `authorization` is the value of that
    /// header and is asked for before each try, as tries may be hours apart.
    ///
    /// # Errors
    /// No connection came about, the server was busy for too long, or there is no authorization.
    pub(crate) fn ask(&mut self, ask: Ask<'_>, mut authorization: impl FnMut(&mut Self) -> Result<Option<String>>) -> Result<Answer> {
        let (url, begun) = (shown(ask.url()), Instant::now());
        let patience = |attempts| Patience { attempts, first_delay: self.limits.first_delay };
        let mut busy = Backoff::rejections(patience(u32::MAX));
        let mut lost = Backoff::lost_connections(patience(self.limits.connection_attempts), 1);
        loop {
            let header = authorization(self)?;
            match self.try_once(ask, header.as_deref()) {
                Ok(answer) if !BUSY.contains(&answer.status) => return Ok(answer),
                Ok(answer) => {
                    let reason = self.reason(&answer);
                    let left = self.limits.give_up_after.checked_sub(begun.elapsed()).filter(|left| !left.is_zero());
                    let delay = left.and_then(|left| Some(busy.next_delay()?.min(left)));
                    let Some(delay) = delay else {
                        let seconds = begun.elapsed().as_secs_f64();
                        bail!("The server at {url} was too busy for {seconds:.0} s; its last answer was {reason}. Try again later.")
                    };
                    wait(delay, &format!("{url} answered {reason}"));
                }
                Err(Failure::Lost(reason)) => match lost.next_delay() {
                    Some(delay) => wait(delay, &format!("The connection to {url} was lost ({reason})")),
                    None => bail!("The server at {url} gives no whole answer: {reason}. Check that it runs and that the address is right."),
                },
                Err(Failure::Fatal(reason)) => bail!("The request to {url} cannot be sent: {reason}."),
            }
        }
    }

    /// As [`Self::ask`]; any status but 200 to 299, and a body that is not JSON, are errors.
    ///
    /// # Errors
    /// See there.
    pub(crate) fn ask_json(&mut self, ask: Ask<'_>, authorization: impl FnMut(&mut Self) -> Result<Option<String>>) -> Result<Value> {
        let answer = self.ask(ask, authorization)?;
        let url = shown(ask.url());
        if !matches!(answer.status, 200..=299) {
            bail!("The server at {url} refused: {}.", self.reason(&answer));
        }
        answer.json().with_context(|| format!("The answer of {url} cannot be used."))
    }

    fn try_once(&self, ask: Ask<'_>, authorization: Option<&str>) -> Result<Answer, Failure> {
        let answer = match ask {
            Ask::Get(url, query) => {
                let request = self.agent.get(url).query_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
                match authorization {
                    Some(value) => request.header("authorization", value).call(),
                    None => request.call(),
                }
            }
            Ask::Form(url, fields) => self.agent.post(url).send_form(fields.iter().map(|(name, value)| (*name, value.as_str()))),
        };
        answer.and_then(whole).map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            // A certificate that is refused stays refused.
            Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => Failure::Fatal(self.secrets.hide(&error.to_string())),
            Error::Io(_) | Error::Timeout(_) | Error::ConnectionFailed | Error::HostNotFound | Error::Protocol(_) | Error::BodyStalled => {
                Failure::Lost(self.secrets.hide(&error.to_string()))
            }
            // These repeat the address with its query.
            Error::BadUri(_) | Error::RequireHttpsOnly(_) | Error::Http(_) => Failure::Fatal("the address is not usable".to_owned()),
            other => Failure::Fatal(self.secrets.hide(&other.to_string())),
        }
    }

    /// The status and the beginning of the body, for messages.
    fn reason(&self, answer: &Answer) -> String {
        let text = self.secrets.hide(String::from_utf8_lossy(&answer.body).trim());
        let text = text.get(..text.floor_char_boundary(LONGEST_REASON)).unwrap_or_default().split_whitespace();
        let text = text.collect::<Vec<_>>().join(" ");
        if text.is_empty() { format!("HTTP {}", answer.status) } else { format!("HTTP {} ({text})", answer.status) }
    }
}

fn whole(response: Response<Body>) -> Result<Answer, Error> {
    let status = response.status().as_u16();
    let body = response.into_body().into_with_config().limit(LONGEST_RESPONSE).read_to_vec()?;
    Ok(Answer { status, body })
}

impl Answer {
    /// The body as JSON; half of a surrogate pair is U+FFFD (rules 01, 1.1).
    ///
    /// # Errors
    /// It is not JSON. The text shows only where.
    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&with_pairs_only(&self.body)).map_err(|error| {
            let (line, column, bytes) = (error.line(), error.column(), self.body.len());
            anyhow::anyhow!("It is not valid JSON at line {line}, column {column} of {bytes} bytes (HTTP {}).", self.status)
        })
    }
}
