//! Two result stores table by table: which rows both have, and which only one.
//!
//! The rows of both go into a temporary database on disk, which sorts them; so memory stays small, and the stores may be of different
//! kinds. `id` and `created` are of each store by itself and do not count, nor does the order of rows.

use std::fmt;

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::reading::{ReadRow, StoreReader};
use super::table::{Column, ColumnKind, Table};

/// What was found of one table. Rows that agree in all texts and days and are alone with them on both sides differ; others are only on
/// one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct TableComparison {
    /// The table.
    pub table: &'static str,
    /// Whether each store has it.
    pub exists: [bool; 2],
    /// Columns of the pipeline's table that each store's lacks; where there are any, rows are not compared.
    #[serde(skip_serializing_if = "has_all")]
    pub missing_columns: [Vec<&'static str>; 2],
    /// Rows that both have.
    pub equal: u64,
    /// Rows with other numbers on the other side.
    pub differ: u64,
    /// Rows that only the left store has.
    pub only_left: u64,
    /// Rows that only the right store has.
    pub only_right: u64,
    /// The first differences.
    pub first: Vec<Difference>,
}

/// Rows as JSON objects; none where a side has no such row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    /// The row of the left store.
    pub left: Option<Json>,
    /// The row of the right store.
    pub right: Option<Json>,
}

/// The stores do not say the same: the end of a comparison that did its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoresDiffer(pub(crate) Vec<&'static str>);

impl fmt::Display for StoresDiffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The stores differ in {}.", self.0.join(", "))
    }
}

impl std::error::Error for StoresDiffer {}

impl TableComparison {
    /// Whether both stores say the same.
    pub(crate) fn is_equal(&self) -> bool {
        has_all(&self.missing_columns) && self.exists[0] == self.exists[1] && self.differ + self.only_left + self.only_right == 0
    }
}

/// Compares a table of two stores, and keeps so many differences.
///
/// # Errors
/// A store cannot be read, or there is no room for the temporary database.
pub(crate) fn compare(stores: [&mut dyn StoreReader; 2], table: &'static Table, keep: usize) -> Result<TableComparison> {
    let rows = Rows::new()?;
    let mut comparison = TableComparison { table: table.name, ..TableComparison::default() };
    let mut stores = stores;
    for (store, (exists, missing)) in stores.iter_mut().zip(comparison.exists.iter_mut().zip(&mut comparison.missing_columns)) {
        *exists = store.has_table(table.name)?;
        if *exists {
            *missing = missing_columns(*store, table);
        }
    }
    if !has_all(&comparison.missing_columns) {
        return Ok(comparison);
    }
    for ((side, store), _) in [1_i64, -1].into_iter().zip(stores).zip(comparison.exists).filter(|(_, exists)| *exists) {
        rows.add(store, table, side)?;
    }
    rows.count(&mut comparison)?;
    comparison.first = rows.first(table, keep)?;
    Ok(comparison)
}

fn has_all(missing: &[Vec<&str>; 2]) -> bool {
    missing.iter().all(Vec::is_empty)
}

/// The columns that a store's table lacks. One that cannot be read for another reason lacks none: its reading tells why.
fn missing_columns(store: &mut dyn StoreReader, table: &'static Table) -> Vec<&'static str> {
    let mut can_read = |columns: &str| store.rows(&format!("SELECT {columns} FROM `{}` LIMIT 0", table.name), &[]).is_ok();
    if can_read(&table.column_list('`')) || !can_read("1") {
        return Vec::new();
    }
    table.columns.iter().map(|column| column.name).filter(|name| !can_read(&format!("`{name}`"))).collect()
}

/// The rows of both sides on disk.
struct Rows(Connection);

impl Rows {
    fn new() -> Result<Self> {
        // Without a name it is a file that nobody else sees and that goes with the connection.
        let connection = Connection::open("").context("A temporary database cannot be made.")?;
        connection
            .execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE rows (known TEXT, line TEXT, side INTEGER)")
            .context("A temporary database cannot be made.")?;
        Ok(Self(connection))
    }

    fn add(&self, store: &mut dyn StoreReader, table: &Table, side: i64) -> Result<()> {
        let failed = "The temporary database cannot be written. Is there room in the directory for temporary files (TMPDIR)?";
        self.0.execute_batch("BEGIN").context(failed)?;
        {
            let mut insert = self.0.prepare("INSERT INTO rows VALUES (?1, ?2, ?3)").context(failed)?;
            let sql = format!("SELECT {} FROM `{}`", table.column_list('`'), table.name);
            store.each_row(&sql, &mut |row| {
                let values: Vec<_> = table.columns.iter().enumerate().map(|(place, column)| canonical(&row, place, column)).collect();
                let known: Vec<_> =
                    values.iter().zip(table.columns).filter(|(_, column)| identifies(column)).map(|(value, _)| value).collect();
                let (known, line) = (serde_json::to_string(&known)?, serde_json::to_string(&values)?);
                insert.execute(params![known, line, side]).map(drop).context(failed)
            })?;
        }
        self.0.execute_batch("COMMIT").context(failed)
    }

    fn count(&self, comparison: &mut TableComparison) -> Result<()> {
        let failed = "The temporary database cannot be read.";
        self.0
            .execute_batch(
                "CREATE TABLE lines AS SELECT known, line, SUM(side = 1) AS lefts, SUM(side = -1) AS rights, SUM(side) AS surplus FROM rows \
                 GROUP BY line; \
                 CREATE TABLE changed AS SELECT known FROM lines WHERE surplus <> 0 GROUP BY known \
                 HAVING COUNT(*) = 2 AND SUM(surplus) = 0 AND SUM(ABS(surplus)) = 2",
            )
            .context(failed)?;
        let number = |sql: &str| -> Result<u64> {
            let number: i64 = self.0.query_row(sql, [], |row| row.get(0)).context(failed)?;
            Ok(u64::try_from(number).unwrap_or_default())
        };
        comparison.equal = number("SELECT COALESCE(SUM(MIN(lefts, rights)), 0) FROM lines")?;
        comparison.differ = number("SELECT COUNT(*) FROM changed")?;
        let surplus = |of: &str| number(&format!("SELECT COALESCE(SUM(ABS(surplus)), 0) FROM lines WHERE surplus {of} 0"));
        comparison.only_left = surplus(">")? - comparison.differ;
        comparison.only_right = surplus("<")? - comparison.differ;
        Ok(())
    }

    fn first(&self, table: &Table, keep: usize) -> Result<Vec<Difference>> {
        let sql = "SELECT MAX(CASE WHEN surplus > 0 THEN line END), MAX(CASE WHEN surplus < 0 THEN line END), known AS name FROM lines \
                   WHERE surplus <> 0 AND known IN (SELECT known FROM changed) GROUP BY known \
                   UNION ALL SELECT CASE WHEN surplus > 0 THEN line END, CASE WHEN surplus < 0 THEN line END, line FROM lines \
                   WHERE surplus <> 0 AND known NOT IN (SELECT known FROM changed) ORDER BY 3 LIMIT ?1";
        let failed = "The temporary database cannot be read.";
        let mut statement = self.0.prepare(sql).context(failed)?;
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        let found = statement.query_map([keep], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?)));
        let object = |line: Option<String>| -> Result<Option<Json>> {
            let Some(values) = line.map(|line| serde_json::from_str::<Vec<Json>>(&line)).transpose()? else { return Ok(None) };
            Ok(Some(table.columns.iter().map(|column| column.name.to_owned()).zip(values).collect::<serde_json::Map<_, _>>().into()))
        };
        found
            .context(failed)?
            .map(|pair| pair.context(failed).and_then(|(left, right)| Ok(Difference { left: object(left)?, right: object(right)? })))
            .collect()
    }
}

/// Texts and days tell which row it is; numbers are what it says.
fn identifies(column: &Column) -> bool {
    column.kind.is_text() || matches!(column.kind, ColumnKind::Date | ColumnKind::DateTime)
}

/// A value as both kinds of store would write it.
fn canonical(row: &ReadRow, place: usize, column: &Column) -> Json {
    let text = row.text(place);
    match column.kind {
        ColumnKind::Varchar(_) | ColumnKind::LongText => json!(text),
        ColumnKind::Date => json!(row.day(place)),
        ColumnKind::DateTime => json!(text.map(|text| text.chars().take(19).collect::<String>().replace('T', " "))),
        ColumnKind::Int | ColumnKind::Int11 | ColumnKind::BigInt | ColumnKind::TinyInt => {
            row.integer(place).map_or_else(|| json!(text), |number| json!(number))
        }
        #[allow(clippy::cast_possible_truncation, reason = "what a FLOAT holds")]
        ColumnKind::Float => row.number(place).map_or_else(|| json!(text), |number| json!((number as f32).to_string())),
        ColumnKind::Double => row.number(place).map_or_else(|| json!(text), |number| json!(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::small_tables::BY_GENDER;
    use crate::stores::sqlite::SqliteReader;

    fn store(folder: &std::path::Path, name: &str, rows: &[&str]) -> SqliteReader {
        let path = folder.join(name);
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(&BY_GENDER.sqlite_create()).unwrap();
        for row in rows {
            let sql = format!("INSERT INTO {} ({}) VALUES ({row})", BY_GENDER.name, BY_GENDER.column_list('"'));
            connection.execute_batch(&sql).unwrap();
        }
        SqliteReader::open(&path).unwrap()
    }

    #[test]
    fn a_table_of_other_columns_is_no_reason_to_give_up() {
        let folder = tempfile::tempdir().unwrap();
        let row = "'2024-03-04', 'c', NULL, 1, 1";
        let (mut left, mut right) = (store(folder.path(), "l", &[row]), store(folder.path(), "r", &[row]));
        let other = Connection::open(folder.path().join("o")).unwrap();
        other.execute_batch(&BY_GENDER.sqlite_create().replace("gender", "sex")).unwrap();
        let name = BY_GENDER.name;
        other.execute_batch(&format!("ALTER TABLE {} RENAME TO {name}", name.replace("gender", "sex"))).unwrap();
        let mut other = SqliteReader::open(&folder.path().join("o")).unwrap();
        let found = compare([&mut left, &mut other], &BY_GENDER, 2).unwrap();
        assert!(!found.is_equal() && found.missing_columns == [vec![], vec!["gender"]] && found.exists == [true, true], "{found:?}");
        let same = compare([&mut left, &mut right], &BY_GENDER, 2).unwrap();
        assert!(same.is_equal() && !serde_json::to_string(&same).unwrap().contains("missing_columns"));
    }

    #[test]
    fn rows_are_equal_changed_or_of_one_side() {
        let folder = tempfile::tempdir().unwrap();
        let both = "'2024-03-04', 'c', NULL, 1, 1";
        let mut left = store(folder.path(), "l", &[both, both, "'2024-03-04', 'c', 'f', 2, 2", "'2024-03-05', 'c', 'f', 1, 3"]);
        let mut right = store(folder.path(), "r", &["'2024-03-06', 'c', 'm', 1, 1", both, "'2024-03-04', 'c', 'f', 2, 7"]);
        let found = compare([&mut left, &mut right], &BY_GENDER, 2).unwrap();
        assert_eq!((found.equal, found.differ, found.only_left, found.only_right), (1, 1, 2, 1));
        assert!(!found.is_equal() && found.first.len() == 2);
        let changed = found.first.iter().find(|difference| difference.left.is_some() && difference.right.is_some()).unwrap();
        assert_eq!(changed.right.as_ref().unwrap()["cumulative_count"], 7);
        let mut same = store(folder.path(), "s", &["'2024-03-04', 'c', 'f', 2, 7", both, "'2024-03-06', 'c', 'm', 1, 1"]);
        let found = compare([&mut right, &mut same], &BY_GENDER, 2).unwrap();
        assert!(found.is_equal() && found.equal == 3 && found.first.is_empty());
    }
}
