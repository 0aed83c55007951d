//! Files that are packed by a program whose form is not read: their lines look like nothing at all.

use std::io::Read;

use crate::storage::{Location, store_for};

/// The first bytes of what a program packs.
const FIRST_BYTES: [(&[u8], &str); 8] = [
    (b"\xfd7zXZ\0", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP", "lzip"),
    (b"\x89LZO", "lzop"),
    (b"\x1f\x9d", "compress"),
];

/// The ends of names, where first bytes tell nothing.
const SUFFIXES: [(&str, &str); 9] = [
    (".xz", "xz"),
    (".lzma", "xz"),
    (".zip", "zip"),
    (".7z", "7z"),
    (".rar", "rar"),
    (".lz4", "lz4"),
    (".br", "brotli"),
    (".Z", "compress"),
    (".lz", "lzip"),
];

/// The program by which a file is packed that is no log as it is.
pub(super) fn packed_by(file: &Location) -> Option<&'static str> {
    by_first_bytes(file).or_else(|| SUFFIXES.iter().find(|(suffix, _)| file.path().ends_with(suffix)).map(|(_, program)| *program))
}

fn by_first_bytes(file: &Location) -> Option<&'static str> {
    let mut first = Vec::new();
    let stored = store_for(file).and_then(|store| store.open(file)).ok()?;
    stored.take(8).read_to_end(&mut first).ok()?;
    FIRST_BYTES.iter().find(|(bytes, _)| first.starts_with(bytes)).map(|(_, program)| *program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn files_are_known_by_first_bytes_or_suffix() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap();
        let cases: [(&str, &[u8], Option<&str>); 6] = [
            ("a.log", b"\xfd7zXZ\0\0\x04\xe6", Some("xz")),
            ("a.xz", b"PK\x03\x04...", Some("zip")),
            ("b.Z", b"\x1f\x9d\x90", Some("compress")),
            ("a.br", b"\x0b\x02", Some("brotli")),
            ("b.log", b"PK", None),
            ("c.log", b"", None),
        ];
        for (name, bytes, expected) in cases {
            let file = root.join(name);
            write_bytes(&file, bytes).unwrap();
            assert_eq!(packed_by(&file), expected, "{name}");
        }
    }
}
