//! Damage in every place must be seen, and nothing sound may be refused.

use std::io::Write;
use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::*;

const SUFFIXES: [&str; 3] = ["gz", "bz2", "zst"];

fn compressed(suffix: &str, text: &[u8]) -> Vec<u8> {
    match suffix {
        "gz" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "bz2" => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "zst" => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        _ => text.to_vec(),
    }
}

fn read_all(suffix: &str, stored: &[u8]) -> io::Result<Vec<u8>> {
    let location: Location = format!("s3://bucket/tracking.log.{suffix}").parse().unwrap();
    let mut text = Vec::new();
    decompress(Box::new(io::Cursor::new(stored.to_vec())), &location, Arc::default()).read_to_end(&mut text)?;
    Ok(text)
}

fn damage(suffix: &str, stored: &[u8]) -> DamagedLog {
    read_all(suffix, stored).unwrap_err().into_inner().unwrap().downcast_ref::<DamagedLog>().unwrap().clone()
}

fn text_of(lines: usize) -> Vec<u8> {
    (0..lines).flat_map(|line| format!("{{\"line\": {line}, \"x\": {}}}\n", line * 7919 % 1013).into_bytes()).collect()
}

#[test]
fn members_are_one_stream() {
    let text = text_of(500);
    for suffix in SUFFIXES {
        let stored: Vec<u8> = [&text[..100], b"", &text[100..]].iter().flat_map(|part| compressed(suffix, part)).collect();
        assert_eq!(read_all(suffix, &stored).unwrap(), text, "{suffix}");
    }
    assert_eq!(read_all("gz-20140501", &text).unwrap(), text);
}

/// A zstd frame with a window of 2 to this power and `text` as it stands.
fn with_window(power: u8, text: &[u8]) -> Vec<u8> {
    let block = u32::try_from(text.len()).unwrap() << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, (power - 10) << 3], &block.to_le_bytes()[..3], text].concat()
}

#[test]
fn a_window_that_is_too_large_is_not_called_damage() {
    assert_eq!(read_all("zst", &with_window(27, b"{}\n")).unwrap(), b"{}\n");
    let text = damage("zst", &with_window(28, b"{}\n")).to_string();
    assert!(text.contains("a window of more than 128 MB") && text.contains("zstd -d --long=31 FILE -c | zstd >NEW"), "{text}");
    assert!(!text.contains("not sound") && text.contains("tracking.log.zst"), "{text}");
}

/// Hands out its bytes one by one, as a slow store may.
struct OneByOne(io::Cursor<Vec<u8>>);

impl Read for OneByOne {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = into.len().min(1);
        self.0.read(&mut into[..end])
    }
}

#[test]
fn files_whose_name_tells_nothing_are_known_by_their_first_bytes() {
    let text = text_of(500);
    for suffix in SUFFIXES {
        for stored in [compressed(suffix, &text), [compressed(suffix, &text[..100]), compressed(suffix, &text[100..])].concat()] {
            for name in ["log", "log-20240305", "1"] {
                assert_eq!(read_all(name, &stored).unwrap(), text, "{suffix} as {name}");
            }
            let (location, mut read) = ("tracking".parse().unwrap(), Vec::new());
            let slow = OneByOne(io::Cursor::new(stored.clone()));
            decompress(Box::new(slow), &location, Arc::default()).read_to_end(&mut read).unwrap();
            assert_eq!(read, text, "{suffix} from a slow store");
            let found = damage("log", &stored[..stored.len() / 3]);
            assert_eq!(found.kind, io::ErrorKind::UnexpectedEof, "{suffix}: {found}");
        }
        assert_eq!(read_all("log", &compressed(suffix, b"")).unwrap(), b"", "{suffix}");
    }
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2][..], &compressed("zst", &text)].concat();
    assert_eq!(read_all("log", &skippable).unwrap(), text);
    for plain in [&b"B"[..], b"BZh9 is how a line begins\n", b"\x1f\x8b", b"{\"a\":1}\n", b"\n"] {
        assert_eq!(read_all("log", plain).unwrap(), plain);
        let (location, mut read) = ("tracking".parse().unwrap(), Vec::new());
        decompress(Box::new(OneByOne(io::Cursor::new(plain.to_vec()))), &location, Arc::default()).read_to_end(&mut read).unwrap();
        assert_eq!(read, plain);
    }
}

#[test]
fn an_empty_file_is_an_empty_stream() {
    for suffix in ["gz", "bz2", "zst", "log"] {
        assert_eq!(read_all(suffix, b"").unwrap(), b"", "{suffix}");
        assert_eq!(read_all(suffix, &compressed(suffix, b"")).unwrap(), b"", "{suffix}");
    }
}

#[test]
fn a_cut_at_any_offset_is_an_error() {
    let text = text_of(60);
    for suffix in SUFFIXES {
        let first = compressed(suffix, &text);
        let mut stored = first.clone();
        stored.extend(compressed(suffix, b"second member\n"));
        for cut in (1..stored.len()).filter(|cut| *cut != first.len()) {
            let found = damage(suffix, &stored[..cut]);
            assert_eq!(found.kind, io::ErrorKind::UnexpectedEof, "{suffix} cut at {cut}: {found}");
            assert_eq!(found.offset, cut as u64, "{suffix}");
        }
        // Between two members nothing shows that one is missing.
        assert_eq!(read_all(suffix, &stored[..first.len()]).unwrap(), text);
    }
}

#[test]
fn a_wrong_checksum_or_length_is_an_error() {
    let stored = compressed("gz", &text_of(60));
    for back in 1..=8 {
        let mut broken = stored.clone();
        let at = broken.len() - back;
        broken[at] ^= 1;
        let found = damage("gz", &broken);
        assert_eq!(found.offset, stored.len() as u64, "{found}");
    }
}

#[test]
fn zeros_pad_a_file_and_other_bytes_do_not() {
    for suffix in SUFFIXES {
        let sound = compressed(suffix, b"text\n");
        let with = |tail: &[u8]| [&sound[..], tail].concat();
        assert_eq!(read_all(suffix, &with(&vec![0; 700_000])).unwrap(), b"text\n", "{suffix}");
        let found = damage(suffix, &with(b"this is no member"));
        assert!(found.offset >= sound.len() as u64, "{suffix}: {found}");
        assert!(found.to_string().contains("s3://bucket/tracking.log"), "{found}");
        damage(suffix, &with(b"\0\0\0this is no member"));
        let padded_between = [with(&[0; 512]), sound.clone()].concat();
        assert_eq!(read_all(suffix, &padded_between).unwrap(), b"text\ntext\n", "{suffix}");
        // A file of zeros only, as a crash may leave, is no compressed file.
        damage(suffix, &[0; 100]);
    }
}

#[test]
fn damage_stays_damage_when_read_again() {
    let stored = compressed("gz", &text_of(60));
    let location: Location = "cut.gz".parse().unwrap();
    let cut = io::Cursor::new(stored[..stored.len() / 2].to_vec());
    let mut reader = decompress(Box::new(cut), &location, Arc::default());
    let mut text = Vec::new();
    assert!(reader.read_to_end(&mut text).is_err());
    assert!(reader.read_to_end(&mut text).is_err());
    assert!(text_of(60).starts_with(&text));
}

#[test]
fn files_are_opened_and_their_stored_bytes_counted() {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap();
    let count = Arc::new(AtomicU64::new(0));
    let mut expected = 0;
    for suffix in ["gz", "bz2", "zst", "log"] {
        let stored = compressed(suffix, b"one\ntwo\n");
        expected += stored.len() as u64;
        let location = root.join(&format!("t.{suffix}"));
        crate::storage::write_bytes(&location, &stored).unwrap();
        let reader = open_log_counting(&location, Arc::clone(&count)).unwrap();
        let lines: Vec<_> = io::read_to_string(reader).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(lines, ["one", "two"], "{suffix}");
        assert_eq!(count.load(Ordering::Relaxed), expected, "{suffix}");
        let unnamed = root.join(&format!("t-{suffix}"));
        crate::storage::write_bytes(&unnamed, &stored).unwrap();
        assert_eq!(compression_of(&unnamed).unwrap(), compression_of(&location).unwrap(), "{suffix}");
    }
    assert!(open_log(&root.join("missing.gz")).is_err());
}

proptest! {
    #[test]
    fn a_changed_byte_never_changes_the_text_silently(at in 0_usize..10_000, bit in 0_u8..8) {
        let text = text_of(40);
        for suffix in SUFFIXES {
            let mut stored = compressed(suffix, &text);
            let at = at % stored.len();
            stored[at] ^= 1 << bit;
            if let Ok(read) = read_all(suffix, &stored) {
                // Some header bytes (gzip time stamp, operating system) do not matter.
                prop_assert_eq!(&read, &text, "{} byte {}", suffix, at);
            }
        }
    }
}
