//! Rows of a result store, a page after the other.

use anyhow::{Context, Result, bail};

use super::cells::cell;
use super::{Exported, Format};
use crate::calendar::interval::DateInterval;
use crate::storage::Location;
use crate::stores::reading::StoreReader;
use crate::stores::table::{ColumnKind, Table};
use crate::stores::target::StorePlace;

/// Rows that are read at once.
const PAGE: usize = 10_000;
/// The column by which tables are cut into days.
const DAY: &str = "date";

/// Writes tables of a store as `TABLE.FORMAT` below a place, all as they were at one moment. The columns are those that loads bring:
/// `id` and `created` tell of loads, not of learners. With an interval, of tables that have a date only the rows of its days.
/// `all` leaves out what the store does not have.
///
/// # Errors
/// The store cannot be read, a table is not there, or a file cannot be written.
pub(crate) fn export_store(
    store: &StorePlace,
    tables: &[&'static Table],
    all: bool,
    interval: Option<&DateInterval>,
    (format, out): (Format, &Location),
) -> Result<Vec<Exported>> {
    let mut reader = store.read()?;
    let mut exported = Vec::new();
    for table in tables {
        if !reader.has_table(table.name)? {
            if all {
                continue;
            }
            bail!("The result store has no table {} yet. Run the workflow that fills it, or name another store.", table.name);
        }
        exported.push(one(&mut *reader, table, interval, (format, out)).with_context(|| format!("The export of {} failed.", table.name))?);
    }
    Ok(exported)
}

fn one(
    reader: &mut dyn StoreReader,
    table: &'static Table,
    interval: Option<&DateInterval>,
    (format, out): (Format, &Location),
) -> Result<Exported> {
    let mut exported = Exported { files: 1, ..Exported::new(table.name) };
    let place = out.directory_form().join(&format!("{}.{}", table.name, format.suffix()));
    let mut file = format.create(&place, table.columns, None)?;
    let has_days = table.columns.iter().any(|column| column.name == DAY && column.kind == ColumnKind::Date);
    exported.ignores_days = interval.is_some() && !has_days;
    let days = interval.filter(|_| has_days);
    let days = days.map_or(String::new(), |days| format!(" AND `{DAY}` >= '{}' AND `{DAY}` < '{}'", days.start(), days.end()));
    let (name, columns) = (table.name, table.column_list('`'));
    let mut last = -1;
    loop {
        let rows =
            reader.rows(&format!("SELECT `id`, {columns} FROM `{name}` WHERE `id` > {last}{days} ORDER BY `id` LIMIT {PAGE}"), &[])?;
        for row in &rows {
            let id = row.integer(0).context("A row has no id.")?;
            let cells = (1..).zip(table.columns).map(|(place, column)| cell(column, row.text(place).as_deref())).collect();
            exported.take(cells, || format!("the row with id {id}"), &mut *file)?;
            last = id;
        }
        if rows.len() < PAGE {
            break;
        }
    }
    file.finish()?;
    Ok(exported)
}
