//! An object that is read on where a lost connection left it, as often as need be.
//!
//! Logs are read under back-pressure: an object may be open for hours, and its connection lost many times. So tries are counted
//! from the last byte that came, not for the object.

use std::borrow::Borrow;
use std::io::ErrorKind;
use std::time::Instant;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_MATCH, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use object_store::client::{HttpError, HttpResponse};

use super::bucket::Bucket;
use super::failure::Refusal;
use super::request::{Tries, once, send, unanswered, url_of};

/// An object that is being read.
pub(super) struct Reading<B> {
    bucket: B,
    key: String,
    /// The version that is read.
    tag: Option<HeaderValue>,
    /// Of the whole object.
    size: Option<u64>,
    /// Bytes that have come.
    gained: u64,
    /// Bytes at the begin of the rest of the answer that had come before.
    known: u64,
    answer: BoxStream<'static, Result<Bytes, HttpError>>,
    /// Since the last byte came.
    tries: Option<Tries>,
}

impl<B: Borrow<Bucket>> Reading<B> {
    /// Asks for the object.
    pub(super) async fn open(bucket: B, key: &str) -> Result<Self, Refusal> {
        let answer = send(bucket.borrow(), Method::GET, key, &[]).await?;
        let headers = answer.headers();
        let (tag, size) = (headers.get(ETAG).cloned(), number(headers, &CONTENT_LENGTH));
        let answer = answer.into_body().bytes_stream();
        Ok(Self { bucket, key: key.to_owned(), tag, size, gained: 0, known: 0, answer, tries: None })
    }

    /// The next bytes; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let asked = Instant::now();
            let refusal = match self.answer.next().await {
                Some(Ok(mut bytes)) => {
                    let known = bytes.len().min(usize::try_from(self.known).unwrap_or(usize::MAX));
                    bytes.advance(known);
                    self.known -= known as u64;
                    if bytes.is_empty() {
                        continue;
                    }
                    self.gained += bytes.len() as u64;
                    self.tries = None;
                    return Ok(Some(bytes));
                }
                _ if self.size == Some(self.gained) => return Ok(None),
                None if self.size.is_none() && self.known == 0 => return Ok(None),
                None => Refusal::unanswered("the answer ended too early"),
                Some(Err(error)) => unanswered(&error),
            };
            self.pause(asked, refusal).await?;
            while let Err(refusal) = self.ask_for_the_rest().await {
                self.pause(asked, refusal).await?;
            }
        }
    }

    async fn pause(&mut self, asked: Instant, refusal: Refusal) -> Result<(), Refusal> {
        self.tries.get_or_insert_with(|| Tries::since(asked)).again(refusal).await
    }

    async fn ask_for_the_rest(&mut self) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        if self.gained > 0 {
            headers.insert(RANGE, header(&format!("bytes={}-", self.gained))?);
        }
        // A weak tag never matches.
        if let Some(tag) = self.tag.as_ref().filter(|tag| !tag.as_bytes().starts_with(b"W/")) {
            headers.insert(IF_MATCH, tag.clone());
        }
        let bucket = self.bucket.borrow();
        let answer = once(bucket, Method::GET, &url_of(bucket, &self.key, &[])?, headers).await?;
        let (from, size) = part_of(&answer).ok_or_else(|| Refusal::unanswered("the answer does not say which bytes it has"))?;
        if answer.headers().get(ETAG) != self.tag.as_ref() || self.size.is_some() && size.is_some() && size != self.size {
            return Err(replaced());
        }
        // A server may begin before what it was asked for, never behind it.
        let known = self.gained.checked_sub(from);
        self.known = known.ok_or_else(|| Refusal::unanswered("the answer has other bytes than it was asked for"))?;
        self.answer = answer.into_body().bytes_stream();
        Ok(())
    }

    /// The kind of error, and a sentence.
    pub(super) fn meaning(&self, refusal: &Refusal) -> (ErrorKind, String) {
        if refusal.is_conflict() {
            let meaning = "another file has replaced it since this run opened it. Run again, so that it is read from its begin.";
            return (ErrorKind::Other, meaning.to_owned());
        }
        refusal.meaning(self.bucket.borrow(), self.tries.as_ref().map_or(0.0, Tries::seconds))
    }
}

/// As a store tells it whose condition does not hold.
fn replaced() -> Refusal {
    Refusal { status: Some(StatusCode::PRECONDITION_FAILED.as_u16()), ..Refusal::unanswered("the object is another one") }
}

/// Where in its object an answer begins, and the object's size.
fn part_of(answer: &HttpResponse) -> Option<(u64, Option<u64>)> {
    let headers = answer.headers();
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        return Some((0, number(headers, &CONTENT_LENGTH)));
    }
    let (range, size) = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split('-').next()?.parse().ok()?, size.parse().ok()))
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn header(text: &str) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(text).map_err(|error| unanswered(&error))
}

#[cfg(test)]
mod tests;
