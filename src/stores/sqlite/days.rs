//! A table by days keeps a window of them.

use std::time::Duration;

use anyhow::Result;
use rusqlite::{Connection, TransactionBehavior};

use super::{SqliteStore, has_table};
use crate::calendar::interval::DateInterval;
use crate::stores::by_input::maker_of;
use crate::stores::table::Table;

impl SqliteStore {
    /// Removes the rows of all other days from a table with a column `date`, and the markers of their loads.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn keep_days(&self, table: &Table, days: DateInterval, load_of_day: fn(&str) -> String) -> Result<()> {
        if !self.path.exists() {
            return Ok(());
        }
        let wait = Duration::from_mins(1);
        let mut connection = self.open(wait)?;
        let kept = self.kept(&mut connection, table, days, load_of_day);
        kept.map_err(|error| self.explain(&format!("Removing old days of {}", table.name), wait, &error))
    }

    fn kept(&self, connection: &mut Connection, table: &Table, days: DateInterval, load: fn(&str) -> String) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !has_table(&transaction, table.name)? || !has_table(&transaction, &self.markers.to_string())? {
            return Ok(());
        }
        let (start, end) = (days.start().to_string(), days.end().to_string());
        let rows = format!("DELETE FROM \"{}\" WHERE \"date\" < ?1 OR \"date\" >= ?2", table.name);
        transaction.execute(&rows, [&start, &end])?;
        let kept: Vec<String> = days.days().map(|day| load(&day.to_string())).collect();
        // Its own, or that of who made its rows.
        let is_kept = |marker: &str| kept.iter().any(|id| marker == id || maker_of(id, marker).is_some());
        let marker = format!("DELETE FROM \"{}\" WHERE update_id = ?1", self.markers);
        for old in self.markers_of(&transaction, table.name)?.iter().filter(|marker| !is_kept(marker)) {
            transaction.execute(&marker, [old])?;
        }
        transaction.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::small_tables::ENGAGEMENT;

    #[test]
    fn only_a_window_of_days_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let store = SqliteStore::new(&path);
        let days: DateInterval = "2024-03-02-2024-03-04".parse().unwrap();
        let load = |day: &str| format!("Load(date={day})");
        store.keep_days(&ENGAGEMENT, days, load).unwrap();
        assert!(!path.exists(), "nothing is made to remove something from it");
        let connection = store.open(Duration::from_secs(1)).unwrap();
        connection.execute_batch(&ENGAGEMENT.sqlite_create()).unwrap();
        connection.execute_batch(&store.markers.sqlite_create()).unwrap();
        for day in ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"] {
            let row = "INSERT INTO module_engagement (course_id, username, date, entity_type, entity_id, event, count) VALUES ('c', 'u', ?1, 't', 'e', 'v', 1)";
            connection.execute(row, [day]).unwrap();
            let marker = format!("INSERT INTO \"{}\" (update_id, target_table) VALUES (?1, ?2)", store.markers);
            for id in [load(day), format!("run made {}", load(day))] {
                connection.execute(&marker, [&id, ENGAGEMENT.name]).unwrap();
            }
        }
        store.keep_days(&ENGAGEMENT, days, load).unwrap();
        let left: Vec<String> = connection
            .prepare("SELECT date FROM module_engagement ORDER BY 1")
            .unwrap()
            .query_map((), |row| row.get(0))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        assert_eq!(left, ["2024-03-02", "2024-03-03"]);
        let mut markers = store.markers_of(&connection, ENGAGEMENT.name).unwrap();
        markers.sort();
        let of_makers = ["2024-03-02", "2024-03-03"].map(|day| format!("run made {}", load(day)));
        assert_eq!(markers, [&[load("2024-03-02"), load("2024-03-03")][..], &of_makers].concat());
    }
}
