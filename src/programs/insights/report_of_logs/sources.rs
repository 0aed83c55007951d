//! The files that a command line names: files, folders, globs, URLs, and `-` for standard input.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::storage::{Entry, Location, store_for};
use crate::tasks::MissingData;
use crate::warehouse::glob::Glob;
use crate::wrong_usage::wrong_usage;

/// The word for standard input.
const STANDARD_INPUT: &str = "-";
/// Where it is kept, below the folder of the report.
pub(super) const STANDARD_INPUT_FOLDER: &str = "standard-input";

/// The files that are named.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Each once, by location, those of this machine by their real path.
    pub files: Vec<Entry>,
    /// What cannot be read, and why.
    pub left_out: Vec<(String, String)>,
}

/// All files that are named.
///
/// # Errors
/// [`MissingData`] where there is none; a place cannot be listed.
pub(super) fn files(words: &[String], folder: &Path) -> Result<Found> {
    let (mut files, mut left_out) = (BTreeMap::new(), BTreeMap::new());
    for word in words {
        let found =
            if word == STANDARD_INPUT { Found { files: vec![standard_input(folder)?], ..Found::default() } } else { named(word, folder)? };
        files.extend(found.files.into_iter().map(|file| (file.location.as_str().to_owned(), file)));
        left_out.extend(found.left_out);
    }
    Ok(Found { files: files.into_values().collect(), left_out: left_out.into_iter().collect() })
}

/// Refuses a folder that holds the folders of the logs: what lies in it is taken for the report's own.
///
/// # Errors
/// It does; or a word names no place.
pub(super) fn check_out(words: &[String], folder: &Path) -> Result<()> {
    let out = folder.canonicalize();
    for word in words.iter().filter(|word| *word != STANDARD_INPUT) {
        let mut place = whole(word)?;
        if place.as_local_path().is_some_and(|path| !path.exists()) {
            place = glob_root(word)?.map_or(place, |(root, _)| root);
        }
        if let (Some(path), Ok(out)) = (place.as_local_path(), &out)
            && path.is_dir()
            && path.starts_with(out)
        {
            let is = if path == out { "is" } else { "holds" };
            return Err(wrong_usage(format!("--out {} {is} the folder of the logs {word}. Choose another --out.", folder.display())));
        }
    }
    Ok(())
}

fn named(word: &str, folder: &Path) -> Result<Found> {
    let place = whole(word)?;
    let store = store_for(&place)?;
    if let Some(file) = store.entry(&place)? {
        return Ok(Found { files: vec![file], ..Found::default() });
    }
    if store.directory_exists(&place)? {
        let found = listed(&place.directory_form(), folder, |_| true)?;
        ensure!(!found.is_empty(), MissingData(format!("The folder {word} holds no file. Name the folder where tracking logs are.")));
        return Ok(found);
    }
    let Some((root, pattern)) = glob_root(word)? else {
        bail!(MissingData(format!("There is nothing at {word}. Name log files, folders that hold some, or - for standard input.")));
    };
    let glob = Glob::shell(pattern)?;
    let found = listed(&root, folder, |name| glob.matches(name))?;
    ensure!(!found.is_empty(), MissingData(format!("No file is named like {word}.{}", pattern_of(pattern))));
    Ok(found)
}

/// What somebody may not know who meant the name of a file.
fn pattern_of(pattern: &str) -> &'static str {
    if pattern.contains('[') { " [ begins a set of letters; where a name has a [, write [[] for it." } else { "" }
}

impl Found {
    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.left_out.is_empty()
    }
}

/// The folder that is listed for a glob, which is the last one before the first special sign, and the rest.
fn glob_root(word: &str) -> Result<Option<(Location, &str)>> {
    let Some(special) = word.find(['*', '?', '[']) else { return Ok(None) };
    let start = word.get(..special).and_then(|before| before.rfind('/')).map_or(0, |slash| slash + 1);
    let (parent, pattern) = word.split_at_checked(start).unwrap_or(("", word));
    Ok(Some((whole(if parent.is_empty() { "." } else { parent })?.directory_form(), pattern)))
}

/// The files below a folder, without those that a report made.
fn listed(root: &Location, folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Found> {
    let mut found = Found::default();
    for file in store_for(root)?.list(root)? {
        let name = file.location.relative_to(root).unwrap_or_default();
        if is_hidden(name) || !is_wanted(name) || is_below(&file.location, folder) {
            continue;
        }
        match file.location.as_local_path().map(Path::canonicalize) {
            // A link to another file is that file.
            Some(Ok(path)) => {
                let location = Location::from_path(&path)?;
                if !is_below(&location, folder) {
                    found.files.push(Entry { location, ..file });
                }
            }
            Some(Err(error)) if file.location.as_local_path().is_some_and(Path::is_symlink) => {
                found.left_out.push((file.location.as_str().to_owned(), format!("It is a link that leads nowhere ({error}).")));
            }
            _ => found.files.push(file),
        }
    }
    Ok(found)
}

/// A local place by its whole path, so that it is known again from another directory.
fn whole(word: &str) -> Result<Location> {
    let place: Location = word.parse().map_err(|error| {
        wrong_usage(format!("{word:?} names no logs. {error} Name files, folders, globs or URLs, or - for standard input."))
    })?;
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
            Ok(names.files.iter().map(|file| file.location.as_str()[root.as_os_str().len() + 1..].to_owned()).collect())
        };
        assert_eq!(found(&["logs"]).unwrap(), ["logs/a.log", "logs/h/b.log", "logs/h/c.gz"]);
        assert_eq!(found(&["logs/*.log", "logs/h/b.log"]).unwrap(), ["logs/a.log", "logs/h/b.log"]);
        assert_eq!(found(&["l?gs/h/[c]*"]).unwrap(), ["logs/h/c.gz"]);
        for (word, expected) in [("none", "There is nothing at"), ("*.txt", "No file is named like"), ("empty", "holds no file")] {
            let error = found(&[word]).unwrap_err();
            assert!(error.is::<MissingData>() && error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn links_are_what_they_lead_to() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(root.join(to), root.join(name)).unwrap();
        for name in ["logs", "other", "out"] {
            std::fs::create_dir(root.join(name)).unwrap();
        }
        for name in ["logs/a.log", "other/b.log", "out/c.log"] {
            std::fs::write(root.join(name), "x").unwrap();
        }
        for (to, name) in [
            ("logs/a.log", "logs/current"),
            ("other/b.log", "logs/other"),
            ("out/c.log", "logs/own"),
            ("logs/gone", "logs/last"),
            ("logs/self", "logs/self"),
        ] {
            link(to, name);
        }
        let words = ["logs", "logs/current", "logs/*"].map(|word| root.join(word).display().to_string());
        let found = files(&words, &root.join("out")).unwrap();
        let names: Vec<_> = found.files.iter().map(|file| file.location.as_str()).collect();
        let at = |name: &str| root.join(name).display().to_string();
        assert_eq!(names, [at("logs/a.log"), at("other/b.log")]);
        let names: Vec<_> = found.left_out.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [at("logs/last"), at("logs/self")]);
        assert!(found.left_out[0].1.starts_with("It is a link that leads nowhere"), "{:?}", found.left_out);
    }

    #[test]
    fn the_folder_of_the_logs_is_no_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("data/logs")).unwrap();
        std::fs::write(root.join("data/logs/a.log"), "x").unwrap();
        let checked = |word: &str, out: &str| check_out(&[root.join(word).display().to_string()], &root.join(out));
        for (word, out, expected) in [
            ("data/logs", "data/logs", "is the folder of the logs"),
            ("data/logs/", "data", "holds the folder"),
            ("data/logs/*.log", "data/logs", "is the"),
        ] {
            let error = checked(word, out).unwrap_err();
            assert!(crate::programs::exit_code::exit_code(&error) == 2 && error.to_string().contains(expected), "{error}");
        }
        for (word, out) in
            [("data/logs", "data/report"), ("data/logs/a.log", "data/logs"), ("data/logs", "data/logs/report"), ("data/*/x", "data/new")]
        {
            checked(word, out).unwrap();
        }
        let error = check_out(&[String::new()], root).unwrap_err();
        assert!(crate::programs::exit_code::exit_code(&error) == 2, "{error}");
    }
}
