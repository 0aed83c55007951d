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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines_of(input: impl Read) -> (Vec<Vec<u8>>, u64) {
        let mut reader = LineReader::new(input);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push(line.to_vec());
        }
        (lines, reader.too_long())
    }

    /// The lines of a text.
    fn split(input: &[u8]) -> Vec<Vec<u8>> {
        let mut lines: Vec<_> = input.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        lines.pop_if(|line| line.is_empty());
        lines
    }

    /// Hands out its bytes in small portions.
    struct Portions<'b>(&'b [u8], usize);

    impl Read for Portions<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            let (now, later) = self.0.split_at(count);
            into[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    #[test]
    fn a_buffer_that_is_used_again_shows_nothing_of_what_it_held() {
        let long = format!("{}\nlast", "x".repeat(BUFFER));
        let mut buffer = Vec::new();
        for text in ["first\nsecond\n", "a\nb", "", &long, "c\n\n"] {
            let mut reader = LineReader::reusing(text.as_bytes(), buffer);
            let mut lines = Vec::new();
            while let Some(line) = reader.next_line().unwrap() {
                lines.push(String::from_utf8(line.to_vec()).unwrap());
            }
            assert_eq!(lines, text.split_terminator('\n').collect::<Vec<_>>());
            buffer = reader.into_buffer();
            assert_eq!(buffer.len() > BUFFER, text == long);
        }
    }

    #[test]
    fn keeps_empty_lines_and_an_unfinished_last_one() {
        assert_eq!(lines_of(&b""[..]).0, Vec::<Vec<u8>>::new());
        assert_eq!(lines_of(&b"\n\na"[..]).0, [&b""[..], b"", b"a"]);
        assert_eq!(lines_of(&b"a\n"[..]).0, [b"a"]);
    }

    #[test]
    fn skips_a_line_beyond_the_limit_without_holding_it() {
        let mut input = b"before\n".to_vec();
        input.extend(std::iter::repeat_n(b'x', 3 * LONGEST_LINE));
        input.extend(b"\nafter\n");
        let mut reader = LineReader::new(&input[..]);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push(line.to_vec());
        }
        assert_eq!(lines, [&b"before"[..], b"after"]);
        assert_eq!(reader.too_long(), 1);
        assert!(reader.buffer.len() <= 2 * LONGEST_LINE);
        input.truncate(input.len() - 7);
        assert_eq!(lines_of(&input[..]), (vec![b"before".to_vec()], 1));
    }

    #[test]
    fn a_line_is_too_long_whatever_is_read_at_once() {
        for over in [0, 1, LONGEST_LINE / 2] {
            let mut input = b"before\n".to_vec();
            input.resize(input.len() + LONGEST_LINE + over, b'x');
            input.extend(b"\nafter\n");
            for portion in [1 << 16, 1 << 20, usize::MAX] {
                let (lines, too_long) = lines_of(Portions(&input, portion));
                assert_eq!((lines.len(), too_long), if over == 0 { (3, 0) } else { (2, 1) }, "{over} {portion}");
            }
        }
    }

    #[test]
    fn passes_over_whole_lines_only() {
        let find = |text: &[u8]| memchr(b'x', text);
        let mut reader = LineReader::new(&b"a\nb\ncx\n\nd"[..]);
        assert_eq!(reader.pass_over(&find), 0, "nothing is read yet");
        assert_eq!(reader.next_line().unwrap(), Some(&b"a"[..]));
        assert_eq!(reader.pass_over(&find), 1);
        assert_eq!(reader.pass_over(&find), 0);
        assert_eq!(reader.next_line().unwrap(), Some(&b"cx"[..]));
        assert_eq!(reader.pass_over(&find), 1, "the last line may have no end yet");
        assert_eq!(reader.next_line().unwrap(), Some(&b"d"[..]));
        assert_eq!(reader.pass_over(&find), 0);
        assert_eq!(reader.next_line().unwrap(), None);
    }

    proptest! {
        #[test]
        fn passes_over_nothing_that_is_looked_for(input in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'x'), any::<u8>()], 0..2000), portion in 1usize..300) {
            let mut reader = LineReader::new(Portions(&input, portion));
            let (mut lines, mut seen) = (0, Vec::new());
            loop {
                lines += reader.pass_over(&|text| memchr(b'x', text));
                let Some(line) = reader.next_line().unwrap() else { break };
                lines += 1;
                seen.push(line.to_vec());
            }
            seen.retain(|line| line.contains(&b'x'));
            let mut expected = split(&input);
            prop_assert_eq!(lines, expected.len() as u64);
            expected.retain(|line| line.contains(&b'x'));
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn lines_are_the_same_when_some_are_taken(
            input in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..2000),
            portion in 1_usize..300,
            turns in prop::collection::vec(prop::option::of(1_usize..500), 1..30),
        ) {
            let mut reader = LineReader::records(Portions(&input, portion), 7);
            let mut lines: Vec<Vec<u8>> = Vec::new();
            for turn in turns.iter().cycle() {
                if let Some(bytes) = turn {
                    let mut text = Vec::new();
                    let count = reader.take_lines(*bytes, &mut text).unwrap();
                    let mut taken = LineReader::of_text(text);
                    let before = lines.len();
                    while let Some(line) = taken.next_line().unwrap() { lines.push(line.to_vec()); }
                    prop_assert_eq!((lines.len() - before) as u64, count);
                }
                let Some(line) = reader.next_line().unwrap() else { break };
                lines.push(line.to_vec());
            }
            prop_assert_eq!(lines, split(&input));
        }

        #[test]
        fn the_same_lines_are_too_long_however_they_are_read(
            input in prop::collection::vec(prop_oneof![1 => Just(b'\n'), 1 => Just(b'x'), 6 => any::<u8>()], 0..2000),
            (limit, buffer, portion) in (0_usize..20, 1_usize..100, 1_usize..300),
            turns in prop::collection::vec(prop::option::of((1_usize..500, any::<bool>())), 1..30),
        ) {
            let mut reader = LineReader { limit, ..LineReader::records(Portions(&input, portion), buffer) };
            let (mut lines, mut passed): (Vec<Vec<u8>>, u64) = (Vec::new(), 0);
            for turn in turns.iter().cycle() {
                match turn {
                    Some((bytes, true)) => {
                        let mut text = Vec::new();
                        let count = reader.take_lines(*bytes, &mut text).unwrap();
                        prop_assert_eq!(count, memchr_iter(b'\n', &text).count() as u64);
                        lines.extend(text.split_inclusive(|&byte| byte == b'\n').map(|line| line[..line.len() - 1].to_vec()));
                    }
                    Some((_, false)) => passed += reader.pass_over(&|text| memchr(b'x', text)),
                    None => {}
                }
                let Some(line) = reader.next_line().unwrap() else { break };
                lines.push(line.to_vec());
            }
            let mut expected = split(&input);
            let all = expected.len();
            expected.retain(|line| line.len() <= limit);
            prop_assert_eq!(reader.too_long(), (all - expected.len()) as u64);
            prop_assert_eq!(lines.len() as u64 + passed, expected.len() as u64);
            for kept in [&mut lines, &mut expected] { kept.retain(|line| line.contains(&b'x')); }
            prop_assert_eq!(lines, expected);
        }

        #[test]
        fn agrees_with_split(input in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..2000), portion in 1usize..300) {
            prop_assert_eq!(lines_of(Portions(&input, portion)).0, split(&input));
        }
    }
}
