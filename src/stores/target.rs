//! Which result store is meant: a database of a MySQL server, or a SQLite file.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::ResultStore;
use super::marker_table::MarkerTable;
use super::mysql::{MysqlReader, MysqlStore, MysqlTarget};
use super::reading::StoreReader;
use super::rejected::MaxRejected;
use super::sqlite::{SqliteReader, SqliteStore};
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
    /// How the connection is protected, for messages; empty for a file.
    pub security: String,
    /// How many rows of a load may be left out.
    pub max_rejected: MaxRejected,
}

impl TargetStore {
    /// What it is and how it is reached, for the first line of a run.
    pub fn described(&self) -> String {
        match &self.place {
            StorePlace::Sqlite(_) => format!("{} (SQLite)", self.name),
            StorePlace::Mysql { .. } => format!("{} ({})", self.name, self.security),
        }
    }

    /// The same store with a connection of its own.
    ///
    /// # Errors
    /// The credentials cannot be read any more.
    pub(crate) fn once_more(&self) -> Result<Self> {
        let store = self.place.clone().open(self.markers.clone())?;
        Ok(Self { max_rejected: self.max_rejected, ..store })
    }
}

impl StorePlace {
    /// Opens the store for reading.
    ///
    /// # Errors
    /// There is no such file, database or server, or it cannot be read.
    pub fn read(&self) -> Result<Box<dyn StoreReader>> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteReader::open(path)?),
            Self::Mysql { credentials, database } => {
                let credentials = Credentials::read(credentials).context("The credentials of the result store cannot be used.")?;
                Box::new(MysqlReader::open(MysqlTarget::new(credentials, database))?)
            }
        })
    }

    /// The store; a server is not asked yet.
    ///
    /// # Errors
    /// The credentials cannot be read.
    pub fn open(self, markers: MarkerTable) -> Result<TargetStore> {
        let (store, name, security): (Box<dyn ResultStore>, _, _) = match &self {
            Self::Sqlite(path) => {
                (Box::new(SqliteStore::new(path).with_marker_table(markers.clone())), path.display().to_string(), String::new())
            }
            Self::Mysql { credentials, database } => {
                let credentials = Credentials::read(credentials).context("The credentials of the result store cannot be used.")?;
                let name = format!("mysql://{}:{}/{database}", credentials.host, credentials.port);
                let target = MysqlTarget::new(credentials, database);
                let security = target.security();
                (Box::new(MysqlStore::new(target).with_marker_table(markers.clone())), name, security)
            }
        };
        Ok(TargetStore { store, name, place: self, markers, security, max_rejected: MaxRejected::default() })
    }
}
