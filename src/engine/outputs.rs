//! Where reducers write: part files of a staged directory, or files named by the rows themselves.

use std::collections::HashMap;
use std::io::Write;

use anyhow::{Context, Result};

use super::job_run::JobOutput;
use crate::storage::PendingFile;
use crate::streaming::LineSink;
use crate::streaming::record::{decode, prefix};
use crate::warehouse::commit::{StagedDirectory, SuccessMarker};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::multi_output::{ReplacedUnit, StagedFiles};

/// The output of one job before it is visible.
#[derive(Debug)]
pub enum StagedOutput {
    /// Part files of one directory.
    Directory(StagedDirectory),
    /// Files of many paths.
    Files(StagedFiles),
}

impl StagedOutput {
    /// Begins to write; leftovers of dead runs are cleared away.
    pub fn begin(output: &JobOutput, lock: &OutputLock) -> Result<Self> {
        match output {
            JobOutput::Directory(target) => StagedDirectory::begin(target, lock).map(Self::Directory),
            JobOutput::Files { root, marker } => StagedFiles::begin(root, marker, ReplacedUnit::File, lock).map(Self::Files),
        }
    }

    /// The sink of one reducer (or of one mapper of a map-only job).
    pub fn part(&self, number: usize) -> Result<PartSink<'_>> {
        match self {
            Self::Directory(directory) => Ok(PartSink::Rows(directory.create(&format!("part-{number:05}"))?)),
            Self::Files(files) => Ok(PartSink::Files { files, open: HashMap::new() }),
        }
    }

    /// Makes everything visible, the marker last.
    pub fn commit(self) -> Result<()> {
        match self {
            Self::Directory(directory) => directory.commit(SuccessMarker::Write),
            Self::Files(files) => files.commit(),
        }
    }
}

/// Takes the rows of one reducer.
pub enum PartSink<'o> {
    /// One part file.
    Rows(Box<dyn PendingFile>),
    /// A file for each path. Groups arrive one after the other, so few paths are open at a time.
    Files {
        /// Where the files go.
        files: &'o StagedFiles,
        /// Files begun so far.
        open: HashMap<Vec<u8>, Box<dyn PendingFile>>,
    },
}

impl PartSink<'_> {
    /// Ends the files of this reducer.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Rows(file) => file.commit(),
            Self::Files { open, .. } => open.into_values().try_for_each(PendingFile::commit),
        }
    }
}

impl LineSink for PartSink<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let failed = "Writing the output failed. Is the disk full?";
        match self {
            Self::Rows(file) => file.write_all(line).and_then(|()| file.write_all(b"\n")).context(failed),
            Self::Files { files, open } => {
                let path = prefix(line, 1);
                let row = line.get(path.len() + 1..).context("A row of a job with many files has no path.")?;
                let row = decode(row)?.context("A row of a job with many files is null.")?;
                if !open.contains_key(path) {
                    let decoded = decode(path)?.context("A row of a job with many files has a null path.")?;
                    let relative = std::str::from_utf8(&decoded).context("The path of an output file is not UTF-8.")?;
                    open.insert(path.to_vec(), files.create(relative)?);
                }
                let file = open.get_mut(path).context("An output file has gone.")?;
                file.write_all(&row).and_then(|()| file.write_all(b"\n")).context(failed)
            }
        }
    }
}
