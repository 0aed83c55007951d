//! Rows into a table of SQLite, many by each statement: to begin and to end one takes longer than to put a row where it belongs.

use anyhow::{Result, ensure};
use rusqlite::types::{Null, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement};

use crate::stores::fit::{Held, Misfit};
use crate::stores::rejected::FittingRows;
use crate::stores::row::Row;
use crate::stores::rows::RowSource;
use crate::stores::steps::Step;
use crate::stores::table::Table;

/// Rows of one statement. More gain nothing.
const TOGETHER: usize = 32;
/// Rows that take more memory do not wait for others.
const MOST_ROOM: usize = 256 * 1024;

/// Inserts all rows that the table takes, and gives their number.
pub(super) fn insert(conn: &Connection, table: &Table, rows: &mut FittingRows<'_>) -> Result<u64> {
    let mut insertion = Insertion::of(conn, table)?;
    let together = if insertion.many.is_some() { TOGETHER } else { 1 };
    let mut collected: Vec<Row> = (0..together).map(|_| Row::default()).collect();
    let (mut total, mut pending, mut room) = (0, 0, 0);
    loop {
        let Some(row) = collected.get_mut(pending) else { return Ok(total) };
        let found = rows.next_row(row)?;
        room += row.room();
        pending += usize::from(found);
        if pending == together || room > MOST_ROOM || !found {
            let is_first = total == 0;
            total += insertion.take(collected.get(..pending).unwrap_or_default(), rows)?;
            if is_first && total > 0 {
                Step::FirstRows.done();
            }
            if room > MOST_ROOM {
                collected.fill_with(Row::default);
            }
            (pending, room) = (0, 0);
        }
        if !found {
            return Ok(total);
        }
    }
}

/// The statements of a load.
struct Insertion<'c> {
    table: &'c Table,
    one: Statement<'c>,
    many: Option<Statement<'c>>,
}

impl<'c> Insertion<'c> {
    /// A statement of several rows does not say which one it refuses, and its `OR FAIL` holds for triggers too. So there is one only where
    /// the table is as the pipeline makes it: without unique keys, checks and triggers of somebody else.
    fn of(conn: &'c Connection, table: &'c Table) -> rusqlite::Result<Self> {
        let as_made = "SELECT count(*) = 1 AND max(sql) = 'CREATE TABLE ' || ?2 \
                       AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE) \
                       AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE \"unique\") \
                       FROM sqlite_master WHERE type = 'table' AND name = ?1";
        let is_as_made: bool = conn.query_row(as_made, (table.name, table.sqlite_definition()), |row| row.get(0))?;
        let (columns, marks) = (table.column_list('"'), vec!["?"; table.columns.len()].join(", "));
        if !is_as_made {
            let one = conn.prepare(&format!("INSERT INTO \"{}\" ({columns}) VALUES ({marks})", table.name))?;
            return Ok(Self { table, one, many: None });
        }
        // Where a statement of several rows may fail in the middle, SQLite first writes down each page that it changes: without `OR FAIL`,
        // and with a function among the values, such as that of the default of `created`. One that fails ends the load.
        let now: String = conn.query_row("SELECT CURRENT_TIMESTAMP", (), |row| row.get(0))?;
        let prepared = |rows| {
            let values = vec![format!("({marks}, '{now}')"); rows].join(", ");
            conn.prepare(&format!("INSERT OR FAIL INTO \"{}\" ({columns}, \"created\") VALUES {values}", table.name))
        };
        Ok(Self { table, one: prepared(1)?, many: Some(prepared(TOGETHER)?) })
    }

    /// Inserts rows, the last of which is the one that the source gave last; gives how many the table took.
    fn take(&mut self, collected: &[Row], rows: &mut FittingRows<'_>) -> Result<u64> {
        let columns = self.table.columns.len();
        if let Some(many) = self.many.as_mut().filter(|_| collected.len() == TOGETHER) {
            for (number, row) in collected.iter().enumerate() {
                bind(many, number * columns, columns, row)?;
            }
            return Ok(many.raw_execute()? as u64);
        }
        let mut taken = 0;
        for row in collected {
            bind(&mut self.one, 0, columns, row)?;
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

/// Binds the values of a row, which fits its table, to the parameters behind so many others.
fn bind(statement: &mut Statement<'_>, before: usize, columns: usize, row: &Row) -> Result<()> {
    // A parameter that is not bound has the value of the row before.
    ensure!(row.held().count() == columns, "A row reached the store that was not looked at.");
    for (number, (held, text)) in (before + 1..).zip(row.held()) {
        match held {
            Held::Null => statement.raw_bind_parameter(number, Null)?,
            Held::Text => statement.raw_bind_parameter(number, ToSqlOutput::Borrowed(ValueRef::Text(text)))?,
            Held::Integer(value) => statement.raw_bind_parameter(number, value)?,
            Held::Real(value) => statement.raw_bind_parameter(number, value)?,
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
    use crate::stores::fit::ColumnLimits;
    use crate::stores::rejected::MaxRejected;
    use crate::stores::rows::TextRows;
    use crate::stores::small_tables::BY_GENDER;
    use crate::stores::sqlite::SqliteStore;
    use crate::stores::{LoadMode, LoadRequest, ResultStore};
    use std::io::Cursor;

    const TABLE: &str = "course_enrollment_gender_daily";

    /// What became of lines.
    #[derive(Debug, PartialEq)]
    struct Inserted {
        days: Vec<String>,
        /// How many rows were made in the last minute.
        recent: u32,
        /// How many times of making there are.
        times: u32,
        rejected: u64,
    }

    /// Inserts lines into a table that was changed before.
    fn inserted(changes: &str, lines: &str) -> Result<Inserted> {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&BY_GENDER.sqlite_create()).unwrap();
        conn.execute_batch(changes).unwrap();
        let mut text = TextRows::from_input(&BY_GENDER, "lines", Box::new(Cursor::new(lines.to_owned())));
        let mut rows = FittingRows::new(&mut text, &BY_GENDER, ColumnLimits::of_table(&BY_GENDER), 1 << 20);
        let count = insert(&conn, &BY_GENDER, &mut rows)?;
        let rejected = rows.rejected;
        let mut statement = conn.prepare(&format!("SELECT date FROM {TABLE} ORDER BY id")).unwrap();
        let days: Vec<String> = statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(days.len() as u64, count);
        let number = |sql: String| conn.query_row(&sql, (), |row| row.get(0)).unwrap();
        let recent = number(format!("SELECT count(*) FROM {TABLE} WHERE created > datetime('now', '-1 minute')"));
        let times = number(format!("SELECT count(DISTINCT created) FROM {TABLE}"));
        Ok(Inserted { days, recent, times, rejected: rejected.rows() })
    }

    fn line(number: usize) -> (String, String) {
        let day = format!("2020-{:02}-{:02}", number / 28 % 12 + 1, number % 28 + 1);
        (format!("{day}\tcourse\tm\t{number}\t\\N\n"), day)
    }

    fn lines(rows: usize) -> (String, Vec<String>) {
        (0..rows).map(line).unzip()
    }

    #[test]
    fn rows_keep_their_order_however_many_they_are() {
        for rows in [0, 1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER + 5] {
            let (lines, days) = lines(rows);
            let recent = u32::try_from(rows).unwrap();
            assert_eq!(inserted("", &lines).unwrap(), Inserted { days, recent, times: recent.min(1), rejected: 0 }, "{rows}");
        }
    }

    #[test]
    fn a_row_that_does_not_fit_and_one_that_is_there_are_left_out() {
        let (mut lines, days) = lines(50);
        lines.insert_str(0, "no day\tcourse\tm\t1\t1\n");
        assert_eq!(inserted("", &lines).unwrap().days, days);
        lines.push_str(&line(7).0);
        let unique = inserted(&format!("CREATE UNIQUE INDEX own ON {TABLE} (date)"), &lines).unwrap();
        assert_eq!((unique.days, unique.rejected), (days, 2));
        let twice = inserted("", &lines).unwrap();
        assert_eq!((twice.days.len(), twice.rejected), (51, 1));
    }

    #[test]
    fn a_row_that_is_there_is_named_and_refuses_a_load_that_permits_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.sqlite");
        let store = SqliteStore::new(&path);
        let (before, days) = lines(2 * TOGETHER + 3);
        let load = |mode, update_id, text: &str, max_rejected| {
            let mut rows = TextRows::from_input(&BY_GENDER, "rows", Box::new(Cursor::new(text.to_owned())));
            store.load(&LoadRequest { mode, max_rejected, ..LoadRequest::new(&BY_GENDER, update_id) }, &mut rows)
        };
        load(LoadMode::Append, "before", &before, MaxRejected::default()).unwrap();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(&format!("CREATE UNIQUE INDEX own ON {TABLE} (date)")).unwrap();
        let here = || -> (Vec<String>, Vec<String>) {
            let texts = |sql: &str| {
                let mut statement = conn.prepare(sql).unwrap();
                statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
            };
            (texts(&format!("SELECT date FROM {TABLE} ORDER BY id")), store.markers(&BY_GENDER).unwrap())
        };
        assert_eq!(here(), (days.clone(), vec!["before".to_owned()]));
        // At the begin, in the middle and at the end of what one statement would take.
        for place in [1, TOGETHER, TOGETHER + 1, 2 * TOGETHER - 7] {
            let mut new: Vec<_> = (100..100 + 3 * TOGETHER).map(|number| line(number).0).collect();
            new[place - 1] = line(5).0;
            let error = load(LoadMode::Append, "new", &new.concat(), MaxRejected::Rows(0)).unwrap_err().to_string();
            let named = format!("duplicate of a unique key (1); rows, line {place}: UNIQUE constraint failed: {TABLE}.date.");
            assert!(error.contains(&named) && error.contains("is unchanged"), "{error}");
            assert_eq!(here(), (days.clone(), vec!["before".to_owned()]), "{place}");
            // The same in a table that is to be replaced.
            new[place - 1] = line(if place == 1 { 101 } else { 100 }).0;
            let error = load(LoadMode::Overwrite, "new", &new.concat(), MaxRejected::Rows(0)).unwrap_err().to_string();
            assert!(error.contains(&format!("rows, line {}: UNIQUE", place.max(2))), "{error}");
            assert_eq!(here(), (days.clone(), vec!["before".to_owned()]), "{place}");
        }
    }

    #[test]
    fn a_statement_that_fails_in_the_middle_leaves_the_table_as_it_was() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(&BY_GENDER.sqlite_create()).unwrap();
        let insert_into = |conn: &Connection, text: String| {
            let mut text = TextRows::from_input(&BY_GENDER, "rows", Box::new(Cursor::new(text)));
            insert(conn, &BY_GENDER, &mut FittingRows::new(&mut text, &BY_GENDER, ColumnLimits::of_table(&BY_GENDER), 1 << 20))
        };
        let (before, _) = lines(TOGETHER);
        insert_into(&conn, before.clone()).unwrap();
        let pages: u32 = conn.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
        conn.query_row(&format!("PRAGMA max_page_count = {}", pages + 3), (), |_| Ok(())).unwrap();
        let transaction = conn.transaction().unwrap();
        let error = insert_into(&transaction, before.repeat(100)).unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        drop(transaction);
        let rows: u32 = conn.query_row(&format!("SELECT count(*) FROM {TABLE}"), (), |row| row.get(0)).unwrap();
        assert_eq!(rows as usize, TOGETHER);
    }

    #[test]
    fn what_somebody_added_to_a_table_works_as_for_one_row() {
        let (lines, days) = lines(70);
        // A statement of several rows would make the trigger fail where a day comes again.
        let seen = "CREATE TABLE seen (month PRIMARY KEY); CREATE TRIGGER own AFTER INSERT ON course_enrollment_gender_daily \
                    BEGIN INSERT OR REPLACE INTO seen VALUES (substr(NEW.date, 1, 7)); END";
        assert_eq!(inserted(seen, &lines).unwrap().days, days);
        let ignoring = "CREATE TRIGGER own BEFORE INSERT ON course_enrollment_gender_daily WHEN NEW.date < '2020-02' \
                        BEGIN SELECT RAISE(IGNORE); END";
        assert_eq!(inserted(ignoring, &lines).unwrap().days, days[28..]);
        let own = format!(
            "DROP TABLE {TABLE}; CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, date, course_id, gender, count CHECK (count < 69), \
             cumulative_count, created DEFAULT '2001-01-01 00:00:00')"
        );
        assert!(inserted(&own, &lines).unwrap_err().to_string().contains("CHECK"));
        let kept = inserted(&own.replace("CHECK (count < 69)", ""), &lines).unwrap();
        assert_eq!(kept, Inserted { days, recent: 0, times: 1, rejected: 0 });
    }

    #[test]
    fn long_rows_do_not_wait_for_others() {
        let (mut lines, mut days) = lines(40);
        let long = format!("{}\t{}", "x".repeat(MOST_ROOM), line(39).0);
        lines.push_str(&long);
        lines.push_str(&line(3).0);
        days.push(line(3).1);
        let inserted = inserted("", &lines).unwrap();
        assert_eq!((inserted.days, inserted.times, inserted.rejected), (days, 1, 1));
    }
}
