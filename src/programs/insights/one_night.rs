//! One `daily` or `backfill` at a time in each warehouse (rules 01, 9): both plan from what is there, and would do again, or remove, what
//! another one makes meanwhile.

use anyhow::{Context, Result};

use crate::config::settings::Settings;
use crate::storage::{Location, store_for};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::{RunId, run_history};

/// Holds the warehouse of the configuration for a command, from before it plans; nothing where none is set, which its tasks tell.
///
/// # Errors
/// Another one is at work, or the warehouse cannot be reached.
pub(super) fn held(command: &str, settings: &Settings) -> Result<Option<OutputLock>> {
    let Some(Ok(warehouse)) = settings.get("hive", "warehouse_path").map(|text| text.trim().parse::<Location>()) else { return Ok(None) };
    // One that does not answer says so with its own error.
    store_for(&warehouse)?.directory_exists(&warehouse)?;
    let lock = OutputLock::acquire(&run_history::directory(&warehouse), &RunId::generate(), command);
    lock.map(Some).with_context(|| format!("{command} has not begun: one run at a time makes the tables of {warehouse}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::exit_code::{ALREADY_RUNNING, exit_code};
    use crate::warehouse::inventory::Inventory;

    #[test]
    fn a_second_one_is_told_who_is_at_work() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::of_text(&format!("[hive]\nwarehouse_path = {}\n", folder.path().display())).unwrap();
        let first = held("daily", &settings).unwrap();
        assert!(first.is_some());
        let error = held("backfill", &settings).unwrap_err();
        assert_eq!(exit_code(&error), ALREADY_RUNNING);
        assert!(format!("{error:#}").contains(&format!("by daily (process {} on ", std::process::id())), "{error:#}");
        let found = Inventory::of(&Location::from_path(folder.path()).unwrap().directory_form()).unwrap();
        assert!(found.tables.is_empty() && found.leftovers.is_empty());
        assert_eq!(found.locks.iter().filter_map(Location::name).collect::<Vec<_>>(), ["._runs.lock"]);
        drop(first);
        assert!(held("backfill", &settings).unwrap().is_some());
        assert!(held("daily", &Settings::default()).unwrap().is_none());
    }
}
