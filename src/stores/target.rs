//! Which result store is meant: a database of a MySQL server, or a SQLite file.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::ResultStore;
use super::marker_table::MarkerTable;
use super::mysql::{MysqlStore, MysqlTarget};
use super::sqlite::SqliteStore;
use crate::config::credentials::Credentials;
use crate::storage::Location;

/// Where a result store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// A database of a MySQL server.
    Mysql {
        /// JSON file with host, port, username and password.
        credentials: Location,
        /// Its name; created if absent.
        database: String,
    },
    /// A file.
    Sqlite(PathBuf),
}

/// A store to load into.
pub struct TargetStore {
    /// The store.
    pub store: Box<dyn ResultStore>,
    /// What it is called in messages.
    pub name: String,
    /// Where it is.
    pub place: StorePlace,
    /// Its marker table.
    pub markers: MarkerTable,
}

impl StorePlace {
    /// The store; a server is not asked yet.
    ///
    /// # Errors
    /// The credentials cannot be read.
    pub fn open(self, markers: MarkerTable) -> Result<TargetStore> {
        let (store, name): (Box<dyn ResultStore>, _) = match &self {
            Self::Sqlite(path) => (Box::new(SqliteStore::new(path).with_marker_table(markers.clone())), path.display().to_string()),
            Self::Mysql { credentials, database } => {
                let credentials = Credentials::read(credentials).context("The credentials of the result store cannot be used.")?;
                let name = format!("mysql://{}:{}/{database}", credentials.host, credentials.port);
                let store = MysqlStore::new(MysqlTarget::new(credentials, database)).with_marker_table(markers.clone());
                (Box::new(store), name)
            }
        };
        Ok(TargetStore { store, name, place: self, markers })
    }
}
