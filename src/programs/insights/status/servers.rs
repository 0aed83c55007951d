//! What the result store and the roster index hold. A server that does not answer is told in its line, and nobody waits long for it.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use chrono::NaiveDate;
use clap::{Args, Command, FromArgMatches};

use super::document::{RosterStatus, StoreStatus, StoreTable};
use crate::config::settings::Settings;
use crate::error_text::error_text;
use crate::stores::reading::StoreReader;
use crate::stores::roster::Connection;
use crate::stores::roster::connection::ConnectionOptions;
use crate::stores::roster::published::published;
use crate::stores::table::{ColumnKind, Table};
use crate::stores::target::TargetStore;
use crate::tasks::store::{StoreOptions, open_store};
use crate::workflows::location::tables::COURSE_ENROLLMENT_LOCATION_CURRENT;
use crate::workflows::module_engagement;

/// Longest wait for a server.
const PATIENCE: Duration = Duration::from_secs(10);

/// The result store of the configuration.
pub(super) fn store(settings: &Settings, tables: Vec<&'static Table>) -> StoreStatus {
    let options = StoreOptions::augment_args(Command::new("status").no_binary_name(true)).try_get_matches_from([""; 0]);
    let opened = options.map_err(anyhow::Error::from).and_then(|options| open_store(&StoreOptions::from_arg_matches(&options)?, settings));
    let store = match opened {
        Ok(store) => store,
        Err(error) => return StoreStatus { error: Some(error_text(&error)), ..StoreStatus::default() },
    };
    let (name, TargetStore { place, markers, .. }) = (store.described(), store);
    let read = move || {
        let mut reader = place.read()?;
        tables.iter().map(|table| self::table(reader.as_mut(), table, &markers.to_string())).collect::<Result<Vec<_>>>()
    };
    match within_patience(read) {
        Ok(tables) => StoreStatus { name: Some(name), error: None, tables },
        Err(error) => StoreStatus { name: Some(name), error: Some(error_text(&error)), tables: Vec::new() },
    }
}

fn table(reader: &mut dyn StoreReader, table: &Table, markers: &str) -> Result<StoreTable> {
    let mut status = StoreTable { table: table.name.to_owned(), ..StoreTable::default() };
    if !reader.has_table(table.name)? {
        return Ok(status);
    }
    let day = day_column(table);
    let until = day.map_or_else(|| "NULL".to_owned(), |(column, _)| format!("MAX(`{column}`)"));
    let found = reader.rows(&format!("SELECT COUNT(*), {until} FROM `{}`", table.name), &[])?;
    let row = found.first().context("The result store does not count its rows.")?;
    let is_behind = day.is_some_and(|(_, is_behind)| is_behind);
    let last: Option<NaiveDate> = row.day(1).and_then(|day| day.parse().ok());
    let last = last.and_then(|day| if is_behind { day.pred_opt() } else { Some(day) });
    (status.rows, status.until) = (row.integer(0), last.map(|day| day.to_string()));
    // A store that something else has filled has no markers.
    let loaded = reader.rows(&format!("SELECT MAX(`inserted`) FROM `{markers}` WHERE `target_table` = ?"), &[table.name]);
    status.loaded = loaded.ok().and_then(|rows| rows.first().and_then(|row| row.text(0)));
    Ok(status)
}

/// The column that tells up to which day the rows are, and whether it has the day behind the last one.
fn day_column(table: &Table) -> Option<(&'static str, bool)> {
    let columns = || table.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Date | ColumnKind::DateTime));
    if let Some(end) = columns().find(|column| ["interval_end", "end_date"].contains(&column.name)) {
        return Some((end.name, true));
    }
    let day = columns().find(|column| column.kind == ColumnKind::Date)?;
    // Rules 08, 7.9: the end of the run's interval.
    Some((day.name, table.name == COURSE_ENROLLMENT_LOCATION_CURRENT.name))
}

/// The roster index of the configuration; none if no search engine is named.
pub(super) fn roster(settings: &Settings) -> Option<RosterStatus> {
    let task = module_engagement::roster_index_task::NAME;
    let setting = |key: &str| settings.get(task, key).map(str::to_owned);
    let options = ConnectionOptions { host: setting("host"), connection_type: setting("connection_type"), ..ConnectionOptions::default() };
    let alias = setting("alias").or_else(|| settings.get("module-engagement", "alias").map(str::to_owned));
    let looked = || -> Result<Option<RosterStatus>> {
        let Some(connection) = Connection::of_settings(settings, &options)? else { return Ok(None) };
        let alias = alias.clone().context("alias of [module-engagement] is not set.")?;
        let asked = alias.clone();
        let found = within_patience(move || published(&connection, &asked))?;
        Ok(Some(RosterStatus { alias, indexes: found.indexes, documents: found.documents, error: None }))
    };
    looked().unwrap_or_else(|error| {
        let alias = alias.clone().unwrap_or_default();
        Some(RosterStatus { alias, error: Some(error_text(&error)), ..RosterStatus::default() })
    })
}

/// Does something that may wait for a server; who waits longer than that is left behind.
fn within_patience<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(anyhow!("No answer within {} s.", PATIENCE.as_secs())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn ends_are_days_behind_the_last_one() {
        let of = |name: &str| {
            let mut tables = WORKFLOWS.iter().flat_map(|workflow| workflow.tables).map(|table| table.table);
            day_column(tables.find(|table| table.name == name).unwrap())
        };
        assert_eq!(of("course_enrollment_daily"), Some(("date", false)));
        assert_eq!(of("course_enrollment_location_current"), Some(("date", true)));
        assert_eq!(of("course_activity"), Some(("interval_end", true)));
        assert_eq!(of("module_engagement_metric_ranges"), Some(("end_date", true)));
        assert_eq!((of("video"), of("course_meta_summary_enrollment")), (None, None));
    }
}
