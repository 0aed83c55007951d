//! Which index readers of the roster see, for whoever only looks.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use ureq::http::Method;

use super::client::{Body, Client};
use super::connection::Connection;
use super::index_name;
use crate::web::backoff::Patience;

/// What an alias points to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// The indexes; in order there is one.
    pub indexes: Vec<String>,
    /// Documents of all of them.
    pub documents: Option<u64>,
}

/// Asks once.
///
/// # Errors
/// The server does not answer, or not as it should.
pub(crate) fn published(connection: &Connection, alias: &str) -> Result<Published> {
    index_name::check_alias(alias)?;
    let client = Client::new(connection, Patience { attempts: 1, first_delay: Duration::ZERO })?;
    let holders = client.call(&Method::GET, &format!("/_alias/{alias}"), Body::None)?;
    if holders.status == 404 {
        return Ok(Published::default());
    }
    ensure!(holders.is_success(), "The alias {alias} cannot be looked up: {}", holders.reason());
    let indexes: Vec<String> = holders.json()?.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let counted = client.call_successfully(&Method::GET, &format!("/{alias}/_count"), Body::None)?;
    let Some(documents) = counted.get("count").and_then(Value::as_u64) else { bail!("The server does not count the documents.") };
    Ok(Published { indexes, documents: Some(documents) })
}
