//! Choosing input files (rules 01, 4): what was chosen, and the two ways to choose logs.
//!
//! * [`PathSet`]: roots and globs (answer distribution)
//! * [`PathSelectionByDateInterval`]: roots, regexes and dates (all other workflows)
//! * [`LogListings`]: what jobs choose from that are prepared together
//! * [`DayFiles`]: what earlier jobs wrote for the days of an interval
//! * [`job_output_files`]: what an earlier job wrote

mod by_date_interval;
mod date_pattern;
mod day_files;
mod log_listings;
mod path_set;

pub use super::input_selection::{InputSelection, NoInputFiles};
pub use by_date_interval::{DatesOfFiles, PathSelectionByDateInterval};
pub use day_files::{DayFiles, DayNames};
pub use log_listings::LogListings;
pub use path_set::{ManifestUse, PathSet};

use anyhow::{Result, bail};

use super::names::is_hidden_name;
use crate::storage::{Entry, Location, store_for};

/// The data files of a job's output (rules 01, 4.5). A location in directory form, or one that is a directory, gives all files
/// below it but those with a name, or in a directory with a name, that starts with `_` or `.`; else the one file.
///
/// # Errors
/// There is nothing at the location, or it cannot be read.
pub fn job_output_files(location: &Location) -> Result<Vec<Entry>> {
    let store = store_for(location)?;
    if !location.is_directory_form()
        && let Some(entry) = store.entry(location)?
    {
        return Ok(vec![entry]);
    }
    if !store.directory_exists(location)? {
        bail!("There is no job output at {location}. Run the step that writes it first.");
    }
    let root = location.directory_form();
    let mut entries = store.list(&root)?;
    entries.retain(|entry| {
        let relative = entry.location.relative_to(&root).unwrap_or_default();
        !relative.split('/').any(is_hidden_name)
    });
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn job_output_is_read_without_markers_and_leftovers() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("out/");
        assert!(job_output_files(&root).is_err());
        let names =
            ["_SUCCESS", "_logs/history", "_temporary/0/part-00001", ".part-00000.crc", "part-00000", "sub/part_1", "sub/_metadata"];
        for name in names {
            write_bytes(&root.join(name), b"x\n").unwrap();
        }
        let found = |location: &Location| -> Vec<String> {
            let entries = job_output_files(location).unwrap();
            let relative = |entry: &Entry| entry.location.relative_to(&root).unwrap().to_owned();
            entries.iter().map(relative).collect()
        };
        assert_eq!(found(&root), ["part-00000", "sub/part_1"]);
        assert_eq!(found(&root.join("_SUCCESS")), ["_SUCCESS"]);
    }
}
