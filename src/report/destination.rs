//! The folder or prefix that a report is written into: each file by one rename, the overview last, pages of courses that are gone swept.

use anyhow::{Result, anyhow};

use super::file_names::is_page_name;
use crate::error_text::error_text;
use crate::storage::{Location, is_not_found, read_bytes, read_to_string, store_for, write_bytes};
use crate::wrong_usage::wrong_usage;

/// Names the files of a report, so that the next one can remove what it no longer has.
const LIST: &str = "assets/files.txt";
/// Its first line: a folder without it is not ours.
const HEADER: &str = "# Files of this report; the next one removes those that it does not write";

/// The page to open.
pub(super) const INDEX: &str = "index.html";
/// What it says near its beginning: so it is ours, even if the first report was killed before it wrote its list.
const MARK: &[u8] = b"href=\"assets/report-";

/// Refuses a place whose overview is of somebody else: a report would replace it.
///
/// # Errors
/// It is; or the place cannot be looked at.
pub(crate) fn check_ours(root: &Location) -> Result<()> {
    let (index, list) = (root.join(INDEX), root.join(LIST));
    let is_there = |place: &Location| Ok::<_, anyhow::Error>(store_for(place)?.entry(place)?.is_some());
    if !is_there(&index)? || is_there(&list)? && read_bytes(&list)?.starts_with(HEADER.as_bytes()) {
        return Ok(());
    }
    if memchr::memmem::find(&read_bytes(&index)?, MARK).is_some() {
        return Ok(());
    }
    Err(wrong_usage(format!("{index} was written by no report, and would be replaced. Move it away, or choose another --out.")))
}

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
        write_bytes(&self.place(name), bytes).map_err(|error| {
            let what = format!("The report cannot be written to {}.", self.root);
            // What is missing there is no input.
            if is_not_found(&error) { anyhow!("{what} {} Choose another --out.", error_text(&error)) } else { error.context(what) }
        })
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
    fn a_page_of_somebody_else_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap();
        let destination = Destination::new(root.clone());
        check_ours(&root).unwrap();
        for foreign in ["<h1>Intranet</h1>", ""] {
            destination.write(INDEX, foreign.as_bytes()).unwrap();
            let error = check_ours(&root).unwrap_err().to_string();
            assert!(error.contains("index.html was written by no report"), "{error}");
        }
        destination.write(INDEX, b"<link rel=\"stylesheet\" href=\"assets/report-1.css\">").unwrap();
        check_ours(&root).unwrap();
        destination.write(INDEX, b"").unwrap();
        destination.write(LIST, b"a list\n").unwrap();
        assert!(check_ours(&root).is_err());
        destination.sweep(&[]).unwrap();
        check_ours(&root).unwrap();
    }

    #[test]
    fn a_list_cannot_name_files_elsewhere() {
        for name in ["index.html", "../x.html", "courses/../../x.html", "courses/.x.html", "assets/../../x", "/etc/passwd", "assets/"] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
