//! Signature version 4 of AWS, for `connection_type = aws`: the service `es` with the ambient credentials (rules 07, 2).
//!
//! The store client of `s3://` signs; here stands only what it would end the program for, were it handed over unseen.

use anyhow::{Context, Result, ensure};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;
use sha2::{Digest, Sha256};

const SERVICE: &str = "es";

/// Headers to be sent with a request of this body, the signature among them. They hold the time: a request is signed when it is sent.
///
/// # Errors
/// The key, the region or the address cannot stand in a header.
pub(super) fn signed_headers(key: &AwsCredential, region: &str, method: &Method, uri: &Uri, body: &[u8]) -> Result<HeaderMap> {
    for (what, text) in
        [("access key", key.key_id.as_str()), ("session token", key.token.as_deref().unwrap_or_default()), ("region", region)]
    {
        let can_be_sent = HeaderValue::from_str(text).is_ok_and(|value| value.to_str().is_ok());
        ensure!(can_be_sent, "The AWS {what} has a character that no header can hold. Was it copied with a line end?");
    }
    ensure!(uri.scheme().is_some() && uri.host().is_some(), "A host has no name.");
    let mut request = Request::builder().method(method).uri(uri).body(HttpRequestBody::empty())?;
    AwsAuthorizer::new(key, SERVICE, region)
        .try_authorize(&mut request, Some(&Sha256::digest(body)))
        .context("A request to the search engine cannot be signed.")?;
    Ok(request.into_parts().0.headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(session_token: Option<&str>) -> AwsCredential {
        AwsCredential {
            key_id: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            token: session_token.map(str::to_owned),
        }
    }

    fn headers(key: &AwsCredential, region: &str, uri: &str, body: &[u8]) -> Result<Vec<(String, String)>> {
        let signed = signed_headers(key, region, &Method::POST, &uri.parse().unwrap(), body)?;
        Ok(signed.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect())
    }

    #[test]
    fn the_body_the_token_and_the_scope_are_signed() {
        let found = headers(&key(Some("a/token==")), "us-east-1", "https://search.example.com/roster_*/_bulk", b"{}\n").unwrap();
        let value = |name: &str| found.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str()).unwrap();
        assert_eq!(value("x-amz-security-token"), "a/token==");
        assert_eq!(value("x-amz-content-sha256"), "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356");
        let day = &value("x-amz-date")[..8];
        let scope = format!("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{day}/us-east-1/es/aws4_request, ");
        let names = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=";
        let signature = value("authorization").strip_prefix(&[scope.as_str(), names].concat()).unwrap();
        assert!(signature.len() == 64 && signature.bytes().all(|byte| byte.is_ascii_hexdigit()), "{signature}");
        assert!(found.iter().all(|(name, _)| name != "host"), "{found:?}");
    }

    #[test]
    fn what_cannot_be_sent_is_an_error() {
        let said = headers(&key(Some("token\n")), "us-east-1", "https://search.example.com/", b"").unwrap_err().to_string();
        assert!(said.starts_with("The AWS session token"), "{said}");
        let said = headers(&key(None), "us-\u{e9}ast", "https://search.example.com/", b"").unwrap_err().to_string();
        assert!(said.starts_with("The AWS region"), "{said}");
        assert!(headers(&key(None), "us-east-1", "/roster", b"").is_err());
    }
}
