//! Where reducers write: part files of staged directories, or files named by the rows themselves.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use super::job_run::JobOutput;
use super::open_files::{OpenFiles, write_row};
use super::signals::gate;
use crate::storage::{Location, PendingFile, concurrently, store_for};
use crate::streaming::LineSink;
use crate::streaming::record::prefix;
use crate::streaming::wire::{decode, encode};
use crate::warehouse::RunId;
use crate::warehouse::commit::{StagedDirectory, SuccessMarker, recover, staging_of};
use crate::warehouse::kept::Kept;
use crate::warehouse::lock::{OutputLock, OutputLocked, is_named};
use crate::warehouse::multi_output::{ReplacedUnit, StagedFiles, recover_files, staged_files_of, sweep_marker};
use crate::warehouse::names::DATE_KEY;
use crate::warehouse::names::is_hidden_name;

/// The output of one job before it is visible.
#[derive(Debug)]
pub(crate) enum StagedOutput {
    /// Part files of one directory.
    Directory(StagedDirectory),
    /// Files of many paths, and the paths of those that are there even without a row.
    Files(StagedFiles, Vec<String>),
    /// Part files of several directories, by the path in the rows.
    Tables(Vec<(String, StagedDirectory)>),
}

impl StagedOutput {
    /// Begins to write; leftovers of dead runs are cleared away. There is one lock for each root of the output.
    pub(crate) fn begin(output: &JobOutput, locks: &[OutputLock]) -> Result<Self> {
        let lock = locks.first().context("A job without output cannot run.")?;
        match output {
            JobOutput::Directory(target) => StagedDirectory::begin(target, lock).map(Self::Directory),
            JobOutput::Files { root, marker } => {
                StagedFiles::begin(root, marker, ReplacedUnit::File, lock).map(|files| Self::Files(files, Vec::new()))
            }
            JobOutput::Days { root, days, file_stem, marker } => {
                let files = StagedFiles::begin(root, marker, ReplacedUnit::Directory, lock)?;
                Ok(Self::Files(files, days.days().map(|day| format!("{DATE_KEY}={day}/{file_stem}{day}")).collect()))
            }
            JobOutput::Tables(tables) => {
                ensure!(tables.len() == locks.len(), "Each table of a job needs its lock.");
                let staged = tables.iter().zip(locks);
                let staged = staged.map(|((path, place), lock)| Ok((path.clone(), StagedDirectory::begin(place, lock)?)));
                staged.collect::<Result<_>>().map(Self::Tables)
            }
        }
    }

    /// The sink of one reducer (or of one mapper of a map-only job), of which `at_a_time` are used at the same time.
    pub(crate) fn part(&self, number: usize, at_a_time: usize) -> Result<PartSink<'_>> {
        let mut files = OpenFiles::new(open_files_of_each(at_a_time));
        Ok(match self {
            Self::Directory(directory) => PartSink::Rows(directory.create(&part_name(number))?),
            Self::Files(..) => PartSink::Files { output: self, number, files },
            Self::Tables(tables) => {
                // A table without rows still has its part files, as any other job's output.
                for (path, directory) in tables {
                    files.add(path.as_bytes(), |_| directory.create(&part_name(number)))?;
                }
                PartSink::Files { output: self, number, files }
            }
        })
    }

    /// Begins the file that rows name; a path that ends in a slash is a directory, in which this reducer has a part file.
    fn file(&self, path: &[u8], number: usize) -> Result<Box<dyn PendingFile>> {
        let path = decode(path)?.context("A row of a job with many files has a null path.")?;
        let path = std::str::from_utf8(&path).context("The path of an output file is not UTF-8.")?;
        match self {
            Self::Files(files, _) if path.ends_with('/') => files.create(&format!("{path}{}", part_name(number))),
            Self::Files(files, _) => files.create(path),
            Self::Directory(_) | Self::Tables(_) => anyhow::bail!("A row is for {path}, which is none of the job's outputs."),
        }
    }

    /// Takes over what another program has written into [`JobOutput::job_directory`]: rows of several tables go to their places.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn adopt(&self) -> Result<()> {
        match self {
            Self::Directory(directory) => has_a_file(directory),
            Self::Files(..) => Ok(()),
            Self::Tables(tables) => {
                let written = take_over(tables)?;
                store_for(&written)?.remove(&written)
            }
        }
    }

    /// Leaves what is staged to another process of the same run.
    pub(crate) fn leave(self) {
        match self {
            Self::Directory(directory) => directory.leave(),
            Self::Files(files, _) => files.leave(),
            Self::Tables(tables) => tables.into_iter().for_each(|(_, directory)| directory.leave()),
        }
    }

    /// Makes the files that no row has made: each day of a table has its file. Reducers of another program may replace them.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn fill(&self) -> Result<()> {
        let Self::Files(files, expected) = self else { return Ok(()) };
        if expected.is_empty() {
            return Ok(());
        }
        let directory = files.directory();
        let staged = store_for(&directory)?.list(&directory)?;
        let there: BTreeSet<_> = staged.iter().filter_map(|entry| entry.location.relative_to(&directory)).collect();
        let lacking = expected.iter().filter(|path| !there.contains(path.as_str())).collect();
        concurrently(lacking, |path: &String| files.create(path)?.commit()).map(drop)
    }

    /// Makes everything visible, the marker last.
    pub(crate) fn commit(self) -> Result<()> {
        gate();
        self.fill()?;
        match self {
            Self::Directory(directory) => directory.commit(SuccessMarker::Write),
            Self::Files(files, _) => files.commit(),
            Self::Tables(tables) => tables.into_iter().try_for_each(|(_, directory)| directory.commit(SuccessMarker::Write)),
        }
    }
}

/// Clears away what dead runs left beside an output that is complete: a run that was killed behind its marker never comes back to it.
/// Looks only where the lock bears a name. What a living run holds is left to it.
pub(crate) fn clear_leftovers(output: &JobOutput, run_id: &RunId, task: &str) -> Result<usize> {
    let mut cleared = 0;
    for root in output.roots() {
        cleared += clear_under_lock(root, run_id, task, |lock| match output {
            JobOutput::Directory(_) | JobOutput::Tables(_) => recover(root, lock),
            JobOutput::Files { marker, .. } | JobOutput::Days { marker, .. } => Ok(recover_files(root, lock)? + sweep_marker(marker)?),
        })?;
    }
    Ok(cleared)
}

/// As [`clear_leftovers`], for what is kept for the next run of a job.
pub(super) fn clear_kept(root: &Location, run_id: &RunId, task: &str) -> Result<usize> {
    clear_under_lock(root, run_id, task, |lock| Kept::clear_leftovers(root, lock))
}

fn clear_under_lock(root: &Location, run_id: &RunId, task: &str, clear: impl FnOnce(&OutputLock) -> Result<usize>) -> Result<usize> {
    if !is_named(root)? {
        return Ok(0);
    }
    match OutputLock::acquire(root, run_id, task) {
        Err(error) if error.is::<OutputLocked>() => Ok(0),
        acquired => clear(&acquired?),
    }
}

/// Where another program writes the rows of several tables.
const JOB_DIRECTORY: &str = ".job/";

impl JobOutput {
    /// The directory in which another program may write, on behalf of a run, what the parts of this output would: part files, or
    /// files by their paths.
    ///
    /// # Errors
    /// The output has no name, or no table.
    pub fn job_directory(&self, run_id: &RunId) -> Result<Location> {
        match self {
            Self::Directory(target) => staging_of(target, run_id),
            Self::Files { root, .. } | Self::Days { root, .. } => Ok(staged_files_of(root, run_id)),
            Self::Tables(tables) => {
                let (_, first) = tables.first().context("A job without tables cannot run.")?;
                Ok(staging_of(first, run_id)?.join(JOB_DIRECTORY))
            }
        }
    }
}

/// Moves the rows of several tables to where each is staged; gives the directory that they came from, without its rows. What is done
/// already is not done again.
///
/// # Errors
/// The store failed.
pub(super) fn take_over(tables: &[(String, StagedDirectory)]) -> Result<Location> {
    let (_, first) = tables.first().context("A job without tables cannot run.")?;
    let written = first.directory().join(JOB_DIRECTORY);
    let store = store_for(&written)?;
    for (path, directory) in tables {
        concurrently(store.list(&written.join(path))?, |part| {
            let name = part.location.name().context("A part file has no name.")?;
            store.rename(&part.location, &directory.directory().join(name))
        })?;
        has_a_file(directory)?;
    }
    Ok(written)
}

/// A table without rows still has a part file: some stores know no directories without files.
///
/// # Errors
/// The store failed.
pub(super) fn has_a_file(directory: &StagedDirectory) -> Result<()> {
    let children = store_for(directory.directory())?.children(directory.directory())?;
    if children.iter().all(|child| is_hidden_name(&child.name)) { directory.create(&part_name(0))?.commit() } else { Ok(()) }
}

/// Name of a reducer's file in a directory.
fn part_name(number: usize) -> String {
    format!("part-{number:05}")
}

/// Open files of all reducers of a job that write at a time, each at most; a reducer always has one. As many
/// again may be ending, of all jobs.
const MOST_OPEN_FILES: usize = 32;

/// The open files of each of so many reducers that write at a time; 0 if they are too many.
pub(super) fn open_files_of_each(reducers: usize) -> usize {
    MOST_OPEN_FILES / reducers.max(1)
}

/// Takes the rows of one reducer.
pub(crate) enum PartSink<'o> {
    /// One part file.
    Rows(Box<dyn PendingFile>),
    /// A file for each path.
    Files {
        /// Where the files go.
        output: &'o StagedOutput,
        /// The reducer.
        number: usize,
        /// Files begun so far.
        files: OpenFiles,
    },
}

/// What a reducer has written, before it is durable.
pub(crate) enum WrittenPart {
    /// One part file.
    File(Box<dyn PendingFile>),
    /// A file for each path.
    Files(OpenFiles),
}

impl WrittenPart {
    /// How many files there are.
    pub(super) fn files(&self) -> usize {
        match self {
            Self::File(_) => 1,
            Self::Files(files) => files.count(),
        }
    }

    /// Ends the files; waits for the disk.
    pub(crate) fn commit(self) -> Result<()> {
        match self {
            Self::File(file) => file.commit(),
            Self::Files(files) => files.commit(),
        }
    }
}

impl PartSink<'_> {
    /// All rows are written.
    pub(crate) fn written(self) -> WrittenPart {
        match self {
            Self::Rows(file) => WrittenPart::File(file),
            Self::Files { files, .. } => WrittenPart::Files(files),
        }
    }

    /// Ends the files of this reducer.
    pub(crate) fn finish(self) -> Result<()> {
        self.written().commit()
    }
}

impl LineSink for PartSink<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        match self {
            Self::Rows(file) => write_row(file.as_mut(), line),
            Self::Files { output, number, files } => {
                let path = prefix(line, 1);
                let row = line.get(path.len() + 1..).context("A row of a job with many files has no path.")?;
                let row = decode(row)?.context("A row of a job with many files is null.")?;
                files.row(path, &row, |path| output.file(path, *number))
            }
        }
    }

    fn file_row(&mut self, line: &mut Vec<u8>, row: &[u8]) -> Result<()> {
        match self {
            Self::Files { output, number, files } => files.row(prefix(line, 1), row, |path| output.file(path, *number)),
            Self::Rows(_) => {
                encode(row, line);
                self.line(line)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{read_to_string, write_bytes};
    use crate::warehouse::RunId;

    fn write(output: &JobOutput, lines: &[(usize, &[u8])]) -> Result<()> {
        let run_id = RunId::generate();
        let locks = output.roots().into_iter().map(|root| OutputLock::acquire(root, &run_id, "test")).collect::<Result<Vec<_>>>()?;
        let staged = StagedOutput::begin(output, &locks)?;
        for number in 0..2 {
            let mut sink = staged.part(number, 2)?;
            lines.iter().filter(|(part, _)| *part == number).try_for_each(|(_, line)| sink.line(line))?;
            sink.finish()?;
        }
        staged.commit()
    }

    fn scene() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        (directory, root)
    }

    #[test]
    fn several_tables_come_from_one_job() {
        let (_directory, root) = scene();
        let tables = ["a", "b"].map(|name| (format!("{name}/"), root.join(&format!("{name}/dt=2014-01-01/"))));
        let output = JobOutput::Tables(tables.to_vec());
        write(&output, &[(0, b"a/\tx\\ty"), (1, b"a/\tz"), (1, b"b/\t1")]).unwrap();
        let read = |path: &str| read_to_string(&root.join(path)).unwrap();
        assert_eq!(read("a/dt=2014-01-01/part-00000"), "x\ty\n");
        assert_eq!(read("a/dt=2014-01-01/part-00001"), "z\n");
        assert_eq!((read("b/dt=2014-01-01/part-00000"), read("b/dt=2014-01-01/part-00001")), (String::new(), "1\n".to_owned()));
        read("b/dt=2014-01-01/_SUCCESS");
        let error = write(&output, &[(0, b"c/\tx")]).unwrap_err().to_string();
        assert!(error.contains("c/"), "{error}");
        assert_eq!(read("a/dt=2014-01-01/part-00001"), "z\n", "a failed job leaves the old result");
    }

    #[test]
    fn days_are_replaced_as_a_whole_and_empty_days_have_a_file() {
        let (_directory, root) = scene();
        let table = root.join("t/");
        write_bytes(&table.join("dt=2014-01-02/old"), b"old\n").unwrap();
        write_bytes(&table.join("dt=2013-12-31/other"), b"other\n").unwrap();
        let days = "2014-01-01-2014-01-03".parse().unwrap();
        let output = JobOutput::Days { root: table.clone(), days, file_stem: "rows_".to_owned(), marker: root.join("marker/") };
        write(&output, &[(1, b"dt=2014-01-01/rows_2014-01-01\tx")]).unwrap();
        let files: Vec<_> = crate::warehouse::selection::job_output_files(&table).unwrap();
        let files: Vec<_> = files.iter().map(|file| (file.location.relative_to(&table).unwrap(), file.size)).collect();
        assert_eq!(files, [("dt=2013-12-31/other", 6), ("dt=2014-01-01/rows_2014-01-01", 2), ("dt=2014-01-02/rows_2014-01-02", 0)]);
        read_to_string(&root.join("marker/_SUCCESS")).unwrap();
    }
}
