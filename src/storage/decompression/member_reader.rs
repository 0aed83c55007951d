//! One stream out of all members (gzip), streams (bzip2) or frames (zstd) of a file.
use super::compressed_source::CompressedSource;
use super::{Compression, DamagedLog};
use crate::storage::Location;
use bzip2::bufread::BzDecoder;
#[allow(
    clippy::disallowed_types,
    reason = "the loop over the members is ours: MultiGzDecoder takes zero padding for damage and hides where a member ends"
)]
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

pub(super) struct MemberReader {
    location: Location,
    compression: Compression,
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
    pub(super) fn new(location: Location, source: CompressedSource) -> Self {
        Self { compression: Compression::of(&location), location, state: State::Boundary(source) }
    }

    /// Begins the next member, if there is one. An empty file is an empty stream; after a member, zeros pad the file.
    fn next_member(&mut self, mut source: CompressedSource) -> io::Result<State> {
        let first = source.offset() == 0;
        let more = if first { !source.fill_buf()?.is_empty() } else { source.skip_zeros()? };
        if !more {
            return Ok(State::Ended);
        }
        if first && self.compression == Compression::Plain {
            self.compression = Compression::of_first_bytes(&source.peek(Compression::TELLING_BYTES)?);
        }
        Ok(match self.compression {
            Compression::Plain => State::Plain(source),
            #[allow(clippy::disallowed_types, reason = "see the import")]
            Compression::Gzip => State::Gzip(Box::new(GzDecoder::new(source))),
            Compression::Bzip2 => State::Bzip2(BzDecoder::new(source)),
            Compression::Zstandard => State::Zstandard(Box::new(zstd::stream::read::Decoder::with_buffer(source)?.single_frame())),
        })
    }

    fn damaged(&mut self, offset: u64, error: &io::Error) -> io::Error {
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
            let read = match &mut self.state {
                State::Ended => return Ok(0),
                State::Damaged(damage) => return Err(io::Error::new(damage.kind, damage.clone())),
                State::Plain(source) => source.read(into),
                State::Gzip(decoder) => decoder.read(into),
                State::Bzip2(decoder) => decoder.read(into),
                State::Zstandard(decoder) => decoder.read(into),
                State::Boundary(_) => {
                    let offset = self.state.offset();
                    if let State::Boundary(source) = std::mem::replace(&mut self.state, State::Ended) {
                        match self.next_member(source) {
                            Ok(state) => self.state = state,
                            Err(error) => return Err(self.damaged(offset, &error)),
                        }
                    }
                    continue;
                }
            };
            match read {
                Ok(0) => {
                    self.state = std::mem::replace(&mut self.state, State::Ended).after_member();
                }
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    let offset = self.state.offset();
                    return Err(self.damaged(offset, &error));
                }
            }
        }
    }
}
