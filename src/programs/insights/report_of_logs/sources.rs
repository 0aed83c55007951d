//! The files that a command line names: files, folders, globs, URLs, and `-` for standard input.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::storage::{Entry, Location, store_for};
use crate::tasks::MissingData;
use crate::warehouse::glob::Glob;

/// The word for standard input.
const STANDARD_INPUT: &str = "-";
/// Where it is kept, below the folder of the report.
pub(super) const STANDARD_INPUT_FOLDER: &str = "standard-input";

/// All files that are named, each once, by location.
///
/// # Errors
/// [`MissingData`] where there is none; a place cannot be listed.
pub(super) fn files(words: &[String], folder: &Path) -> Result<Vec<Entry>> {
    let mut files = BTreeMap::new();
    for word in words {
        let found = if word == STANDARD_INPUT { vec![standard_input(folder)?] } else { named(word, folder)? };
        files.extend(found.into_iter().map(|file| (file.location.as_str().to_owned(), file)));
    }
    Ok(files.into_values().collect())
}

fn named(word: &str, folder: &Path) -> Result<Vec<Entry>> {
    let place = whole(word)?;
    let store = store_for(&place)?;
    if let Some(file) = store.entry(&place)? {
        return Ok(vec![file]);
    }
    if store.directory_exists(&place)? {
        let root = place.directory_form();
        let mut files = store.list(&root)?;
        files.retain(|file| !is_hidden(file.location.relative_to(&root).unwrap_or_default()) && !is_below(&file.location, folder));
        ensure!(!files.is_empty(), MissingData(format!("The folder {word} holds no file. Name the folder where tracking logs are.")));
        return Ok(files);
    }
    let Some(special) = word.find(['*', '?', '[']) else {
        bail!(MissingData(format!("There is nothing at {word}. Name log files, folders that hold some, or - for standard input.")));
    };
    // Listed is the last folder before the first special sign.
    let start = word.get(..special).and_then(|before| before.rfind('/')).map_or(0, |slash| slash + 1);
    let (parent, pattern) = word.split_at_checked(start).unwrap_or(("", word));
    let root = whole(if parent.is_empty() { "." } else { parent })?.directory_form();
    let glob = Glob::shell(pattern)?;
    let mut files = store_for(&root)?.list(&root)?;
    let matches = |file: &Entry| file.location.relative_to(&root).is_some_and(|name| glob.matches(name) && !is_hidden(name));
    files.retain(|file| matches(file) && !is_below(&file.location, folder));
    ensure!(!files.is_empty(), MissingData(format!("No file is named like {word}.")));
    Ok(files)
}

/// A local place by its whole path, so that it is known again from another directory.
fn whole(word: &str) -> Result<Location> {
    let place: Location = word.parse().with_context(|| format!("{word:?} names no place of logs."))?;
    match place.as_local_path().map(Path::canonicalize) {
        Some(Ok(path)) => Location::from_path(&path),
        _ => Ok(place),
    }
}

/// Markers and metadata of other programs.
fn is_hidden(relative: &str) -> bool {
    relative.split('/').any(|name| name.starts_with(['.', '_']))
}

/// Whether a file was made by an earlier report.
fn is_below(file: &Location, folder: &Path) -> bool {
    file.as_local_path().is_some_and(|path| path.starts_with(folder))
}

/// Standard input, kept in the folder under a name by what is in it.
fn standard_input(folder: &Path) -> Result<Entry> {
    let kept = folder.join(STANDARD_INPUT_FOLDER);
    let what = || format!("Standard input cannot be kept in {}.", kept.display());
    std::fs::create_dir_all(&kept).with_context(what)?;
    let mut file = tempfile::NamedTempFile::new_in(&kept).with_context(what)?;
    let (mut digest, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0; 1 << 18]);
    let mut input = io::stdin().lock();
    loop {
        let count = input.read(&mut buffer).context("Reading standard input failed.")?;
        let Some(piece) = buffer.get(..count).filter(|piece| !piece.is_empty()) else { break };
        digest.update(piece);
        file.write_all(piece).with_context(what)?;
        size += count as u64;
    }
    if size == 0 {
        drop(file);
        // Kept are inputs of other calls, if any.
        let _ = std::fs::remove_dir(&kept);
        bail!(MissingData(
            "Standard input is empty. Pipe logs into it, such as: zcat tracking.log-*.gz | insights report -; or name files instead of -."
                .to_owned()
        ));
    }
    let mut name = hex::encode(digest.finalize());
    name.truncate(16);
    let path = kept.join(format!("{name}.log"));
    file.persist(&path).with_context(what)?;
    Ok(Entry { location: Location::from_path(&path)?, size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_in_many_ways() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["logs/a.log", "logs/h/b.log", "logs/h/c.gz", "logs/_SUCCESS", "logs/out/w/d.log", "empty/.x"] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let found = |words: &[&str]| -> Result<Vec<String>> {
            let words: Vec<_> = words.iter().map(|word| root.join(word).display().to_string()).collect();
            let names = files(&words, &root.join("logs/out"))?;
            Ok(names.iter().map(|file| file.location.as_str()[root.as_os_str().len() + 1..].to_owned()).collect())
        };
        assert_eq!(found(&["logs"]).unwrap(), ["logs/a.log", "logs/h/b.log", "logs/h/c.gz"]);
        assert_eq!(found(&["logs/*.log", "logs/h/b.log"]).unwrap(), ["logs/a.log", "logs/h/b.log"]);
        assert_eq!(found(&["l?gs/h/[c]*"]).unwrap(), ["logs/h/c.gz"]);
        for (word, expected) in [("none", "There is nothing at"), ("*.txt", "No file is named like"), ("empty", "holds no file")] {
            let error = found(&[word]).unwrap_err();
            assert!(error.is::<MissingData>() && error.to_string().contains(expected), "{error}");
        }
    }
}
