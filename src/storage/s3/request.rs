//! Signed requests for what the library cannot say: listings with the very text of keys, and files whose keys it does not take.
//!
//! Real buckets have keys such as `logs//a.gz` and `logs/` (which some tools write as directories). The library refuses a whole
//! listing over the first and takes the second for a file `logs`.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Request};
use object_store::CredentialProvider;
use object_store::aws::{AmazonS3, AwsAuthorizer};
use object_store::client::{HttpRequestBody, HttpResponse};
use quick_xml::de::from_str;
use serde::Deserialize;

use super::bucket::{Bucket, RETRIES, RETRY_FOR};
use super::failure::{NO_URL, Refusal};
use crate::storage::remote::pause_before;

/// One page of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Page {
    pub(super) contents: Vec<Object>,
    pub(super) common_prefixes: Vec<CommonPrefix>,
    next_continuation_token: Option<String>,
}

/// A key of a listing.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) size: u64,
}

/// What keys have in common up to a slash.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommonPrefix {
    pub(super) prefix: String,
}

/// All keys with a prefix; with `delimited` only those without a further slash, and the common prefixes of the others.
pub(super) async fn list(bucket: &Bucket, prefix: &str, delimited: bool) -> Result<Page, Refusal> {
    let mut all = Page::default();
    loop {
        let token = all.next_continuation_token.take();
        let mut query: Vec<_> = token.iter().map(|token| ("continuation-token", token.as_str())).collect();
        if delimited {
            query.push(("delimiter", "/"));
        }
        query.extend([("list-type", "2"), ("prefix", prefix)]);
        let page = one_page(bucket, &query).await?;
        all.contents.extend(page.contents);
        all.common_prefixes.extend(page.common_prefixes);
        all.next_continuation_token = page.next_continuation_token;
        if all.next_continuation_token.is_none() {
            return Ok(all);
        }
    }
}

/// The first key with a prefix, in bytewise order.
pub(super) async fn first(bucket: &Bucket, prefix: &str) -> Result<Option<Object>, Refusal> {
    let page = one_page(bucket, &[("list-type", "2"), ("max-keys", "1"), ("prefix", prefix)]).await?;
    Ok(page.contents.into_iter().next())
}

async fn one_page(bucket: &Bucket, query: &[(&str, &str)]) -> Result<Page, Refusal> {
    let mut tries = Tries::since(Instant::now());
    let body = loop {
        match send(bucket, Method::GET, "", query).await?.into_body().bytes().await {
            Ok(body) => break body,
            Err(error) => tries.again(unanswered(&error)).await?,
        }
    };
    let text = String::from_utf8_lossy(&body);
    from_str(&text).map_err(|error| Refusal::unanswered(format!("The listing cannot be read: {error}")))
}

/// Sends a request without body. Errors of servers and of the network are tried again.
pub(super) async fn send(bucket: &Bucket, method: Method, key: &str, query: &[(&str, &str)]) -> Result<HttpResponse, Refusal> {
    let url = url_of(bucket, key, query)?;
    let mut tries = Tries::since(Instant::now());
    loop {
        match once(bucket, method.clone(), &url, HeaderMap::new()).await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => tries.again(refusal).await?,
        }
    }
}

/// Tries that failed, one after the other.
pub(super) struct Tries {
    failed: usize,
    since: Instant,
}

impl Tries {
    /// None has failed yet; the first one began then.
    pub(super) fn since(since: Instant) -> Self {
        Self { failed: 0, since }
    }

    /// How long they have taken.
    pub(super) fn seconds(&self) -> f64 {
        self.since.elapsed().as_secs_f64()
    }

    /// Waits for the time of the next one; an error if there is to be none.
    pub(super) async fn again(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        tokio::time::sleep(self.pause(refusal)?).await;
        Ok(())
    }

    fn pause(&mut self, refusal: Refusal) -> Result<Duration, Refusal> {
        let passing = refusal.status.is_none_or(|status| status >= 500 && status != 501 || matches!(status, 408 | 429));
        let pause = pause_before(self.failed);
        self.failed += 1;
        if passing && self.failed <= RETRIES && self.since.elapsed() <= RETRY_FOR {
            return Ok(pause);
        }
        Err(Refusal { tries: self.failed, ..refusal })
    }
}

/// The address of an object, or of the bucket.
pub(super) fn url_of(bucket: &Bucket, key: &str, query: &[(&str, &str)]) -> Result<String, Refusal> {
    in_a_url(key)?;
    let mut url = bucket.url.clone();
    if !key.is_empty() {
        let _ = write!(url, "/{}", encoded(key, true));
    }
    for (number, (name, value)) in query.iter().enumerate() {
        let _ = write!(url, "{}{name}={}", if number == 0 { '?' } else { '&' }, encoded(value, false));
    }
    Ok(url)
}

/// Refuses a key that whoever parses its URL makes another one of: of `a/../b` it would be `b` that is read or removed.
pub(super) fn in_a_url(key: &str) -> Result<(), Refusal> {
    if key.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(Refusal::unanswered(format!("the key {key:?} {NO_URL}")));
    }
    Ok(())
}

/// Sends a request without body once.
pub(super) async fn once(bucket: &Bucket, method: Method, url: &str, headers: HeaderMap) -> Result<HttpResponse, Refusal> {
    let malformed = |error: &dyn std::fmt::Display| Refusal::unanswered(format!("The request cannot be made: {error}"));
    let mut request = Request::builder().method(method).uri(url).body(HttpRequestBody::empty()).map_err(|error| malformed(&error))?;
    request.headers_mut().extend(headers);
    let credential = credential(&bucket.reader).await?;
    AwsAuthorizer::new(&credential, "s3", &bucket.region).try_authorize(&mut request, None)?;
    let answer = bucket.http.execute(request).await.map_err(|error| unanswered(&error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = answer.into_body().bytes().await.unwrap_or_default();
    let text = format!("{status}: {}", String::from_utf8_lossy(&body));
    Err(Refusal { status: Some(status.as_u16()), ..Refusal::unanswered(text) })
}

async fn credential(store: &AmazonS3) -> Result<Arc<object_store::aws::AwsCredential>, Refusal> {
    Ok(CredentialProvider::get_credential(store.credentials().as_ref()).await?)
}

pub(super) fn unanswered(error: &dyn std::error::Error) -> Refusal {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    Refusal::unanswered(text)
}

/// As signatures want it: all but unreserved characters.
fn encoded(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            b'/' if keep_slash => encoded.push('/'),
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_end_after_six_more_and_are_told() {
        let failed = |status| Refusal { status, ..Refusal::unanswered("lost") };
        for status in [None, Some(503), Some(429)] {
            let mut tries = Tries::since(Instant::now());
            let pauses: Duration = (0..RETRIES).map(|_| tries.pause(failed(status)).unwrap()).sum();
            assert!((11..23).contains(&pauses.as_secs()), "{pauses:?}");
            assert_eq!(tries.pause(failed(status)).unwrap_err().tries, 7);
        }
        assert_eq!(Tries::since(Instant::now()).pause(failed(Some(403))).unwrap_err().tries, 1);
        let mut late = Tries::since(Instant::now().checked_sub(RETRY_FOR * 2).unwrap());
        assert_eq!(late.pause(failed(None)).unwrap_err().tries, 1);
    }

    #[test]
    fn keys_that_no_url_holds_are_refused() {
        for key in ["a/../b", "..", "a/.", "./a"] {
            assert!(in_a_url(key).unwrap_err().text.contains(key), "{key}");
        }
        for key in ["", "a//b", "a/..b/.c", "a/..."] {
            assert!(in_a_url(key).is_ok(), "{key}");
        }
    }

    #[test]
    fn keys_are_encoded() {
        assert_eq!(encoded("a b/é+%", true), "a%20b/%C3%A9%2B%25");
        assert_eq!(encoded("a/b~", false), "a%2Fb~");
    }

    #[test]
    fn listings_keep_the_text_of_keys() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><Name>b</Name><IsTruncated>true</IsTruncated>\
            <Contents><Key>a//b &amp; c/</Key><LastModified>2016-01-01T00:00:00.000Z</LastModified><ETag>e</ETag><Size>0</Size></Contents>\
            <CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes><NextContinuationToken>t</NextContinuationToken></ListBucketResult>";
        let page: Page = from_str(text).unwrap();
        assert_eq!((page.contents[0].key.as_str(), page.contents[0].size), ("a//b & c/", 0));
        assert_eq!(page.common_prefixes[0].prefix, "d/");
        assert_eq!(page.next_continuation_token.as_deref(), Some("t"));
    }
}
