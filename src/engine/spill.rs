//! Spills: sorted records on disk. The spills of a job share few unnamed files, mostly one, in which each has a place of its own: a job holds
//! one descriptor, and a scan some more, however much is spilled. The system lets one write to a file at a time, so what is spilled while
//! another worker writes goes to another file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

/// What is written at a time ends at multiples of so many bytes: the system takes longer for what begins within a page.
const WRITTEN_AT_ONCE: u64 = 64 * 1024;

/// Where a job spills to. A file is made when the first spill needs it, and is gone with the last spill in it.
#[derive(Debug)]
pub(crate) struct SpillPlace {
    directory: PathBuf,
    files: Mutex<Vec<Arc<SpillFile>>>,
    more: Arc<MoreFiles>,
}

/// How many files the jobs of a scan may still make, beside one for each.
#[derive(Debug, Default)]
pub(crate) struct MoreFiles(AtomicUsize);

/// An unnamed file that several threads write at the same time.
#[derive(Debug)]
struct SpillFile {
    file: File,
    directory: PathBuf,
    /// Where the next spill begins.
    end: AtomicU64,
    /// How many writers there are.
    writers: AtomicUsize,
}

/// Sorted records on disk: lines with LF, partition after partition.
#[derive(Debug)]
pub(crate) struct Spill {
    file: Arc<SpillFile>,
    start: u64,
    /// End of each partition, counted from the start of the spill.
    ends: Vec<u64>,
}

impl MoreFiles {
    /// So many.
    pub(crate) fn new(files: usize) -> Arc<Self> {
        Arc::new(Self(files.into()))
    }

    fn take(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

impl SpillPlace {
    /// Below a directory, in one file.
    pub(crate) fn new(directory: &Path) -> Self {
        Self::sharing(directory, &Arc::default())
    }

    /// Below a directory, in one file and some of those that several jobs may have beside.
    pub(crate) fn sharing(directory: &Path, more: &Arc<MoreFiles>) -> Self {
        Self { directory: directory.to_owned(), files: Mutex::default(), more: Arc::clone(more) }
    }

    /// A place for a spill whose partitions take so many bytes, LF of the lines included. The bytes are written with
    /// [`Spill::writer`].
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn reserve(&self, sizes: impl Iterator<Item = u64>) -> Result<Spill> {
        let mut end = 0;
        let ends: Vec<_> = sizes
            .map(|size| -> u64 {
                end += size;
                end
            })
            .collect();
        let file = self.file()?;
        let start = file.end.fetch_add(end.next_multiple_of(WRITTEN_AT_ONCE), Ordering::Relaxed);
        Ok(Spill { file, start, ends })
    }

    /// No more spills come; the files are gone with the last of them.
    pub(crate) fn close(&self) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// One that nobody writes to, if there is one or may be one more; else the one with the fewest writers.
    fn file(&self) -> Result<Arc<SpillFile>> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let writers = |file: &Arc<SpillFile>| file.writers.load(Ordering::Relaxed);
        let least_busy = files.iter().map(|file| (writers(file), file)).min_by_key(|(writers, _)| *writers);
        if let Some((writers, file)) = least_busy
            && (writers == 0 || !self.more.take())
        {
            return Ok(Arc::clone(file));
        }
        let known = least_busy.map(|(_, file)| Arc::clone(file));
        match (self.make_file(), known) {
            (Ok(file), _) => {
                let file = Arc::new(file);
                files.push(Arc::clone(&file));
                Ok(file)
            }
            // One file does; a process may have no descriptor left for another.
            (Err(_), Some(file)) => Ok(file),
            (Err(error), None) => Err(error),
        }
    }

    fn make_file(&self) -> Result<SpillFile> {
        let directory = self.directory.clone();
        // A directory that was named by --temporary need not be there before anything is spilled.
        let file = fs::create_dir_all(&directory).and_then(|()| tempfile::tempfile_in(&directory));
        let file = file.map_err(|error| failed(error, &directory))?;
        Ok(SpillFile { file, directory, end: AtomicU64::new(0), writers: AtomicUsize::new(0) })
    }
}

fn failed(error: io::Error, directory: &Path) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("Cannot spill records below {}.", directory.display()))
}

impl Spill {
    /// Bytes in all partitions.
    pub(crate) fn size(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Where a partition lies in the spill.
    fn range(&self, partition: usize) -> (u64, u64) {
        let start = partition.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        (start, self.ends.get(partition).copied().unwrap_or(start))
    }

    /// Bytes in one partition.
    pub(crate) fn partition_size(&self, partition: usize) -> u64 {
        let (start, end) = self.range(partition);
        end - start
    }

    /// Reads one partition, unbuffered.
    pub(crate) fn reader(&self, partition: usize) -> PartitionReader<'_> {
        let (start, end) = self.range(partition);
        PartitionReader { file: &self.file.file, at: self.start + start, end: self.start + end }
    }

    /// Writes some partitions, one after the other.
    pub(crate) fn writer(&self, partitions: std::ops::Range<usize>) -> SpillWriter<'_> {
        let (start, _) = self.range(partitions.start);
        let end = partitions.last().map_or(start, |last| self.range(last).1);
        self.file.writers.fetch_add(1, Ordering::Relaxed);
        SpillWriter { file: &self.file, at: self.start + start, end: self.start + end, buffer: Vec::new() }
    }
}

/// A part of a file that others read at the same time.
pub(crate) struct PartitionReader<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl Read for PartitionReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        let free = into.get_mut(..wanted).unwrap_or_default();
        let count = self.file.read_at(free, self.at)?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

/// Fills reserved place.
pub(crate) struct SpillWriter<'f> {
    file: &'f SpillFile,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
}

impl SpillWriter<'_> {
    /// Writes a line and its LF.
    ///
    /// # Errors
    /// The disk does not take it; the cause is told.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<()> {
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        let end = self.at + self.buffer.len() as u64;
        let whole = end - end % WRITTEN_AT_ONCE;
        if whole > self.at { self.send_to(whole) } else { Ok(()) }
    }

    /// Writes up to a place in the file.
    fn send_to(&mut self, end: u64) -> Result<()> {
        ensure!(end <= self.end, "A spill is larger than the place that was reserved for it.");
        let count = usize::try_from(end - self.at).context("A spill cannot be written at once.")?;
        let bytes = self.buffer.get(..count).context("A spill is shorter than what is to be written.")?;
        self.file.file.write_all_at(bytes, self.at).map_err(|error| failed(error, &self.file.directory))?;
        self.at = end;
        self.buffer.drain(..count);
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The disk does not take it, or the reserved place is not filled.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.send_to(self.at + self.buffer.len() as u64)?;
        ensure!(self.at == self.end, "A spill is smaller than the place that was reserved for it.");
        Ok(())
    }
}

impl Drop for SpillWriter<'_> {
    fn drop(&mut self) {
        self.file.writers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
