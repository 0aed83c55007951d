//! MySQL and MariaDB result store: the sequence of one load (rules 08, 2).
//!
//! Two things differ from the original, so that a marker is never ahead of its rows: all steps of a load happen under
//! a named lock of the server, and a swap writes its marker after the `RENAME`, not before it (see `staging`).

mod about_server;
mod bulk;
mod connection;
mod errors;
mod insert;
mod limits;
mod markers;
mod reading;
mod rights;
mod session;
mod staging;
mod target;

pub(crate) use about_server::ServerAbout;
pub(crate) use errors::Purpose;
pub(super) use reading::MysqlReader;
pub use target::MysqlTarget;

use std::time::{Duration, Instant};

use anyhow::Result;

use session::Session;
use staging::StagingNames;

use super::by_input::maker_marker;
use super::marker_table::MarkerTable;
use super::rejected::FittingRows;
use super::rows::RowSource;
use super::steps::Step;
use super::table::Table;
use super::{LoadMode, LoadReport, LoadRequest, ResultStore};

/// A result database on a MySQL or MariaDB server.
#[derive(Clone, Debug)]
pub struct MysqlStore {
    target: MysqlTarget,
    markers: MarkerTable,
}

impl MysqlStore {
    /// The store at this place. Nothing is connected yet.
    pub fn new(target: MysqlTarget) -> Self {
        Self { target, markers: MarkerTable::default() }
    }

    /// With a marker table of another name.
    #[must_use]
    pub fn with_marker_table(self, markers: MarkerTable) -> Self {
        Self { markers, ..self }
    }

    /// A session that holds the table's lock; what was missing is created. Markers of a table that somebody dropped tell of rows that
    /// are gone: they go, too, under the lock, since another loader may be making the same table.
    fn prepare(&self, table: &Table, lock_wait: Duration) -> Result<Session<'_>> {
        session::create_database(&self.target, lock_wait)?;
        let mut session = Session::open(&self.target, &self.markers, lock_wait)?;
        session.run("Creating the marker table", &self.markers.mysql_create())?;
        session.lock_table(table)?;
        if !session.has_table(table.name)? {
            markers::delete_all(&mut session, table.name)?;
        }
        session.run(&format!("Creating the table {}", table.name), &table.mysql_create())?;
        Ok(session)
    }
}

impl ResultStore for MysqlStore {
    fn is_complete(&self, table: &Table, update_id: &str) -> Result<bool> {
        let Some(mut session) = Session::open_existing(&self.target, &self.markers)? else {
            return Ok(false);
        };
        staging::is_complete(&mut session, table, update_id)
    }

    fn markers(&self, table: &Table) -> Result<Vec<String>> {
        match Session::open_existing(&self.target, &self.markers)? {
            Some(mut session) => markers::known(&mut session, table.name),
            None => Ok(Vec::new()),
        }
    }

    fn loaded_at(&self, update_id: &str) -> Result<Option<String>> {
        match Session::open_existing(&self.target, &self.markers)? {
            Some(mut session) => markers::inserted(&mut session, update_id),
            None => Ok(None),
        }
    }

    fn load(&self, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
        request.check()?;
        let started = Instant::now();
        let mut session = self.prepare(request.table, request.lock_wait)?;
        Step::Locked.done();
        let mut report = load_locked(&mut session, request, rows)?;
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }

    fn check_usable(&self, swaps: bool, patience: Duration) -> Result<()> {
        rights::check(&self.target, swaps, patience)
    }

    fn create_table(&self, table: &Table) -> Result<()> {
        self.prepare(table, Duration::from_mins(1)).map(drop)
    }
}

fn load_locked(session: &mut Session<'_>, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
    let table = request.table;
    session.check_engine(table.name)?;
    staging::recover(session, table, request.update_id)?;
    Step::Created.done();
    if request.mode == LoadMode::Append
        && let Some(since) = markers::inserted(session, request.update_id)?
    {
        return Ok(LoadReport { skipped: true, since: Some(since), ..LoadReport::default() });
    }
    if request.mode == LoadMode::OverwriteBySwap {
        swap(session, request, rows)
    } else {
        let loaded = in_transaction(session, request, rows);
        session.roll_back_unless_done(loaded)
    }
}

/// Deletes, inserts and marks in one transaction.
fn in_transaction(session: &mut Session<'_>, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
    let name = request.table.name;
    let deleting = format!("Deleting the old rows of {name}");
    session.run("Starting a transaction", "START TRANSACTION")?;
    let removed = match request.mode {
        LoadMode::OverwriteSlice { column, value } => {
            markers::delete_load(session, name, request.update_id)?;
            let sql = format!("DELETE FROM `{name}` WHERE `{column}` = ?");
            session.run_with(&deleting, &sql, (value,))?;
            let removed = session.changed_rows();
            Step::Deleted.done();
            removed
        }
        LoadMode::Overwrite => {
            markers::delete_all(session, name)?;
            session.run(&deleting, &format!("DELETE FROM `{name}`"))?;
            let removed = session.changed_rows();
            Step::Deleted.done();
            removed
        }
        LoadMode::Append | LoadMode::OverwriteBySwap => 0,
    };
    let report = fill(session, name, request, rows, removed)?;
    Step::Loaded.done();
    insert_markers(session, request, name)?;
    Step::Marked.done();
    session.run(&format!("Committing the rows of {name}"), "COMMIT")?;
    Step::Committed.done();
    Ok(report)
}

/// Fills a copy, puts it in the place of the table by one `RENAME`, then writes the marker.
fn swap(session: &mut Session<'_>, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
    let name = request.table.name;
    let staging = StagingNames::new(request.table, request.update_id)?;
    let filled = fill_copy(session, &staging, request, rows);
    let mut report = match session.roll_back_unless_done(filled) {
        Ok(report) => report,
        Err(error) => {
            staging.drop_copy(session);
            return Err(error);
        }
    };
    let exchange = format!("RENAME TABLE `{name}` TO `{}`, `{}` TO `{name}`", staging.old, staging.copy);
    if let Err(error) = session.run(&format!("Putting the new rows of {name} in place"), &exchange) {
        staging.drop_copy(session);
        return Err(error);
    }
    Step::Renamed.done();
    let marked = mark(session, request, name);
    session.roll_back_unless_done(marked).map_err(|error| {
        error.context(format!("The new rows of {name} are in place, but the load could not be marked as done. Run it again."))
    })?;
    Step::Committed.done();
    if let Err(error) = session.drop_table(&staging.old) {
        report.notices.push(format!("The old rows remain in the table {} until the next load: {error:#}", staging.old));
    }
    Ok(report)
}

fn fill_copy(session: &mut Session<'_>, staging: &StagingNames, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport> {
    let create = format!("CREATE TABLE `{}` LIKE `{}`", staging.copy, request.table.name);
    session.run("Creating the copy that takes the new rows", &create)?;
    Step::Staged.done();
    session.run("Starting a transaction", "START TRANSACTION")?;
    let report = fill(session, &staging.copy, request, rows, 0)?;
    session.run("Committing the copy", "COMMIT")?;
    Step::Loaded.done();
    Ok(report)
}

fn mark(session: &mut Session<'_>, request: &LoadRequest<'_>, target: &str) -> Result<()> {
    session.run("Starting a transaction", "START TRANSACTION")?;
    markers::delete_all(session, target)?;
    insert_markers(session, request, target)?;
    Step::Marked.done();
    session.run("Committing the marker", "COMMIT")
}

fn insert_markers(session: &mut Session<'_>, request: &LoadRequest<'_>, target: &str) -> Result<()> {
    markers::insert(session, request.update_id, target)?;
    maker_marker(request).map_or(Ok(()), |marker| markers::insert(session, &marker, target))
}

/// Puts all rows that fit into the table `into`; refuses an empty overwrite of rows that were there, and too many rows that do not fit.
fn fill(session: &mut Session<'_>, into: &str, request: &LoadRequest<'_>, rows: &mut dyn RowSource, removed: u64) -> Result<LoadReport> {
    let table = request.table;
    let limits = limits::of(session, table)?;
    let mut rows = FittingRows::new(rows, table, limits.columns, limits.longest_row);
    // A stream turns what only the server knows into warnings that name no row.
    let streamed = if request.bulk && limits.known { bulk::load(session, into, table, &mut rows)? } else { None };
    if !limits.known {
        // By itself a server that is not strict would store something else than the value.
        session
            .run("Preparing the session", "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')")?;
    }
    let count = match streamed {
        Some(count) => count,
        None => insert::load(session, into, request, &mut rows)?,
    };
    rows.rejected.check(table, request.max_rejected)?;
    request.check_not_empty(count, &rows.rejected, &rows.origin(), removed)?;
    Ok(LoadReport { rows: count, rejected: rows.rejected, ..LoadReport::default() })
}
