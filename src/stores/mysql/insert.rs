//! Rows by multi-row `INSERT` (rules 08, 2 step 6): what the original did, and the way that every server permits.

use ::mysql::prelude::Queryable;
use ::mysql::{Error, Params, Value};
use anyhow::Result;

use super::errors::{code, explain};
use super::session::Session;
use crate::stores::LoadRequest;
use crate::stores::fit::Misfit;
use crate::stores::rejected::FittingRows;
use crate::stores::row::Row;
use crate::stores::rows::RowSource;
use crate::stores::shown::shown;
use crate::stores::steps::Step;
use crate::stores::table::Table;

/// A statement has at most this many placeholders.
const PLACEHOLDERS: usize = 65_535;
/// A statement of several rows has at most this many bytes; a row by itself what the server permits (`max_allowed_packet`).
const STATEMENT_BYTES: usize = 512 * 1024;
/// A row with the same unique key is there.
const DUPLICATES: [u16; 2] = [1062, 1586];
/// The server refuses a value: rows before and behind it may be taken.
const REFUSED_VALUES: [u16; 12] = [1048, 1263, 1264, 1265, 1292, 1366, 1406, 1452, 3140, 3819, 4025, 1411];

/// Inserts all rows that the table takes into the table `into` and gives their number.
pub(super) fn load(session: &mut Session<'_>, into: &str, request: &LoadRequest<'_>, rows: &mut FittingRows<'_>) -> Result<u64> {
    let columns = request.table.columns.len();
    let chunk = request.insert_chunk_size.min(PLACEHOLDERS / columns);
    let most_bytes = STATEMENT_BYTES.min(rows.longest_row);
    let mut row = Row::default();
    let mut values: Vec<Value> = Vec::with_capacity(chunk * columns);
    let (mut bytes, mut pending, mut total) = (0, 0, 0_u64);
    loop {
        let found = rows.next_row(&mut row)?;
        let is_full = pending == chunk || found && bytes + row.size() > most_bytes;
        if pending > 0 && (is_full || !found) {
            let is_first = total == 0;
            total += send(session, into, request.table, pending, std::mem::take(&mut values), rows)?;
            if is_first {
                Step::FirstRows.done();
            }
            (bytes, pending) = (0, 0);
        }
        if !found {
            return Ok(total);
        }
        bytes += row.size();
        pending += 1;
        values.extend(row.values().map(|value| value.map_or(Value::NULL, |text| Value::Bytes(text.to_vec()))));
    }
}

/// Sends rows by one statement, or one by one if the server refuses one of them; gives how many it took.
fn send(session: &mut Session<'_>, into: &str, table: &Table, count: usize, values: Vec<Value>, rows: &mut FittingRows<'_>) -> Result<u64> {
    let doing = format!("Inserting rows into {into}");
    let columns = table.columns.len();
    let sql = |count| {
        let row = format!("({})", vec!["?"; columns].join(","));
        format!("INSERT INTO `{into}` ({}) VALUES {}", table.column_list('`'), vec![row; count].join(","))
    };
    // A statement that fails is undone as a whole, the transaction goes on.
    let is_of_a_row = |error: &Error| code(error).is_some_and(|code| DUPLICATES.contains(&code) || REFUSED_VALUES.contains(&code));
    let kept = values.clone();
    match session.conn.exec_drop(sql(count), Params::Positional(values)) {
        Ok(()) => return Ok(count as u64),
        Err(error) if is_of_a_row(&error) => {}
        Err(error) => return Err(explain(session.target, &doing, &error)),
    }
    let mut taken = 0;
    for row in kept.chunks(columns) {
        match session.conn.exec_drop(sql(1), Params::Positional(row.to_vec())) {
            Ok(()) => taken += 1,
            Err(error) if is_of_a_row(&error) => {
                let is_duplicate = code(&error).is_some_and(|code| DUPLICATES.contains(&code));
                let misfit = if is_duplicate { Misfit::Duplicate } else { Misfit::Refused };
                rows.rejected.add(misfit, 1, || refusal(&error, row));
            }
            Err(error) => return Err(explain(session.target, &doing, &error)),
        }
    }
    Ok(taken)
}

fn refusal(error: &Error, row: &[Value]) -> String {
    let first = row.first().and_then(|value| if let Value::Bytes(bytes) = value { Some(shown(bytes)) } else { None });
    let told = match error {
        Error::MySqlError(error) => error.message.chars().take(200).flat_map(char::escape_debug).collect(),
        other => other.to_string(),
    };
    format!("the row that begins with {}: {told}", first.unwrap_or_else(|| "NULL".to_owned()))
}
