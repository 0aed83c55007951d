//! Reads a file of which other threads inflate some stretches ahead. What they inflate counts only where it is what the sequential reader
//! would have given; everything else, all errors among it, is left to that one.

use std::io::{self, Read};

use super::Compression;
use super::ahead::Ahead;
use super::blocks_ahead::{BlockStream, BlocksAhead, Next};
use super::compressed_source::CompressedSource;
use super::member_reader::MemberReader;
use super::members_ahead::MembersAhead;
use super::stretch::{Inflaters, Text};
use crate::storage::Location;

pub(super) struct SharedReader<'a> {
    location: Location,
    members: MemberReader,
    ahead: Ahead<'a>,
    members_ahead: MembersAhead,
    blocks_ahead: BlocksAhead,
    /// The bzip2 stream that is read block by block.
    stream: Option<BlockStream>,
    text: Text,
    /// How much of the text has been handed out.
    handed_out: usize,
}

impl<'a> SharedReader<'a> {
    pub(super) fn new(location: Location, source: CompressedSource, inflaters: &'a dyn Inflaters) -> Self {
        Self {
            members: MemberReader::new(location.clone(), source),
            location,
            ahead: Ahead::new(inflaters),
            members_ahead: MembersAhead::default(),
            blocks_ahead: BlocksAhead::default(),
            stream: None,
            text: Text::default(),
            handed_out: 0,
        }
    }

    /// Text that is inflated by stretches; none where the sequential reader goes on.
    fn next_text(&mut self) -> io::Result<Option<Text>> {
        loop {
            if self.stream.is_some() {
                if let Some(text) = self.next_block()? {
                    return Ok(Some(text));
                }
                if self.members.source().is_none() {
                    return Ok(None);
                }
            }
            let Some((compression, source)) = self.members.next_member()? else { return Ok(None) };
            match compression {
                Compression::Plain => {}
                Compression::Gzip | Compression::Zstandard => {
                    if let Some(text) = self.members_ahead.next(&mut self.ahead, &self.location, compression, source) {
                        return Ok(Some(text));
                    }
                }
                Compression::Bzip2 => {
                    self.stream = BlockStream::begin(source);
                    if self.stream.is_some() {
                        continue;
                    }
                }
            }
            self.members.begin_member()?;
            return Ok(None);
        }
    }

    /// The next block of the stream; none at its end, and where the sequential reader has taken over.
    fn next_block(&mut self) -> io::Result<Option<Text>> {
        let (Some(mut stream), Some((_, source))) = (self.stream.take(), self.members.source()) else { return Ok(None) };
        match stream.next(&mut self.blocks_ahead, &mut self.ahead, source) {
            Next::Block(text) => {
                self.stream = Some(stream);
                Ok(Some(text))
            }
            Next::End => Ok(None),
            Next::Other => {
                let offset = source.offset();
                let of_no_use = stream.into_whole(source).map_err(|error| self.members.damaged(offset, &error))?;
                self.members.begin_member()?;
                let mut text = vec![0; of_no_use];
                let mut left = text.as_mut_slice();
                while !left.is_empty() {
                    let read = self.members.read_member(left)?;
                    if read == 0 {
                        break;
                    }
                    left = left.get_mut(read..).unwrap_or_default();
                }
                Ok(None)
            }
        }
    }
}

impl Read for SharedReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let mut rest = self.text.room.get(self.handed_out..self.text.length).unwrap_or_default();
            if !rest.is_empty() {
                let read = rest.read(into)?;
                self.handed_out += read;
                return Ok(read);
            }
            if let Some(text) = self.next_text()? {
                self.ahead.emptied(std::mem::replace(&mut self.text, text));
                self.handed_out = 0;
                continue;
            }
            let read = self.members.read_member(into)?;
            if read > 0 || self.members.has_ended() {
                return Ok(read);
            }
        }
    }
}
