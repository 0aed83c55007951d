//! Result stores: MySQL (production) and SQLite (embedded) behind one loader contract.
//!
//! Workflows bring the tables, [`rows`] turns warehouse lines into the values of a [`row`], [`mysql`] and [`sqlite`] put them into
//! tables, [`fit`] and [`rejected`] leave out what a table cannot hold, [`target`] says which store is meant, [`reading`] reads either.
//! [`roster`] is the index of learners in a search engine.

pub(crate) mod by_input;
pub(crate) mod compare;
pub mod fit;
pub(crate) mod identity;
pub mod marker_table;
mod misfit;
pub mod mysql;
pub(crate) mod reading;
pub mod rejected;
pub(crate) mod roster;
pub mod row;
pub mod rows;
pub(crate) mod shown;
#[cfg(test)]
mod small_tables;
pub mod sqlite;
mod steps;
pub mod table;
pub mod target;

use std::time::Duration;

use anyhow::{Result, ensure};

use rejected::{MaxRejected, Rejected};
use rows::RowSource;
use table::Table;

/// A database that holds result tables and their markers. The contract (rules 08, 2), for every implementation:
///
/// * A load is one transaction or one table swap: a reader sees the old rows or the new ones, never a mixture,
///   whatever is killed when.
/// * A marker row says that the rows of an `update_id` are in the table. It is never there before the rows are.
/// * A load in mode [`LoadMode::Append`] whose marker exists does nothing. The overwriting modes always run.
/// * Overwriting with no rows at all is refused, and the old rows stay, unless `allow_empty` is set.
/// * A row with a value that its column cannot hold (too long, not convertible, NULL in NOT NULL) is left out, counted and named, the
///   same rows in every store and SQL mode; too many of them fail the whole load (rules 10, 4).
/// * One loader per table at a time: a second one waits for `lock_wait` and then fails with a text that says so.
/// * What a dead loader left behind is repaired and swept by the next load of the same table.
/// * Markers of a table that is not there count for nothing: who dropped it gets it loaded again.
/// * An existing table is never altered. Missing databases, tables and files are created.
pub trait ResultStore: Send + Sync {
    /// True when the rows of this load are in the table. A missing database, table or marker table means false.
    fn is_complete(&self, table: &Table, update_id: &str) -> Result<bool>;

    /// The markers of all loads into a table, those of who made the rows among them ([`LoadRequest::maker`]). A missing database,
    /// table or marker table has none.
    fn markers(&self, table: &Table) -> Result<Vec<String>>;

    /// When a load was finished, by its marker: empty if the marker has no time, none if it is not there.
    fn loaded_at(&self, update_id: &str) -> Result<Option<String>>;

    /// Loads all rows of the source. On an error nothing has changed for readers, unless the text says otherwise.
    fn load(&self, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport>;

    /// Looks whether a load could begin: the store can be reached within `patience` and this account may do all that a load does, with
    /// swaps or without. Creates and changes nothing.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    fn check_usable(&self, swaps: bool, patience: Duration) -> Result<()>;

    /// Creates the database and the table where they are missing; writes no marker.
    fn create_table(&self, table: &Table) -> Result<()>;
}

/// What becomes of the rows that are in the table already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadMode<'a> {
    /// They stay; nothing is loaded if this load's marker exists.
    Append,
    /// They are deleted in the transaction of the load, with all markers of the table.
    Overwrite,
    /// The new rows go into a copy of the table that takes its place (`use_temp_table_for_overwrite`).
    OverwriteBySwap,
    /// Only the rows with this value in this column are deleted, with only this load's marker (rules 08, 6).
    OverwriteSlice {
        /// A data column of the table.
        column: &'a str,
        /// Its value as text.
        value: &'a str,
    },
}

/// One load. Start from [`LoadRequest::new`] and change what differs.
#[derive(Clone, Copy, Debug)]
pub struct LoadRequest<'a> {
    /// The table to fill.
    pub table: &'a Table,
    /// Name of the load in the marker table, at most 128 characters.
    pub update_id: &'a str,
    /// Who made the rows; kept in a marker beside the load's own.
    pub maker: Option<&'a str>,
    /// What happens to the rows that are there.
    pub mode: LoadMode<'a>,
    /// Permits overwriting with no rows.
    pub allow_empty: bool,
    /// Permits overwriting a slice with no rows where it has none.
    pub allow_empty_slice: bool,
    /// Why there may be no rows, and what to do: the end of a sentence, and further ones.
    pub empty_because: Option<&'a str>,
    /// Rows of one `INSERT` where rows are inserted by statements; must not be zero.
    pub insert_chunk_size: usize,
    /// Streams rows by `LOAD DATA LOCAL INFILE` where the server permits it; the result is the same.
    pub bulk: bool,
    /// Longest wait for another loader or a locked table.
    pub lock_wait: Duration,
    /// How many rows may be left out.
    pub max_rejected: MaxRejected,
}

impl<'a> LoadRequest<'a> {
    /// A load with the defaults of rules 08, 1: append, 100 rows per statement, empty overwrites refused.
    pub fn new(table: &'a Table, update_id: &'a str) -> Self {
        Self {
            table,
            update_id,
            maker: None,
            mode: LoadMode::Append,
            allow_empty: false,
            allow_empty_slice: false,
            empty_because: None,
            insert_chunk_size: 100,
            bulk: true,
            lock_wait: Duration::from_mins(1),
            max_rejected: MaxRejected::default(),
        }
    }

    /// Refuses what no store can do, before anything is touched.
    fn check(&self) -> Result<()> {
        let length = self.update_id.chars().count();
        anyhow::ensure!(
            (1..=marker_table::UPDATE_ID_LENGTH).contains(&length),
            "The update id of a load has 1 to {} characters, this one has {length}.",
            marker_table::UPDATE_ID_LENGTH
        );
        anyhow::ensure!(self.insert_chunk_size > 0, "The insert chunk size must be at least 1.");
        if let LoadMode::OverwriteSlice { column, .. } = self.mode {
            anyhow::ensure!(
                self.table.columns.iter().any(|known| known.name == column),
                "The table {} has no column {column} to overwrite a slice of.",
                self.table.name
            );
        }
        Ok(())
    }

    /// True in the modes that remove rows.
    fn overwrites(&self) -> bool {
        self.mode != LoadMode::Append
    }

    /// The refusal of rules 08, 2 step 7. `origin` names the input, `removed` counts the rows that were there.
    fn check_not_empty(&self, rows: u64, rejected: &Rejected, origin: &str, removed: u64) -> Result<()> {
        let is_slice = matches!(self.mode, LoadMode::OverwriteSlice { .. });
        if self.allow_empty_slice && is_slice && removed == 0 && rejected.rows() == 0 {
            return Ok(());
        }
        let name = self.table.name;
        let input = match rejected.rows() {
            0 => format!("{origin} holds no row"),
            _ => format!("no row of {origin} fits. {}", rejected.told().trim_end_matches('.')),
        };
        let permitted = match self.table.empty_section {
            Some(section) => format!("allow_empty_insert = true in the section [{section}], or --allow-empty-insert of mysql-loader"),
            None => "--allow-empty-insert of mysql-loader".to_owned(),
        };
        let (reason, remedy) = match self.empty_because {
            Some(reason) => (format!("; {reason}"), ""),
            None => (".".to_owned(), " Check the step that makes these rows."),
        };
        ensure!(
            rows > 0 || self.allow_empty || !self.overwrites(),
            "Cannot overwrite the table {name} with an empty result set: {input}{reason} Its rows are unchanged.{remedy} Where none is right, \
             this permits it: {permitted}."
        );
        Ok(())
    }
}

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadReport {
    /// True when the marker was there already and nothing was done.
    pub skipped: bool,
    /// When the rows that are there were loaded, if the load was skipped; in the store's words.
    pub since: Option<String>,
    /// True when nothing was done although the input was made anew since: rows that are only added stay.
    pub outdated: bool,
    /// Why there is nothing to load yet, if that is so and nothing is wrong.
    pub no_rows_yet: Option<String>,
    /// Rows loaded.
    pub rows: u64,
    /// Rows that the table cannot hold.
    pub rejected: Rejected,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Things that went wrong without harm, as sentences for the log.
    pub notices: Vec<String>,
}
