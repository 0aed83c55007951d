//! The compressed bytes, with the offset that the decompressor has reached.
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct CompressedSource {
    stored: BufReader<Box<dyn Read + Send>>,
    offset: u64,
    shared_count: Arc<AtomicU64>,
}

impl CompressedSource {
    pub(super) fn new(stored: Box<dyn Read + Send>, buffer_bytes: usize, shared_count: Arc<AtomicU64>) -> Self {
        Self { stored: BufReader::with_capacity(buffer_bytes, stored), offset: 0, shared_count }
    }

    /// Bytes consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.offset
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
        self.stored.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.stored.consume(amount);
        self.offset += amount as u64;
        self.shared_count.fetch_add(amount as u64, Ordering::Relaxed);
    }
}
