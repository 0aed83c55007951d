//! The reduce side of the shuffle: the sorted runs of one partition merged into one stream of lines.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

use anyhow::Result;

use super::shuffle::{MemoryLines, Run};
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::record::prefix;

/// A part of a file that others read at the same time.
struct FilePart<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl Read for FilePart<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = into.len().min(left);
        let free = into.get_mut(..wanted).unwrap_or_default();
        let count = self.file.read_at(free, self.at)?;
        if count == 0 && wanted > 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

enum Lines<'r> {
    Memory(MemoryLines<'r>),
    File(Box<LineReader<FilePart<'r>>>),
}

struct Cursor<'r> {
    lines: Lines<'r>,
    current: Vec<u8>,
    key_length: usize,
}

impl Cursor<'_> {
    fn advance(&mut self, key_fields: usize) -> Result<bool> {
        let line = match &mut self.lines {
            Lines::Memory(lines) => lines.next_line()?,
            Lines::File(lines) => lines.next_line()?,
        };
        let Some(line) = line else { return Ok(false) };
        self.current.clear();
        self.current.extend_from_slice(line);
        self.key_length = prefix(line, key_fields).len();
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        self.current.get(..self.key_length).unwrap_or_default()
    }
}

/// Lines of all runs in key order.
pub struct Merge<'r> {
    /// Sorted by key, largest first, so that the next line is at the end.
    cursors: Vec<Cursor<'r>>,
    key_fields: usize,
    handed_out: bool,
}

impl<'r> Merge<'r> {
    /// Merges what `runs` hold of `partition`.
    pub fn new(runs: &'r [Run], partition: usize, key_fields: usize) -> Result<Self> {
        let mut merge = Self { cursors: Vec::new(), key_fields, handed_out: false };
        for run in runs {
            let lines = match run {
                Run::Memory(run) => Lines::Memory(MemoryLines::new(run, partition)),
                Run::Spilled { file, ends } => {
                    let at = partition.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
                    let end = ends.get(partition).copied().unwrap_or(at);
                    if at == end {
                        continue;
                    }
                    Lines::File(Box::new(LineReader::records(FilePart { file, at, end }, 32 * 1024)))
                }
            };
            let mut cursor = Cursor { lines, current: Vec::new(), key_length: 0 };
            if cursor.advance(key_fields)? {
                merge.insert(cursor);
            }
        }
        Ok(merge)
    }

    fn insert(&mut self, cursor: Cursor<'r>) {
        let place = self.cursors.partition_point(|other| other.key() > cursor.key());
        self.cursors.insert(place, cursor);
    }
}

impl LineSource for Merge<'_> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        if self.handed_out
            && let Some(mut cursor) = self.cursors.pop()
            && cursor.advance(self.key_fields)?
        {
            self.insert(cursor);
        }
        self.handed_out = true;
        Ok(self.cursors.last().map(|cursor| cursor.current.as_slice()))
    }
}
