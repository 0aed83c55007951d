//! Documents of the last runs in a warehouse: `_runs/RUN.json`. The name is hidden from readers of tables.

use anyhow::Result;

use crate::storage::{Location, read_to_string, store_for, write_bytes};

/// How many runs are kept.
const KEPT: usize = 100;
const NAME: &str = "_runs/";
const ENDING: &str = ".json";

/// Where the documents of a warehouse lie.
pub(crate) fn directory(warehouse: &Location) -> Location {
    warehouse.directory_form().join(NAME)
}

/// Keeps the document of a run; the oldest go.
///
/// # Errors
/// The store failed.
pub(crate) fn keep(warehouse: &Location, run_id: &str, document: &str) -> Result<()> {
    let directory = directory(warehouse);
    let store = store_for(&directory)?;
    store.sweep_pending(&directory)?;
    write_bytes(&directory.join(&format!("{run_id}{ENDING}")), document.as_bytes())?;
    let names = names(warehouse)?;
    names.iter().take(names.len().saturating_sub(KEPT)).try_for_each(|name| store.remove(&directory.join(name)))
}

/// The documents of the last runs, the newest first; one that somebody removes meanwhile is left out.
///
/// # Errors
/// The warehouse cannot be listed.
pub(crate) fn last(warehouse: &Location, count: usize) -> Result<Vec<String>> {
    let directory = directory(warehouse);
    let names = names(warehouse)?;
    Ok(names.iter().rev().take(count).filter_map(|name| read_to_string(&directory.join(name)).ok()).collect())
}

/// Names of the documents; they sort by time.
fn names(warehouse: &Location) -> Result<Vec<String>> {
    let directory = directory(warehouse);
    let children = store_for(&directory)?.children(&directory)?.into_iter();
    Ok(children.filter(|child| !child.is_directory && child.name.ends_with(ENDING)).map(|child| child.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_are_kept_and_the_newest_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().join("w");
        assert_eq!(last(&warehouse, 3).unwrap(), [""; 0]);
        for number in 0..KEPT + 5 {
            keep(&warehouse, &format!("20260101T{number:06}Z-1-0000000000000000"), &number.to_string()).unwrap();
        }
        assert_eq!(names(&warehouse).unwrap().len(), KEPT);
        assert_eq!(last(&warehouse, 2).unwrap(), [(KEPT + 4).to_string(), (KEPT + 3).to_string()]);
    }
}
