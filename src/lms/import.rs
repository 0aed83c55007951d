//! Copies LMS tables into the warehouse: rows streamed from MySQL, several key ranges at a time, all from one snapshot (rules 09).
//!
//! Each connection begins its transaction while a short global read lock holds all writers off, so that all ranges of all tables show
//! the same moment. Where that lock cannot be taken, or not within some seconds, one connection reads everything in one transaction.

use std::io::Write;
use std::sync::Mutex;

use ::mysql::prelude::Queryable;
use ::mysql::{Conn, Value};
use anyhow::{Context, Result, ensure};
use chrono::{NaiveDate, SecondsFormat, Utc};

use super::condition::{self, in_brackets, is_of_statement};
use super::encoding::write_value;
use super::provenance::is_derived;
use super::rows::SEPARATOR;
use super::tables::LmsTable;
use crate::error_text::counted;
use crate::say;
use crate::storage::{Location, store_for};
use crate::stores::mysql::{MysqlTarget, Purpose};
use crate::warehouse::RunId;
use crate::warehouse::commit::{StagedDirectory, SuccessMarker};
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::lock::OutputLock;
use crate::wrong_usage::{WrongUsage, wrong_usage};

/// Seconds. As long as the lock is waited for, nobody else writes either.
const LONGEST_LOCK_WAIT: u8 = 5;
/// MySQL's number of the error that says that it was waited for too long.
const LOCK_WAIT_TIMEOUT: u16 = 1205;
/// Its numbers of errors that say that it has no more connections, or none for this account.
const NO_MORE_CONNECTIONS: [u16; 3] = [1040, 1203, 1226];

/// What to import, and how.
pub(crate) struct Import<'i> {
    /// The LMS database.
    pub source: &'i MysqlTarget,
    /// Tables are written to `<destination>/<table>/dt=<date>/`.
    pub destination: &'i Location,
    /// Date of the partitions.
    pub date: NaiveDate,
    /// Key ranges read at a time, at least 1.
    pub num_mappers: usize,
    /// SQL condition on the rows.
    pub condition: Option<&'i str>,
    /// Imports complete tables again.
    pub overwrite: bool,
}

/// What became of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// The table.
    pub table: &'static str,
    /// Rows written; none if it was complete already.
    pub rows: Option<u64>,
}

/// Whether a partition has been imported: data, `_SUCCESS` and `_metadata` (rules 09, 2), and not derived from logs (rules 10, 8).
pub(crate) fn is_complete(partition: &Partition) -> Result<bool> {
    let metadata = partition.directory().join("_metadata");
    let is_there = partition.is_complete(&Completeness::SuccessMarker)? && store_for(&metadata)?.exists(&metadata)?;
    Ok(is_there && !is_derived(partition)?)
}

impl Import<'_> {
    /// Imports the tables that are not complete, all from one snapshot. A failure leaves what was there.
    ///
    /// # Errors
    /// The server cannot be reached or refuses, a table or column is missing, or the warehouse cannot be written.
    pub(crate) fn run(&self, tables: &[&'static LmsTable], run_id: &RunId, task: &str) -> Result<Vec<Imported>> {
        let is_blank = self.condition.is_some_and(|condition| condition.trim().is_empty());
        ensure!(!is_blank, WrongUsage("--where is empty; write a condition of SQL, or leave the option out.".to_owned()));
        ensure!(self.num_mappers > 0, WrongUsage("--num-mappers must be at least 1.".to_owned()));
        let mut due = Vec::new();
        for table in tables {
            let partition = Dataset::new(self.destination, table.name)?.day(self.date);
            due.push((self.overwrite || !is_complete(&partition)?, *table, partition));
        }
        if due.iter().all(|(is_due, ..)| !is_due) {
            return Ok(tables.iter().map(|table| Imported { table: table.name, rows: None }).collect());
        }
        self.check_condition(due.iter().filter(|(is_due, ..)| *is_due).map(|(_, table, _)| *table))?;
        let connections: Vec<Mutex<Conn>> = self.snapshot()?.into_iter().map(Mutex::new).collect();
        due.into_iter()
            .map(|(is_due, table, partition)| {
                let rows = if is_due { Some(self.table(table, &partition, &connections, run_id, task)?) } else { None };
                Ok(Imported { table: table.name, rows })
            })
            .collect()
    }

    fn unusable(&self) -> String {
        let MysqlTarget { host, port, database, .. } = self.source;
        format!("The LMS database {database} at {host}:{port} cannot be used.")
    }

    fn connect(&self) -> Result<Conn> {
        self.source.connect_or_explain(Some(&self.source.database), Purpose::Importing).with_context(|| self.unusable())
    }

    /// Connections that all see the same moment: as many as wanted, or as the server has for this account.
    fn snapshot(&self) -> Result<Vec<Conn>> {
        let mut lock = self.connect()?;
        let mut begun = Vec::new();
        if self.num_mappers > 1 && is_locked(&mut lock) {
            while begun.len() < self.num_mappers {
                match self.source.connect(Some(&self.source.database)) {
                    Ok(connection) => begun.push(self.begun(connection)?),
                    Err(::mysql::Error::MySqlError(error)) if NO_MORE_CONNECTIONS.contains(&error.code) => {
                        let number = counted(begun.len().max(1), "connection");
                        say!("The server has no more connections for this account ({}), so tables are read with {number}.", error.message);
                        break;
                    }
                    Err(error) => return Err(self.explain("Connecting", &error).context(self.unusable())),
                }
            }
            self.query(&mut lock, "UNLOCK TABLES")?;
        }
        if begun.is_empty() {
            begun.push(self.begun(lock)?);
        }
        Ok(begun)
    }

    /// Begins the snapshot of one connection.
    fn begun(&self, mut connection: Conn) -> Result<Conn> {
        for statement in [
            "SET NAMES utf8mb4",
            "SET SESSION lock_wait_timeout = DEFAULT",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT",
        ] {
            self.query(&mut connection, statement)?;
        }
        Ok(connection)
    }

    fn query(&self, connection: &mut Conn, statement: &str) -> Result<()> {
        connection.query_drop(statement).map_err(|error| self.explain("Beginning the snapshot", &error).context(self.unusable()))
    }

    fn table(
        &self,
        table: &'static LmsTable,
        partition: &Partition,
        connections: &[Mutex<Conn>],
        run_id: &RunId,
        task: &str,
    ) -> Result<u64> {
        let started = Utc::now();
        let lock = OutputLock::acquire(partition.directory(), run_id, task)?;
        let staged = StagedDirectory::begin(partition.directory(), &lock)?;
        let what = || format!("The table {} of {} cannot be imported.", table.name, self.source.database);
        let ranges = self.ranges(table, connections).with_context(what)?;
        let outcomes = std::thread::scope(|scope| {
            let mut readers = Vec::new();
            for (number, (range, connection)) in ranges.iter().zip(connections).enumerate() {
                let staged = &staged;
                readers.push(scope.spawn(move || self.read_range(table, range, connection, staged, number)));
            }
            let join = |reader: std::thread::ScopedJoinHandle<'_, Result<u64>>| {
                reader.join().unwrap_or_else(|_| Err(anyhow::anyhow!("A reader of the table panicked.")))
            };
            readers.into_iter().map(join).collect::<Result<Vec<_>>>()
        });
        let rows = outcomes.with_context(what)?.into_iter().sum();
        let mut file = staged.create("_metadata")?;
        file.write_all(metadata(table, "mysql", started).to_string().as_bytes())?;
        file.commit()?;
        staged.commit(SuccessMarker::Write)?;
        Ok(rows)
    }

    fn condition(&self) -> String {
        in_brackets(self.condition)
    }

    /// Refuses a condition that these tables do not take.
    fn check_condition(&self, mut tables: impl Iterator<Item = &'static LmsTable>) -> Result<()> {
        let Some(condition) = self.condition else { return Ok(()) };
        let mut connection = self.connect()?;
        tables.try_for_each(|table| match condition::check(condition, table, &mut connection) {
            Err(::mysql::Error::MySqlError(error)) if is_of_statement(&error) => Err(wrong_usage(format!(
                "The condition of --where cannot be used for the table {}: {}. Write one condition of SQL, such as --where 'id < 1000'.",
                table.name, error.message
            ))),
            outcome => outcome.map_err(|error| self.unread(table, &error)),
        })
    }

    /// Conditions that cut the table into as many parts as there are connections.
    fn ranges(&self, table: &LmsTable, connections: &[Mutex<Conn>]) -> Result<Vec<String>> {
        let first = connections.first().context("There is no connection.")?;
        // As texts: a key may be unsigned.
        let query = format!(
            "SELECT CAST(MIN(`{0}`) AS CHAR), CAST(MAX(`{0}`) AS CHAR) FROM `{1}` WHERE {2}",
            table.key,
            table.name,
            self.condition()
        );
        let bounds: Option<(Option<String>, Option<String>)> = first
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .query_first(query)
            .map_err(|error| self.unread(table, &error))?;
        let Some((Some(low), Some(high))) = bounds else { return Ok(vec![self.condition()]) };
        let number = |text: &str| -> Result<i128> {
            text.parse().with_context(|| format!("The key {} of the table {} is no integer: {text}.", table.key, table.name))
        };
        let (low, high) = (number(&low)?, number(&high)?);
        let parts = i128::try_from(connections.len())?;
        let width = (high - low) / parts + 1;
        let from = |part: i128| low + part * width;
        let key = table.key;
        Ok((0..parts).map(|part| format!("{} AND `{key}` >= {} AND `{key}` < {}", self.condition(), from(part), from(part + 1))).collect())
    }

    /// Writes the rows of one range into its file; gives their number.
    fn read_range(&self, table: &LmsTable, range: &str, connection: &Mutex<Conn>, staged: &StagedDirectory, number: usize) -> Result<u64> {
        let columns: Vec<_> = table.columns.iter().map(|(name, _)| format!("`{name}`")).collect();
        let query = format!("SELECT {} FROM `{}` WHERE {range}", columns.join(", "), table.name);
        let mut connection = connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let file = staged.create(&format!("part-m-{number:05}"))?;
        let mut file = std::io::BufWriter::with_capacity(256 * 1024, file);
        let mut line = Vec::new();
        let mut rows = 0;
        for row in connection.query_iter(query).map_err(|error| self.unread(table, &error))? {
            let row = row.map_err(|error| self.unread(table, &error))?;
            line.clear();
            for (index, (_, kind)) in table.columns.iter().enumerate() {
                if index > 0 {
                    line.push(SEPARATOR);
                }
                match row.as_ref(index) {
                    Some(Value::Bytes(text)) => write_value(*kind, Some(text), &mut line),
                    Some(Value::NULL) | None => write_value(*kind, None, &mut line),
                    Some(other) => write_value(*kind, Some(other.as_sql(true).trim_matches('\'').as_bytes()), &mut line),
                }
            }
            line.push(b'\n');
            file.write_all(&line).map_err(not_written)?;
            rows += 1;
        }
        let file = file.into_inner().map_err(|error| not_written(error.into_error()))?;
        file.commit()?;
        Ok(rows)
    }

    /// The error of a statement, told with what to do.
    fn explain(&self, doing: &str, error: &::mysql::Error) -> anyhow::Error {
        Purpose::Importing.explain(self.source, doing, error)
    }

    fn unread(&self, table: &LmsTable, error: &::mysql::Error) -> anyhow::Error {
        self.explain(&format!("Reading the table {}", table.name), error)
    }
}

pub(super) fn not_written(error: std::io::Error) -> anyhow::Error {
    anyhow::Error::new(error).context("Writing the import failed.")
}

/// `_metadata`: one JSON object (rules 09, 2).
pub(super) fn metadata(table: &LmsTable, source: &str, started: chrono::DateTime<Utc>) -> serde_json::Value {
    let time = |time: chrono::DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true).trim_end_matches('Z').to_owned();
    let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    serde_json::json!({
        "start_time": time(started),
        "end_time": time(Utc::now()),
        "source_database_type": source,
        "format": {
            "table_name": table.name,
            "columns": columns,
            "null_string": "\\\\N",
            "fields_terminated_by": "\u{1}",
            "delimiter_replacement": " ",
            "escaped_by": null,
            "optionally_enclosed_by": null,
        },
    })
}

/// Locks all tables for a moment; false if that cannot be. While the lock waits for somebody's writes, those of all others wait behind
/// it, so it does not wait long.
fn is_locked(connection: &mut Conn) -> bool {
    let lock = [format!("SET SESSION lock_wait_timeout = {LONGEST_LOCK_WAIT}"), "FLUSH TABLES WITH READ LOCK".to_owned()];
    let Err(error) = lock.iter().try_for_each(|statement| connection.query_drop(statement)) else { return true };
    let why = if matches!(&error, ::mysql::Error::MySqlError(error) if error.code == LOCK_WAIT_TIMEOUT) {
        format!("Somebody writes for longer than {LONGEST_LOCK_WAIT} seconds")
    } else {
        "The account may not lock tables for a moment (privilege RELOAD)".to_owned()
    };
    say!("{why}, so one connection reads everything in one snapshot.");
    false
}
