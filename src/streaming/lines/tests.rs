//! Lines are the same however they are read, and none beyond the limit is handed out.

use proptest::prelude::*;

use super::*;

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
    fn passes_over_nothing_that_is_looked_for(
        input in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'x'), any::<u8>()], 0..2000),
        portion in 1usize..300,
    ) {
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
