//! The marker document: it says that a load was published, and the reader shows its date (rules 07, 9).

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use ureq::http::Method;

use super::client::{Body, Client};
use super::dialect::{DOCUMENT_TYPE, Dialect};
use super::mapping;

/// Where markers are and whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Marker {
    /// Index of all markers, `[elasticsearch] marker-index`.
    pub index: String,
    /// Their type on typed servers, `[elasticsearch] marker-doc-type`.
    pub document_type: String,
    /// The alias that was loaded.
    pub alias: String,
    /// What tells the load from others.
    pub update_id: String,
}

impl Marker {
    fn id(&self, dialect: Dialect) -> String {
        let text = match dialect {
            Dialect::Typed => format!("{}:{DOCUMENT_TYPE}:{}", self.alias, self.update_id),
            Dialect::Typeless => format!("{}:{}", self.alias, self.update_id),
        };
        hex::encode(Sha1::digest(text))
    }

    fn path(&self, dialect: Dialect, id: &str) -> String {
        match dialect {
            Dialect::Typed => format!("/{}/{}/{id}", self.index, self.document_type),
            Dialect::Typeless => format!("/{}/_doc/{id}", self.index),
        }
    }

    fn body(&self, dialect: Dialect, now: DateTime<Utc>) -> Value {
        let date = now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        let mut body = json!({"update_id": self.update_id, "target_index": self.alias, "date": date});
        if let (Dialect::Typed, Some(body)) = (dialect, body.as_object_mut()) {
            body.insert("target_doc_type".to_owned(), json!(DOCUMENT_TYPE));
        }
        body
    }

    /// Whether it is there.
    ///
    /// # Errors
    /// The server does not say.
    pub(crate) fn exists(&self, client: &Client, dialect: Dialect) -> Result<bool> {
        let response = client.call(&Method::GET, &self.path(dialect, &self.id(dialect)), Body::None)?;
        match response.status {
            200 => Ok(response.json()?.get("found").and_then(Value::as_bool) == Some(true)),
            404 => Ok(false),
            _ => bail!("The marker of the roster cannot be looked up: {}", response.reason()),
        }
    }

    /// Writes it, and then removes the alias's other markers: the reader takes any of them for the last.
    ///
    /// # Errors
    /// The server does not take it.
    pub(crate) fn write(&self, client: &Client, dialect: Dialect) -> Result<()> {
        self.create_index(client, dialect)?;
        let id = self.id(dialect);
        let body = self.body(dialect, Utc::now());
        client.call_successfully(&Method::PUT, &self.path(dialect, &id), Body::Json(&body)).context("The marker cannot be written.")?;
        client.call_successfully(&Method::POST, &format!("/{}/_flush", self.index), Body::None)?;
        self.remove_others(client, dialect, &id).context("The markers of earlier loads cannot be removed.")
    }

    fn create_index(&self, client: &Client, dialect: Dialect) -> Result<()> {
        let path = format!("/{}", self.index);
        if client.call(&Method::HEAD, &path, Body::None)?.is_success() {
            return Ok(());
        }
        let body = mapping::marker_index(dialect, &self.document_type);
        let response = client.call(&Method::PUT, &path, Body::Json(&body))?;
        // Another load may have been faster.
        if !response.is_success() && !client.call(&Method::HEAD, &path, Body::None)?.is_success() {
            bail!("The index {} for markers cannot be created: {}", self.index, response.reason());
        }
        Ok(())
    }

    fn remove_others(&self, client: &Client, dialect: Dialect, id: &str) -> Result<()> {
        let refresh = format!("/{}/_refresh", self.index);
        // A match finds the alias in an index of the original, too, where the field is analysed; what it finds is compared.
        let query = json!({"size": 1000, "query": {"match": {"target_index": self.alias}}});
        client.call_successfully(&Method::POST, &refresh, Body::None)?;
        let found = client.call_successfully(&Method::POST, &format!("/{}/_search", self.index), Body::Json(&query))?;
        let hits = found.pointer("/hits/hits").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |hit: &Value, path: &str| hit.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        for hit in hits.iter().filter(|hit| text(hit, "/_source/target_index") == self.alias) {
            let other = text(hit, "/_id");
            if other != id {
                let response = client.call(&Method::DELETE, &self.path(dialect, &other), Body::None)?;
                if !response.is_success() && response.status != 404 {
                    bail!("{}", response.reason());
                }
            }
        }
        client.call_successfully(&Method::POST, &refresh, Body::None)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_and_body() {
        let marker =
            Marker { index: "index_updates".into(), document_type: "marker".into(), alias: "roster".into(), update_id: "T(a=1)".into() };
        assert_eq!(marker.id(Dialect::Typeless), hex::encode(Sha1::digest("roster:T(a=1)")));
        assert_eq!(marker.id(Dialect::Typed), hex::encode(Sha1::digest("roster:roster_entry:T(a=1)")));
        assert_eq!(marker.path(Dialect::Typed, "x"), "/index_updates/marker/x");
        assert_eq!(marker.path(Dialect::Typeless, "x"), "/index_updates/_doc/x");
        let now = "2020-03-08T01:02:03.000045Z".parse().unwrap();
        let expected = json!({"update_id": "T(a=1)", "target_index": "roster", "date": "2020-03-08T01:02:03.000045"});
        assert_eq!(marker.body(Dialect::Typeless, now), expected);
        assert_eq!(marker.body(Dialect::Typed, now)["target_doc_type"], "roster_entry");
    }
}
