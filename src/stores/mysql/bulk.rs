//! Rows by `LOAD DATA LOCAL INFILE`, streamed: no file is written anywhere.
//!
//! The values are the same texts that `INSERT` would get, and the server converts them in the same way. But for a local
//! file it turns every error into a warning. Rows that do not fit were left out before, so a warning in strict mode is something unknown
//! and fails the load; duplicates of a unique key, which the server leaves out, are counted.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ::mysql::prelude::Queryable;
use ::mysql::{Conn, Error, LocalInfileHandler, MySqlError};
use anyhow::{Result, bail, ensure};

use super::errors::{LOCAL_INFILE_REFUSED, code, explain};
use super::session::Session;
use crate::stores::fit::Misfit;
use crate::stores::rejected::FittingRows;
use crate::stores::row::Row;
use crate::stores::rows::RowSource;
use crate::stores::shown::shown;
use crate::stores::steps::Step;
use crate::stores::table::Table;

/// Bytes handed from the thread that reads rows to the one that talks to the server.
const BLOCK_BYTES: usize = 256 * 1024;
/// Blocks that may wait in between.
const BLOCKS: usize = 4;

/// `ER_DUP_ENTRY`: a local file's row is left out with this warning.
const DUPLICATE: u16 = 1062;

/// Warnings that a strict `INSERT` gives as warnings too: deprecated notations.
const HARMLESS_WARNINGS: [u16; 5] = [1287, 1681, 3719, 4095, 4096];

/// Streams all rows into the table `into` and gives their number; `None` when the server forbids it, in which case no
/// row was taken from the source.
pub(super) fn load(session: &mut Session<'_>, into: &str, table: &Table, rows: &mut FittingRows<'_>) -> Result<Option<u64>> {
    let doing = format!("Loading rows into {into}");
    // Hexadecimal texts mean the same in every SQL mode; a backslash in quotes does not.
    let sql = format!(
        "LOAD DATA LOCAL INFILE 'rows' INTO TABLE `{into}` CHARACTER SET utf8mb4 \
         FIELDS TERMINATED BY 0x09 ESCAPED BY 0x5C LINES TERMINATED BY 0x0A ({})",
        table.column_list('`')
    );
    let strict = is_strict(session)?;
    let target = session.target;
    let conn = &mut session.conn;
    let (asked, asking) = sync_channel(1);
    let (blocks, incoming) = sync_channel(BLOCKS);
    let sent = thread::scope(|scope| {
        let server = scope.spawn(move || stream(conn, &sql, asked, incoming));
        let sent = match asking.recv() {
            Ok(()) => Some(send_rows(&mut *rows, &blocks)),
            Err(_) => None,
        };
        drop(blocks);
        let outcome = server.join().unwrap_or_else(|_| Err(Error::server_disconnected()));
        match (outcome, sent) {
            (Err(error), None) if code(&error).is_some_and(|code| LOCAL_INFILE_REFUSED.contains(&code)) => Ok(None),
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(explain(target, &doing, &error)),
            (Ok(()), Some(Ok(count))) => Ok(Some(count)),
            (Ok(()), None) => bail!("{doing} failed: the server did not ask for the rows."),
        }
    })?;
    sent.map(|count| check_outcome(session, into, count, strict, rows)).transpose()
}

/// Runs the statement; the server asks for the file, and gets the blocks.
fn stream(conn: &mut Conn, sql: &str, asked: SyncSender<()>, blocks: Receiver<Vec<u8>>) -> Result<(), Error> {
    conn.set_local_infile_handler(Some(LocalInfileHandler::new(move |_, server| {
        // The other thread waits for this; it cannot have gone.
        let _ = asked.send(());
        blocks.iter().try_for_each(|block| server.write_all(&block))
    })));
    let outcome = conn.query_drop(sql);
    // Drops the channels' ends, which wakes the other thread.
    conn.set_local_infile_handler(None);
    outcome
}

/// Sends all rows; a server that has gone ends it early, its error is the statement's.
fn send_rows(rows: &mut dyn RowSource, blocks: &SyncSender<Vec<u8>>) -> Result<u64> {
    let mut row = Row::default();
    let mut block = Vec::with_capacity(BLOCK_BYTES + 4096);
    let (mut count, mut first) = (0, true);
    while rows.next_row(&mut row)? {
        write_line(&row, &mut block);
        count += 1;
        if block.len() >= BLOCK_BYTES {
            if blocks.send(std::mem::take(&mut block)).is_err() {
                return Ok(count);
            }
            block.reserve(BLOCK_BYTES + 4096);
            if std::mem::take(&mut first) {
                Step::FirstRows.done();
            }
        }
    }
    let _ = blocks.send(block);
    Ok(count)
}

/// One line of the stream: values separated by TAB, special bytes behind a backslash, NULL as `\N`.
fn write_line(row: &Row, line: &mut Vec<u8>) {
    for (index, value) in row.values().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        match value {
            None => line.extend_from_slice(b"\\N"),
            Some(text) => escape(text, line),
        }
    }
    line.push(b'\n');
}

fn escape(text: &[u8], line: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | 0)) {
        let (plain, special) = rest.split_at(at);
        line.extend_from_slice(plain);
        line.push(b'\\');
        let (byte, after) = special.split_at(1);
        // Behind the escape character a TAB or a line end is itself; NUL has the name 0.
        line.push(match byte {
            [0] => b'0',
            [other] => *other,
            _ => b'\\',
        });
        rest = after;
    }
    line.extend_from_slice(rest);
}

/// Gives how many rows were stored; counts duplicates of a unique key, fails where a strict `INSERT` would have failed or rows are missing.
fn check_outcome(session: &mut Session<'_>, into: &str, sent: u64, strict: bool, rows: &mut FittingRows<'_>) -> Result<u64> {
    let stored = session.conn.affected_rows();
    let missing = sent.saturating_sub(stored);
    if missing == 0 && (!strict || session.conn.warnings() == 0) {
        return Ok(stored);
    }
    let mut duplicates = 0;
    for (_, code, message) in warnings(session)? {
        if code == DUPLICATE {
            duplicates += 1;
            rows.rejected.add(Misfit::Duplicate, 1, || shown(message.as_bytes()));
        } else if strict && !HARMLESS_WARNINGS.contains(&code) {
            let error = Error::MySqlError(MySqlError { state: "HY000".into(), message, code });
            return Err(explain(session.target, &format!("Loading rows into {into}"), &error));
        }
    }
    ensure!(
        duplicates == missing,
        "The server stored {stored} of {sent} rows in {into}, so nothing was kept. Check the table for unique keys and \
         triggers that the pipeline did not make."
    );
    Ok(stored)
}

fn is_strict(session: &mut Session<'_>) -> Result<bool> {
    let modes: Vec<String> = session.rows("Reading the SQL mode", "SELECT @@SESSION.sql_mode", ())?;
    Ok(modes.iter().any(|mode| mode.contains("STRICT_")))
}

/// The warnings of the statement before (notes are switched off in this session): level, code, text.
fn warnings(session: &mut Session<'_>) -> Result<Vec<(String, u16, String)>> {
    let doing = "Reading the warnings of the load";
    let counted: Result<Option<u64>, _> = session.conn.query_first("SHOW COUNT(*) WARNINGS");
    let counted = counted.map_err(|error| explain(session.target, doing, &error))?;
    // As text, not as a prepared statement: preparing one would forget the warnings.
    let warnings: Result<Vec<(String, u16, String)>, _> = session.conn.query("SHOW WARNINGS");
    let warnings = warnings.map_err(|error| explain(session.target, doing, &error))?;
    ensure!(
        counted.unwrap_or(u64::MAX) <= warnings.len() as u64,
        "The load gave more warnings than the server keeps, so nothing was kept. Load again without the bulk path (--no-bulk)."
    );
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_escaped() {
        let mut row = Row::default();
        row.push("a\tb é".as_bytes());
        row.push(b"x\ty\nz\0\\N\r");
        row.push_null();
        row.push(b"");
        let mut line = Vec::new();
        write_line(&row, &mut line);
        let expected = "a\\\tb é\tx\\\ty\\\nz\\0\\\\N\r\t\\N\t\n";
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }
}
