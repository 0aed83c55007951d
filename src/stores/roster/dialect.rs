//! What the server understands, asked of the server itself (rules 07, 11).

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::http::Method;

use super::client::{Body, Client};

/// Document type of the roster on typed servers.
pub(crate) const DOCUMENT_TYPE: &str = "roster_entry";

/// The two forms of mappings and paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Elasticsearch before 7: every document has a type, which is part of mappings and paths.
    Typed,
    /// Elasticsearch from 7 on, and OpenSearch.
    Typeless,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// What it understands.
    pub dialect: Dialect,
    /// Product and version, for messages.
    pub name: String,
}

impl Server {
    /// Asks the server.
    ///
    /// # Errors
    /// It does not answer, refuses the credentials, or is no search engine.
    pub(crate) fn detect(client: &Client) -> Result<Self> {
        let response = client.call(&Method::GET, "/", Body::None)?;
        match response.status {
            200 => Self::from_answer(&response.json()?),
            401 | 403 => bail!(
                "The search engine refuses these credentials ({}). Correct username and password in [elasticsearch].",
                response.reason()
            ),
            _ => bail!("The search engine does not say what it is: {}", response.reason()),
        }
    }

    fn from_answer(answer: &Value) -> Result<Self> {
        let version = answer.get("version");
        let text = |name: &str| version.and_then(|version| version.get(name)).and_then(Value::as_str);
        let number = text("number").context("The answer has no version; host of [elasticsearch] is no search engine.")?;
        let major: u32 = number.split('.').next().and_then(|major| major.parse().ok()).with_context(|| {
            format!("The search engine calls its version {number:?}, which does not begin with a number, so its dialect is unknown.")
        })?;
        let is_opensearch = text("distribution") == Some("opensearch");
        let dialect = if major < 7 && !is_opensearch { Dialect::Typed } else { Dialect::Typeless };
        let product = if is_opensearch { "OpenSearch" } else { "Elasticsearch" };
        Ok(Self { dialect, name: format!("{product} {number}") })
    }
}

impl Dialect {
    /// Where batches of documents go.
    pub(crate) fn bulk_path(self, index: &str) -> String {
        match self {
            Self::Typed => format!("/{index}/{DOCUMENT_TYPE}/_bulk"),
            Self::Typeless => format!("/{index}/_bulk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decided_by_version_and_distribution() {
        let server = |version: Value| Server::from_answer(&json!({"version": version}));
        for (version, dialect, name) in [
            (json!({"number": "1.5.2"}), Dialect::Typed, "Elasticsearch 1.5.2"),
            (json!({"number": "6.8.23"}), Dialect::Typed, "Elasticsearch 6.8.23"),
            (json!({"number": "7.17.9"}), Dialect::Typeless, "Elasticsearch 7.17.9"),
            (json!({"number": "2.11.0", "distribution": "opensearch"}), Dialect::Typeless, "OpenSearch 2.11.0"),
        ] {
            assert_eq!(server(version).unwrap(), Server { dialect, name: name.to_owned() });
        }
        assert!(Server::from_answer(&json!({"hello": 1})).is_err());
        assert!(server(json!({"number": "x"})).is_err());
    }
}
