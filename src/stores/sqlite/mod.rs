//! SQLite result store: the same tables in one file, for a machine without a database server.
//!
//! A load is one transaction in every mode. A swap is an overwrite whose ids start at 1 again, as they do in MySQL.
//! Rolling back what a dead loader began is SQLite's own work.

mod days;
mod insertion;
mod opening;
mod reading;

pub(super) use reading::SqliteReader;

use std::fs::OpenOptions;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Error, Result, anyhow, ensure};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};

use self::insertion::insert;
use self::opening::{HEAD_LENGTH, as_file, is_cut_off, open_for_reading};

use super::by_input::{maker_marker, maker_of};
use super::fit::ColumnLimits;
use super::marker_table::MarkerTable;
use super::rejected::FittingRows;
use super::rows::RowSource;
use super::steps::Step;
use super::table::Table;
use super::{LoadMode, LoadReport, LoadRequest, ResultStore};
use crate::storage::may_write_into;
use crate::wrong_usage::wrong_usage;

/// Memory for pages of a load that replaces a table: KiB, told SQLite as a negative number.
const CACHE: i64 = -16 * 1024;

/// Memory for pages of a load that adds to a table: its rows go to many places in each index, and a page that does not wait for the next
/// of them is written, and read, once more.
const CACHE_TO_ADD: i64 = -64 * 1024;

/// Bytes of a page of a new file: each is written twice, and twice SQLite's own size takes a tenth less of a load.
const PAGE: i64 = 8192;

/// The longest row that SQLite takes, with some room for what it writes beside the values.
const LONGEST_ROW: usize = 1_000_000_000 - 1024;

/// A result database in a file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    markers: MarkerTable,
}

impl SqliteStore {
    /// The store in this file, which is created by the first load.
    pub fn new(path: &Path) -> Self {
        Self { path: as_file(path), markers: MarkerTable::default() }
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
        conn.pragma_update(None, "page_size", PAGE).map_err(explained)?;
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

    /// Creates what is missing. Markers of a table that somebody dropped tell of rows that are gone: they go, too.
    fn create_in(&self, transaction: &Transaction<'_>, table: &Table) -> rusqlite::Result<()> {
        transaction.execute_batch(&self.markers.sqlite_create())?;
        if !has_table(transaction, table.name)? {
            transaction.execute(&format!("DELETE FROM \"{}\" WHERE target_table = ?1", self.markers), [table.name])?;
        }
        transaction.execute_batch(&table.sqlite_create())
    }
}

impl ResultStore for SqliteStore {
    fn is_complete(&self, table: &Table, update_id: &str) -> Result<bool> {
        let read = |conn: &Connection| Ok(has_table(conn, table.name)? && self.marked(conn, update_id)?.is_some());
        Ok(self.read_markers(read)?.unwrap_or_default())
    }

    fn markers(&self, table: &Table) -> Result<Vec<String>> {
        let read = |conn: &Connection| if has_table(conn, table.name)? { self.markers_of(conn, table.name) } else { Ok(Vec::new()) };
        Ok(self.read_markers(read)?.unwrap_or_default())
    }

    fn loaded_at(&self, update_id: &str) -> Result<Option<String>> {
        Ok(self.read_markers(|conn| self.marked(conn, update_id))?.flatten())
    }

    fn load(&self, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
        request.check()?;
        let started = Instant::now();
        let name = request.table.name;
        let wait = request.lock_wait;
        let mut conn = self.open(wait)?;
        let cache = if replaces_all(request.mode) { CACHE } else { CACHE_TO_ADD };
        conn.pragma_update(None, "cache_size", cache).map_err(|error| self.explain("Opening the database", wait, &error))?;
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

    fn check_usable(&self, _swaps: bool, _patience: Duration) -> Result<()> {
        const REMEDY: &str = "Give it to this account, work in another folder, or name another file with --sqlite.";
        let path = self.path.display();
        let folder = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let folder = folder.display();
            return Err(wrong_usage(format!(
                "The result store {path} cannot be made: there is no folder {folder}. Make it, or name another file."
            )));
        }
        // While SQLite writes to the file it has others beside it.
        ensure!(
            may_write_into(folder),
            "The result store {path} cannot be written: this account may not write to the folder {}. {REMEDY}",
            std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).display()
        );
        if !self.path.exists() {
            return Ok(());
        }
        let opened = OpenOptions::new().read(true).write(true).open(&self.path);
        let mut file = opened.map_err(|error| anyhow!("The result store {path} cannot be written: {error}. {REMEDY}"))?;
        let mut head = Vec::new();
        let read = file.by_ref().take(HEAD_LENGTH).read_to_end(&mut head);
        read.map_err(|error| anyhow!("The result store {path} cannot be read: {error}. {REMEDY}"))?;
        ensure!(
            head.is_empty() || head.starts_with(b"SQLite format 3\0"),
            "The result store {path} is not a SQLite database or is damaged. Name another file, or remove this one."
        );
        ensure!(
            head.is_empty() || !is_cut_off(&self.path, &head),
            "The result store {path} is cut off: its end is missing. Put a copy in its place, or remove it and load again."
        );
        Ok(())
    }

    fn create_table(&self, table: &Table) -> Result<()> {
        let wait = Duration::from_mins(1);
        let mut conn = self.open(wait)?;
        let created = conn.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            self.create_in(&transaction, table)?;
            transaction.commit()
        });
        created.map_err(|error| self.explain(&format!("Creating the table {}", table.name), wait, &error))
    }
}

impl SqliteStore {
    fn load_locked(&self, transaction: &Transaction<'_>, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
        let name = request.table.name;
        self.create_in(transaction, request.table)?;
        Step::Created.done();
        if request.mode == LoadMode::Append
            && let Some(since) = self.marked(transaction, request.update_id)?
        {
            return Ok(LoadReport { skipped: true, since: Some(since), ..LoadReport::default() });
        }
        let removed = self.delete_old(transaction, request)?;
        if replaces_all(request.mode) {
            // Sorting all keys at the end takes less than finding the place of each one by one.
            transaction.execute_batch(&request.table.sqlite_drop_indexes())?;
        }
        let mut rows = FittingRows::new(rows, request.table, ColumnLimits::of_table(request.table), LONGEST_ROW);
        let count = insert(transaction, request.table, &mut rows)?;
        if replaces_all(request.mode) {
            transaction.execute_batch(&request.table.sqlite_create_indexes())?;
        }
        rows.rejected.check(request.table, request.max_rejected)?;
        request.check_not_empty(count, &rows.rejected, &rows.origin(), removed)?;
        Step::Loaded.done();
        let maker = maker_marker(request);
        for marker in std::iter::once(request.update_id).chain(maker.as_deref()) {
            transaction.execute(
                &format!("INSERT INTO \"{}\" (update_id, target_table) VALUES (?1, ?2) ON CONFLICT (update_id) DO NOTHING", self.markers),
                (marker, name),
            )?;
        }
        ensure!(
            self.marked(transaction, request.update_id)?.is_some(),
            "The marker {} of the table {name} was written but cannot be read back.",
            request.update_id
        );
        Ok(LoadReport { rows: count, rejected: rows.rejected, ..LoadReport::default() })
    }

    fn delete_old(&self, transaction: &Transaction<'_>, request: &LoadRequest<'_>) -> Result<u64> {
        let name = request.table.name;
        let removed = match request.mode {
            LoadMode::Append => return Ok(0),
            LoadMode::OverwriteSlice { column, value } => {
                let markers = self.markers_of(transaction, name)?;
                let id = request.update_id;
                for marker in markers.iter().filter(|marker| *marker == id || maker_of(id, marker).is_some()) {
                    transaction.execute(&format!("DELETE FROM \"{}\" WHERE update_id = ?1", self.markers), [marker])?;
                }
                transaction.execute(&format!("DELETE FROM \"{name}\" WHERE \"{column}\" = ?1"), [value])?
            }
            LoadMode::Overwrite | LoadMode::OverwriteBySwap => {
                transaction.execute(&format!("DELETE FROM \"{}\" WHERE target_table = ?1", self.markers), [name])?;
                let removed = transaction.execute(&format!("DELETE FROM \"{name}\""), ())?;
                if request.mode == LoadMode::OverwriteBySwap {
                    transaction.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [name])?;
                }
                removed
            }
        };
        Step::Deleted.done();
        Ok(removed as u64)
    }

    /// Looks into the marker table, if it is there.
    fn read_markers<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<Option<T>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let wait = Duration::from_mins(1);
        let explained = |error: rusqlite::Error| self.explain("Reading the marker table", wait, &error);
        let conn = open_for_reading(&self.path).map_err(explained)?.connection;
        conn.busy_timeout(wait).map_err(explained)?;
        let known = has_table(&conn, &self.markers.to_string()).map_err(explained)?;
        known.then(|| read(&conn)).transpose().map_err(explained)
    }

    fn markers_of(&self, conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = conn.prepare(&format!("SELECT update_id FROM \"{}\" WHERE target_table = ?1", self.markers))?;
        statement.query_map([table], |row| row.get(0))?.collect()
    }

    /// The time of the marker, if it is there (empty if it has none); UTC.
    fn marked(&self, conn: &Connection, update_id: &str) -> rusqlite::Result<Option<String>> {
        let sql = format!("SELECT coalesce(\"inserted\" || ' UTC', '') FROM \"{}\" WHERE update_id = ?1", self.markers);
        conn.query_row(&sql, [update_id], |row| row.get(0)).optional()
    }
}

const fn replaces_all(mode: LoadMode<'_>) -> bool {
    matches!(mode, LoadMode::Overwrite | LoadMode::OverwriteBySwap)
}

fn has_table(conn: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1";
    conn.query_row(sql, [name], |_| Ok(())).optional().map(|found| found.is_some())
}
