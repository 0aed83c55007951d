//! Rows of the warehouse, a day after the other.

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::apart::check_apart;
use super::cells::{Cell, cell};
use super::{Exported, Format};
use crate::calendar::interval::DateInterval;
use crate::storage::{Location, store_for};
use crate::stores::row::Row;
use crate::stores::rows::{RowSource as _, TextRows};
use crate::stores::table::Table;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// Writes tables of a warehouse as `TABLE/dt=DATE/part.FORMAT` below a place, or as `TABLE/part.FORMAT` those without days. With an
/// interval only its days. `all` leaves out what the warehouse does not have.
///
/// # Errors
/// The place is in the warehouse, the warehouse cannot be read, a table is not there, or a file cannot be written.
pub(crate) fn export_warehouse(
    warehouse: &Location,
    tables: &[&'static Table],
    all: bool,
    interval: Option<&DateInterval>,
    (format, out): (Format, &Location),
) -> Result<Vec<Exported>> {
    check_apart(warehouse, out, tables)?;
    let mut exported = Vec::new();
    for table in tables {
        let dataset = Dataset::new(warehouse, table.name)?;
        if !is_in_warehouse(warehouse, table)? {
            if all {
                continue;
            }
            bail!("The warehouse {warehouse} has no table {} yet. Run the workflow that makes it, or name another warehouse.", table.name);
        }
        let mut told = Exported::new(table.name);
        let target = out.directory_form().join(&format!("{}/", table.name));
        let file = |folder: &str| target.join(&format!("{folder}part.{}", format.suffix()));
        let days = dataset.partition_values("dt")?;
        for day in &days {
            // What is no day is none of ours.
            let Ok(date) = day.parse::<NaiveDate>() else { continue };
            if interval.is_none_or(|days| days.contains(date)) {
                part(&dataset.day(date), table, Some(day), (format, &file(&format!("dt={day}/"))), &mut told)?;
            }
        }
        if days.is_empty() {
            part(&dataset.whole(), table, None, (format, &file("")), &mut told)?;
        }
        exported.push(told);
    }
    Ok(exported)
}

/// Whether a warehouse has a table.
///
/// # Errors
/// It cannot be looked up.
pub(crate) fn is_in_warehouse(warehouse: &Location, table: &Table) -> Result<bool> {
    let dataset = Dataset::new(warehouse, table.name)?;
    store_for(dataset.directory())?.directory_exists(dataset.directory())
}

fn part(
    partition: &Partition,
    table: &'static Table,
    day: Option<&str>,
    (format, place): (Format, &Location),
    told: &mut Exported,
) -> Result<()> {
    // A day that is being replaced, or holds nothing, is none.
    if !partition.is_complete(&Completeness::DataFile)? {
        return Ok(());
    }
    let files = partition.data_files()?.into_iter().map(|entry| entry.location).collect();
    let mut rows = TextRows::from_files(table, files);
    let mut file = format.create(place, table.columns, day)?;
    let mut row = Row::default();
    while rows.next_row(&mut row).with_context(|| format!("The export of {} failed.", table.name))? {
        told.take(cells(table, &row), || rows.place(), &mut *file)?;
    }
    told.files += 1;
    file.finish()
}

fn cells(table: &Table, row: &Row) -> Result<Vec<Cell>, String> {
    if let Some((_, told)) = row.misfit() {
        return Err(told.to_owned());
    }
    let values = row.values().map(|value| value.map(String::from_utf8_lossy));
    table.columns.iter().zip(values).map(|(column, value)| cell(column, value.as_deref())).collect()
}
