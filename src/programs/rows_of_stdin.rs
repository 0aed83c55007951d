//! Rows on standard input: their text is what tells one load of them from another.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write, copy, stdin};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// All of standard input, where it can be read once more.
pub(super) struct KeptInput {
    file: File,
    digest: Sha256,
}

impl KeptInput {
    /// Reads it to its end, into a file without a name in the directory for temporary ones.
    ///
    /// # Errors
    /// It cannot be read, or the file cannot be written.
    pub(super) fn read() -> Result<Self> {
        let what = || {
            format!(
                "A temporary file in {} cannot be written. Set TMPDIR, or name the load by --update-id.",
                std::env::temp_dir().display()
            )
        };
        let mut kept = Self { file: tempfile::tempfile().with_context(what)?, digest: Sha256::new() };
        copy(&mut stdin().lock(), &mut kept).with_context(what)?;
        kept.file.rewind().with_context(what)?;
        Ok(kept)
    }

    /// The SHA-256 of the text.
    pub(super) fn digest(&self) -> String {
        hex::encode(self.digest.clone().finalize())
    }
}

impl Write for KeptInput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for KeptInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// The rows of standard input: those that were kept, or as they come.
pub(super) fn rows_of_stdin(kept: Option<KeptInput>) -> Box<dyn BufRead> {
    match kept {
        Some(kept) => Box::new(BufReader::with_capacity(1 << 18, kept)),
        None => Box::new(BufReader::new(stdin())),
    }
}
