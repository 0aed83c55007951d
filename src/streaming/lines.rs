//! Lines of a byte stream, borrowed from one large buffer.

use std::io::Read;

use anyhow::{Context, Result};
use memchr::{memchr, memchr_iter, memrchr};

use super::long_lines::{drop_long_lines, long_lines};

/// Small ones would have inflate copy its window more often.
const BUFFER: usize = 256 * 1024;

/// A longer line is not an event of any LMS but damage; it is skipped without being held in memory.
pub const LONGEST_LINE: usize = 32 * 1024 * 1024;

/// A source of lines, each without its line end and valid until the next call.
pub trait LineSource {
    /// The next line, or none at the end.
    fn next_line(&mut self) -> Result<Option<&[u8]>>;

    /// Passes over lines without handing them out: those before the byte that `find` points at in what it is shown, or all that it is
    /// shown. It is never shown less than whole lines, and nothing is read for it. Says over how many lines.
    fn pass_over(&mut self, _find: &dyn Fn(&[u8]) -> Option<usize>) -> u64 {
        0
    }
}

/// Splits a byte stream at LF. Bytes behind the last LF are a line too.
pub struct LineReader<R> {
    /// Longer lines are skipped.
    limit: usize,
    input: R,
    buffer: Vec<u8>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    finished: bool,
    too_long: u64,
    /// Where the line is that was handed out last.
    line: (usize, usize),
    /// Bytes of the stream before the buffer.
    before: u64,
}

impl<R: Read> LineReader<R> {
    /// Reads input of others from an unbuffered stream; lines beyond [`LONGEST_LINE`] are skipped and counted.
    pub fn new(input: R) -> Self {
        Self::reusing(input, Vec::new())
    }

    /// As [`Self::new`], with the buffer of one that has done its work, unless a long line has made it larger than others need.
    pub fn reusing(input: R, buffer: Vec<u8>) -> Self {
        let buffer = if buffer.len() == BUFFER { buffer } else { vec![0; BUFFER] };
        Self { limit: LONGEST_LINE, ..Self::with_buffer(input, buffer) }
    }

    /// The buffer, to be used for something else.
    pub fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// Reads records of our own, which may have any length, through a buffer of `bytes` at first.
    pub fn records(input: R, bytes: usize) -> Self {
        Self::with_buffer(input, vec![0; bytes.max(1)])
    }

    fn with_buffer(input: R, buffer: Vec<u8>) -> Self {
        Self { limit: usize::MAX, input, buffer, start: 0, end: 0, finished: false, too_long: 0, line: (0, 0), before: 0 }
    }

    /// Moves whole unread lines into an empty text: those that are there, and what is read until it has so many bytes; lines beyond the
    /// limit are skipped. Says how many lines; none at the end of the stream, before a line that is too long for it, and before a last
    /// one without an end.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn take_lines(&mut self, bytes: usize, text: &mut Vec<u8>) -> Result<u64> {
        text.extend_from_slice(self.buffer.get(self.start..self.end).unwrap_or_default());
        let taken_from = self.start;
        (self.start, self.end, self.line) = (0, 0, (0, 0));
        let mut filled = text.len();
        text.resize(bytes.max(filled), 0);
        while filled < text.len() && !self.finished {
            let read = read_some(&mut self.input, text.get_mut(filled..).unwrap_or_default())?;
            filled += read;
            self.finished = read == 0;
        }
        text.truncate(filled);
        let whole = memrchr(b'\n', text).map_or(0, |at| at + 1);
        self.before += (taken_from + whole) as u64;
        let rest = text.get(whole..).unwrap_or_default();
        if self.buffer.len() < rest.len() {
            self.buffer.resize(rest.len(), 0);
        }
        self.buffer.get_mut(..rest.len()).into_iter().for_each(|place| place.copy_from_slice(rest));
        self.end = rest.len();
        text.truncate(whole);
        self.too_long += drop_long_lines(text, self.limit);
        Ok(memchr_iter(b'\n', text).count() as u64)
    }

    /// The line that was handed out last; still there until the next one is asked for.
    pub fn line(&self) -> &[u8] {
        self.buffer.get(self.line.0..self.line.1).unwrap_or_default()
    }

    /// Where in the stream the line lies that was handed out last.
    pub(crate) fn line_offset(&self) -> u64 {
        self.before + self.line.0 as u64
    }

    /// The line that was handed out last, and the whole lines behind it that have been read already.
    pub(crate) fn lines_at_hand(&self) -> &[u8] {
        let text = self.buffer.get(self.line.0..self.end).unwrap_or_default();
        let whole = memrchr(b'\n', text).map_or(0, |at| at + 1);
        text.get(..whole.max(self.line.1 - self.line.0)).unwrap_or_default()
    }

    /// How many lines were skipped because they were longer than [`LONGEST_LINE`].
    pub const fn too_long(&self) -> u64 {
        self.too_long
    }

    /// Reads more behind the unread part; false at the end of the stream.
    fn fill(&mut self) -> Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.before += self.start as u64;
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = read_some(&mut self.input, self.buffer.get_mut(self.end..).unwrap_or_default())?;
        self.end += read;
        Ok(read > 0)
    }

    /// Drops input up to and including the next LF.
    fn skip_line(&mut self) -> Result<()> {
        self.too_long += 1;
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', unread) {
                self.start += at + 1;
                return Ok(());
            }
            self.before += self.end as u64;
            (self.start, self.end) = (0, 0);
            if !self.fill()? {
                self.finished = true;
                return Ok(());
            }
        }
    }

    fn find_line(&mut self) -> Result<Option<(usize, usize)>> {
        let mut searched = 0;
        loop {
            let unread = self.buffer.get(self.start + searched..self.end).unwrap_or_default();
            if let Some(at) = memchr(b'\n', unread) {
                let line = (self.start, self.start + searched + at);
                self.start = line.1 + 1;
                // How much was read at once must not decide.
                if searched + at > self.limit {
                    self.too_long += 1;
                    searched = 0;
                    continue;
                }
                return Ok(Some(line));
            }
            searched = self.end - self.start;
            if searched > self.limit {
                self.skip_line()?;
                searched = 0;
                continue;
            }
            if self.finished || !self.fill()? {
                self.finished = true;
                let line = (self.start, self.end);
                self.start = self.end;
                return Ok((line.0 < line.1).then_some(line));
            }
        }
    }
}

/// Reads what there is; 0 at the end of the stream.
fn read_some(input: &mut impl Read, into: &mut [u8]) -> Result<usize> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            read => return read.context("Reading the input failed."),
        }
    }
}

impl LineReader<std::io::Empty> {
    /// Reads lines that are in memory already.
    pub fn of_text(text: Vec<u8>) -> Self {
        Self { end: text.len(), buffer: text, finished: true, ..Self::records(std::io::empty(), 1) }
    }
}

impl<R: Read> LineSource for LineReader<R> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        let found = self.find_line()?;
        self.line = found.unwrap_or_default();
        Ok(found.map(|_| self.line()))
    }

    fn pass_over(&mut self, find: &dyn Fn(&[u8]) -> Option<usize>) -> u64 {
        let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
        let before = match find(unread) {
            Some(at) => unread.get(..at).unwrap_or_default(),
            None => unread,
        };
        let Some(last_end) = memrchr(b'\n', before) else { return 0 };
        let passed = before.get(..=last_end).unwrap_or_default();
        let lines = memchr_iter(b'\n', passed).count() as u64;
        let too_long = long_lines(passed, self.limit).count() as u64;
        self.start += passed.len();
        self.too_long += too_long;
        lines - too_long
    }
}

#[cfg(test)]
mod tests;
