//! Stores of each kind with what tests ask of them.

use std::sync::Arc;

use anyhow::Result;
use insights_pipeline::stores::mysql::MysqlStore;
use insights_pipeline::stores::row::Row;
use insights_pipeline::stores::rows::{RowSource, TextRows};
use insights_pipeline::stores::sqlite::SqliteStore;
use insights_pipeline::stores::table::Table;
use insights_pipeline::stores::{LoadMode, LoadReport, LoadRequest, ResultStore};
use mysql::prelude::Queryable;
use tempfile::TempDir;

use crate::servers::{self, MariaDb, Texts};

/// A store, and a way to look into it that is not the store's.
pub(crate) struct Fixture {
    pub(crate) store: Box<dyn ResultStore>,
    pub(crate) reader: Reader,
    pub(crate) bulk: bool,
}

pub(crate) enum Reader {
    Mysql(Arc<MariaDb>, String),
    Sqlite(TempDir),
}

pub(crate) fn mysql_store(bulk: bool) -> Fixture {
    let server = MariaDb::shared();
    let database = MariaDb::new_database();
    Fixture { store: Box::new(MysqlStore::new(server.target(&database))), reader: Reader::Mysql(server, database), bulk }
}

pub(crate) fn mysql_by_stream() -> Fixture {
    mysql_store(true)
}

pub(crate) fn mysql_by_inserts() -> Fixture {
    mysql_store(false)
}

pub(crate) fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    Fixture { store: Box::new(SqliteStore::new(&folder.path().join("reports.sqlite"))), reader: Reader::Sqlite(folder), bulk: false }
}

impl Fixture {
    pub(crate) fn query(&self, sql: &str) -> Texts {
        match &self.reader {
            Reader::Mysql(server, database) => {
                let mut conn = server.connect();
                conn.query_drop(format!("USE {database}")).unwrap();
                servers::query(&mut conn, sql).unwrap()
            }
            Reader::Sqlite(folder) => {
                let conn = rusqlite::Connection::open(folder.path().join("reports.sqlite")).unwrap();
                let mut statement = conn.prepare(sql).unwrap();
                let columns = statement.column_count();
                let rows = statement.query_map((), |row| {
                    let text = |value: rusqlite::types::Value| match value {
                        rusqlite::types::Value::Null => None,
                        rusqlite::types::Value::Integer(number) => Some(number.to_string()),
                        rusqlite::types::Value::Real(number) => Some(number.to_string()),
                        rusqlite::types::Value::Text(text) => Some(text),
                        rusqlite::types::Value::Blob(_) => panic!("no table has blobs"),
                    };
                    (0..columns).map(|column| row.get(column).map(text)).collect()
                });
                rows.unwrap().collect::<Result<_, _>>().unwrap()
            }
        }
    }

    pub(crate) fn load(&self, table: &Table, id: &str, mode: LoadMode<'_>, text: &str) -> Result<LoadReport> {
        let request = LoadRequest { mode, bulk: self.bulk, ..LoadRequest::new(table, id) };
        self.store.load(&request, &mut lines(table, text))
    }

    pub(crate) fn segments(&self) -> Vec<String> {
        let rows = self.query("SELECT segment FROM video_timeline ORDER BY id");
        rows.into_iter().flatten().flatten().collect()
    }

    pub(crate) fn markers(&self) -> Vec<String> {
        let rows = self.query("SELECT update_id FROM table_updates ORDER BY update_id");
        rows.into_iter().flatten().flatten().collect()
    }
}

pub(crate) fn lines<'t>(table: &'t Table, text: &str) -> TextRows<'t> {
    let text = std::io::Cursor::new(text.as_bytes().to_vec());
    TextRows::from_input(table, "part-00000", Box::new(text))
}

/// Rows of `video_timeline` with these segments.
pub(crate) fn timeline(segments: std::ops::Range<u32>) -> String {
    segments.map(|segment| format!("c|v\t{segment}\t1\t2\n")).collect()
}

/// Rows given as values, as a workflow with a reader of its own would.
pub(crate) struct Values(pub(crate) std::vec::IntoIter<Vec<Option<&'static str>>>);

impl RowSource for Values {
    fn next_row(&mut self, row: &mut Row) -> Result<bool> {
        row.clear();
        let Some(values) = self.0.next() else {
            return Ok(false);
        };
        for value in values {
            match value {
                None => row.push_null(),
                Some(text) => row.push(text.as_bytes()),
            }
        }
        Ok(true)
    }
}

/// One row of `answer_distribution` that every column can hold, and the same with one bad value.
pub(crate) const GOOD: &str = "c\tm\tp\t1\t1\t1\tv\tt\t1.5\t1\tn\tq\n";

pub(crate) fn with_value(column: usize, value: &str) -> String {
    let mut values: Vec<&str> = GOOD.trim_end().split('\t').collect();
    values[column] = value;
    values.join("\t") + "\n"
}
