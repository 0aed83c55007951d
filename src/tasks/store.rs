//! Which result store a task loads into.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::storage::{Location, LocationError};
use crate::stores::marker_table::MarkerTable;
use crate::stores::rejected::MaxRejected;
use crate::stores::target::{StorePlace, TargetStore};
use crate::wrong_usage::wrong_usage;

/// The embedded default, in the working directory.
const EMBEDDED: &str = "insights.sqlite";

/// Options of tasks that load tables (rules 08, 1).
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
    #[arg(long, default_value_t = 100, value_parser = rows_per_statement)]
    pub insert_chunk_size: usize,
    /// Fill a copy of the table and exchange the two by one rename
    #[arg(long)]
    pub use_temp_table_for_overwrite: bool,
}

/// The result store that a command reads, or that a whole night loads into; none of these leaves it to the settings.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct ChosenStore {
    /// SQLite file to read; the default without credentials is insights.sqlite
    #[arg(long, conflicts_with = "credentials")]
    sqlite: Option<PathBuf>,
    /// JSON file with host, port, username and password of the MySQL server to read
    #[arg(long)]
    credentials: Option<Location>,
    /// Result database on the server
    #[arg(long)]
    database: Option<String>,
}

impl ChosenStore {
    /// A SQLite file, if one is named.
    pub(crate) fn of_file(sqlite: Option<PathBuf>) -> Self {
        Self { sqlite, ..Self::default() }
    }

    /// The store that options or configuration name.
    ///
    /// # Errors
    /// The settings of the store cannot be used.
    pub(crate) fn open(&self, settings: &Settings) -> Result<TargetStore> {
        let markers = match settings.get("mysql", "marker-table") {
            Some(name) => name.parse().map_err(|error: anyhow::Error| unusable("mysql", "marker-table", error))?,
            None => MarkerTable::default(),
        };
        let mut store = place(self, settings)?.open(markers)?;
        store.max_rejected = max_rejected(settings)?;
        Ok(store)
    }
}

/// Opens the store that the options or the section `[database-export]` name: MySQL if there are credentials, else the SQLite
/// file. Whatever names a server and does not suffice for one is an error, never a file.
///
/// # Errors
/// A setting is missing or contradicts another, or the credentials cannot be read.
pub fn open_store(options: &StoreOptions, settings: &Settings) -> Result<TargetStore> {
    let StoreOptions { credentials, database, sqlite, .. } = options.clone();
    ChosenStore { sqlite, credentials, database }.open(settings)
}

/// Rows of a statement, as typed.
///
/// # Errors
/// It is no number from 1 on.
pub(crate) fn rows_per_statement(text: &str) -> Result<usize> {
    text.parse().ok().filter(|rows| *rows > 0).context("It must be a number of rows, at least 1.")
}

/// How many rows of a load, or documents of a roster, may be left out (rules 10, 4).
///
/// # Errors
/// `max_rejected` of `[load]` is neither a share nor a number.
pub(crate) fn max_rejected(settings: &Settings) -> Result<MaxRejected> {
    let text = settings.get("load", "max_rejected");
    let parsed = text.map(str::parse).transpose();
    Ok(parsed.map_err(|error: anyhow::Error| unusable("load", "max_rejected", error))?.unwrap_or_default())
}

fn place(options: &ChosenStore, settings: &Settings) -> Result<StorePlace> {
    let configured = |key| settings.get("database-export", key).map(str::trim);
    if let Some(path) = &options.sqlite {
        return Ok(StorePlace::Sqlite(path.clone()));
    }
    let credentials = match (&options.credentials, configured("credentials")) {
        (Some(location), _) => Some(location.clone()),
        (None, Some(text)) => {
            if text.is_empty() {
                return Err(wrong_usage("credentials of [database-export] is empty. Name the JSON file, or remove the line."));
            }
            Some(text.parse().map_err(|error: LocationError| unusable("database-export", "credentials", error))?)
        }
        (None, None) => None,
    };
    let database = options.database.as_deref().or_else(|| configured("database").filter(|name| !name.is_empty()));
    match (credentials, database) {
        (Some(credentials), Some(database)) => Ok(StorePlace::Mysql { credentials, database: database.to_owned() }),
        (Some(_), None) => {
            let database = settings.require("database-export", "database", "--database")?;
            Err(wrong_usage(format!("database of [database-export] is {database:?}. Write the name of the result database.")))
        }
        (None, Some(database)) => Err(wrong_usage(format!(
            "The result database {database} is named, but no credentials for its server. Set credentials of [database-export] or \
             --credentials to a JSON file with host, port, username and password; or name a SQLite file with --sqlite."
        ))),
        (None, None) => Ok(StorePlace::Sqlite(EMBEDDED.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Sources;
    use clap::Args;

    fn opened(options: &StoreOptions, sections: &str) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("override.cfg");
        std::fs::write(folder.path().join("c.json"), r#"{"host":"db.example","username":"u","password":"p"}"#).unwrap();
        std::fs::write(&file, sections.replace("HERE", &folder.path().display().to_string())).unwrap();
        let settings = Settings::load(&Sources { working_directory: folder.path().to_owned(), ..Sources::default() })?;
        open_store(options, &settings).map(|store| format!("{} {}", store.described(), store.max_rejected))
    }

    #[test]
    fn a_statement_has_rows_before_anything_runs() {
        for text in ["0", "-1", "x", ""] {
            let command = StoreOptions::augment_args(clap::Command::new("x"));
            let error = command.try_get_matches_from(["x".to_owned(), format!("--insert-chunk-size={text}")]).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains("--insert-chunk-size"), "{error}");
        }
        assert_eq!(rows_per_statement("7").ok(), Some(7));
    }

    #[test]
    fn a_server_that_is_named_is_never_a_file() {
        let none =
            StoreOptions { credentials: None, database: None, sqlite: None, insert_chunk_size: 1, use_temp_table_for_overwrite: false };
        assert_eq!(opened(&none, "").unwrap(), "insights.sqlite (SQLite) 1%");
        let whole = "[database-export]\ncredentials = HERE/c.json\ndatabase = reports\n[load]\nmax_rejected = 5%\n";
        let told = opened(&none, whole).unwrap();
        assert!(told.starts_with("mysql://db.example:3306/reports (TLS") && told.ends_with("5%"), "{told}");
        let file = StoreOptions { sqlite: Some("x.sqlite".into()), ..none.clone() };
        assert_eq!(opened(&file, whole).unwrap(), "x.sqlite (SQLite) 5%");
        for (sections, expected) in [
            ("[database-export]\ndatabase = reports\n", "no credentials for its server"),
            ("[database-export]\ncredentials = HERE/c.json\n", "--database"),
            ("[database-export]\ncredentials = HERE/c.json\ndatabase =\n", "name of the result database"),
            ("[database-export]\ncredentials =\ndatabase = reports\n", "is empty"),
            ("[database-export]\ncredentials = HERE/absent.json\ndatabase = reports\n", "absent.json cannot be read"),
            ("[load]\nmax_rejected = many\n", "max_rejected of [load]"),
        ] {
            let error = format!("{:#}", opened(&none, sections).unwrap_err());
            assert!(error.contains(expected), "{sections}: {error}");
        }
        let named = StoreOptions { database: Some("reports".to_owned()), ..none };
        assert!(opened(&named, "").unwrap_err().to_string().contains("--sqlite"));
    }
}
