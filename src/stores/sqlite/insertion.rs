//! Rows into a table of SQLite, many by each statement: to begin and to end one takes longer than to put a row where it belongs.
use crate::stores::fit::{ColumnLimits, Fitted, Misfit, fitted};
use crate::stores::rejected::FittingRows;
use crate::stores::rows::{Row, RowSource};
use crate::stores::steps::Step;
use crate::stores::table::Table;
use anyhow::{Result, anyhow};
use rusqlite::types::Null;
use rusqlite::{Connection, Statement};

/// Rows of one statement. More gain nothing.
const TOGETHER: usize = 32;
/// Rows that are collected have at most so many bytes, or are one row.
const BYTES_TOGETHER: usize = 256 * 1024;

/// Inserts all rows that the table takes, and gives their number.
pub(super) fn insert(conn: &Connection, table: &Table, rows: &mut FittingRows<'_>) -> Result<u64> {
    let takes_many = takes_many(conn, table)?;
    let together = if takes_many { TOGETHER } else { 1 };
    let many = takes_many.then(|| many(conn, table)).transpose()?;
    let mut insertion = Insertion { table, one: one(conn, table)?, many };
    let mut collected: Vec<Row> = (0..together).map(|_| Row::default()).collect();
    let (mut total, mut pending, mut bytes) = (0, 0, 0);
    loop {
        let Some(row) = collected.get_mut(pending) else { return Ok(total) };
        let found = rows.next_row(row)?;
        if found {
            pending += 1;
            bytes += row.size();
        }
        if pending == together || bytes > BYTES_TOGETHER || !found {
            let is_first = total == 0;
            total += insertion.take(collected.get(..pending).unwrap_or_default(), rows)?;
            if is_first && total > 0 {
                Step::FirstRows.done();
            }
            (pending, bytes) = (0, 0);
        }
        if !found {
            return Ok(total);
        }
    }
}

/// Whether one statement may insert several rows: not with a unique key that somebody made, as it would not say which row it refuses; and
/// `created` must be as the pipeline made it.
fn takes_many(conn: &Connection, table: &Table) -> rusqlite::Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE \"unique\") AND EXISTS \
               (SELECT 1 FROM pragma_table_info(?1) WHERE name = 'created' AND dflt_value = 'CURRENT_TIMESTAMP')";
    conn.query_row(sql, [table.name], |row| row.get(0))
}

fn one<'c>(conn: &'c Connection, table: &Table) -> rusqlite::Result<Statement<'c>> {
    conn.prepare(&format!("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, table.column_list('"'), marks(table)))
}

/// A statement of several rows that fails ends the load. Where it may fail in the middle, though, SQLite first writes down each page that it
/// changes: without `OR FAIL`, and with a function among the values, such as that of the default of `created`.
fn many<'c>(conn: &'c Connection, table: &Table) -> rusqlite::Result<Statement<'c>> {
    let now: String = conn.query_row("SELECT CURRENT_TIMESTAMP", (), |row| row.get(0))?;
    let row = format!("({}, '{now}')", marks(table));
    let values = vec![row; TOGETHER].join(",");
    conn.prepare(&format!("INSERT OR FAIL INTO \"{}\" ({}, \"created\") VALUES {values}", table.name, table.column_list('"')))
}

fn marks(table: &Table) -> String {
    vec!["?"; table.columns.len()].join(", ")
}

/// The statements of a load.
struct Insertion<'c> {
    table: &'c Table,
    one: Statement<'c>,
    many: Option<Statement<'c>>,
}

impl Insertion<'_> {
    /// Inserts rows, the last of which is the one that the source gave last; gives how many the table took.
    fn take(&mut self, collected: &[Row], rows: &mut FittingRows<'_>) -> Result<u64> {
        let columns = self.table.columns.len();
        if let Some(many) = self.many.as_mut().filter(|many| many.parameter_count() == collected.len() * columns) {
            for (number, row) in collected.iter().enumerate() {
                bind(many, number * columns, self.table, row)?;
            }
            many.raw_execute()?;
            return Ok(collected.len() as u64);
        }
        let mut taken = 0;
        for row in collected {
            bind(&mut self.one, 0, self.table, row)?;
            match self.one.raw_execute() {
                Err(error) if is_duplicate(&error) => {
                    let place = rows.place();
                    rows.rejected.add(Misfit::Duplicate, 1, || format!("{place}: {error}"));
                }
                executed => taken += executed? as u64,
            }
        }
        Ok(taken)
    }
}

/// Binds the values of a row to the parameters behind so many others.
fn bind(statement: &mut Statement<'_>, before: usize, table: &Table, row: &Row) -> Result<()> {
    for (number, (value, column)) in (before + 1..).zip(row.values().zip(table.columns)) {
        // The row fits, so every value does.
        match fitted(ColumnLimits::of(column), value).map_err(|misfit| anyhow!("{}: {misfit}", column.name))? {
            Fitted::Null => statement.raw_bind_parameter(number, Null)?,
            Fitted::Text(text) => statement.raw_bind_parameter(number, &*text)?,
            Fitted::Integer(value) => statement.raw_bind_parameter(number, value)?,
            Fitted::Real(value) => statement.raw_bind_parameter(number, value)?,
        }
    }
    Ok(())
}

/// The rows of a table with a unique key that somebody made.
fn is_duplicate(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code.is_some_and(|code| [rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE, rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY].contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::rows::TextRows;
    use crate::stores::small_tables::BY_GENDER;
    use std::io::Cursor;

    /// Inserts lines into a table that was changed before; gives the days of the rows, and how many of them were made in the last minute.
    fn inserted(changes: &str, lines: &str) -> (Vec<String>, u32, u64) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&BY_GENDER.sqlite_create()).unwrap();
        conn.execute_batch(changes).unwrap();
        let mut text = TextRows::from_input(&BY_GENDER, "lines", Box::new(Cursor::new(lines.to_owned())));
        let mut rows = FittingRows::new(&mut text, &BY_GENDER, ColumnLimits::of_table(&BY_GENDER), 1 << 20);
        let count = insert(&conn, &BY_GENDER, &mut rows).unwrap();
        let mut statement = conn.prepare("SELECT date FROM course_enrollment_gender_daily ORDER BY id").unwrap();
        let days: Vec<String> = statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(days.len() as u64, count);
        let recent = "SELECT count(*) FROM course_enrollment_gender_daily WHERE created > datetime('now', '-1 minute')";
        (days, conn.query_row(recent, (), |row| row.get(0)).unwrap(), rows.rejected.rows())
    }

    fn line(number: usize) -> (String, String) {
        let day = format!("2020-{:02}-{:02}", number / 28 % 12 + 1, number % 28 + 1);
        (format!("{day}\tcourse\tm\t{number}\t\\N\n"), day)
    }

    #[test]
    fn rows_keep_their_order_however_many_they_are() {
        for rows in [0, 1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER + 5] {
            let (lines, days): (String, Vec<String>) = (0..rows).map(line).unzip();
            assert_eq!(inserted("", &lines), (days, u32::try_from(rows).unwrap(), 0), "{rows}");
        }
    }

    #[test]
    fn a_row_that_does_not_fit_and_one_that_is_there_are_left_out() {
        let (mut lines, days): (String, Vec<String>) = (0..50).map(line).unzip();
        lines.insert_str(0, "no day\tcourse\tm\t1\t1\n");
        assert_eq!(inserted("", &lines), (days.clone(), 50, 1));
        lines.push_str(&line(7).0);
        assert_eq!(inserted("CREATE UNIQUE INDEX own ON course_enrollment_gender_daily (date)", &lines), (days.clone(), 50, 2));
        let twice: Vec<String> = days.iter().cloned().chain([line(7).1]).collect();
        assert_eq!(inserted("", &lines), (twice, 51, 1));
    }

    #[test]
    fn a_table_with_a_default_of_its_own_keeps_it() {
        let own = "DROP TABLE course_enrollment_gender_daily; CREATE TABLE course_enrollment_gender_daily \
                   (id INTEGER PRIMARY KEY, date, course_id, gender, count, cumulative_count, created DEFAULT '2001-01-01 00:00:00')";
        let (lines, days): (String, Vec<String>) = (0..40).map(line).unzip();
        assert_eq!(inserted(own, &lines), (days, 0, 0));
    }
}
