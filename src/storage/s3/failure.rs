//! What a store's refusals mean, and what the operator can do about them.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::time::Instant;

use anyhow::{Error, Result};

use super::bucket::Bucket;
use crate::storage::Location;
use crate::storage::remote::wait_for;

/// What is wrong with a key that no URL holds as it is, for the operator.
pub(super) const NO_URL: &str = "has a part that is . or .., which no URL can hold. Rename the object or move it away.";

/// A request that failed for good, as far as it concerns callers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    /// HTTP status; none when no answer came.
    pub(super) status: Option<u16>,
    /// All that is known; holds the body of the answer.
    pub(super) text: String,
    /// How often the request was sent; 0 when that is not known.
    pub(super) tries: usize,
}

impl From<object_store::Error> for Refusal {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as E;
        let status = match &error {
            E::NotFound { .. } => Some(404),
            E::AlreadyExists { .. } | E::Precondition { .. } => Some(412),
            E::PermissionDenied { .. } => Some(403),
            E::Unauthenticated { .. } => Some(401),
            E::NotImplemented { .. } => Some(501),
            _ => None,
        };
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text = format!("{text}: {cause_text}");
            }
            source = cause.source();
        }
        let status = status.or_else(|| {
            let (_, rest) = text.split_once("status code: ")?;
            rest.get(..3)?.parse().ok()
        });
        // Of the library's text only what it says about itself, not the answer's body.
        let retries = text.split_once(", after ").and_then(|(_, rest)| rest.split_once(" retries, max_retries")?.0.parse::<usize>().ok());
        Self { status, text, tries: retries.unwrap_or_default() + 1 }
    }
}

impl Refusal {
    /// No answer came, or none that can be used.
    pub(super) fn unanswered(text: impl Into<String>) -> Self {
        Self { status: None, text: text.into(), tries: 0 }
    }

    /// What is known but the answer's body, whose message the sentence has.
    fn without_body(&self) -> &str {
        self.text.split('<').next().unwrap_or_default().trim_end_matches([':', ' ', '\n'])
    }

    /// The code of S3's answer, such as `NoSuchKey`.
    pub(super) fn code(&self) -> &str {
        self.tag("Code")
    }

    fn tag(&self, name: &str) -> &str {
        let after = self.text.split_once(&format!("<{name}>")).map_or("", |(_, after)| after);
        after.split_once('<').map_or("", |(text, _)| text)
    }

    /// The file is not there, though the bucket is.
    pub(super) fn is_missing(&self) -> bool {
        self.status == Some(404) && self.code() != "NoSuchBucket"
    }

    /// A condition of the request did not hold.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self.status, Some(409 | 412))
    }

    /// The store does not know what it was asked to do.
    pub(super) fn is_not_implemented(&self) -> bool {
        self.status == Some(501) || self.code() == "NotImplemented"
    }

    fn tried(&self, seconds: f64) -> String {
        match self.tries {
            0 | 1 => format!("tried once in {seconds:.1} s"),
            tries => format!("tried {tries} times in {seconds:.1} s"),
        }
    }

    /// The kind of error, and a sentence.
    pub(super) fn meaning(&self, bucket: &Bucket, seconds: f64) -> (ErrorKind, String) {
        let Bucket { name, credentials_from, region, .. } = bucket;
        let endpoint = bucket.url.strip_suffix(&format!("/{name}")).unwrap_or(&bucket.url);
        let told = match (self.code(), self.tag("Message")) {
            ("", _) => String::new(),
            (code, message) => format!(" ({code}: {message})"),
        };
        match (self.status, self.code()) {
            // Where machines and containers ask for the credentials of their role.
            _ if self.text.contains("169.254.") && !self.text.contains(endpoint) => (
                ErrorKind::PermissionDenied,
                "there are no AWS credentials: the environment and the profile have none, and this machine or container gets none for a role. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.".to_owned(),
            ),
            _ if self.text.ends_with(NO_URL) => (ErrorKind::Unsupported, self.text.clone()),
            (_, "NoSuchBucket") => {
                (ErrorKind::Other, format!("there is no bucket {name} at {endpoint}. Check its name, the endpoint and the region ({region})."))
            }
            (_, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken" | "InvalidClientTokenId")
            | (Some(401), _) => (
                ErrorKind::PermissionDenied,
                format!("{endpoint} does not accept the credentials{told}. They come from {credentials_from}. Correct or renew them."),
            ),
            (Some(403), _) => (
                ErrorKind::PermissionDenied,
                format!(
                    "{endpoint} refuses access{told}. The credentials come from {credentials_from}. Check that they are right, and that they permit to list, read and write in the bucket {name}."
                ),
            ),
            (Some(404), _) => (
                ErrorKind::NotFound,
                "it does not exist. If it was listed before, it has been removed or renamed since: run again, so that the input is chosen anew.".to_owned(),
            ),
            (Some(409 | 412), _) => (ErrorKind::AlreadyExists, format!("there is something of that name already{told}.")),
            (_, "AuthorizationHeaderMalformed" | "PermanentRedirect") | (Some(301 | 307), _) => {
                (ErrorKind::Other, format!("the bucket {name} is not in the region {region}{told}. Set AWS_REGION to its region."))
            }
            (Some(status), _) => (ErrorKind::Other, format!("{endpoint} answers with status {status}{told}, {}.", self.tried(seconds))),
            (None, _) if self.text.contains("without LOCATION") => {
                (ErrorKind::Other, format!("the bucket {name} is not in the region {region}. Set AWS_REGION to its region."))
            }
            (None, _) => (
                ErrorKind::NotConnected,
                format!(
                    "{endpoint} cannot be reached, {}. Check AWS_ENDPOINT_URL, the network, and that the store runs.",
                    self.tried(seconds)
                ),
            ),
        }
    }
}

/// Waits for a request and turns its error into a message about the location.
pub(super) fn call<T, E: Into<Refusal>>(
    bucket: &Bucket,
    location: &Location,
    what: &str,
    request: impl Future<Output = Result<T, E>>,
) -> Result<T> {
    let started = Instant::now();
    wait_for(request)?.map_err(|error| explain(bucket, location, what, &error.into(), started.elapsed().as_secs_f64()))
}

pub(super) fn explain(bucket: &Bucket, location: &Location, what: &str, refusal: &Refusal, seconds: f64) -> Error {
    let (kind, meaning) = refusal.meaning(bucket, seconds);
    // The cause carries the kind, so that callers can tell a missing file.
    Error::new(io::Error::new(kind, refusal.without_body().to_owned())).context(format!("Cannot {what} {location}: {meaning}"))
}
