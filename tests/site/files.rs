//! What a directory holds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Files that are not hidden, with those in directories that are not hidden.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            if !name.starts_with(['.', '_']) {
                found.extend(files_below(&entry.path()));
            }
        } else if !name.starts_with(['.', '_']) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// Relative paths and contents of these files.
pub(crate) fn contents_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = files_below(root).into_iter();
    files.map(|file| (file.strip_prefix(root).unwrap().display().to_string(), fs::read(file).unwrap())).collect()
}

/// Writes a file of lines and the directories that it needs.
pub(crate) fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file.into_inner().unwrap();
}
