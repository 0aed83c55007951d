//! The compressed bytes, with the offset that the decompressor has reached, and what was read ahead of it.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct CompressedSource {
    stored: Box<dyn Read + Send>,
    /// What was read lies from `start` to `end`; what was consumed, before.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// So much is read and handed out at a time, and so much is kept when nobody looks ahead.
    portion: usize,
    /// Nothing is left behind the buffer, or nothing that can be read.
    ended: bool,
    /// What stopped reading ahead: told when all before it is consumed.
    failure: Option<io::Error>,
    /// Bytes at the beginning of the buffer that are not of the file.
    foreign: usize,
    offset: u64,
    shared_count: Arc<AtomicU64>,
}

impl CompressedSource {
    pub(super) fn new(stored: Box<dyn Read + Send>, portion: usize, shared_count: Arc<AtomicU64>) -> Self {
        let buffer = vec![0; portion];
        Self { stored, buffer, start: 0, end: 0, portion, ended: false, failure: None, foreign: 0, offset: 0, shared_count }
    }

    /// Bytes that are in memory already.
    pub(super) fn of_bytes(bytes: Vec<u8>) -> Self {
        let (end, portion) = (bytes.len(), bytes.len().max(1));
        Self { buffer: bytes, end, portion, ended: true, ..Self::new(Box::new(io::empty()), 0, Arc::default()) }
    }

    /// Bytes of the file consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes, without consuming them: at least `count`, or all to the end. A failure to read them counts as the end, until
    /// the bytes before it are consumed.
    pub(super) fn look_ahead(&mut self, count: usize) -> &[u8] {
        // Whole portions, so that who reads on without looking ahead gets them as if nobody had.
        let count = count + self.to_end_of_portion(count);
        let unread = self.end - self.start;
        if unread < count && !self.ended && self.start + count > self.buffer.len() {
            if 2 * count > self.buffer.len() {
                // Twice as much, so that bytes are moved once.
                self.buffer.resize(2 * count, 0);
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, unread);
        }
        while self.end - self.start < count && !self.ended {
            if let Err(error) = self.read_up_to(self.start + count) {
                (self.failure, self.ended) = (Some(error), true);
            }
        }
        self.unread()
    }

    /// How many bytes lie between the one `ahead` of the next and the end of its portion of the file.
    fn to_end_of_portion(&self, ahead: usize) -> usize {
        let at = self.offset + ahead.saturating_sub(self.foreign) as u64;
        usize::try_from(at.next_multiple_of(self.portion as u64) - at).unwrap_or(0)
    }

    /// Whether nothing more can be read behind what is there.
    pub(super) fn is_all_read(&self) -> bool {
        self.ended
    }

    /// Puts bytes that are not of the file in the place of the next `replaced` ones. They count only as those.
    pub(super) fn put_before(&mut self, bytes: &[u8], replaced: usize) {
        let rest = self.unread().get(replaced..).unwrap_or_default();
        let buffer = [bytes, rest].concat();
        (self.start, self.end) = (0, buffer.len());
        self.foreign += bytes.len().saturating_sub(replaced);
        self.buffer = buffer;
    }

    /// Consumes bytes that were looked at.
    pub(super) fn skip(&mut self, bytes: u64) {
        self.consume(usize::try_from(bytes).unwrap_or(usize::MAX).min(self.unread().len()));
    }

    /// Skips zero bytes; says whether anything follows them.
    pub(super) fn skip_zeros(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            let more = zeros < buffer.len();
            self.consume(zeros);
            if more {
                return Ok(true);
            }
        }
    }

    /// What was read ahead and not consumed.
    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads once into the buffer, behind what is there and up to a place.
    fn read_up_to(&mut self, place: usize) -> io::Result<()> {
        loop {
            match self.stored.read(self.buffer.get_mut(self.end..place).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    self.end += read;
                    self.ended |= read == 0;
                    return Ok(());
                }
            }
        }
    }
}

impl Read for CompressedSource {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for CompressedSource {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            (self.start, self.end) = (0, 0);
            if !self.ended {
                if self.buffer.len() != self.portion {
                    self.buffer = vec![0; self.portion];
                }
                self.read_up_to(self.portion)?;
            }
        }
        // Decompressors get the same portions whether or not somebody has looked ahead: the offset that they have at damage depends on it.
        let most = self.foreign + 1 + self.to_end_of_portion(self.foreign + 1);
        let unread = self.unread();
        Ok(unread.get(..most).unwrap_or(unread))
    }

    fn consume(&mut self, amount: usize) {
        self.start = self.end.min(self.start + amount);
        let foreign = self.foreign.min(amount);
        self.foreign -= foreign;
        let of_file = (amount - foreign) as u64;
        self.offset += of_file;
        self.shared_count.fetch_add(of_file, Ordering::Relaxed);
    }
}
