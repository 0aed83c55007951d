//! Kept records: what a job has made of log files that do not change, so that its next run need not read them (rules 02, 2.1).
//!
//! ```text
//! kept_submissions/_seen.json            files that were read and not kept, with their sizes
//! kept_submissions/_result               what the last run has made
//! kept_submissions/<run id>/_files.json  a layer: which files it is of, and how it was made
//! kept_submissions/<run id>/part-….zst   its records, a file for each reducer
//! ```
//!
//! A file is kept once two runs in turn have found it with the same size: a log that is still written to never is. A layer counts as long as
//! every file of it is asked for and has its size; otherwise its files are read again. Nothing here is needed for a result.

mod known_files;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use self::known_files::RESULT;
pub(crate) use self::known_files::files_come_since;
use super::RunId;
use super::commit::recover_some;
use super::input_selection::one_name;
use super::lock::OutputLock;
use super::names::is_hidden_name;
use crate::storage::{Entry, Location, SUCCESS, concurrently, is_not_found, read_bytes, store_for, write_bytes};

/// Names the files of a layer.
const FILES: &str = "_files.json";
/// Names files that were read and not kept.
const SEEN: &str = "_seen.json";

/// A file ([`one_name`]) and its stored size.
type SizedFile = (String, u64);

/// How records were made; those that are made otherwise are other records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeBy {
    /// Workflow and job: `answer-distribution/first-last`.
    pub job: String,
    /// Version of the job's rules.
    pub rules: u32,
    /// Version of the program, its commit if that is known, and how it spreads records over reducers: in another one they may be cut
    /// otherwise.
    pub program: String,
    /// Options of the job.
    pub options: Vec<String>,
    /// Number of reducers.
    pub reducers: usize,
}

/// What a layer says of itself.
#[derive(Serialize, Deserialize)]
struct Contents {
    #[serde(flatten)]
    made_by: MadeBy,
    /// The log files.
    files: Vec<SizedFile>,
    /// The part files by name.
    parts: Vec<SizedFile>,
}

/// Sorted records of some log files.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// Where it lies.
    pub directory: Location,
    files: Vec<SizedFile>,
}

/// What was kept when a run began, and what the run does about it.
#[derive(Debug)]
pub struct Kept {
    lock: OutputLock,
    compared: Compared,
}

/// What lies below a root, compared with the files that a run is asked for.
#[derive(Debug)]
pub(crate) struct Compared {
    root: Location,
    made_by: MadeBy,
    /// Layers that count, and stay.
    layers: Vec<Layer>,
    /// Layers that count, and go into the new one: each layer that stays is more than twice as large as the next, so that there are few, and
    /// what is written for them again is little.
    absorbed: Vec<Layer>,
    /// Files of the new layer; without any there is none.
    new: Vec<SizedFile>,
    /// Files that are read and not kept: they may still change.
    young: Vec<SizedFile>,
    /// Directories that no longer count.
    stale: Vec<Location>,
    /// Files of layers that no longer count because one of theirs has changed or gone.
    lost: BTreeSet<SizedFile>,
}

impl Layer {
    /// Log bytes that it stands for.
    fn log_bytes(&self) -> u64 {
        self.files.iter().map(|(_, size)| size).sum()
    }

    /// Where the records of a reducer lie.
    pub(crate) fn part(&self, number: usize) -> Location {
        self.directory.join(&part_name(number))
    }
}

/// Name of the file with the records of a reducer.
pub(crate) fn part_name(number: usize) -> String {
    format!("part-{number:05}.zst")
}

impl Compared {
    /// Looks, and changes nothing.
    ///
    /// # Errors
    /// The store failed. A layer that cannot be understood does not count.
    pub(crate) fn of(root: &Location, made_by: MadeBy, asked: &[Entry]) -> Result<Self> {
        let root = root.directory_form();
        let asked: HashMap<String, u64> = asked.iter().map(|entry| (one_name(&entry.location), entry.size)).collect();
        let is_asked = |(name, size): &SizedFile| asked.get(name) == Some(size);
        let mut seen: BTreeSet<SizedFile> = read_seen(&root)?.into_iter().filter(&is_asked).collect();

        let found = concurrently(layer_directories(&root)?, |directory: Location| Ok((read_contents(&directory)?, directory)))?;
        let (mut counting, mut stale, mut lost) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (contents, directory) in found {
            match contents {
                Some(Contents { made_by: by, files, .. }) if by == made_by && files.iter().all(&is_asked) => {
                    counting.push(Layer { directory, files });
                }
                Some(Contents { made_by: by, files, .. }) => {
                    if by == made_by {
                        lost.extend(files.iter().cloned());
                    }
                    // Two runs have found them with these sizes.
                    seen.extend(files.into_iter().filter(&is_asked));
                    stale.push(directory);
                }
                None if is_ours(&directory)? => stale.push(directory),
                None => {}
            }
        }
        // A run that was killed behind its new layer has left those that went into it: the larger one counts.
        counting.sort_by_key(|layer| (std::cmp::Reverse(layer.log_bytes()), layer.directory.clone()));
        let (mut covered, mut layers) = (BTreeSet::new(), Vec::new());
        for layer in counting {
            if layer.files.iter().any(|file| covered.contains(file)) {
                stale.push(layer.directory);
            } else {
                covered.extend(layer.files.iter().cloned());
                layers.push(layer);
            }
        }
        let unread = asked.into_iter().filter(|file| !covered.contains(file));
        // One that is empty may be a log of which nothing has been written yet, and again tomorrow.
        let (mut new, young): (Vec<_>, Vec<_>) = unread.partition(|file| seen.contains(file) && file.1 > 0);
        new.sort_unstable();
        let absorbed = absorbed(&mut layers, &new);
        Ok(Self { root, made_by, layers, absorbed, new, young, stale, lost })
    }

    fn held(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().chain(&self.absorbed)
    }

    /// How many files there are records of.
    pub(crate) fn files(&self) -> usize {
        self.held().map(|layer| layer.files.len()).sum()
    }
}

impl Kept {
    /// Compares what lies below `root` with the files that a run is asked for, and clears away what dead runs left.
    ///
    /// # Errors
    /// The store failed. A layer that cannot be understood does not count.
    pub(crate) fn look_up(root: &Location, lock: &OutputLock, made_by: MadeBy, asked: &[Entry]) -> Result<Self> {
        Self::clear_leftovers(root, lock)?;
        Ok(Self { lock: lock.clone(), compared: Compared::of(root, made_by, asked)? })
    }

    /// Clears away what dead runs left; gives how much that was.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn clear_leftovers(root: &Location, lock: &OutputLock) -> Result<usize> {
        recover_some(&root.directory_form(), lock, is_layer)
    }

    /// Layers that count and stay.
    pub(crate) fn layers(&self) -> &[Layer] {
        &self.compared.layers
    }

    /// Layers that count and go into the new one.
    pub(crate) fn absorbed(&self) -> &[Layer] {
        &self.compared.absorbed
    }

    /// Whether records of a file are there already; other files are to be read.
    pub(crate) fn holds(&self) -> impl Fn(&Entry) -> bool {
        let files: BTreeSet<_> = self.compared.held().flat_map(|layer| &layer.files).map(|(name, _)| name.as_str()).collect();
        move |entry| files.contains(one_name(&entry.location).as_str())
    }

    /// How many files of layers are read again because others of their layer have changed or gone.
    pub(crate) fn lost(&self) -> usize {
        self.compared.lost.len()
    }

    /// How many files it holds records of.
    pub(crate) fn files(&self) -> usize {
        self.compared.files()
    }

    /// Whether the records of a file that is read are to be kept.
    pub(crate) fn keeps(&self) -> impl Fn(&Entry) -> bool {
        let files: BTreeSet<_> = self.compared.new.iter().map(|(name, _)| name.as_str()).collect();
        move |entry| files.contains(one_name(&entry.location).as_str())
    }

    /// Where the new layer goes, if there is to be one, and the lock that covers it.
    pub(crate) fn new_layer(&self) -> Option<(Location, &OutputLock)> {
        (!self.compared.new.is_empty()).then(|| (self.compared.root.join(&format!("{}/", self.lock.run_id())), &self.lock))
    }

    /// Gives the new layer a list of its files before its commit: `staged` is where its parts lie, `place` where they go.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn describe(&self, place: &Location, staged: &Location) -> Result<Layer> {
        let parts = sizes(staged)?.into_iter().collect();
        let files: Vec<_> = self.absorbed().iter().flat_map(|layer| &layer.files).chain(&self.compared.new).cloned().collect();
        let contents = Contents { made_by: self.compared.made_by.clone(), files, parts };
        write_bytes(&staged.join(FILES), serde_json::to_string(&contents)?.as_bytes())?;
        Ok(Layer { directory: place.clone(), files: contents.files })
    }

    /// Ends a run whose new layer, if there is one, is committed: notes which files it has read and not kept, and what it has made, and
    /// removes what no longer counts.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn end(&self, result: &Location) -> Result<()> {
        self.lock.must_cover(&self.compared.root)?;
        write_bytes(&self.compared.root.join(SEEN), serde_json::to_string(&self.compared.young)?.as_bytes())?;
        // Behind them: a run that is killed in between tells of no result which files it had.
        write_bytes(&self.compared.root.join(RESULT), result.directory_form().as_str().as_bytes())?;
        let gone = self.compared.stale.iter().chain(self.absorbed().iter().map(|layer| &layer.directory));
        concurrently(gone.collect(), |directory: &Location| store_for(directory)?.remove(directory)).map(drop)
    }
}

/// Whether a directory of this name is a layer; whatever else lies there is none of ours.
fn is_layer(name: &str) -> bool {
    name.parse::<RunId>().is_ok()
}

/// The directories of layers below a root, whole or not.
fn layer_directories(root: &Location) -> Result<Vec<Location>> {
    let children = store_for(root)?.children(root)?.into_iter().filter(|child| child.is_directory && is_layer(&child.name));
    Ok(children.map(|child| root.join(&format!("{}/", child.name))).collect())
}

/// Whether nothing but parts lies in a directory that is no whole layer.
fn is_ours(directory: &Location) -> Result<bool> {
    let is_part = |name: &String| name.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".zst")).is_some();
    Ok(sizes(directory)?.keys().all(is_part))
}

/// Takes those layers out that go into a new one of these files: from the smallest on, as long as they are not more than twice as large as what
/// goes into it already.
fn absorbed(layers: &mut Vec<Layer>, new: &[SizedFile]) -> Vec<Layer> {
    let mut bytes: u64 = new.iter().map(|(_, size)| size).sum();
    let mut absorbed = Vec::new();
    layers.sort_by_key(|layer| std::cmp::Reverse(layer.log_bytes()));
    while !new.is_empty()
        && let Some(layer) = layers.pop_if(|layer| layer.log_bytes() <= bytes.saturating_mul(2))
    {
        bytes += layer.log_bytes();
        absorbed.push(layer);
    }
    absorbed
}

/// Files that the last run read and did not keep; none if that cannot be understood.
fn read_seen(root: &Location) -> Result<Vec<SizedFile>> {
    Ok(read_if_there(&root.join(SEEN))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// What a layer says of itself, if it is whole.
fn read_contents(directory: &Location) -> Result<Option<Contents>> {
    let store = store_for(directory)?;
    if store.entry(&directory.join(SUCCESS))?.is_none() {
        return Ok(None);
    }
    let Some(bytes) = read_if_there(&directory.join(FILES))? else { return Ok(None) };
    let Ok(contents) = serde_json::from_slice::<Contents>(&bytes) else { return Ok(None) };
    let is_whole = sizes(directory)? == contents.parts.iter().cloned().collect();
    Ok(Some(contents).filter(|_| is_whole))
}

fn read_if_there(file: &Location) -> Result<Option<Vec<u8>>> {
    match read_bytes(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The part files in a directory.
fn sizes(directory: &Location) -> Result<BTreeMap<String, u64>> {
    let files = store_for(directory)?.list(&directory.directory_form())?;
    let named = files.into_iter().map(|entry| Ok((entry.location.name().context("A part file has no name.")?.to_owned(), entry.size)));
    let named = named.filter(|file| file.as_ref().map_or(true, |(name, _)| !is_hidden_name(name)));
    named.collect()
}

#[cfg(test)]
mod tests;
