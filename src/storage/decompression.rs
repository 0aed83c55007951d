//! Log files, inflated by their suffix or first bytes (rules 01, 1.2; 10, 2): concatenated members are one stream, damage is an error.
//!
//! A file that was cut off exactly between two members cannot be told from a whole one; everything else that is missing or
//! altered is an error that names the file and the offset.

mod ahead;
mod bits;
mod blocks_ahead;
mod bzip2_block;
mod bzip2_marks;
mod compressed_source;
mod member_reader;
mod members_ahead;
mod shared_reader;
mod stretch;

pub use stretch::{Inflaters, Stretch};

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use anyhow::Result;

use compressed_source::CompressedSource;
use member_reader::MemberReader;
use shared_reader::SharedReader;

use super::{Location, store_for};

/// Large buffers keep inflate busy: 8 KB ones cost a quarter of its speed.
const BUFFER_BYTES: usize = 64 * 1024;

/// How a log file is compressed. Hadoop decides by suffix, and so do we.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compression {
    /// `.gz`
    Gzip,
    /// `.bz2`
    Bzip2,
    /// `.zst`
    Zstandard,
    /// Any other suffix; the first bytes may still say otherwise.
    Plain,
}

impl Compression {
    /// Of how many first bytes [`Self::of_first_bytes`] can make sense.
    const TELLING_BYTES: usize = 10;

    /// The compression that a file's first bytes stand for, for names that tell nothing (rules 10, 2). No line of a log begins so.
    fn of_first_bytes(bytes: &[u8]) -> Self {
        match bytes {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            // A frame, or one that decoders skip.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstandard,
            // A block, or the end of a stream without one.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Self::Bzip2,
            _ => Self::Plain,
        }
    }

    /// The compression that a file's suffix stands for; suffixes are case-sensitive, as in Hadoop.
    pub fn of(location: &Location) -> Self {
        let path = location.path();
        let suffixes = [(".gz", Self::Gzip), (".bz2", Self::Bzip2), (".zst", Self::Zstandard)];
        suffixes.into_iter().find(|(suffix, _)| path.ends_with(suffix)).map_or(Self::Plain, |(_, compression)| compression)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstandard => "zstd",
            Self::Plain => "plain",
        })
    }
}

/// A log file could not be read to its end. Found inside the [`io::Error`] of a read ([`io::Error::get_ref`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DamagedLog {
    /// The file.
    pub location: Location,
    /// The offset in the compressed file at which reading stopped.
    pub offset: u64,
    /// How the file should have been compressed.
    pub compression: Compression,
    /// The kind of the underlying error; [`io::ErrorKind::UnexpectedEof`] for a file that is cut off.
    pub kind: io::ErrorKind,
    /// What the decompressor said.
    pub reason: String,
}

impl fmt::Display for DamagedLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { location, offset, compression, reason, .. } = self;
        match (self.kind, compression) {
            (_, Compression::Zstandard) if reason.starts_with(WINDOW_TOO_LARGE) => write!(
                formatter,
                "{location} cannot be read beyond compressed byte {offset}: its zstd data has a window of more than 128 MB, which is not unpacked. It may well be sound; pack it with a smaller window: zstd -d --long=31 FILE -c | zstd >NEW."
            ),
            (io::ErrorKind::UnexpectedEof, _) => write!(
                formatter,
                "{location} is cut off: its {compression} data ends too early, at byte {offset} ({reason}). Copy the file again, or move it away to go on without it."
            ),
            (kind, compression) if *compression == Compression::Plain || !is_of_decompressor(kind) => {
                write!(formatter, "{location} cannot be read beyond byte {offset}: {}.", reason.trim_end_matches('.'))
            }
            _ => write!(
                formatter,
                "{location} is not sound {compression} data: reading stopped at compressed byte {offset} ({reason}). Copy the file again, or move it away to go on without it."
            ),
        }
    }
}

impl std::error::Error for DamagedLog {}

impl DamagedLog {
    /// Whether the compressed data is damaged; else the store did not give all of it.
    pub(crate) fn is_of_data(&self) -> bool {
        self.compression != Compression::Plain && is_of_decompressor(self.kind)
    }
}

/// What zstd says of a window of more than 2^27 bytes, its own limit.
const WINDOW_TOO_LARGE: &str = "Frame requires too much memory";

/// Whether decompressors tell of damage by errors of this kind; the store has the others.
fn is_of_decompressor(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as E;
    matches!(kind, E::InvalidData | E::InvalidInput | E::UnexpectedEof | E::Other)
}

/// Opens a log file for reading in plain text, decompressed by its suffix, or without one of ours by its first bytes. Nothing is buffered behind the decompressor: read
/// large pieces.
///
/// Reads fail with an [`io::Error`] that holds a [`DamagedLog`]; what was read until then is sound but incomplete, so nothing of
/// the task may be committed.
///
/// # Errors
/// The file cannot be opened.
pub fn open_log(location: &Location) -> Result<Box<dyn Read + Send>> {
    open_log_counting(location, Arc::default())
}

/// How a log file is compressed, by its suffix or first bytes.
///
/// # Errors
/// The file cannot be read.
pub fn compression_of(location: &Location) -> Result<Compression> {
    let by_suffix = Compression::of(location);
    if by_suffix != Compression::Plain {
        return Ok(by_suffix);
    }
    let mut first = Vec::new();
    store_for(location)?.open(location)?.take(Compression::TELLING_BYTES as u64).read_to_end(&mut first)?;
    Ok(Compression::of_first_bytes(&first))
}

/// As [`open_log`]; adds the compressed bytes consumed to a counter, which many readers may share for one progress bar.
///
/// # Errors
/// The file cannot be opened.
pub fn open_log_counting(location: &Location, compressed_bytes: Arc<AtomicU64>) -> Result<Box<dyn Read + Send>> {
    let stored = store_for(location)?.open(location)?;
    Ok(Box::new(decompress(stored, location, compressed_bytes)))
}

/// As [`open_log_counting`]; other threads inflate stretches of the file ahead, where they have time and the file has members (gzip), blocks
/// (bzip2) or frames (zstd) that can be inflated by themselves. Text and errors are the same; in a bzip2 file the offset of damage may
/// differ by the few bytes that its decoder reads ahead.
///
/// # Errors
/// The file cannot be opened.
pub fn open_log_sharing<'a>(
    location: &Location,
    compressed_bytes: Arc<AtomicU64>,
    others: &'a dyn Inflaters,
) -> Result<Box<dyn Read + Send + 'a>> {
    let stored = store_for(location)?.open(location)?;
    let source = CompressedSource::new(stored, BUFFER_BYTES, compressed_bytes);
    Ok(Box::new(SharedReader::new(location.clone(), source, others)))
}

/// Decompresses bytes that come from elsewhere, as [`open_log_counting`] does for a file of that name.
pub fn decompress(stored: Box<dyn Read + Send>, location: &Location, compressed_bytes: Arc<AtomicU64>) -> impl Read + Send + use<> {
    let source = CompressedSource::new(stored, BUFFER_BYTES, compressed_bytes);
    MemberReader::new(location.clone(), source)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod shared_tests;
