//! SQLite result store: the same tables in one file, for a machine without a database server.
//!
//! A load is one transaction in every mode. A swap is an overwrite whose ids start at 1 again, as they do in MySQL.
//! Rolling back what a dead loader began is SQLite's own work.
mod reading;
mod values;

pub(super) use reading::SqliteReader;

use super::marker_table::MarkerTable;
use super::rows::{Row, RowSource};
use super::steps::Step;
use super::table::Table;
use super::{LoadMode, LoadReport, LoadRequest, ResultStore};
use anyhow::{Context, Error, Result, anyhow, ensure};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A result database in a file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    markers: MarkerTable,
}

impl SqliteStore {
    /// The store in this file, which is created by the first load.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), markers: MarkerTable::default() }
    }

    /// With a marker table of another name.
    #[must_use]
    pub fn with_marker_table(self, markers: MarkerTable) -> Self {
        Self { markers, ..self }
    }

    fn open(&self, wait: Duration) -> Result<Connection> {
        let explained = |error: rusqlite::Error| self.explain("Opening the database", wait, &error);
        let conn = Connection::open(&self.path).map_err(explained)?;
        conn.busy_timeout(wait).map_err(explained)?;
        // Readers go on with the old rows while a large load outgrows the page cache; without this they would be locked out.
        conn.pragma_update(None, "journal_mode", "WAL").map_err(explained)?;
        Ok(conn)
    }

    fn explain(&self, doing: &str, wait: Duration, error: &rusqlite::Error) -> Error {
        let path = self.path.display();
        let advice = match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => format!(
                "Another process has been using the file for longer than {} seconds: another loader, or a reader in the \
                 middle of a query. Run the load again when it has ended.",
                wait.as_secs()
            ),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                "Check that the folder exists and that this account may write to it.".to_owned()
            }
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                "The file is not a SQLite database or is damaged. Name another file, or remove this one.".to_owned()
            }
            Some(ErrorCode::DiskFull) => "Make room on the disk, then run the load again.".to_owned(),
            _ => "Nothing of this load was kept.".to_owned(),
        };
        anyhow!("{doing} failed in {path}: {error}. {advice}")
    }

    fn create_in(&self, conn: &Connection, table: &Table) -> rusqlite::Result<()> {
        conn.execute_batch(&self.markers.sqlite_create())?;
        conn.execute_batch(&table.sqlite_create())
    }
}

impl ResultStore for SqliteStore {
    fn is_complete(&self, _table: &Table, update_id: &str) -> Result<bool> {
        if !self.path.exists() {
            return Ok(false);
        }
        let wait = Duration::from_mins(1);
        let explained = |error: rusqlite::Error| self.explain("Reading the marker table", wait, &error);
        let conn = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(explained)?;
        conn.busy_timeout(wait).map_err(explained)?;
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let known: Option<i64> = conn.query_row(sql, [self.markers.to_string()], |row| row.get(0)).optional().map_err(explained)?;
        Ok(known.is_some() && self.marker_exists(&conn, update_id).map_err(explained)?)
    }

    fn load(&self, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
        request.check()?;
        let started = Instant::now();
        let name = request.table.name;
        let wait = request.lock_wait;
        let mut conn = self.open(wait)?;
        // The write lock of the file is the lock of all its tables.
        let transaction = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| self.explain(&format!("Locking the table {name}"), wait, &error))?;
        Step::Locked.done();
        let mut report = self.load_locked(&transaction, request, rows).map_err(|error| match error.downcast::<rusqlite::Error>() {
            Ok(error) => self.explain(&format!("Loading rows into {name}"), wait, &error),
            Err(error) => error,
        })?;
        Step::Marked.done();
        transaction.commit().map_err(|error| self.explain(&format!("Committing the rows of {name}"), wait, &error))?;
        Step::Committed.done();
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    fn create_table(&self, table: &Table) -> Result<()> {
        let wait = Duration::from_mins(1);
        let conn = self.open(wait)?;
        self.create_in(&conn, table).map_err(|error| self.explain(&format!("Creating the table {}", table.name), wait, &error))
    }
}

impl SqliteStore {
    fn load_locked(&self, transaction: &Transaction<'_>, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
        let name = request.table.name;
        self.create_in(transaction, request.table)?;
        Step::Created.done();
        if request.mode == LoadMode::Append && self.marker_exists(transaction, request.update_id)? {
            return Ok(LoadReport { skipped: true, ..LoadReport::default() });
        }
        self.delete_old(transaction, request)?;
        let count = insert(transaction, request.table, rows)?;
        request.check_not_empty(count)?;
        Step::Loaded.done();
        transaction.execute(
            &format!("INSERT INTO \"{}\" (update_id, target_table) VALUES (?1, ?2) ON CONFLICT (update_id) DO NOTHING", self.markers),
            (request.update_id, name),
        )?;
        ensure!(
            self.marker_exists(transaction, request.update_id)?,
            "The marker {} of the table {name} was written but cannot be read back.",
            request.update_id
        );
        Ok(LoadReport { rows: count, ..LoadReport::default() })
    }

    fn delete_old(&self, transaction: &Transaction<'_>, request: &LoadRequest<'_>) -> Result<()> {
        let name = request.table.name;
        match request.mode {
            LoadMode::Append => return Ok(()),
            LoadMode::OverwriteSlice { column, value } => {
                transaction.execute(&format!("DELETE FROM \"{}\" WHERE update_id = ?1", self.markers), [request.update_id])?;
                transaction.execute(&format!("DELETE FROM \"{name}\" WHERE \"{column}\" = ?1"), [value])?;
            }
            LoadMode::Overwrite | LoadMode::OverwriteBySwap => {
                transaction.execute(&format!("DELETE FROM \"{}\" WHERE target_table = ?1", self.markers), [name])?;
                transaction.execute(&format!("DELETE FROM \"{name}\""), ())?;
                if request.mode == LoadMode::OverwriteBySwap {
                    transaction.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [name])?;
                }
            }
        }
        Step::Deleted.done();
        Ok(())
    }

    fn marker_exists(&self, conn: &Connection, update_id: &str) -> rusqlite::Result<bool> {
        conn.query_row(&format!("SELECT 1 FROM \"{}\" WHERE update_id = ?1", self.markers), [update_id], |_| Ok(()))
            .optional()
            .map(|found| found.is_some())
    }
}

fn insert(transaction: &Transaction<'_>, table: &Table, rows: &mut dyn RowSource) -> Result<u64> {
    let marks: Vec<String> = (1..=table.columns.len()).map(|number| format!("?{number}")).collect();
    let mut statement =
        transaction.prepare(&format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, table.column_list('"'), marks.join(", ")))?;
    let mut row = Row::default();
    let mut count = 0;
    while rows.next_row(&mut row)? {
        count += 1;
        for (number, (value, column)) in row.values().zip(table.columns).enumerate() {
            let value = values::convert(column, value)
                .with_context(|| format!("Row {count} cannot be stored in {}, so nothing was kept.", table.name))?;
            statement.raw_bind_parameter(number + 1, value)?;
        }
        statement.raw_execute()?;
        if count == 1 {
            Step::FirstRows.done();
        }
    }
    Ok(count)
}
