//! From a new index to the published one (rules 07, 9). The alias moves in one step, or stays where it was.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use chrono::Utc;
use serde_json::{Value, json};
use ureq::http::Method;

use super::client::{Body, Client};
use super::dialect::Server;
use super::index_name;
use super::mapping::{self, NameSearch, roster_index};
use super::marker::Marker;

/// An index without alias of this age belongs to no load that still runs.
const LEFTOVER_AGE_MILLISECONDS: i64 = 24 * 60 * 60 * 1000;

/// What is loaded.
#[derive(Clone, Debug)]
pub(crate) struct IndexRequest {
    /// The name that readers use, and the marker of this load.
    pub marker: Marker,
    /// Shards of the new index.
    pub shards: u32,
    /// Load although it was loaded before.
    pub overwrite: bool,
    /// How names are searched.
    pub name_search: NameSearch,
}

/// An index that is being filled; nobody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreparedIndex {
    /// Its name.
    pub name: String,
    /// What the operator should know.
    pub notices: Vec<String>,
}

/// The roster index of one alias on one server.
#[derive(Debug)]
pub(crate) struct RosterIndex<'c> {
    client: &'c Client,
    server: Server,
    request: &'c IndexRequest,
}

impl<'c> RosterIndex<'c> {
    /// Asks the server what it is.
    ///
    /// # Errors
    /// It cannot be reached, or the alias cannot be the name of an index.
    pub(crate) fn connect(client: &'c Client, request: &'c IndexRequest) -> Result<Self> {
        index_name::check_alias(&request.marker.alias)?;
        Ok(Self { client, server: Server::detect(client)?, request })
    }

    /// The server.
    pub(crate) const fn server(&self) -> &Server {
        &self.server
    }

    /// Whether this load was published before, and readers still find an index: somebody may have deleted it, or its alias, since.
    ///
    /// # Errors
    /// The server does not say.
    pub(crate) fn is_published(&self) -> Result<bool> {
        Ok(self.request.marker.exists(self.client, self.server.dialect)? && !self.holders()?.is_empty())
    }

    /// Makes an empty index under a name that no other has. What a dead run of the same load left is removed.
    ///
    /// # Errors
    /// The alias is not in order, or was loaded before; the text says what to do.
    pub(crate) fn prepare(&self) -> Result<PreparedIndex> {
        let (alias, overwrite) = (self.alias(), self.request.overwrite);
        let base = index_name::of_load(alias, &self.request.marker.update_id);
        let live = self.holders()?;
        let mut notices = Vec::new();
        if live.is_empty() {
            ensure!(
                !self.client.call(&Method::HEAD, &format!("/{alias}"), Body::None)?.is_success(),
                "An index is itself called {alias}, so no alias of that name can be made. Rename or remove it, or choose another alias."
            );
            notices.push(format!("No index has the alias {alias} yet."));
        }
        let (ours, others): (Vec<_>, Vec<_>) = live.iter().partition(|name| index_name::is_of_load(name, &base));
        if let Some(name) = ours.first().filter(|_| !overwrite) {
            bail!("The index {name} of the same load has the alias {alias} already, but its marker is missing. Load it with --overwrite.");
        }
        ensure!(
            others.len() <= 1 || overwrite,
            "Several indexes have the alias {alias}: {}. Remove all but one, or replace all of them with --overwrite.",
            live.iter().cloned().collect::<Vec<_>>().join(", ")
        );
        let mut taken = live.clone();
        for name in self.indexes()?.into_iter().map(|(name, _)| name).filter(|name| index_name::is_of_load(name, &base)) {
            if !live.contains(&name) {
                self.delete(&name)?;
                notices.push(format!("The index {name}, which an earlier run left unfinished, was removed."));
            }
            // Tasks of that run may still be writing; their documents shall not come into this index.
            taken.insert(name);
        }
        let name = index_name::first_free(&base, &taken).context("No name is free.")?;
        let body = roster_index(self.server.dialect, self.request.shards, self.request.name_search);
        self.client
            .call_successfully(&Method::PUT, &format!("/{name}"), Body::Json(&body))
            .with_context(|| format!("The index {name} cannot be created."))?;
        Ok(PreparedIndex { name, notices })
    }

    /// Checks that the index holds exactly so many documents, lets the alias point to it and to no other, writes the marker,
    /// and removes the indexes that had the alias before. Gives what the operator should know.
    ///
    /// # Errors
    /// Before the alias has moved: the index is removed and readers see what they saw. After that the text says so.
    pub(crate) fn publish(&self, index: &str, documents: u64) -> Result<Vec<String>> {
        let old = match self.check(index, documents).and_then(|()| self.switch(index)) {
            Ok(old) => old,
            Err(error) => {
                let told = self.abandon(index);
                return Err(error.context(told));
            }
        };
        let alias = self.alias();
        self.request.marker.write(self.client, self.server.dialect).with_context(|| {
            format!("The alias {alias} points to the new index {index}, but the load is not marked as done. Run it again with --overwrite.")
        })?;
        for name in old.iter().filter(|name| *name != index) {
            self.delete(name).with_context(|| format!("The roster is published, but the old index {name} could not be removed."))?;
        }
        self.sweep(index)
    }

    /// Removes an index that is not published. Gives what became of it, as a sentence.
    pub(crate) fn abandon(&self, index: &str) -> String {
        let alias = self.alias();
        match self.holders() {
            Ok(live) if live.contains(index) => format!("The index {index} has the alias {alias} and stays."),
            Ok(_) if self.delete(index).is_ok() => {
                format!("The unfinished index {index} was removed; the alias {alias} is where it was.")
            }
            Ok(_) => {
                format!("The unfinished index {index} could not be removed; the alias {alias} is where it was. The next run removes it.")
            }
            Err(_) => {
                format!("The index {index} is unfinished and not published; the server does not answer now. The next run removes it.")
            }
        }
    }

    fn alias(&self) -> &str {
        &self.request.marker.alias
    }

    /// The indexes that have the alias.
    fn holders(&self) -> Result<BTreeSet<String>> {
        let response = self.client.call(&Method::GET, &format!("/_alias/{}", self.alias()), Body::None)?;
        match response.status {
            404 => Ok(BTreeSet::new()),
            200 => Ok(response.json()?.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()),
            _ => bail!("The alias {} cannot be looked up: {}", self.alias(), response.reason()),
        }
    }

    /// The indexes named as loads of this alias name theirs, and when they were made, in milliseconds.
    fn indexes(&self) -> Result<Vec<(String, i64)>> {
        let response = self.client.call(&Method::GET, &format!("/{}_*/_settings", self.alias()), Body::None)?;
        if response.status == 404 {
            return Ok(Vec::new());
        }
        ensure!(response.is_success(), "The indexes of {} cannot be listed: {}", self.alias(), response.reason());
        let answer = response.json()?;
        let found = answer.as_object().into_iter().flatten().filter(|(name, _)| index_name::is_of_alias(name, self.alias()));
        Ok(found.map(|(name, index)| (name.clone(), creation_time(index))).collect())
    }

    fn delete(&self, name: &str) -> Result<()> {
        let response = self.client.call(&Method::DELETE, &format!("/{name}"), Body::None)?;
        ensure!(response.is_success() || response.status == 404, "The index {name} cannot be removed: {}", response.reason());
        Ok(())
    }

    fn check(&self, index: &str, documents: u64) -> Result<()> {
        self.check_fields(index)?;
        let refreshed = self.client.call_successfully(&Method::POST, &format!("/{index}/_refresh"), Body::None)?;
        whole(&refreshed)?;
        // Old servers keep what they acknowledged in memory for a while: without a flush a crash could empty a published roster.
        let flushed = self.client.call_successfully(&Method::POST, &format!("/{index}/_flush"), Body::None)?;
        whole(&flushed)?;
        let counted = self.client.call_successfully(&Method::GET, &format!("/{index}/_count"), Body::None)?;
        whole(&counted)?;
        let found = counted.get("count").and_then(Value::as_u64).context("The server does not count the documents.")?;
        ensure!(
            found == documents,
            "The index {index} holds {found} documents, but {documents} were sent. \
             The server has lost some (was it restarted?), or several tasks sent the same. Run the load again."
        );
        // It was off while the index was filled.
        let body = json!({"index": {"refresh_interval": "1s"}});
        self.client.call_successfully(&Method::PUT, &format!("/{index}/_settings"), Body::Json(&body))?;
        Ok(())
    }

    /// Whether the index is the one that was made for this load: a server makes one by itself when documents come for an index that somebody
    /// has removed, and guesses what their fields are.
    fn check_fields(&self, index: &str) -> Result<()> {
        let answer = self.client.call_successfully(&Method::GET, &format!("/{index}/_mapping"), Body::None)?;
        ensure!(
            answer.get(index).is_some_and(|index| mapping::is_of_roster(self.server.dialect, index)),
            "The index {index} is not the one that was made for this load: somebody has removed that while it was filled. Run the load again."
        );
        Ok(())
    }

    /// Moves the alias; gives the indexes that had it.
    fn switch(&self, index: &str) -> Result<BTreeSet<String>> {
        let (alias, old) = (self.alias(), self.holders()?);
        let remove = old.iter().filter(|name| *name != index).map(|name| json!({"remove": {"index": name, "alias": alias}}));
        let actions: Vec<_> = remove.chain([json!({"add": {"index": index, "alias": alias}})]).collect();
        let response = self.client.call(&Method::POST, "/_aliases", Body::Json(&json!({"actions": actions})))?;
        // After a lost connection the request is sent again, and fails when it had succeeded: what counts is the alias.
        if !response.is_success() && self.holders()?.iter().ne([index]) {
            bail!("The alias {alias} could not be moved to {index}: {}", response.reason());
        }
        Ok(old)
    }

    /// Removes what dead runs left a day ago or before.
    fn sweep(&self, published: &str) -> Result<Vec<String>> {
        let mut notices = Vec::new();
        let now = Utc::now().timestamp_millis();
        for (name, made) in self.indexes()?.into_iter().filter(|(name, _)| name != published) {
            if self.has_any_alias(&name)? {
                continue;
            }
            if now.saturating_sub(made) > LEFTOVER_AGE_MILLISECONDS {
                self.delete(&name)?;
                notices.push(format!("The index {name}, which a run left unfinished, was removed."));
            } else {
                notices.push(format!("The index {name} has no alias; another load may be filling it. A run after a day removes it."));
            }
        }
        Ok(notices)
    }

    fn has_any_alias(&self, name: &str) -> Result<bool> {
        let response = self.client.call(&Method::GET, &format!("/{name}/_alias"), Body::None)?;
        if response.status == 404 {
            return Ok(false);
        }
        let aliases = response.json()?;
        Ok(aliases.pointer(&format!("/{name}/aliases")).and_then(Value::as_object).is_some_and(|aliases| !aliases.is_empty()))
    }
}

fn creation_time(index: &Value) -> i64 {
    let date = index.pointer("/settings/index/creation_date");
    date.and_then(|date| date.as_str().and_then(|text| text.parse().ok()).or_else(|| date.as_i64())).unwrap_or(i64::MAX)
}

/// An answer that some shards did not take part in is no answer.
fn whole(answer: &Value) -> Result<()> {
    let number = |name: &str| answer.pointer(&format!("/_shards/{name}")).and_then(Value::as_u64).unwrap_or_default();
    ensure!(number("failed") == 0 && number("successful") > 0, "Some shards of the index do not answer.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_without_all_shards_do_not_count() {
        assert!(whole(&json!({"_shards": {"total": 2, "successful": 2, "failed": 0}})).is_ok());
        assert!(whole(&json!({"_shards": {"total": 2, "successful": 1, "failed": 1}})).is_err());
        assert!(whole(&json!({"count": 3})).is_err());
    }
}
