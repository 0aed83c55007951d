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

    /// The next bytes, without consuming them: `count`, or fewer at the end. Stores may hand out their first bytes one by one.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut first = self.stored.fill_buf()?.get(..count).unwrap_or_default().to_vec();
        if first.is_empty() {
            self.stored.by_ref().take(count as u64).read_to_end(&mut first)?;
            // What was read comes first again.
            let rest = std::mem::replace(&mut self.stored, BufReader::with_capacity(0, Box::new(io::empty())));
            let capacity = rest.capacity();
            self.stored = BufReader::with_capacity(capacity, Box::new(io::Cursor::new(first.clone()).chain(rest)));
        }
        Ok(first)
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
