//! Which result store a task loads into.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::config::settings::Settings;
use crate::storage::Location;
use crate::stores::marker_table::MarkerTable;
use crate::stores::target::{StorePlace, TargetStore};

/// The embedded default, in the working directory.
const EMBEDDED: &str = "insights.sqlite";

/// Options of tasks that load tables (spec 08, 1).
#[derive(clap::Args, Clone, Debug)]
pub struct StoreOptions {
    /// JSON file with host, port, username and password of the MySQL server
    #[arg(long)]
    pub credentials: Option<Location>,
    /// Result database on the server
    #[arg(long)]
    pub database: Option<String>,
    /// SQLite file to load into instead of a MySQL server; the default without credentials is insights.sqlite
    #[arg(long, conflicts_with = "credentials")]
    pub sqlite: Option<PathBuf>,
    /// Rows per INSERT statement
    #[arg(long, default_value_t = 100)]
    pub insert_chunk_size: usize,
    /// Fill a copy of the table and exchange the two by one rename
    #[arg(long)]
    pub use_temp_table_for_overwrite: bool,
}

/// Opens the store that the options or the section `[database-export]` name: MySQL if there are credentials, else the SQLite
/// file.
///
/// # Errors
/// A setting is missing, or the credentials cannot be read.
pub fn open_store(options: &StoreOptions, settings: &Settings) -> Result<TargetStore> {
    ensure!(options.insert_chunk_size > 0, "--insert-chunk-size must be at least 1.");
    let markers = match settings.get("mysql", "marker-table") {
        Some(name) => name.parse().context("marker-table of [mysql] cannot be used.")?,
        None => MarkerTable::default(),
    };
    let configured = settings.get("database-export", "credentials");
    let credentials = match (&options.sqlite, &options.credentials, configured) {
        (None, Some(location), _) => Some(location.clone()),
        (None, None, Some(text)) => Some(text.parse().context("The credentials of [database-export] cannot be used.")?),
        _ => None,
    };
    let Some(location) = credentials else {
        return StorePlace::Sqlite(options.sqlite.clone().unwrap_or_else(|| EMBEDDED.into())).open(markers);
    };
    let database = match &options.database {
        Some(database) => database.clone(),
        None => settings.require("database-export", "database", "--database")?.to_owned(),
    };
    StorePlace::Mysql { credentials: location, database }.open(markers)
}
