//! Reading the file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, ensure};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::opening::{Opened, Unlocked, advice_on_waiting_load, as_file, open_for_reading};
use crate::stores::reading::{ReadRow, StoreReader, Value};

/// A result database in a file, opened for reading.
pub(crate) struct SqliteReader {
    path: PathBuf,
    connection: Connection,
    unlocked: Option<Unlocked>,
}

impl SqliteReader {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let path = &as_file(path);
        ensure!(path.exists(), "There is no result store {}. Load it first, or name another file.", path.display());
        let Opened { connection, unlocked } =
            open_for_reading(path).with_context(|| format!("The result store {} cannot be opened.", path.display()))?;
        let reader = Self { path: path.to_owned(), connection, unlocked };
        reader.connection.busy_timeout(Duration::from_mins(1)).map_err(|error| reader.explain(&error))?;
        reader.connection.pragma_update(None, "query_only", true).map_err(|error| reader.explain(&error))?;
        // One snapshot for all statements; a loader may go on meanwhile.
        reader.connection.execute_batch("BEGIN").map_err(|error| reader.explain(&error))?;
        Ok(reader)
    }

    fn explain(&self, error: &rusqlite::Error) -> Error {
        let waiting;
        let advice = match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => "The file is not a SQLite database or is damaged.",
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                waiting = advice_on_waiting_load(&self.path);
                if waiting.is_empty() { "Check that this account may read the file and its folder." } else { &waiting }
            }
            _ => "Nothing was changed.",
        };
        anyhow!("Reading the result store {} failed: {error}. {advice}", self.path.display())
    }

    /// Makes sure that what was read is of one state.
    fn check(&self) -> Result<()> {
        self.unlocked.as_ref().map_or(Ok(()), Unlocked::check)
    }
}

impl StoreReader for SqliteReader {
    fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?1";
        self.connection.query_row(sql, [name], |row| row.get::<_, i64>(0)).map(|count| count > 0).map_err(|error| self.explain(&error))
    }

    fn rows(&mut self, sql: &str, parameters: &[&str]) -> Result<Vec<ReadRow>> {
        let read = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let width = statement.column_count();
            let mut found = statement.query(params_from_iter(parameters))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                let value = |place| row.get_ref(place).map(value);
                rows.push(ReadRow((0..width).map(value).collect::<rusqlite::Result<_>>()?));
            }
            Ok(rows)
        };
        let rows = read();
        self.check()?;
        rows.map_err(|error| self.explain(&error))
    }

    fn each_row(&mut self, sql: &str, take: &mut dyn FnMut(ReadRow) -> Result<()>) -> Result<()> {
        let mut statement = self.connection.prepare(sql).map_err(|error| self.explain(&error))?;
        let width = statement.column_count();
        let mut found = statement.query([]).map_err(|error| self.explain(&error))?;
        while let Some(row) = found.next().map_err(|error| self.explain(&error))? {
            let values = (0..width).map(|place| row.get_ref(place).map(value)).collect::<rusqlite::Result<_>>();
            take(ReadRow(values.map_err(|error| self.explain(&error))?))?;
        }
        self.check()
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
    }
}
