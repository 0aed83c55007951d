//! Rows by multi-row `INSERT` (spec 08, 2 step 6): what the original did, and the way that every server permits.
use super::session::Session;
use crate::stores::LoadRequest;
use crate::stores::rows::{Row, RowSource};
use crate::stores::steps::Step;
use crate::stores::table::Table;
use ::mysql::{Params, Value};
use anyhow::Result;

/// A statement has at most this many placeholders.
const PLACEHOLDERS: usize = 65_535;
/// A statement is sent when its values reach this many bytes, well below every `max_allowed_packet`.
const STATEMENT_BYTES: usize = 512 * 1024;

/// Inserts all rows into the table `into` and gives their number.
pub(super) fn load(session: &mut Session<'_>, into: &str, request: &LoadRequest<'_>, rows: &mut dyn RowSource) -> Result<u64> {
    let columns = request.table.columns.len();
    let chunk = request.insert_chunk_size.min(PLACEHOLDERS / columns);
    let mut row = Row::default();
    let mut values: Vec<Value> = Vec::with_capacity(chunk * columns);
    let (mut bytes, mut pending, mut total) = (0, 0, 0_u64);
    while rows.next_row(&mut row)? {
        for value in row.values() {
            bytes += value.map_or(0, <[u8]>::len);
            values.push(value.map_or(Value::NULL, |text| Value::Bytes(text.to_vec())));
        }
        pending += 1;
        total += 1;
        if pending == chunk || bytes >= STATEMENT_BYTES {
            send(session, into, request.table, pending, &mut values)?;
            if total == pending as u64 {
                Step::FirstRows.done();
            }
            (bytes, pending) = (0, 0);
        }
    }
    if pending > 0 {
        send(session, into, request.table, pending, &mut values)?;
    }
    Ok(total)
}

fn send(session: &mut Session<'_>, into: &str, table: &Table, rows: usize, values: &mut Vec<Value>) -> Result<()> {
    let row = format!("({})", vec!["?"; table.columns.len()].join(","));
    let sql = format!("INSERT INTO `{into}` ({}) VALUES {}", table.column_list('`'), vec![row; rows].join(","));
    let values = Params::Positional(std::mem::take(values));
    session.run_with(&format!("Inserting rows into {into}"), &sql, values)
}
