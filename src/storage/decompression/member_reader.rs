//! One stream out of all members (gzip), streams (bzip2) or frames (zstd) of a file.

use std::io::{self, BufRead, Read};

use bzip2::bufread::BzDecoder;
#[allow(
    clippy::disallowed_types,
    reason = "the loop over the members is ours: MultiGzDecoder takes zero padding for damage and hides where a member ends"
)]
use flate2::bufread::GzDecoder;

use super::compressed_source::CompressedSource;
use super::{Compression, DamagedLog};
use crate::storage::Location;

pub(super) struct MemberReader {
    location: Location,
    compression: Compression,
    /// Frames that need a larger window (2 to the power of this) are refused; without one, what the library refuses.
    largest_window: Option<u32>,
    state: State,
}

enum State {
    /// Before the first member, or after one.
    Boundary(CompressedSource),
    Plain(CompressedSource),
    #[allow(clippy::disallowed_types, reason = "see the import")]
    Gzip(Box<GzDecoder<CompressedSource>>),
    Bzip2(BzDecoder<CompressedSource>),
    Zstandard(Box<zstd::stream::read::Decoder<'static, CompressedSource>>),
    Ended,
    /// Reading on after damage must not look like the end of the file.
    Damaged(DamagedLog),
}

impl MemberReader {
    /// Reads a file, decompressed by its suffix or first bytes.
    pub(super) fn new(location: Location, source: CompressedSource) -> Self {
        Self { compression: Compression::of(&location), location, largest_window: None, state: State::Boundary(source) }
    }

    /// Reads whole members, within bounds of memory.
    pub(super) fn of_members(location: Location, compression: Compression, members: Vec<u8>, largest_window: u32) -> Self {
        let state = State::Boundary(CompressedSource::of_bytes(members));
        Self { location, compression, largest_window: Some(largest_window), state }
    }

    /// Where it stands before a member, what that is compressed with, and the source; nothing within a member and at the end. An empty
    /// file is an empty stream; after a member, zeros pad the file.
    pub(super) fn next_member(&mut self) -> io::Result<Option<(Compression, &mut CompressedSource)>> {
        let offset = self.state.offset();
        let State::Boundary(source) = &mut self.state else { return Ok(None) };
        let first = offset == 0;
        let more = if first { source.fill_buf().map(|bytes| !bytes.is_empty()) } else { source.skip_zeros() };
        match more {
            Err(error) => return Err(self.damaged(offset, &error)),
            Ok(false) => self.state = State::Ended,
            Ok(true) if first && self.compression == Compression::Plain => {
                self.compression = Compression::of_first_bytes(source.look_ahead(Compression::TELLING_BYTES));
            }
            Ok(true) if !first && self.compression == Compression::Gzip && !begins_gzip(source.look_ahead(2)) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, "behind its last whole member stands something else");
                let offset = source.offset();
                return Err(self.damaged(offset, &error));
            }
            Ok(true) => {}
        }
        Ok(self.source().map(|source| (source.0, source.1)))
    }

    /// The source where it stands before a member, and what that is compressed with.
    pub(super) fn source(&mut self) -> Option<(Compression, &mut CompressedSource)> {
        match &mut self.state {
            State::Boundary(source) => Some((self.compression, source)),
            _ => None,
        }
    }

    /// Begins the member before which it stands.
    pub(super) fn begin_member(&mut self) -> io::Result<()> {
        let offset = self.state.offset();
        let began = match std::mem::replace(&mut self.state, State::Ended) {
            State::Boundary(source) => self.decoder(source),
            other => Ok(other),
        };
        self.state = began.map_err(|error| self.damaged(offset, &error))?;
        Ok(())
    }

    fn decoder(&self, source: CompressedSource) -> io::Result<State> {
        Ok(match self.compression {
            Compression::Plain => State::Plain(source),
            #[allow(clippy::disallowed_types, reason = "see the import")]
            Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(source))),
            Compression::Bzip2 => State::Bzip2(BzDecoder::new(source)),
            Compression::Zstandard => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(source)?.single_frame();
                if let Some(largest) = self.largest_window {
                    decoder.window_log_max(largest)?;
                }
                State::Zstandard(Box::new(decoder))
            }
        })
    }

    /// Reads of the member that was begun; nothing at its end, behind which it stands then, and where none was begun.
    pub(super) fn read_member(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.state {
            State::Ended | State::Boundary(_) => return Ok(0),
            State::Damaged(damage) => return Err(io::Error::new(damage.kind, damage.clone())),
            State::Plain(source) => source.read(into),
            State::Gzip(decoder) => decoder.read(into),
            State::Bzip2(decoder) => decoder.read(into),
            State::Zstandard(decoder) => decoder.read(into),
        };
        match read {
            Ok(0) => {
                self.state = std::mem::replace(&mut self.state, State::Ended).after_member();
                Ok(0)
            }
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let offset = self.state.offset();
                Err(self.damaged(offset, &error))
            }
            read => read,
        }
    }

    /// Whether all members have been read.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Nothing can be read from here on; the error says why.
    pub(super) fn damaged(&mut self, offset: u64, error: &io::Error) -> io::Error {
        let damage = DamagedLog {
            location: self.location.clone(),
            offset,
            compression: self.compression,
            kind: if error.to_string() == "incomplete frame" { io::ErrorKind::UnexpectedEof } else { error.kind() },
            reason: error.to_string(),
        };
        self.state = State::Damaged(damage.clone());
        io::Error::new(damage.kind, damage)
    }
}

/// Whether a member of gzip begins here, which may be cut off behind its first byte.
fn begins_gzip(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, ..] | [0x1f])
}

impl State {
    fn offset(&self) -> u64 {
        match self {
            Self::Boundary(source) | Self::Plain(source) => source.offset(),
            Self::Gzip(decoder) => decoder.get_ref().offset(),
            Self::Bzip2(decoder) => decoder.get_ref().offset(),
            Self::Zstandard(decoder) => decoder.get_ref().offset(),
            Self::Damaged(damage) => damage.offset,
            Self::Ended => 0,
        }
    }

    /// What follows when a decoder says that its member is over.
    fn after_member(self) -> Self {
        match self {
            Self::Gzip(decoder) => Self::Boundary(decoder.into_inner()),
            Self::Bzip2(decoder) => Self::Boundary(decoder.into_inner()),
            Self::Zstandard(decoder) => Self::Boundary(decoder.finish()),
            Self::Plain(_) => Self::Ended,
            other => other,
        }
    }
}

impl Read for MemberReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if self.next_member()?.is_some() {
                self.begin_member()?;
            }
            let read = self.read_member(into)?;
            if read > 0 || self.has_ended() {
                return Ok(read);
            }
        }
    }
}
