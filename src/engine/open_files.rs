//! Thousands of files written by turns, few of them open at a time.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result};

use crate::storage::write_failure::advice;
use crate::storage::{PendingFile, at_once_by};

/// The files of one reducer by their path in the rows. When too many are open, the one that waits longest for a row rests.
pub struct OpenFiles {
    most_open: usize,
    files: Vec<Box<dyn PendingFile>>,
    by_path: HashMap<Vec<u8>, usize>,
    /// Numbers of the files that are open, the one that was written last at the end.
    open: VecDeque<usize>,
}

impl OpenFiles {
    /// Keeps up to `most_open` files open, at least one.
    pub fn new(most_open: usize) -> Self {
        Self { most_open: most_open.max(1), files: Vec::new(), by_path: HashMap::new(), open: VecDeque::new() }
    }

    /// Writes a row and its LF to the file of a path, which is made first if there is none.
    ///
    /// # Errors
    /// The file cannot be made, or the store does not take the row.
    pub fn row(&mut self, path: &[u8], row: &[u8], make: impl FnOnce(&[u8]) -> Result<Box<dyn PendingFile>>) -> Result<()> {
        let number = match self.by_path.get(path) {
            Some(&number) => number,
            None => self.add(path, make)?,
        };
        self.wake(number)?;
        let file = self.files.get_mut(number).context("An output file has gone.")?;
        write_row(file.as_mut(), row)
    }

    /// Makes the file of a path before there is a row for it.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn add(&mut self, path: &[u8], make: impl FnOnce(&[u8]) -> Result<Box<dyn PendingFile>>) -> Result<usize> {
        self.make_room()?;
        let number = self.files.len();
        self.files.push(make(path)?);
        self.by_path.insert(path.to_vec(), number);
        self.open.push_back(number);
        Ok(number)
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
    pub fn commit(mut self) -> Result<()> {
        let open = std::mem::take(&mut self.open);
        open.into_iter().try_for_each(|number| self.files.get_mut(number).map_or(Ok(()), |file| file.rest()))?;
        at_once_by(self.most_open, self.files, PendingFile::commit).map(drop)
    }
}

/// Writes a row and its LF.
///
/// # Errors
/// The store does not take it; what can be done is told.
pub fn write_row(file: &mut dyn PendingFile, row: &[u8]) -> Result<()> {
    let written = file.write_all(row).and_then(|()| file.write_all(b"\n"));
    written.map_err(|error| {
        let advice = advice(&error);
        anyhow::Error::new(error).context(format!("Writing the output failed.{advice}"))
    })
}
