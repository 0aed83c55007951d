//! A result database of either kind: what its tables hold, and the way back to an earlier state.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, Value};

use crate::site::servers::MariaDb;

/// Sorted rows of each table, without `id` and `created`.
pub(crate) type Tables = BTreeMap<String, Vec<String>>;

/// The database.
#[derive(Clone)]
pub(crate) enum Store {
    File,
    Server { server: Arc<MariaDb>, database: String, earlier: String },
}

impl Store {
    pub(crate) const fn file() -> Self {
        Self::File
    }

    pub(crate) fn server() -> Self {
        let server = MariaDb::shared();
        let (database, earlier) = (MariaDb::new_database(), MariaDb::new_database());
        for name in [&database, &earlier] {
            server.connect().query_drop(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")).unwrap();
        }
        Self::Server { server, database, earlier }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::File => "SQLite",
            Self::Server { .. } => "MariaDB",
        }
    }

    /// The section of the configuration that names it, with a file of credentials in this directory.
    pub(crate) fn section(&self, folder: &Path) -> String {
        let Self::Server { server, database, .. } = self else { return String::new() };
        let MariaDb { host, port, user, password, .. } = &**server;
        let credentials = folder.join("credentials.json");
        let json = serde_json::json!({"host": host, "port": port, "username": user, "password": password});
        fs::write(&credentials, json.to_string()).unwrap();
        format!("[database-export]\ndatabase = {database}\ncredentials = {}\n", credentials.display())
    }

    /// Keeps the tables of a server as they are now; a file is kept with its directory.
    pub(crate) fn keep(&self) {
        if let Self::Server { server, database, earlier } = self {
            copy(&mut server.connect(), database, earlier);
        }
    }

    /// Back to the kept tables.
    pub(crate) fn restore(&self) {
        if let Self::Server { server, database, earlier } = self {
            let mut conn = server.connect();
            for table in names(&mut conn, database) {
                conn.query_drop(format!("DROP TABLE {database}.`{table}`")).unwrap();
            }
            copy(&mut conn, earlier, database);
        }
    }

    /// What a reader finds; the message of an error otherwise.
    pub(crate) fn tables(&self, file: &Path) -> Result<Tables, String> {
        match self {
            Self::File => tables_of_file(file).map_err(|error| error.to_string()),
            Self::Server { server, database, .. } => {
                let mut conn = server.connect();
                let names = names(&mut conn, database);
                let rows = names.into_iter().map(|name| Ok((name.clone(), rows(&mut conn, database, &name)?)));
                rows.collect::<mysql::Result<_>>().map_err(|error| error.to_string())
            }
        }
    }

    /// The rows of one table.
    pub(crate) fn table(&self, file: &Path, name: &str) -> Result<Vec<String>, String> {
        match self {
            Self::File => opened(file).and_then(|store| rows_of_file(&store, name)).map_err(|error| error.to_string()),
            Self::Server { server, database, .. } => rows(&mut server.connect(), database, name).map_err(|error| error.to_string()),
        }
    }
}

/// Databases go with the test; its server may be shared.
pub(crate) struct Dropped(pub Store);

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Store::Server { server, database, earlier } = &self.0 {
            for name in [database, earlier] {
                let _ = server.connect().query_drop(format!("DROP DATABASE IF EXISTS {name}"));
            }
        }
    }
}

fn names(conn: &mut Conn, database: &str) -> Vec<String> {
    let sql = format!("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}' ORDER BY 1");
    conn.query(sql).unwrap()
}

fn copy(conn: &mut Conn, from: &str, to: &str) {
    for table in names(conn, from) {
        conn.query_drop(format!("CREATE TABLE {to}.`{table}` LIKE {from}.`{table}`")).unwrap();
        conn.query_drop(format!("INSERT INTO {to}.`{table}` SELECT * FROM {from}.`{table}`")).unwrap();
    }
}

fn is_counted(column: &str) -> bool {
    !["id", "created"].contains(&column)
}

fn rows(conn: &mut Conn, database: &str, name: &str) -> mysql::Result<Vec<String>> {
    let mut result = conn.query_iter(format!("SELECT * FROM {database}.`{name}`"))?;
    let counted: Vec<bool> = result.columns().as_ref().iter().map(|column| is_counted(&column.name_str())).collect();
    let mut rows = Vec::new();
    for row in result.by_ref() {
        let values = row?.unwrap().into_iter().zip(&counted).filter(|(_, counted)| **counted);
        let texts = values.map(|(value, _): (Value, _)| value.as_sql(true));
        rows.push(texts.collect::<Vec<_>>().join("\t"));
    }
    rows.sort();
    Ok(rows)
}

fn opened(file: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let store = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    store.busy_timeout(Duration::from_secs(30))?;
    Ok(store)
}

fn tables_of_file(file: &Path) -> rusqlite::Result<Tables> {
    let store = opened(file)?;
    let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")?;
    let names: Vec<String> = names.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    names.into_iter().map(|name| Ok((name.clone(), rows_of_file(&store, &name)?))).collect()
}

fn rows_of_file(store: &rusqlite::Connection, name: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = store.prepare(&format!("SELECT * FROM \"{name}\""))?;
    let counted: Vec<usize> = (0..statement.column_count()).filter(|at| is_counted(statement.column_name(*at).unwrap())).collect();
    let read = |row: &rusqlite::Row<'_>| {
        let values = counted.iter().map(|column| row.get::<_, rusqlite::types::Value>(*column).map(|value| format!("{value:?}")));
        Ok(values.collect::<Result<Vec<_>, _>>()?.join("\t"))
    };
    let mut rows: Vec<String> = statement.query_map((), read)?.collect::<Result<_, _>>()?;
    rows.sort();
    Ok(rows)
}
