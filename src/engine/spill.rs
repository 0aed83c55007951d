//! Spills: sorted records on disk. All spills of a job share one unnamed file, in which each has a place of its own, so that a job holds one
//! descriptor however much it spills.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};

/// Bytes that are written at a time.
const WRITTEN_AT_ONCE: usize = 64 * 1024;

/// Where a job spills to. The file is made when the first spill needs it, and is gone with the last spill in it.
#[derive(Debug)]
pub(crate) struct SpillPlace {
    directory: PathBuf,
    file: Mutex<Option<Arc<SpillFile>>>,
}

/// An unnamed file that several threads write at the same time.
#[derive(Debug)]
struct SpillFile {
    file: File,
    directory: PathBuf,
    /// Where the next spill begins.
    end: AtomicU64,
}

/// Sorted records on disk: lines with LF, partition after partition.
#[derive(Debug)]
pub(crate) struct Spill {
    file: Arc<SpillFile>,
    start: u64,
    /// End of each partition, counted from the start of the spill.
    ends: Vec<u64>,
}

impl SpillPlace {
    /// Below a directory.
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), file: Mutex::default() }
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
        let start = file.end.fetch_add(end, Ordering::Relaxed);
        Ok(Spill { file, start, ends })
    }

    /// No more spills come; the file is gone with the last of them.
    pub(crate) fn close(&self) {
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn file(&self) -> Result<Arc<SpillFile>> {
        let mut place = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &*place {
            return Ok(Arc::clone(file));
        }
        let directory = self.directory.clone();
        // A directory that was named by --temporary need not be there before anything is spilled.
        let file = fs::create_dir_all(&directory).and_then(|()| tempfile::tempfile_in(&directory));
        let file = file.map_err(|error| failed(error, &directory))?;
        Ok(Arc::clone(place.insert(Arc::new(SpillFile { file, directory, end: AtomicU64::new(0) }))))
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
        SpillWriter { file: &self.file, at: self.start + start, end: self.start + end, buffer: Vec::with_capacity(WRITTEN_AT_ONCE) }
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
        if !self.buffer.is_empty() && self.buffer.len() + line.len() >= WRITTEN_AT_ONCE {
            self.send()?;
        }
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        let end = self.at + self.buffer.len() as u64;
        ensure!(end <= self.end, "A spill is larger than the place that was reserved for it.");
        self.file.file.write_all_at(&self.buffer, self.at).map_err(|error| failed(error, &self.file.directory))?;
        self.at = end;
        self.buffer.clear();
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The disk does not take it, or the reserved place is not filled.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.send()?;
        ensure!(self.at == self.end, "A spill is smaller than the place that was reserved for it.");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spill: &Spill, partition: usize) -> String {
        let mut text = String::new();
        spill.reader(partition).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn runs_share_a_file_and_keep_apart() {
        let directory = tempfile::tempdir().unwrap();
        let place = SpillPlace::new(directory.path());
        let spills = [[2, 0, 3], [0, 4, 2]].map(|sizes| place.reserve(sizes.into_iter()).unwrap());
        let [mut first, mut second] = [spills[0].writer(0..3), spills[1].writer(0..3)];
        first.line(b"a").unwrap();
        second.line(b"xyz").unwrap();
        first.line(b"bc").unwrap();
        first.finish().unwrap();
        second.line(b"w").unwrap();
        second.finish().unwrap();
        assert_eq!([0, 1, 2].map(|partition| text(&spills[0], partition)), ["a\n", "", "bc\n"]);
        assert_eq!([0, 1, 2].map(|partition| text(&spills[1], partition)), ["", "xyz\n", "w\n"]);
        assert_eq!((spills[0].size(), spills[1].partition_size(1)), (5, 4));
        assert!(Arc::ptr_eq(&spills[0].file, &spills[1].file));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn a_partition_can_be_written_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let spill = SpillPlace::new(directory.path()).reserve([2, 100_001, 2].into_iter()).unwrap();
        let long = "y".repeat(100_000);
        for (partition, line) in [(2, "z"), (1, long.as_str()), (0, "x")] {
            let mut writer = spill.writer(partition..partition + 1);
            writer.line(line.as_bytes()).unwrap();
            writer.finish().unwrap();
        }
        assert_eq!([0, 1, 2].map(|partition| text(&spill, partition)), ["x\n".to_owned(), format!("{long}\n"), "z\n".to_owned()]);
    }

    #[test]
    fn reserved_place_is_filled_exactly() {
        let directory = tempfile::tempdir().unwrap();
        let spill = SpillPlace::new(directory.path()).reserve([3].into_iter()).unwrap();
        assert!(spill.writer(0..1).finish().unwrap_err().to_string().contains("smaller"));
        let mut writer = spill.writer(0..1);
        writer.line(b"too long").unwrap();
        assert!(writer.finish().unwrap_err().to_string().contains("larger"));
    }

    #[test]
    fn the_true_cause_is_told() {
        let place = SpillPlace::new(Path::new("/dev/null/at/all"));
        let error = crate::error_text::error_text(&place.reserve([1].into_iter()).unwrap_err());
        assert!(error.starts_with("Cannot spill records below /dev/null/at/all. Not a directory"), "{error}");
        assert!(!error.contains("full"), "{error}");
        let full = failed(io::Error::from_raw_os_error(28), Path::new("/tmp"));
        assert!(crate::error_text::error_text(&full).contains("The disk is full"), "{full:?}");
    }
}
