//! Whatever other threads inflate ahead, the reader gives what the sequential one gives: text, error, and what came before it.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use proptest::prelude::*;

use super::ahead::Ahead;
use super::blocks_ahead::{BlockStream, BlocksAhead, Next};
use super::*;

/// Who helps the reader.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Help {
    /// Stretches are cut off, and nobody takes them.
    None,
    /// All stretches are inflated as soon as they are cut off.
    AtOnce,
    /// So many threads do nothing else.
    Threads(usize),
}

const HELPS: [Help; 5] = [Help::None, Help::AtOnce, Help::Threads(1), Help::Threads(2), Help::Threads(4)];

struct Crew {
    help: Help,
    /// Stretches that wait, and whether no more will come.
    waiting: Mutex<(VecDeque<Arc<Stretch>>, bool)>,
    changed: Condvar,
    inflated: AtomicUsize,
}

impl Inflaters for Crew {
    fn threads(&self) -> usize {
        match self.help {
            Help::None | Help::AtOnce => 3,
            Help::Threads(others) => others + 1,
        }
    }

    fn wants_stretch(&self) -> bool {
        // As workers of a scan do: with what has been offered somebody will begin at once.
        !matches!(self.help, Help::Threads(_)) || self.waiting.lock().unwrap().0.is_empty()
    }

    fn offer_stretch(&self, stretch: Arc<Stretch>) {
        if self.help == Help::AtOnce {
            stretch.inflate();
            self.inflated.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.waiting.lock().unwrap().0.push_back(stretch);
        self.changed.notify_one();
    }
}

impl Crew {
    fn work(&self) {
        loop {
            let waiting = self.waiting.lock().unwrap();
            let mut waiting = self.changed.wait_while(waiting, |(stretches, ended)| stretches.is_empty() && !*ended).unwrap();
            let Some(stretch) = waiting.0.pop_front() else { return };
            drop(waiting);
            stretch.inflate();
        }
    }

    /// What `work` gives while the others help.
    fn helping<T>(&self, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            let others = if let Help::Threads(others) = self.help { others } else { 0 };
            (0..others).for_each(|_| _ = scope.spawn(|| self.work()));
            let result = work();
            self.waiting.lock().unwrap().1 = true;
            self.changed.notify_all();
            result
        })
    }
}

/// Text, and how it ended.
type Outcome = (Vec<u8>, Option<DamagedLog>);

fn outcome(mut reader: impl Read, portion: usize) -> Outcome {
    let (mut text, mut portion) = (Vec::new(), vec![0; portion]);
    loop {
        match reader.read(&mut portion) {
            Ok(0) => return (text, None),
            Ok(read) => text.extend(&portion[..read]),
            Err(error) => return (text, Some(error.into_inner().unwrap().downcast_ref::<DamagedLog>().unwrap().clone())),
        }
    }
}

fn source(stored: &[u8], count: &Arc<AtomicU64>) -> CompressedSource {
    CompressedSource::new(Box::new(io::Cursor::new(stored.to_vec())), 1000, Arc::clone(count))
}

fn sequential(name: &str, stored: &[u8], portion: usize) -> Outcome {
    outcome(MemberReader::new(name.parse().unwrap(), source(stored, &Arc::default())), portion)
}

/// What the shared reader gives, and how many stretches others have inflated.
fn shared(name: &str, stored: &[u8], portion: usize, help: Help) -> (Outcome, usize) {
    let crew = Crew { help, waiting: Mutex::default(), changed: Condvar::new(), inflated: AtomicUsize::new(0) };
    let count = Arc::default();
    let found = crew.helping(|| outcome(SharedReader::new(name.parse().unwrap(), source(stored, &count), &crew), portion));
    if found.1.is_none() {
        assert_eq!(count.load(Ordering::Relaxed), stored.len() as u64, "all is counted");
    }
    (found, crew.inflated.load(Ordering::Relaxed))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A member as BGZF has it, which tells its length.
fn blocked_gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::GzBuilder::new().extra(vec![b'B', b'C', 2, 0, 0, 0]).write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    let mut member = encoder.finish().unwrap();
    let length = u16::try_from(member.len() - 1).unwrap().to_le_bytes();
    member[16..18].copy_from_slice(&length);
    member
}

fn zstandard(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// One stream with a block for each text; of a level that depends on their number.
fn bzip2_of<'t>(texts: impl IntoIterator<Item = &'t [u8], IntoIter: ExactSizeIterator>) -> Vec<u8> {
    let texts = texts.into_iter();
    let level = u32::try_from(texts.len() % 3).unwrap() + 1;
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(level));
    for text in texts {
        encoder.write_all(text).unwrap();
        encoder.flush().unwrap();
    }
    encoder.finish().unwrap()
}

/// Forms of which each has many stretches.
const FORMS: [&str; 7] = ["members.gz", "blocked.gz", "frames.zst", "skippable.zst", "blocks.bz2", "streams.bz2", "unnamed"];

fn stored(form: &str, texts: &[Vec<u8>]) -> Vec<u8> {
    let each = |compress: fn(&[u8]) -> Vec<u8>| texts.iter().flat_map(|text| compress(text)).collect();
    match form {
        "members.gz" => each(gzip),
        "blocked.gz" => each(blocked_gzip),
        "frames.zst" => each(zstandard),
        "skippable.zst" => each(|text| [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstandard(text)].concat()),
        "streams.bz2" => texts.chunks(3).flat_map(|texts| bzip2_of(texts.iter().map(Vec::as_slice))).collect(),
        _ => bzip2_of(texts.iter().map(Vec::as_slice)),
    }
}

/// A text that does not compress too well.
fn text_of(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 59
    };
    (0..length).map(|_| b'a' + next().to_le_bytes()[0]).collect()
}

#[test]
fn others_inflate_most_of_a_file_ahead() {
    let texts: Vec<Vec<u8>> = (0..60).map(|number| text_of(number, 500 + usize::try_from(number).unwrap() * 7)).collect();
    for form in FORMS {
        let stored = stored(form, &texts);
        for help in HELPS {
            let ((text, damage), inflated) = shared(form, &stored, 700, help);
            assert!(text == texts.concat() && damage.is_none(), "{form}: {damage:?}");
            // Small members go together.
            assert!(help != Help::AtOnce || inflated >= 50, "{form}: {inflated}");
        }
    }
}

/// A text of the bytes whose presence is written into a block as a mark at each of the given rows of the table of bytes in use.
fn text_with(mark: u64, rows: &[u8]) -> Vec<u8> {
    let used = |row: &u8| {
        (0..48_u8).filter(move |bit| mark >> (47 - bit) & 1 == 1).map({
            let row = *row;
            move |bit| row * 16 + bit
        })
    };
    let used: Vec<u8> = rows.iter().flat_map(used).collect();
    (0..2000).map(|at| used[at * at % 2003 % used.len()]).chain(used.iter().copied()).collect()
}

#[test]
fn marks_within_blocks_are_told_from_blocks() {
    for mark in [bzip2_marks::BLOCK, bzip2_marks::END] {
        // One, two, and more than are tried.
        for rows in [&[4][..], &[1, 9], &[0, 3, 6, 9, 12]] {
            let text = text_with(mark, rows);
            let plain = text_of(1, 900);
            let stored = bzip2_of([&plain[..], &text, &plain, &text, &text, &plain]);
            let mut marks = Vec::new();
            bzip2_marks::marks(&stored, 0, stored.len(), 0, &mut marks);
            assert_eq!(marks.len(), 7 + 3 * rows.len(), "marks are planted");
            let stored = [&stored[..], &bzip2_of([&plain[..]])].concat();
            let expected = [&plain[..], &text, &plain, &text, &text, &plain, &plain].concat();
            for help in HELPS {
                let ((found, damage), _) = shared("log.bz2", &stored, 333, help);
                assert!(found == expected && damage.is_none(), "{mark:x} {rows:?} {help:?}: {} {damage:?}", found.len());
            }
        }
    }
}

/// How many blocks of the first stream are inflated by themselves, and whether that goes on to its end.
fn blocks_of(stored: &[u8]) -> (usize, bool) {
    let crew = Crew { help: Help::None, waiting: Mutex::default(), changed: Condvar::new(), inflated: AtomicUsize::new(0) };
    let (mut blocks, mut ahead, mut source) = (BlocksAhead::default(), Ahead::new(&crew), source(stored, &Arc::default()));
    let mut stream = BlockStream::begin(&mut source).unwrap();
    let mut number = 0;
    loop {
        match stream.next(&mut blocks, &mut ahead, &mut source) {
            Next::Block(_) => number += 1,
            end => return (number, matches!(end, Next::End)),
        }
    }
}

#[test]
fn blocks_are_joined_at_marks_within_them() {
    let plain = text_of(1, 900);
    for (rows, expected) in [(&[][..], (4, true)), (&[4], (4, true)), (&[1, 5, 9], (4, true)), (&[0, 3, 6, 9], (1, false))] {
        let text = if rows.is_empty() { plain.clone() } else { text_with(bzip2_marks::BLOCK, rows) };
        assert_eq!(blocks_of(&bzip2_of([&plain[..], &text, &plain, &text])), expected, "{rows:?}");
    }
}

#[test]
fn every_changed_bit_behind_the_blocks_is_told_of() {
    let texts: Vec<_> = (0..5).map(|seed| text_of(seed, 300)).collect();
    let first = bzip2_of(texts.iter().map(Vec::as_slice));
    let sound = [&first[..], &bzip2_of([&texts[0][..]])].concat();
    // Mark and checksum of the end of the first stream, the header of the second one, and its first block's.
    for bit in (first.len() - 11) * 8..(first.len() + 14) * 8 {
        let mut stored = sound.clone();
        stored[bit / 8] ^= 0x80 >> (bit % 8);
        let expected = sequential("log.bz2", &stored, 50);
        for help in [Help::None, Help::AtOnce] {
            let ((text, damage), _) = shared("log.bz2", &stored, 50, help);
            let [reason, expected_reason] =
                [&damage, &expected.1].map(|damage| damage.as_ref().map(|damage| (damage.kind, damage.reason.clone())));
            assert_eq!(reason, expected_reason, "bit {bit}");
            let (length, expected_length) = (text.len(), expected.0.len());
            assert!(length.abs_diff(expected_length) <= 50, "bit {bit}: {length} {expected_length} {damage:?}");
            assert!(text.starts_with(&expected.0) || expected.0.starts_with(&text), "bit {bit}");
        }
    }
}

#[test]
fn magic_bytes_within_members_are_told_from_members() {
    // Stored, so that the bytes are there as they are.
    let planted = [&text_of(3, 400)[..], &gzip(b"inner\n"), &text_of(4, 300), &zstandard(b"inner\n"), &text_of(5, 200)].concat();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(&planted).unwrap();
    let gzip_planted = encoder.finish().unwrap();
    let zstandard_planted = zstd::encode_all(&planted[..], -50).unwrap();
    let inner = zstandard(b"inner\n");
    assert!(zstandard_planted.windows(inner.len()).any(|bytes| bytes == inner), "frames are planted");
    for (name, stored) in [("log.gz", gzip_planted), ("log.zst", zstandard_planted)] {
        let stored = stored.repeat(9);
        for help in HELPS {
            let ((text, damage), _) = shared(name, &stored, 100, help);
            assert!(text == planted.repeat(9) && damage.is_none(), "{name} {help:?}: {damage:?}");
        }
    }
}

#[test]
fn large_members_are_inflated_as_they_are_read() {
    // Beyond the bounds of stored bytes, and of text.
    let texts = [text_of(1, 9000), vec![b'x'; 3 * stretch::LONGEST_TEXT], text_of(2, 700), text_of(3, 40_000), text_of(4, 600)];
    let texts = [texts.clone(), texts.clone(), texts].concat();
    for form in ["members.gz", "frames.zst", "streams.bz2", "blocks.bz2"] {
        let stored = stored(form, &texts);
        for help in HELPS {
            let ((text, damage), _) = shared(form, &stored, 5000, help);
            assert!(text == texts.concat() && damage.is_none(), "{form}: {damage:?}");
        }
    }
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Accident {
    Nothing,
    CutOff(usize),
    Bit(usize),
    Zeros(usize),
    Inserted(usize, Vec<u8>),
    Lost(usize, usize),
}

impl Accident {
    fn befalls(&self, mut stored: Vec<u8>) -> Vec<u8> {
        let length = stored.len().max(1);
        match self {
            Self::Nothing => {}
            Self::CutOff(at) => stored.truncate(at % length),
            Self::Bit(at) => stored.iter_mut().skip(at / 8 % length).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            Self::Zeros(at) => stored.extend(vec![0; at % 3000]),
            Self::Inserted(at, bytes) => _ = stored.splice(at % length..at % length, bytes.iter().copied()),
            Self::Lost(at, count) => _ = stored.drain(at % length..(at % length + count).min(length - 1).max(at % length)),
        }
        stored
    }
}

fn accidents() -> impl Strategy<Value = Accident> {
    prop_oneof![
        1 => Just(Accident::Nothing),
        2 => any::<usize>().prop_map(Accident::CutOff),
        4 => any::<usize>().prop_map(Accident::Bit),
        1 => any::<usize>().prop_map(Accident::Zeros),
        1 => (any::<usize>(), prop::collection::vec(any::<u8>(), 1..40)).prop_map(|(at, bytes)| Accident::Inserted(at, bytes)),
        1 => (any::<usize>(), 1_usize..2000).prop_map(|(at, count)| Accident::Lost(at, count)),
    ]
}

proptest! {
    #[test]
    fn the_shared_reader_gives_what_the_sequential_one_gives(
        form in prop::sample::select(FORMS.to_vec()),
        lengths in prop::collection::vec(prop_oneof![Just(0), 1_usize..50, 50..4000_usize, 4000_usize..20_000], 1..25),
        seed in any::<u64>(),
        accident in accidents(),
        help in prop::sample::select(HELPS.to_vec()),
        portion in 1_usize..5000,
    ) {
        let texts: Vec<_> = lengths.iter().zip(seed..).map(|(length, seed)| text_of(seed, *length)).collect();
        let stored = accident.befalls(stored(form, &texts));
        let (expected, expected_damage) = sequential(form, &stored, portion);
        let ((found, damage), _) = shared(form, &stored, portion, help);
        if form.ends_with("bz2") || form == "unnamed" {
            // The decoder reads up to seven bytes ahead, and a read that fails loses what it had got before.
            let kind_and_reason = |damage: &Option<DamagedLog>| damage.as_ref().map(|damage| (damage.kind, damage.reason.clone()));
            prop_assert_eq!(kind_and_reason(&damage), kind_and_reason(&expected_damage));
            let [offset, expected_offset] = [&damage, &expected_damage].map(|damage| damage.as_ref().map_or(0, |damage| damage.offset));
            prop_assert!(offset.abs_diff(expected_offset) < 8, "{} {}", offset, expected_offset);
            let lost = if damage.is_some() { portion } else { 0 };
            prop_assert!(found.len().abs_diff(expected.len()) <= lost, "{} {}", found.len(), expected.len());
            prop_assert!(found.starts_with(&expected) || expected.starts_with(&found));
        } else {
            prop_assert_eq!(&damage, &expected_damage);
            prop_assert_eq!(found.len(), expected.len(), "{:?}", &damage);
            prop_assert!(found == expected);
        }
    }
}
