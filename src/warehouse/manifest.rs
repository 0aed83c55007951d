//! Manifests: lists of input files for jobs with too many of them (rules 01, 4.3 and 4.4).

mod path_expansion;

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use path_expansion::expand;

use super::input_selection::InputSelection;
use crate::storage::{Entry, Location, concurrently, read_to_string, write_bytes};

/// Writes one location per line, each line ended.
///
/// # Errors
/// A file name holds a line break, or the manifest cannot be written.
pub fn write_manifest(manifest: &Location, selection: &InputSelection) -> Result<()> {
    let mut text = String::new();
    for location in selection.locations() {
        if location.as_str().contains(['\n', '\r']) {
            bail!("The file name {location:?} holds a line break and cannot stand in a manifest. Rename the file.");
        }
        text.push_str(location.as_str());
        text.push('\n');
    }
    write_bytes(manifest, text.as_bytes())
}

/// The files that a manifest stands for. Each line is a path, or a glob of Hadoop's; directories stand for all files below them,
/// hidden ones too; what matches nothing is skipped; each file is taken once.
///
/// # Errors
/// A line is empty or malformed, or nothing at all is left.
pub fn read_manifest(manifest: &Location) -> Result<InputSelection> {
    let text = read_to_string(manifest)?;
    let mut selection = InputSelection::default();
    let mut seen = BTreeSet::new();
    let files = concurrently((1..).zip(text.lines()).collect(), |(number, line): (u64, &str)| {
        look_up(line).with_context(|| format!("Line {number} of the manifest {manifest} cannot be used."))
    });
    for found in files? {
        selection.examined += found.len();
        for entry in found {
            if seen.insert(entry.location.clone()) {
                selection.files.push(entry);
            }
        }
    }
    if selection.files.is_empty() {
        bail!("No file named by the manifest {manifest} exists. Remove the manifest to have it written anew, or restore the files.");
    }
    Ok(selection)
}

fn look_up(line: &str) -> Result<Vec<Entry>> {
    ensure!(!line.is_empty(), "It is empty; each line must name an input file.");
    expand(&line.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        (directory, root)
    }

    fn files(root: &Location, names: &[&str]) -> InputSelection {
        let entry = |name: &&str| {
            write_bytes(&root.join(name), name.as_bytes()).unwrap();
            Entry { location: root.join(name), size: name.len() as u64 }
        };
        InputSelection { files: names.iter().map(entry).collect(), examined: names.len() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (_directory, root) = place();
        let selection = files(&root, &["a", "b"]);
        let manifest = root.join("manifests/x.manifest");
        write_bytes(&manifest, b"old\n").unwrap();
        write_manifest(&manifest, &selection).unwrap();
        assert_eq!(read_to_string(&manifest).unwrap(), format!("{root}/a\n{root}/b\n"));
        assert_eq!(read_manifest(&manifest).unwrap(), selection);
    }

    #[test]
    fn lines_are_expanded() {
        let (_directory, root) = place();
        files(&root, &["day1/a", "day1/.hidden", "day1/deep/_b", "day2/a", "[x]"]);
        let manifest = root.join("input.manifest");
        let lines = ["day2/a", "missing", "none*/x", "day1", "day*/a", "[x]"];
        let lines = lines.map(|line| format!("{root}/{line}"));
        write_bytes(&manifest, lines.join("\n").as_bytes()).unwrap();
        let found = read_manifest(&manifest).unwrap();
        let names: Vec<_> = found.locations().filter_map(|place| place.relative_to(&root)).collect();
        assert_eq!(names, ["day2/a", "day1/.hidden", "day1/a", "day1/deep/_b", "[x]"]);
    }

    #[test]
    fn unusable_manifests() {
        let (_directory, root) = place();
        files(&root, &["a"]);
        let manifest = root.join("m");
        for (text, part) in [
            (format!("{root}/a\n\n"), "Line 2"),
            (format!("{root}/missing\n"), "No file"),
            (String::new(), "No file"),
            (format!("{root}/[z-a]\n"), "Line 1"),
        ] {
            write_bytes(&manifest, text.as_bytes()).unwrap();
            let message = read_manifest(&manifest).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        assert!(write_manifest(&manifest, &files(&root, &["x\ny"])).is_err());
    }
}
