//! What a SQLite store holds.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::Connection;

use super::Site;

impl Site {
    /// All rows of all tables of a store, without id and time of insert, sorted.
    pub(crate) fn tables(&self, name: &str) -> BTreeMap<String, Vec<String>> {
        let store = Connection::open(self.path(&format!("{name}.sqlite"))).unwrap();
        let mut names = store.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let results = names.into_iter().filter(|name| !["table_updates", "sqlite_sequence"].contains(&name.as_str()));
        let rows_of = |name: &str| rows(&store, &format!("SELECT * FROM {name}"), |columns| 1..columns - 1);
        results.map(|name| (name.clone(), rows_of(&name))).collect()
    }
}

/// What a query finds, sorted; of its columns those that `shown` takes of their number.
pub(crate) fn rows(store: &Connection, query: &str, shown: fn(usize) -> Range<usize>) -> Vec<String> {
    let mut statement = store.prepare(query).unwrap();
    let shown = shown(statement.column_count());
    let read = |row: &rusqlite::Row<'_>| {
        let values = shown.clone().map(|column| row.get::<_, rusqlite::types::Value>(column).unwrap());
        Ok(values.map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" "))
    };
    let mut rows: Vec<String> = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}
