//! Signature version 4 of AWS, for `connection_type = aws`: the service `es` with the ambient credentials (rules 07, 2).

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::storage::s3::AmbientKey;

const SERVICE: &str = "es";

/// Who signs. Secrets: no `Debug`.
pub(crate) struct Signer {
    key: AmbientKey,
    region: String,
    service: &'static str,
}

/// A request as far as it is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsigned<'r> {
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
    /// Signs requests to search engines of a region.
    pub(crate) fn new(key: AmbientKey, region: &str) -> Self {
        Self { key, region: region.to_owned(), service: SERVICE }
    }

    /// Headers to be sent with the request, the signature among them.
    pub(crate) fn headers(&self, request: &Unsigned<'_>, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
        let time = now.format("%Y%m%dT%H%M%SZ").to_string();
        let day = now.format("%Y%m%d").to_string();
        let mut signed = vec![("host", request.host.to_owned()), ("x-amz-date", time.clone())];
        signed.extend(self.key.session_token.iter().map(|token| ("x-amz-security-token", token.clone())));
        let names: Vec<_> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: Vec<_> = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let lines = lines.concat();
        let Unsigned { method, query, body, .. } = request;
        let canonical = format!("{method}\n{}\n{query}\n{lines}\n{names}\n{}", encoded(request.path), hex(&Sha256::digest(body)));
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let key = [day.as_str(), &self.region, self.service, "aws4_request"]
            .iter()
            .fold(format!("AWS4{}", self.key.secret_key).into_bytes(), |key, text| hmac(&key, text.as_bytes()));
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        let access = &self.key.access_key;
        let authorization = format!("AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}");
        signed.retain(|(name, _)| *name != "host");
        signed.push(("authorization", authorization));
        signed
    }
}

/// A path as it is signed: whatever is not unreserved is encoded, once more if it was encoded before.
fn encoded(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
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

    fn signer(session_token: Option<&str>) -> Signer {
        let key = AmbientKey {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: session_token.map(str::to_owned),
        };
        Signer::new(key, "us-east-1")
    }

    /// The case `get-vanilla` of the test suite that AWS published for this signature.
    #[test]
    fn the_published_example() {
        let signer = Signer { service: "service", ..signer(None) };
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
    }

    /// Signatures that botocore 1.44 makes of these requests.
    #[test]
    fn requests_to_a_search_engine() {
        let signer = signer(Some("a/token=="));
        for (method, path, body, expected) in [
            ("GET", "/roster_*/_settings", &b""[..], "40494dd3af242c21b27524180258832b57c02576f8757964b649a736cbf51879"),
            (
                "POST",
                "/roster_0a/_bulk",
                b"{\"index\":{\"_id\":\"c/o/r|bob\"}}\n{}\n",
                "aa8cfff7932bc1ee93bb2069c8eac560638f30dfc2d8afa1cd61e4a8e5f4d3fc",
            ),
        ] {
            let request = Unsigned { method, host: "search.example.com", path, query: "", body };
            let headers = signer.headers(&request, "2020-03-08T01:02:03Z".parse().unwrap());
            let value = |name: &str| headers.iter().find(|(named, _)| *named == name).map(|(_, value)| value.as_str()).unwrap();
            assert_eq!(value("x-amz-security-token"), "a/token==");
            assert!(value("authorization").ends_with(&format!("Signature={expected}")), "{path}: {headers:?}");
        }
    }
}
