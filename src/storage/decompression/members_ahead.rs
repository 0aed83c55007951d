//! Whole members (gzip) or frames (zstd) that are cut off ahead of the reader. Where one may begin is looked for by its first bytes; whether
//! one does is known when inflating what lies before has ended exactly there.

use memchr::memmem;

use super::Compression;
use super::ahead::{Ahead, Place};
use super::compressed_source::CompressedSource;
use super::member_reader::MemberReader;
use super::stretch::Text;
use crate::storage::Location;

/// Small members go together, up to so many bytes.
const SHORTEST: usize = if cfg!(test) { 100 } else { 128 * 1024 };

/// Larger members are left to the reader, which inflates them as it reads.
const LONGEST: usize = if cfg!(test) { 3000 } else { 1024 * 1024 };

/// So many threads are busy with the lines that one of them inflates: with fewer, two that inflate by turns only get in each other's way.
const FED_BY_ONE: usize = if cfg!(test) { 1 } else { 3 };

/// So many bytes tell whether a member begins.
const TELLING: usize = 18;

/// Frames that need a window of more than 8 MB (2 to the power of this) are left to the reader.
const LARGEST_WINDOW: u32 = 23;

/// Where nothing can be cut off: no member begins within reach.
#[derive(Default)]
pub(super) struct MembersAhead {
    barren: Option<u64>,
}

impl MembersAhead {
    /// Text of whole members that begin where the source stands, if another thread has inflated them; the source is behind them then.
    /// Cuts off more for the others, if they have time.
    pub(super) fn next(
        &mut self,
        ahead: &mut Ahead<'_>,
        location: &Location,
        compression: Compression,
        source: &mut CompressedSource,
    ) -> Option<Text> {
        self.cut(ahead, location, compression, source);
        let here = source.offset();
        let (text, end) = ahead.take(Place { at: here, level: 0 })?;
        source.skip(end - here);
        Some(text)
    }

    fn cut(&mut self, ahead: &mut Ahead<'_>, location: &Location, compression: Compression, source: &mut CompressedSource) {
        // Who has begun with a member is done with it soon, and lines are more work.
        while ahead.threads() > FED_BY_ONE && ahead.wants_more(false) {
            let here = source.offset();
            // Where the reader stands it begins itself, before anybody else could.
            let is_readers = ahead.end().is_none_or(|end| end <= here);
            let from = ahead.end().unwrap_or(here).max(here);
            if self.barren.is_some_and(|barren| (barren..barren + SHORTEST as u64).contains(&from)) {
                return;
            }
            let skipped = usize::try_from(from - here).unwrap_or(usize::MAX);
            source.look_ahead(skipped + if is_readers { 2 * LONGEST } else { LONGEST } + TELLING);
            let stored = source.unread().get(skipped..).unwrap_or_default();
            let is_rest = source.is_all_read() && stored.len() <= LONGEST;
            let begin = if is_readers { cut_point(stored, compression) } else { Some(0) };
            let stored = begin.and_then(|begin| stored.get(begin..)).unwrap_or_default();
            let from = from + begin.unwrap_or(0) as u64;
            let length = cut_point(stored, compression).or_else(|| is_rest.then_some(stored.len())).unwrap_or(0);
            if length == 0 {
                self.barren = Some(from);
                return;
            }
            let members = stored.get(..length).unwrap_or_default().to_vec();
            let location = location.clone();
            let work = move |room| Text::of(&mut MemberReader::of_members(location, compression, members, LARGEST_WINDOW), room).ok();
            ahead.push(Place { at: from, level: 0 }, from + length as u64, length, work);
        }
    }
}

/// Where the next stretch may begin, behind one that begins with these bytes.
fn cut_point(stored: &[u8], compression: Compression) -> Option<usize> {
    let magic: &[u8] = match compression {
        Compression::Gzip => &[0x1f, 0x8b, 8],
        _ => &[0x28, 0xb5, 0x2f, 0xfd],
    };
    let from = match compression {
        Compression::Gzip => blocked_members(stored),
        _ => 0,
    };
    let from = from.max(SHORTEST);
    let searched = stored.get(from..).unwrap_or_default();
    let mut found = memmem::find_iter(searched, magic).map(|at| from + at).take_while(|at| *at <= LONGEST);
    found.find(|at| compression != Compression::Gzip || begins_member(stored.get(*at..).unwrap_or_default()))
}

/// Whether these bytes can be the beginning of a gzip member (RFC 1952): no reserved flags, and what programs write about speed and system.
fn begins_member(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, 0..=0x1f, _, _, _, _, 0 | 2 | 4, 0..=13 | 255, ..])
}

/// Over how many bytes members lie that tell their length, as those of BGZF do (the extra field `BC`), until there are enough.
fn blocked_members(stored: &[u8]) -> usize {
    let mut at = 0;
    while at < SHORTEST
        && let Some([0x1f, 0x8b, 8, 4, _, _, _, _, _, _, 6, 0, b'B', b'C', 2, 0, low, high, ..]) = stored.get(at..)
    {
        at += usize::from(u16::from_le_bytes([*low, *high])) + 1;
    }
    at
}
