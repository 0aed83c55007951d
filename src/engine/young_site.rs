//! A site that has just begun has no row yet for a table of whole weeks, and nothing is wrong (rules 10, 6).

use anyhow::Result;

use crate::storage::Location;
use crate::stores::ResultStore;
use crate::stores::table::Table;
use crate::warehouse::selection::{DayFiles, job_output_files};

/// The days by which a load knows that its site is too young for a row.
#[derive(Clone, Debug)]
pub struct YoungSite {
    /// All days before the running week.
    pub before: DayFiles,
    /// Those of the running week that were made.
    pub running: DayFiles,
}

impl YoungSite {
    /// Why there is no row yet in the directory `made`: all that happened on the site happened in the running week, and no load has ever
    /// filled the table. None where no rows may mean that something is wrong.
    ///
    /// # Errors
    /// The warehouse or the store cannot tell.
    pub(super) fn reason(&self, store: &dyn ResultStore, table: &Table, made: &Location) -> Result<Option<String>> {
        if !store.markers(table)?.is_empty() || holds(&self.before)? || !holds(&self.running)? {
            return Ok(None);
        }
        // Rows of days that are not there any more.
        if job_output_files(made)?.iter().any(|file| file.size > 0) {
            return Ok(None);
        }
        let monday = self.running.days.start();
        Ok(Some(format!("nobody was active before {monday}, the last Monday: no week of activity is over yet")))
    }
}

/// Whether there is a row of any of the days.
fn holds(days: &DayFiles) -> Result<bool> {
    Ok(days.select()?.total_size() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::interval::DateInterval;
    use crate::storage::write_bytes;
    use crate::stores::sqlite::SqliteStore;
    use crate::stores::table::{ColumnKind, required};
    use crate::stores::{LoadRequest, rows::TextRows};
    use crate::warehouse::selection::DayNames;

    const TABLE: Table = Table::new("weeks", &[required("count", ColumnKind::Int)], &[]);

    #[test]
    fn only_a_site_that_has_just_begun_is_young() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap().join("days/");
        let days = |days: &str| DayFiles {
            root: root.clone(),
            days: days.parse::<DateInterval>().unwrap(),
            names: DayNames::Stem("day_".to_owned()),
        };
        let write = |day: &str, row: &str| write_bytes(&root.join(&format!("dt={day}/day_{day}")), row.as_bytes()).unwrap();
        let site = YoungSite { before: days("2024-03-01-2024-03-11"), running: days("2024-03-11-2024-03-14") };
        let made = Location::from_path(folder.path()).unwrap().join("weeks/");
        let store = SqliteStore::new(&folder.path().join("results.sqlite"));
        let is_young = || site.reason(&store, &TABLE, &made).unwrap().is_some();
        write_bytes(&made.join("_SUCCESS"), b"").unwrap();
        // Nothing has happened at all: the logs may be the wrong ones.
        write("2024-03-09", "");
        assert!(!is_young());
        write("2024-03-12", "7\n");
        assert!(is_young());
        write_bytes(&made.join("part-00000"), b"7\n").unwrap();
        assert!(!is_young());
        write_bytes(&made.join("part-00000"), b"").unwrap();
        write("2024-03-09", "7\n");
        assert!(!is_young());
        write("2024-03-09", "");
        // A table that was filled before would lose its rows, or keep them unseen.
        write_bytes(&root.join("loaded"), b"7\n").unwrap();
        let mut rows = TextRows::from_location(&TABLE, &root.join("loaded")).unwrap();
        assert!(is_young());
        store.load(&LoadRequest::new(&TABLE, "earlier"), &mut rows).unwrap();
        assert!(!is_young());
    }
}
