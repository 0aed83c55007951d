//! One loader's session: its settings, its lock, statements with explained errors.

use std::time::Duration;

use ::mysql::prelude::{FromRow, Queryable};
use ::mysql::{Conn, Params};
use anyhow::{Result, bail};

use super::errors::{DATABASE_DENIED, UNKNOWN_DATABASE, code, explain};
use super::target::MysqlTarget;
use crate::stores::identity::short_hash;
use crate::stores::marker_table::MarkerTable;
use crate::stores::table::Table;

/// A connection with the result database selected.
pub(super) struct Session<'t> {
    pub(super) target: &'t MysqlTarget,
    pub(super) markers: &'t MarkerTable,
    pub(super) conn: Conn,
    lock_wait: Duration,
}

/// Creates the result database, for texts of all scripts: its tables take their character set from it (rules 08, 3). An
/// existing database stays as it is. An account without that right is fine if the database is there already.
pub(super) fn create_database(target: &MysqlTarget, lock_wait: Duration) -> Result<()> {
    let doing = format!("Creating the database {}", target.database);
    let mut conn = target.connect(None).map_err(|error| explain(target, "Connecting", &error))?;
    let sql = format!("CREATE DATABASE IF NOT EXISTS `{}` CHARACTER SET utf8mb4", target.database.replace('`', "``"));
    conn.query_drop(wait_setting("lock_wait_timeout", lock_wait)).and_then(|()| conn.query_drop(sql)).or_else(|error| match code(&error) {
        Some(DATABASE_DENIED) if target.connect(Some(&target.database)).is_ok() => Ok(()),
        _ => Err(explain(target, &doing, &error)),
    })
}

impl<'t> Session<'t> {
    /// Connects and prepares the session. The SQL mode stays as the server has it (rules 08, 5).
    pub(super) fn open(target: &'t MysqlTarget, markers: &'t MarkerTable, lock_wait: Duration) -> Result<Self> {
        let conn = target.connect(Some(&target.database)).map_err(|error| explain(target, "Connecting", &error))?;
        let mut session = Self { target, markers, conn, lock_wait };
        for setting in [
            // No gap locks on the marker table (rules 08, 2 step 4).
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".to_owned(),
            wait_setting("lock_wait_timeout", lock_wait),
            wait_setting("innodb_lock_wait_timeout", lock_wait),
            // Notes fail no insert, so they must not hide the warnings that would.
            "SET SESSION sql_notes = 0".to_owned(),
            "SET SESSION max_error_count = 65535".to_owned(),
        ] {
            session.run("Preparing the session", &setting)?;
        }
        Ok(session)
    }

    /// A session for looking only; `None` when the database does not exist.
    pub(super) fn open_existing(target: &'t MysqlTarget, markers: &'t MarkerTable) -> Result<Option<Self>> {
        match target.connect(Some(&target.database)) {
            Ok(conn) => Ok(Some(Self { target, markers, conn, lock_wait: Duration::ZERO })),
            Err(error) if code(&error) == Some(UNKNOWN_DATABASE) => Ok(None),
            Err(error) => Err(explain(target, "Connecting", &error)),
        }
    }

    /// Runs a statement; `doing` starts the sentence of its error.
    pub(super) fn run(&mut self, doing: &str, sql: &str) -> Result<()> {
        let outcome = self.conn.query_drop(sql);
        outcome.map_err(|error| explain(self.target, doing, &error))
    }

    /// Runs a statement with values for its question marks.
    pub(super) fn run_with(&mut self, doing: &str, sql: &str, values: impl Into<Params>) -> Result<()> {
        let outcome = self.conn.exec_drop(sql, values);
        outcome.map_err(|error| explain(self.target, doing, &error))
    }

    /// How many rows the last statement changed.
    pub(super) fn changed_rows(&self) -> u64 {
        self.conn.affected_rows()
    }

    /// Whether the database has a table of this name.
    pub(super) fn has_table(&mut self, name: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?";
        Ok(!self.rows::<u8>("Looking for the table", sql, (name,))?.is_empty())
    }

    /// Runs a query and gives all its rows.
    pub(super) fn rows<T: FromRow>(&mut self, doing: &str, sql: &str, values: impl Into<Params>) -> Result<Vec<T>> {
        let outcome = self.conn.exec(sql, values);
        outcome.map_err(|error| explain(self.target, doing, &error))
    }

    /// Takes the table's lock for this session. The server frees it when the session ends, however it ends.
    pub(super) fn lock_table(&mut self, table: &Table) -> Result<()> {
        // Lock names are those of the whole server and at most 64 characters long.
        let database = short_hash(&self.target.database);
        let name: String = format!("insights-{database}-{}", table.name).chars().take(64).collect();
        let seconds = self.lock_wait.as_secs();
        let answers: Vec<Option<i64>> =
            self.rows(&format!("Locking the table {}", table.name), "SELECT GET_LOCK(?, ?)", (&name, seconds))?;
        if answers.first() != Some(&Some(1)) {
            bail!(
                "Another loader is filling the table {} in {}; this one waited {seconds} seconds for it and changed \
                 nothing. Run it again when the other has ended (SELECT IS_USED_LOCK('{name}') gives its connection).",
                table.name,
                self.target.database
            );
        }
        Ok(())
    }

    /// Refuses a table without transactions: a failed load could not be undone.
    pub(super) fn check_engine(&mut self, table: &str) -> Result<()> {
        let found: Vec<(String, Option<String>)> = self.rows(
            "Looking up the storage engine",
            "SELECT t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES t \
             JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE \
             WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN (?, ?)",
            (table, self.markers.to_string()),
        )?;
        let markers = self.markers;
        for (engine, transactions) in found {
            if transactions.as_deref() == Some("NO") {
                bail!(
                    "The table {table} or {markers} uses the storage engine {engine}, which has no transactions: \
                     readers would see half a load. Run ALTER TABLE … ENGINE=InnoDB for it, then load again."
                );
            }
        }
        Ok(())
    }

    /// `DROP TABLE IF EXISTS`.
    pub(super) fn drop_table(&mut self, name: &str) -> Result<()> {
        self.run(&format!("Dropping the table {name}"), &format!("DROP TABLE IF EXISTS `{name}`"))
    }

    /// Passes the outcome on, after a `ROLLBACK` if it is an error.
    pub(super) fn roll_back_unless_done<T>(&mut self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            // A lost connection was rolled back by the server.
            let _ = self.conn.query_drop("ROLLBACK");
        }
        outcome
    }
}

fn wait_setting(name: &str, wait: Duration) -> String {
    // The server counts in whole seconds, from 1.
    format!("SET SESSION {name} = {}", wait.as_secs().max(1))
}
