//! The folder or prefix that a report is written into: each file by one rename, the overview last, pages of courses that are gone swept.
use anyhow::{Context, Result};

use super::file_names::is_page_name;
use crate::storage::{Location, read_to_string, store_for, write_bytes};

/// Names the files of a report, so that the next one can remove what it no longer has.
const LIST: &str = "assets/files.txt";
/// Its first line: a folder without it is not ours.
const HEADER: &str = "# Files of this report; the next one removes those that it does not write";

/// Where a report goes.
pub(super) struct Destination {
    root: Location,
}

impl Destination {
    /// A folder or a prefix of an object store; made if absent.
    pub(super) fn new(root: Location) -> Self {
        Self { root }
    }

    /// The place of a file.
    pub(super) fn place(&self, name: &str) -> Location {
        self.root.join(name)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// It cannot be written; an older one is then still there.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        write_bytes(&self.place(name), bytes).with_context(|| format!("The report cannot be written to {}.", self.root))
    }

    /// Removes what the report before this one wrote and this one did not, and keeps the new list of files.
    ///
    /// # Errors
    /// The list cannot be read or written, or a file cannot be removed.
    pub(super) fn sweep(&self, written: &[String]) -> Result<()> {
        let list = self.place(LIST);
        if store_for(&list)?.entry(&list)?.is_some() {
            let before = read_to_string(&list)?;
            let ours = before.lines().next() == Some(HEADER);
            for name in before.lines().skip(1).filter(|name| ours && is_ours(name) && !written.iter().any(|kept| kept == name)) {
                let place = self.place(name);
                store_for(&place)?.remove(&place)?;
            }
        }
        self.write(LIST, format!("{HEADER}\n{}\n", written.join("\n")).as_bytes())
    }
}

/// Whether a list may name such a file.
fn is_ours(name: &str) -> bool {
    match name.split_once('/') {
        Some(("courses", page)) => is_page_name(page),
        Some(("assets", asset)) => {
            asset.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.'))
                && !asset.is_empty()
                && !asset.contains("..")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_report_before_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::new(Location::from_path(folder.path()).unwrap());
        for name in ["index.html", "courses/a-1.html", "courses/b-2.html", "courses/notes.html", "assets/report-1.js"] {
            destination.write(name, b"x").unwrap();
        }
        let listed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        destination.sweep(&listed(&["index.html", "courses/a-1.html", "courses/b-2.html", "assets/report-1.js"])).unwrap();
        destination.sweep(&listed(&["index.html", "courses/a-1.html", "assets/report-2.js"])).unwrap();
        let exists = |name: &str| folder.path().join(name).exists();
        assert!(exists("index.html") && exists("courses/a-1.html") && exists("courses/notes.html"));
        assert!(!exists("courses/b-2.html") && !exists("assets/report-1.js"));
    }

    #[test]
    fn a_list_cannot_name_files_elsewhere() {
        for name in ["index.html", "../x.html", "courses/../../x.html", "courses/.x.html", "assets/../../x", "/etc/passwd", "assets/"] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
