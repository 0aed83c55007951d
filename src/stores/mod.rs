//! Result stores: MySQL (production) and SQLite (embedded) behind one loader contract.
//!
//! [`catalogue`] lists the tables, [`rows`] turns warehouse lines into values, [`mysql`] and [`sqlite`] put them into
//! tables, [`target`] says which of them is meant, [`reading`] reads either, [`command`] is the `mysql-loader` executable. [`roster`] is the index of learners
//! in a search engine.
pub mod catalogue;
pub mod command;
pub mod identity;
pub mod marker_table;
pub mod mysql;
pub mod reading;
pub mod roster;
pub mod rows;
pub mod sqlite;
mod steps;
pub mod table;
pub mod target;

use anyhow::Result;
use rows::RowSource;
use std::time::Duration;
use table::Table;

/// A database that holds result tables and their markers. The contract (spec 08, 2), for every implementation:
///
/// * A load is one transaction or one table swap: a reader sees the old rows or the new ones, never a mixture,
///   whatever is killed when.
/// * A marker row says that the rows of an `update_id` are in the table. It is never there before the rows are.
/// * A load in mode [`LoadMode::Append`] whose marker exists does nothing. The overwriting modes always run.
/// * Overwriting with no rows at all is refused, and the old rows stay, unless `allow_empty` is set.
/// * A value that the column cannot hold (too long, not convertible, NULL in NOT NULL) fails the whole load; MySQL in
///   a mode that is not strict may store something near it instead, and its mode is never changed.
/// * One loader per table at a time: a second one waits for `lock_wait` and then fails with a text that says so.
/// * What a dead loader left behind is repaired and swept by the next load of the same table.
/// * An existing table is never altered. Missing databases, tables and files are created.
pub trait ResultStore {
    /// True when the rows of this load are in the table. A missing database or marker table means false.
    fn is_complete(&self, table: &Table, update_id: &str) -> Result<bool>;

    /// Loads all rows of the source. On an error nothing has changed for readers, unless the text says otherwise.
    fn load(&self, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<LoadReport>;

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
    /// Only the rows with this value in this column are deleted, with only this load's marker (spec 08, 6).
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
    /// What happens to the rows that are there.
    pub mode: LoadMode<'a>,
    /// Permits overwriting with no rows.
    pub allow_empty: bool,
    /// Rows of one `INSERT` where rows are inserted by statements; must not be zero.
    pub insert_chunk_size: usize,
    /// Streams rows by `LOAD DATA LOCAL INFILE` where the server permits it; the result is the same.
    pub bulk: bool,
    /// Longest wait for another loader or a locked table.
    pub lock_wait: Duration,
}

impl<'a> LoadRequest<'a> {
    /// A load with the defaults of spec 08, 1: append, 100 rows per statement, empty overwrites refused.
    pub fn new(table: &'a Table, update_id: &'a str) -> Self {
        Self {
            table,
            update_id,
            mode: LoadMode::Append,
            allow_empty: false,
            insert_chunk_size: 100,
            bulk: true,
            lock_wait: Duration::from_mins(1),
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

    /// The refusal of spec 08, 2 step 7.
    fn check_not_empty(&self, rows: u64) -> Result<()> {
        anyhow::ensure!(
            rows > 0 || self.allow_empty || !self.overwrites(),
            "Cannot overwrite the table {} with an empty result set; its rows are unchanged. Check the step that \
             makes these rows. Where no rows are right, allow them: --allow-empty-insert of mysql-loader, or for the \
             tables of these workflows allow_empty_insert = true in the section [videos] or [module-engagement].",
            self.table.name
        );
        Ok(())
    }
}

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadReport {
    /// True when the marker was there already and nothing was done.
    pub skipped: bool,
    /// Rows loaded.
    pub rows: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Things that went wrong without harm, as sentences for the log.
    pub notices: Vec<String>,
}
