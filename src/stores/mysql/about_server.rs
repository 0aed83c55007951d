//! What a server says of itself, and whether an account may read tables of it; nothing is changed.

use std::time::Duration;

use ::mysql::prelude::Queryable;
use anyhow::Result;
use chrono::Utc;

use super::errors::{DATABASE_DENIED, Purpose, UNKNOWN_COLUMN, UNKNOWN_DATABASE, UNKNOWN_TABLE, code, words};
use super::rights::quoted;
use super::target::MysqlTarget;

/// The account may not read a database, a table, or a column.
const DENIED: [u16; 3] = [DATABASE_DENIED, 1142, 1143];
const ABSENT: [u16; 3] = [UNKNOWN_TABLE, UNKNOWN_DATABASE, UNKNOWN_COLUMN];

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerAbout {
    /// As the server says it, such as `10.11.6-MariaDB`.
    pub version: String,
    /// Character set of the database; none if there is no database yet, or it is not visible.
    pub character_set: Option<String>,
    /// Seconds by which the server's clock is ahead of this machine's.
    pub clock_ahead: i64,
    /// The account, as the server knows it: `'user'@'host'`.
    pub account: String,
}

/// What an account lacks of the tables that are to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Tables that it may not read.
    pub denied: Vec<String>,
    /// Tables that are not there, with the server's words.
    pub absent: Vec<String>,
}

impl MysqlTarget {
    /// Asks the server.
    ///
    /// # Errors
    /// It cannot be reached, or refuses the account.
    pub(crate) fn about_server(&self, patience: Duration) -> Result<ServerAbout> {
        let explained = |error| Purpose::Reading.explain(self, "Asking the server for its version", &error);
        let mut connection = self.connect_within(None, patience).map_err(explained)?;
        let first: Option<(String, i64, String)> =
            connection.query_first("SELECT VERSION(), UNIX_TIMESTAMP(), CURRENT_USER()").map_err(explained)?;
        let (version, now, account) = first.unwrap_or_default();
        let sql = "SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?";
        let character_set = connection.exec_first(sql, (&self.database,)).map_err(explained)?;
        Ok(ServerAbout { version, character_set, clock_ahead: now - Utc::now().timestamp(), account: quoted(&account) })
    }

    /// Looks which of these tables of the LMS the account can read the columns of.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub(crate) fn unreadable(&self, tables: &[(&str, Vec<&str>)], patience: Duration) -> Result<Unreadable> {
        let explained = |error| Purpose::Importing.explain(self, "Looking at the tables", &error);
        let mut connection = self.connect_within(None, patience).map_err(explained)?;
        let mut unreadable = Unreadable::default();
        for (table, columns) in tables {
            let Err(error) = connection.query_drop(self.reading_nothing(table, columns.iter().copied())) else { continue };
            match code(&error) {
                Some(code) if DENIED.contains(&code) => unreadable.denied.push((*table).to_owned()),
                Some(code) if ABSENT.contains(&code) => unreadable.absent.push(format!("{table} ({})", words(&error))),
                _ => return Err(explained(error)),
            }
        }
        Ok(unreadable)
    }

    /// Looks whether the account can read these columns of a table of the LMS. A server that cannot answer now has not said no.
    ///
    /// # Errors
    /// Table or columns are not there, or the account may not read them; the text says what to do.
    pub(crate) fn check_readable<'c>(&self, table: &str, columns: impl Iterator<Item = &'c str>, patience: Duration) -> Result<()> {
        let Ok(mut connection) = self.connect_within(None, patience) else { return Ok(()) };
        match connection.query_drop(self.reading_nothing(table, columns)) {
            Err(error) if code(&error).is_some_and(|code| DENIED.contains(&code) || ABSENT.contains(&code)) => {
                Err(Purpose::Importing.explain(self, &format!("Reading the table {table}"), &error))
            }
            _ => Ok(()),
        }
    }

    /// A query that fails as one of these columns would, and reads no row.
    fn reading_nothing<'c>(&self, table: &str, columns: impl Iterator<Item = &'c str>) -> String {
        let columns: Vec<_> = columns.map(|column| format!("`{column}`")).collect();
        format!("SELECT {} FROM `{}`.`{table}` LIMIT 0", columns.join(", "), self.database)
    }
}
