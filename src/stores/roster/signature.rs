//! Signature version 4 of AWS, for `connection_type = aws`: the service `es` with the ambient credentials (spec 07, 2).

use std::fmt;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

const SERVICE: &str = "es";

/// Who signs. `Debug` shows no secrets.
pub struct Signer {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    region: String,
    service: &'static str,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A request as far as it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'r> {
    /// Such as `POST`.
    pub method: &'r str,
    /// Host name, as in the header `Host`.
    pub host: &'r str,
    /// Path without the query.
    pub path: &'r str,
    /// What stands behind the question mark, its parameters in alphabetical order.
    pub query: &'r str,
    /// Body.
    pub body: &'r [u8],
}

impl Signer {
    /// Signs with the credentials of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    /// A variable is not set.
    pub fn of_environment(region: &str) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let required = |name: &str| {
            variable(name).with_context(|| {
                format!("Requests to AWS are signed with credentials of the environment; set {name} for the driver and its tasks.")
            })
        };
        Ok(Self {
            access_key: required("AWS_ACCESS_KEY_ID")?,
            secret_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: variable("AWS_SESSION_TOKEN"),
            region: region.to_owned(),
            service: SERVICE,
        })
    }

    /// Headers to be sent with the request, the signature among them.
    pub fn headers(&self, request: &Unsigned<'_>, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let time = now.format("%Y%m%dT%H%M%SZ").to_string();
        let day = now.format("%Y%m%d").to_string();
        let mut signed = vec![("host", request.host.to_owned()), ("x-amz-date", time.clone())];
        signed.extend(self.session_token.iter().map(|token| ("x-amz-security-token", token.clone())));
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: Vec<_> = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let lines = lines.concat();
        let Unsigned { method, path, query, body, .. } = request;
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{}", hex(&Sha256::digest(body)));
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let key = [day.as_str(), &self.region, self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{}", self.secret_key).into_bytes(), |key, text| hmac(&key, text.as_bytes()));
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        let access = &self.access_key;
        let authorization = format!("AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}");
        signed.retain(|(name, _)| *name != "host");
        signed.push(("authorization", authorization));
        signed
    }
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.resize(BLOCK, 0);
    let padded = |byte: u8| block.iter().map(|key| key ^ byte).collect::<Vec<_>>();
    let inner = Sha256::new_with_prefix(padded(0x36)).chain_update(text).finalize();
    Sha256::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_of_rfc_4231() {
        let found = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&found), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let found = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&found), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    /// The case `get-vanilla` of the test suite that AWS published for this signature.
    #[test]
    fn the_published_example() {
        let signer = Signer {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: None,
            region: "us-east-1".into(),
            service: "service",
        };
        let request = Unsigned { method: "GET", host: "example.amazonaws.com", path: "/", query: "", body: b"" };
        let headers = signer.headers(&request, "2015-08-30T12:36:00Z".parse().unwrap());
        assert_eq!(
            headers,
            [
                ("x-amz-date", "20150830T123600Z".to_owned()),
                (
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
                     Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
                        .to_owned()
                )
            ]
        );
        assert!(!format!("{signer:?}").contains("EXAMPLEKEY"));
    }
}
