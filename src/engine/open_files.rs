//! Thousands of files written by turns, few of them open at a time.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result};

use crate::storage::{PendingFile, concurrently_by};

/// The files of one reducer by their path in the rows. When too many are open, the one that waits longest for a row rests.
pub(crate) struct OpenFiles {
    most_open: usize,
    files: Vec<Box<dyn PendingFile>>,
    by_path: HashMap<Vec<u8>, usize>,
    /// Path and number of the file that was written last: rows of a file come in runs.
    last: Option<(Vec<u8>, usize)>,
    /// Numbers of the files that are open, the one that was written last at the end.
    open: VecDeque<usize>,
}

impl OpenFiles {
    /// Keeps up to `most_open` files open, at least one.
    pub(crate) fn new(most_open: usize) -> Self {
        Self { most_open: most_open.max(1), files: Vec::new(), by_path: HashMap::new(), last: None, open: VecDeque::new() }
    }

    /// Writes a row and its LF to the file of a path, which is made first if there is none.
    ///
    /// # Errors
    /// The file cannot be made, or the store does not take the row.
    pub(crate) fn row(&mut self, path: &[u8], row: &[u8], make: impl FnOnce(&[u8]) -> Result<Box<dyn PendingFile>>) -> Result<()> {
        let number = match &self.last {
            Some((last, number)) if last == path => *number,
            _ => {
                let known = self.by_path.get(path).copied();
                let number = known.map_or_else(|| self.add(path, make), Ok)?;
                self.last = Some((path.to_vec(), number));
                number
            }
        };
        self.wake(number)?;
        let file = self.files.get_mut(number).context("An output file has gone.")?;
        write_row(file.as_mut(), row)
    }

    /// Makes the file of a path before there is a row for it.
    ///
    /// # Errors
    /// The file cannot be made.
    pub(crate) fn add(&mut self, path: &[u8], make: impl FnOnce(&[u8]) -> Result<Box<dyn PendingFile>>) -> Result<usize> {
        self.make_room()?;
        let number = self.files.len();
        self.files.push(make(path)?);
        self.by_path.insert(path.to_vec(), number);
        self.open.push_back(number);
        Ok(number)
    }

    /// How many files there are, open or not.
    pub(crate) const fn count(&self) -> usize {
        self.files.len()
    }

    fn wake(&mut self, number: usize) -> Result<()> {
        if self.open.back() == Some(&number) {
            return Ok(());
        }
        match self.open.iter().position(|&open| open == number) {
            Some(place) => drop(self.open.remove(place)),
            None => self.make_room()?,
        }
        self.open.push_back(number);
        Ok(())
    }

    fn make_room(&mut self) -> Result<()> {
        while self.open.len() >= self.most_open
            && let Some(longest) = self.open.pop_front()
        {
            self.files.get_mut(longest).map_or(Ok(()), |file| file.rest())?;
        }
        Ok(())
    }

    /// Commits all files, some at a time.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn commit(mut self) -> Result<()> {
        let open = std::mem::take(&mut self.open);
        open.into_iter().try_for_each(|number| self.files.get_mut(number).map_or(Ok(()), |file| file.rest()))?;
        concurrently_by(self.most_open, self.files, PendingFile::commit).map(drop)
    }
}

/// Writes a row and its LF.
///
/// # Errors
/// The store does not take it.
pub(crate) fn write_row(file: &mut dyn PendingFile, row: &[u8]) -> Result<()> {
    file.write_all(row).and_then(|()| file.write_all(b"\n")).context("Writing the output failed.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Location, read_to_string, store_for};
    use std::fs;

    /// Descriptors of this process that lead below a directory.
    fn descriptors_below(directory: &std::path::Path) -> usize {
        let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|link| fs::read_link(link.unwrap().path()).ok());
        links.filter(|target| target.starts_with(directory)).count()
    }

    #[test]
    fn rows_of_many_files_come_by_turns() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        let make = |path: &[u8]| store_for(&root)?.create(&root.join(std::str::from_utf8(path)?));
        let mut files = OpenFiles::new(3);
        files.add(b"empty", make).unwrap();
        let mut expected = vec![String::new(); 50];
        for number in 0..1000 {
            // Neighbours, files that rest, and both ends of the queue.
            let file = [number % 50, number / 7 % 50, 0][number % 3];
            files.row(format!("file-{file}").as_bytes(), number.to_string().as_bytes(), make).unwrap();
            expected[file].extend([number.to_string(), "\n".to_owned()]);
            assert!(descriptors_below(directory.path()) <= 3);
        }
        assert!(descriptors_below(directory.path()) == 3, "the test sees the files");
        files.commit().unwrap();
        assert_eq!(read_to_string(&root.join("empty")).unwrap(), "");
        for (file, text) in expected.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            assert_eq!(&read_to_string(&root.join(&format!("file-{file}"))).unwrap(), text, "{file}");
        }
    }

    #[test]
    fn what_is_not_committed_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        let mut files = OpenFiles::new(1);
        for path in ["a", "b", "a"] {
            files.row(path.as_bytes(), b"row", |path| store_for(&root)?.create(&root.join(std::str::from_utf8(path)?))).unwrap();
        }
        drop(files);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
