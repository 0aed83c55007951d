//! Roots and globs (rules 01, 4.1).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use super::InputSelection;
use crate::storage::{Entry, Location, store_for};
use crate::warehouse::glob::Glob;
use crate::warehouse::input_selection::FilesTaken;
use crate::warehouse::manifest::{read_manifest, write_manifest};

/// The input of answer distribution: files below some roots, chosen by globs.
#[derive(Clone, Debug)]
pub struct PathSet {
    /// Where to look.
    pub roots: Vec<Location>,
    /// Globs of which one must match; the original's default is `*`.
    pub include: Vec<String>,
    /// Where the list of chosen files is kept, if anywhere.
    pub manifest: Option<Location>,
}

/// What became of the manifest of a [`PathSet`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ManifestUse {
    /// None was asked for.
    None,
    /// The chosen files were written to it; it is the only job input.
    Written(Location),
    /// It was there already and is used as it is; the roots were not listed. Worth a line in the log: new files are not seen.
    Reused(Location),
}

impl PathSet {
    /// Chooses the files, and writes the manifest or reads the one that exists.
    ///
    /// # Errors
    /// A glob is malformed, a root cannot be listed, a manifest cannot be read or written, or
    /// [`NoInputFiles`](super::NoInputFiles). No manifest is written then: an empty one would be reused for ever.
    pub fn select(&self) -> Result<(InputSelection, ManifestUse)> {
        let Some(manifest) = &self.manifest else {
            return Ok((self.list()?, ManifestUse::None));
        };
        if let Some(selection) = self.in_manifest()? {
            return Ok((selection, was_there(manifest)));
        }
        let selection = self.list()?;
        write_manifest(manifest, &selection)?;
        WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).insert(manifest.clone());
        Ok((selection, ManifestUse::Written(manifest.clone())))
    }

    /// Chooses the files as [`Self::select`] would, and writes no manifest.
    ///
    /// # Errors
    /// As there.
    pub fn look_up(&self) -> Result<(InputSelection, ManifestUse)> {
        match (self.in_manifest()?, &self.manifest) {
            (Some(selection), Some(manifest)) => Ok((selection, was_there(manifest))),
            _ => Ok((self.list()?, ManifestUse::None)),
        }
    }

    /// What the manifest names, if there is one.
    fn in_manifest(&self) -> Result<Option<InputSelection>> {
        let Some(manifest) = &self.manifest else { return Ok(None) };
        if store_for(manifest)?.entry(manifest)?.is_none() {
            return Ok(None);
        }
        let selection = read_manifest(manifest)
            .with_context(|| format!("The existing manifest {manifest} cannot be used. Remove it to have it written anew."))?;
        Ok(Some(selection))
    }

    fn list(&self) -> Result<InputSelection> {
        let globs: Vec<_> = self.include.iter().map(|glob| Glob::shell(glob)).collect::<Result<_>>()?;
        let (mut selection, mut taken) = (InputSelection::default(), FilesTaken::default());
        for root in &self.roots {
            let rule = RootRule::of(root);
            for entry in store_for(root)?.list(&rule.listed_root(root))? {
                selection.examined += 1;
                let skipped = entry.size == 0 && rule.skips_empty_files();
                let text = rule.matched_text(root, &entry);
                if !skipped && globs.iter().any(|glob| glob.matches(text)) && taken.is_new(&entry.location) {
                    selection.files.push(entry);
                }
            }
        }
        Ok(selection.require_files(&self.roots, &self.include)?)
    }
}

/// The manifests that this process has written: they were not there before.
static WRITTEN: Mutex<BTreeSet<Location>> = Mutex::new(BTreeSet::new());

fn was_there(manifest: &Location) -> ManifestUse {
    let is_ours = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner).contains(manifest);
    if is_ours { ManifestUse::Written(manifest.clone()) } else { ManifestUse::Reused(manifest.clone()) }
}

/// How the original treats a root, by its scheme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RootRule {
    ObjectStore,
    Hdfs,
    Local,
}

impl RootRule {
    fn of(root: &Location) -> Self {
        match root.scheme() {
            scheme if scheme.starts_with("s3") => Self::ObjectStore,
            scheme if scheme.starts_with("hdfs") => Self::Hdfs,
            _ => Self::Local,
        }
    }

    /// In an object store a slash is forced, so that `logs` does not list `logs2/`.
    fn listed_root(self, root: &Location) -> Location {
        match self {
            Self::ObjectStore => root.directory_form(),
            Self::Hdfs | Self::Local => root.clone(),
        }
    }

    fn skips_empty_files(self) -> bool {
        self != Self::Local
    }

    /// What the globs are matched with: the full path in HDFS, else the path relative to the root.
    fn matched_text<'a>(self, root: &Location, entry: &'a Entry) -> &'a str {
        let location = &entry.location;
        match self {
            Self::Hdfs => location.as_str(),
            // A root that is itself a file goes by its name.
            Self::ObjectStore | Self::Local => {
                location.relative_to(root).filter(|relative| !relative.is_empty()).or(location.name()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{read_to_string, write_bytes};
    use crate::warehouse::selection::NoInputFiles;

    fn logs(names: &[&str]) -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("logs");
        for name in names {
            write_bytes(&root.join(name), name.as_bytes()).unwrap();
        }
        (directory, root)
    }

    fn path_set(root: &Location, include: &[&str]) -> PathSet {
        PathSet { roots: vec![root.clone()], include: include.iter().map(|&glob| glob.to_owned()).collect(), manifest: None }
    }

    #[test]
    fn globs_choose_by_relative_path() {
        let (_directory, root) = logs(&["host1/tracking.log-20140301.gz", "host1/nginx.log.gz", "tracking.log"]);
        write_bytes(&root.join("host2/tracking.log-empty.gz"), b"").unwrap();
        let chosen = |include: &[&str]| -> Vec<String> {
            let (selection, _) = path_set(&root, include).select().unwrap();
            assert_eq!(selection.examined, 4);
            let relative = |place: &Location| place.relative_to(&root).unwrap().to_owned();
            selection.locations().map(relative).collect()
        };
        // Local files of size zero are not skipped.
        assert_eq!(chosen(&["*tracking.log*.gz"]), ["host1/tracking.log-20140301.gz", "host2/tracking.log-empty.gz"]);
        assert_eq!(chosen(&["host1/n*", "tracking.log"]), ["host1/nginx.log.gz", "tracking.log"]);
        assert_eq!(chosen(&["*"]).len(), 4);
        let file = root.join("tracking.log");
        let (selection, _) = path_set(&file, &["tracking*"]).select().unwrap();
        assert_eq!((selection.total_size(), selection.files.len()), (12, 1));
    }

    #[test]
    fn no_match_tells_where_was_looked() {
        let (_directory, root) = logs(&["a", "b"]);
        let error = path_set(&root, &["*.gz", "x*"]).select().unwrap_err();
        assert_eq!(error.downcast_ref::<NoInputFiles>().unwrap().examined, 2);
        let message = error.to_string();
        for part in ["2 files", root.as_str(), "*.gz, x*"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_manifest_is_written_once_and_then_reused() {
        let (_directory, root) = logs(&["a", "b"]);
        let manifest = root.parent().unwrap().join("input.manifest");
        let mut set = path_set(&root, &["nothing"]);
        set.manifest = Some(manifest.clone());
        assert!(set.select().is_err());
        assert!(!store_for(&manifest).unwrap().exists(&manifest).unwrap());
        set.include = vec!["*".to_owned()];
        let (first, usage) = set.select().unwrap();
        assert_eq!(usage, ManifestUse::Written(manifest.clone()));
        assert_eq!(read_to_string(&manifest).unwrap(), format!("{root}/a\n{root}/b\n"));
        write_bytes(&root.join("c"), b"new").unwrap();
        let (second, usage) = set.select().unwrap();
        assert_eq!(usage, ManifestUse::Written(manifest.clone()), "by this run");
        assert_eq!(second.files, first.files);
        set.manifest = Some(root.parent().unwrap().join("earlier.manifest"));
        write_manifest(set.manifest.as_ref().unwrap(), &first).unwrap();
        assert_eq!(set.select().unwrap().1, ManifestUse::Reused(set.manifest.clone().unwrap()));
    }

    #[test]
    fn rules_by_scheme() {
        let cases = [
            ("s3://b/logs", "s3://b/logs/", true, "h/x.gz"),
            ("s3n://b/logs/", "s3n://b/logs/", true, "h/x.gz"),
            ("hdfs://h/logs", "hdfs://h/logs", true, "hdfs://h/logs/h/x.gz"),
            ("/logs", "/logs", false, "h/x.gz"),
            ("file:///logs/", "file:///logs/", false, "h/x.gz"),
        ];
        for (root, listed, skips_empty, matched) in cases {
            let root: Location = root.parse().unwrap();
            let entry = Entry { location: root.join("h/x.gz"), size: 1 };
            let rule = RootRule::of(&root);
            assert_eq!(rule.listed_root(&root).as_str(), listed);
            assert_eq!(rule.skips_empty_files(), skips_empty, "{root}");
            assert_eq!(rule.matched_text(&root, &entry), matched);
        }
    }
}
