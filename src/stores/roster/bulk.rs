//! Documents in batches. Only what a full server rejected is sent again (rules 07, 10.2); a document that it refuses is left out and
//! counted, too many of them fail the load (rules 10, 4).

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use ureq::http::Method;

use super::client::{Body, Client, Response, error_reason};
use super::dialect::Server;
use crate::say;
use crate::stores::rejected::MaxRejected;
use crate::stores::shown::shown;
use crate::streaming::Counters;
use crate::web::backoff::{Backoff, wait};

const GROUP: &str = "Elasticsearch";
/// So many refused documents are told one by one.
const REFUSED_TOLD: u64 = 3;

/// How large batches are and how fast they follow each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BulkLimits {
    /// Documents of a batch.
    pub documents: usize,
    /// Bytes of a batch; a larger document goes alone.
    pub bytes: usize,
    /// Pause between two batches.
    pub throttle: Duration,
    /// How many documents the server may refuse.
    pub max_rejected: MaxRejected,
}

impl Default for BulkLimits {
    fn default() -> Self {
        Self { documents: 1000, bytes: 8 * 1024 * 1024, throttle: Duration::from_millis(100), max_rejected: MaxRejected::default() }
    }
}

/// Sends documents to one index. Nothing is asked of the server before the first document.
#[derive(Debug)]
pub(crate) struct BulkLoader {
    client: Client,
    index: String,
    path: Option<String>,
    limits: BulkLimits,
    batch: Batch,
    is_first: bool,
    sent: u64,
    refused: u64,
    first_refusal: String,
}

/// Action and source lines of documents.
#[derive(Debug, Default)]
struct Batch {
    lines: Vec<u8>,
    documents: Vec<Range<usize>>,
}

impl Batch {
    fn push(&mut self, id: &str, source: &str) -> Result<()> {
        let start = self.lines.len();
        self.lines.extend_from_slice(b"{\"index\":{\"_id\":");
        serde_json::to_writer(&mut self.lines, id)?;
        self.lines.extend_from_slice(b"}}\n");
        self.lines.extend_from_slice(source.as_bytes());
        self.lines.push(b'\n');
        self.documents.push(start..self.lines.len());
        Ok(())
    }

    /// Leaves only the documents at these places, which are in order.
    fn keep(&mut self, places: &[usize]) {
        let mut kept = Self::default();
        for place in places {
            if let Some(lines) = self.documents.get(*place).and_then(|range| self.lines.get(range.clone())) {
                let start = kept.lines.len();
                kept.lines.extend_from_slice(lines);
                kept.documents.push(start..kept.lines.len());
            }
        }
        *self = kept;
    }
}

/// What became of the documents of one request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    /// Places in the batch that may be sent again.
    rejected: Vec<usize>,
    /// Identifiers and reasons of those that the server will never take.
    refused: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "create")]
    index: Option<ItemResult>,
}

#[derive(Deserialize)]
struct ItemResult {
    #[serde(rename = "_id", default)]
    id: String,
    status: Option<u16>,
    error: Option<Value>,
}

impl Verdict {
    fn of(response: &Response, sent: usize) -> Result<Self> {
        let answer: Answer = serde_json::from_slice(&response.body).context("The answer to a batch is not what search engines send.")?;
        if answer.items.len() != sent {
            bail!("The server was sent {sent} documents and answered for {}.", answer.items.len());
        }
        let mut verdict = Self::default();
        for (place, item) in answer.items.into_iter().enumerate() {
            let Some(result) = item.index else { bail!("The server did something else than index a document.") };
            match result.status.unwrap_or(500) {
                200..=299 => {}
                429 | 503 => verdict.rejected.push(place),
                status => {
                    let reason = result.error.as_ref().map(error_reason).unwrap_or_default();
                    verdict.refused.push((result.id, format!("HTTP {status}: {reason}")));
                }
            }
        }
        Ok(verdict)
    }
}

impl BulkLoader {
    /// A loader into the index of this name, which must exist.
    pub(crate) fn new(client: Client, index: &str, limits: BulkLimits) -> Self {
        Self {
            client,
            index: index.to_owned(),
            path: None,
            limits,
            batch: Batch::default(),
            is_first: true,
            sent: 0,
            refused: 0,
            first_refusal: String::new(),
        }
    }

    /// Takes a document; sends a batch when it is full.
    ///
    /// # Errors
    /// A batch could not be sent, or the server refused too many documents.
    pub(crate) fn add(&mut self, id: &str, source: &str, counters: &mut Counters) -> Result<()> {
        if !self.batch.documents.is_empty() && self.batch.lines.len() + id.len() + source.len() > self.limits.bytes {
            self.flush(counters)?;
        }
        self.batch.push(id, source)?;
        if self.batch.documents.len() >= self.limits.documents {
            self.flush(counters)?;
        }
        Ok(())
    }

    /// Sends what is left; gives the number of all documents that the server has taken.
    ///
    /// # Errors
    /// See [`Self::add`].
    pub(crate) fn finish(&mut self, counters: &mut Counters) -> Result<u64> {
        if !self.batch.documents.is_empty() {
            self.flush(counters)?;
        }
        self.check(self.sent + self.refused)?;
        Ok(self.sent)
    }

    fn flush(&mut self, counters: &mut Counters) -> Result<()> {
        let path = match &self.path {
            Some(path) => path.clone(),
            None => self.path.insert(Server::detect(&self.client)?.dialect.bulk_path(&self.index)).clone(),
        };
        if !std::mem::take(&mut self.is_first) && !self.limits.throttle.is_zero() {
            std::thread::sleep(self.limits.throttle);
        }
        let (documents, before) = (self.batch.documents.len() as u64, self.refused);
        self.send(&path, counters)?;
        let documents = documents - (self.refused - before);
        // A server that refuses half of them refuses them all: no need to send the rest.
        self.check(50 * (self.sent + documents + self.refused))?;
        self.sent += documents;
        counters.add(GROUP, "Committed Batches", 1);
        counters.add(GROUP, "Records Indexed", documents);
        self.batch = Batch::default();
        Ok(())
    }

    /// Sends the batch until the server has taken all of it.
    fn send(&mut self, path: &str, counters: &mut Counters) -> Result<()> {
        let mut backoff = Backoff::rejections(self.client.patience());
        loop {
            let sent = self.batch.documents.len();
            let response = self.client.request(&Method::POST, path, Body::Lines(&self.batch.lines))?;
            let why = match response.status {
                200..=299 => {
                    let verdict = Verdict::of(&response, sent)?;
                    self.count_refused(&verdict.refused, counters);
                    if verdict.rejected.is_empty() {
                        return Ok(());
                    }
                    if verdict.rejected.len() < sent {
                        backoff.start_again();
                    }
                    counters.add(GROUP, "Rejected Documents", verdict.rejected.len() as u64);
                    self.batch.keep(&verdict.rejected);
                    format!("{} of {sent} documents were rejected by a full server", verdict.rejected.len())
                }
                429 | 503 => format!("A batch was rejected (HTTP {})", response.status),
                _ => bail!("A batch of {sent} documents could not be indexed: {}", response.reason()),
            };
            let Some(delay) = backoff.next_delay() else {
                let attempts = self.client.patience().attempts;
                bail!("{why}, {attempts} times; the server is too busy. Raise --throttle or lower --indexing-tasks.");
            };
            // The last rejection of a batch is the failure itself (rules 07, 10.2).
            if !response.is_success() {
                counters.add(GROUP, "Rejected Batches", 1);
            }
            wait(delay, &why);
        }
    }

    fn count_refused(&mut self, refused: &[(String, String)], counters: &mut Counters) {
        for (id, reason) in refused {
            let told = format!("{}: {}", shown(id.as_bytes()), reason.chars().take(300).flat_map(char::escape_debug).collect::<String>());
            if self.refused < REFUSED_TOLD {
                say!("The document {told} was refused and is left out.");
            }
            if self.refused == 0 {
                self.first_refusal = told;
            }
            self.refused += 1;
        }
        if !refused.is_empty() {
            counters.add(GROUP, "Refused Documents", refused.len() as u64);
        }
    }

    fn check(&self, of: u64) -> Result<()> {
        let Self { refused, index, first_refusal, .. } = self;
        let allowed = self.limits.max_rejected;
        ensure!(
            allowed.permits(*refused, of),
            "The index {index} refused {refused} documents, more than {allowed} permits; the first of them {first_refusal}"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(body: &Value, sent: usize) -> Result<Verdict> {
        Verdict::of(&Response { status: 200, body: body.to_string().into_bytes() }, sent)
    }

    #[test]
    fn rejected_documents_are_told_from_refused_ones() {
        let body = json!({"items": [
            {"index": {"_id": "a", "status": 201}},
            {"index": {"_id": "b", "status": 429, "error": {"type": "full", "reason": "queue"}}},
            {"create": {"_id": "c", "status": 400, "error": "MapperParsingException"}},
            {"index": {"_id": "d", "status": 503}},
            {"index": {"_id": "e"}},
        ]});
        let found = verdict(&body, 5).unwrap();
        assert_eq!(found.rejected, [1, 3]);
        let refused: Vec<_> = found.refused.iter().map(|(id, reason)| format!("{id} {reason}")).collect();
        assert_eq!(refused, ["c HTTP 400: MapperParsingException", "e HTTP 500: "]);
        assert!(verdict(&body, 6).is_err());
        assert!(verdict(&json!({"took": 1}), 0).is_err());
    }

    #[test]
    fn a_batch_keeps_whole_documents() {
        let mut batch = Batch::default();
        for (id, source) in [("a|b\"", "{}"), ("c", r#"{"x":1}"#), ("d", "{}")] {
            batch.push(id, source).unwrap();
        }
        batch.keep(&[0, 2]);
        let text = String::from_utf8(batch.lines.clone()).unwrap();
        assert_eq!(text, "{\"index\":{\"_id\":\"a|b\\\"\"}}\n{}\n{\"index\":{\"_id\":\"d\"}}\n{}\n");
        batch.keep(&[1]);
        assert_eq!(batch.documents.first(), Some(&(0..batch.lines.len())));
    }
}
