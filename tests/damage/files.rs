//! Damage to log files, seen by the task that makes the days of activity.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

/// What comes of a file. Rows of the sound file beside it are there in any case.
pub(crate) enum FileOutcome {
    /// All of it is read.
    Read,
    /// All of it is read but for lines that are counted: this is said.
    ReadBut(&'static str),
    /// It gives nothing, and nothing stops.
    PassedOver(&'static str),
    /// The run ends with this exit code, which is not 0, and this message; the result of the run before stays.
    Refused(i32, &'static str),
}

/// A row of the table: what is wrong, how it is made in the directory of logs of many events, and what comes of it.
pub(crate) struct FileCase(pub &'static str, pub fn(&Path, &[u8]), pub FileOutcome);

use FileOutcome::{PassedOver, Read, ReadBut, Refused};

const NAME: &str = "tracking.log-20160228-b";
const GZ: &str = "tracking.log-20160228-b.gz";
const CUT_OFF: &str = "is cut off";
const UNSOUND: &str = "is not sound gzip data";
const FAILED: i32 = 30;
const MISSING: i32 = 20;

/// The rows of the table.
pub(crate) const CASES: &[FileCase] = &[
    FileCase("a sound gzip file", |logs, lines| write(logs, GZ, &gzip(lines)), Read),
    FileCase("gzip, cut off in its header", |logs, lines| write(logs, GZ, &gzip(lines)[..5]), Refused(FAILED, CUT_OFF)),
    FileCase("gzip, cut off behind its header", |logs, lines| write(logs, GZ, &gzip(lines)[..10]), Refused(FAILED, CUT_OFF)),
    FileCase("gzip, cut off in the middle", |logs, lines| write(logs, GZ, part(&gzip(lines), 2)), Refused(FAILED, CUT_OFF)),
    FileCase("gzip, its last byte missing", |logs, lines| write(logs, GZ, but_last(&gzip(lines), 1)), Refused(FAILED, CUT_OFF)),
    FileCase("gzip, its checksum missing", |logs, lines| write(logs, GZ, but_last(&gzip(lines), 8)), Refused(FAILED, CUT_OFF)),
    FileCase("gzip, one byte of the data changed", |logs, lines| write(logs, GZ, &changed(gzip(lines), 2)), Refused(FAILED, "gzip data")),
    FileCase("gzip, the checksum changed", |logs, lines| write(logs, GZ, &wrong_checksum(lines)), Refused(FAILED, UNSOUND)),
    FileCase("gzip of two members", |logs, lines| write(logs, GZ, &[gzip(lines), gzip(lines)].concat()), Read),
    FileCase(
        "gzip, the second member cut off",
        |logs, lines| write(logs, GZ, &[&gzip(lines)[..], part(&gzip(lines), 2)].concat()),
        Refused(FAILED, CUT_OFF),
    ),
    FileCase(
        "gzip, the second member corrupt",
        |logs, lines| write(logs, GZ, &[gzip(lines), changed(gzip(lines), 2)].concat()),
        Refused(FAILED, "gzip data"),
    ),
    FileCase(
        "gzip, text behind the last member",
        |logs, lines| write(logs, GZ, &[&gzip(lines)[..], b"some text that does not belong here\n"].concat()),
        Refused(FAILED, UNSOUND),
    ),
    FileCase(
        "gzip, two bytes behind the last member",
        |logs, lines| write(logs, GZ, &[&gzip(lines)[..], b"x\n"].concat()),
        Refused(FAILED, UNSOUND),
    ),
    FileCase("gzip, zeros behind the last member", |logs, lines| write(logs, GZ, &[gzip(lines), vec![0; 512]].concat()), Read),
    FileCase("a gzip file of no bytes", |logs, _| write(logs, GZ, b""), PassedOver("an empty file")),
    FileCase("gzip of nothing", |logs, _| write(logs, GZ, &gzip(b"")), PassedOver("an empty file")),
    FileCase("an empty file", |logs, _| write(logs, NAME, b""), PassedOver("an empty file")),
    FileCase("a file of line ends", |logs, _| write(logs, NAME, b"\n\n\n"), PassedOver("its lines are counted")),
    FileCase("text called `.gz`", |logs, lines| write(logs, GZ, lines), Refused(FAILED, UNSOUND)),
    FileCase("gzip without a suffix", |logs, lines| write(logs, NAME, &gzip(lines)), Read),
    FileCase("zstd without a suffix", |logs, lines| write(logs, NAME, &zstd::encode_all(lines, 1).unwrap()), Read),
    FileCase("bzip2 without a suffix", |logs, lines| write(logs, NAME, &bzip(lines)), Read),
    FileCase(
        "zstd, cut off",
        |logs, lines| write(logs, "tracking.log-20160228-b.zst", part(&zstd::encode_all(lines, 1).unwrap(), 2)),
        Refused(FAILED, CUT_OFF),
    ),
    FileCase(
        "zstd with a window of more than 128 MB (`zstd --long=28` and more)",
        |logs, lines| write(logs, "tracking.log-20160228-b.zst", &with_large_window(lines)),
        Refused(FAILED, "a window of more than 128 MB"),
    ),
    FileCase("bzip2, cut off", |logs, lines| write(logs, "tracking.log-20160228-b.bz2", part(&bzip(lines), 2)), Refused(FAILED, CUT_OFF)),
    FileCase(
        "gzip called `.bz2`",
        |logs, lines| write(logs, "tracking.log-20160228-b.bz2", &gzip(lines)),
        Refused(FAILED, "is not sound bzip2 data"),
    ),
    FileCase("a directory in place of a file", |logs, _| fs::create_dir(logs.join(NAME)).unwrap(), PassedOver("an empty directory")),
    FileCase("a link to nowhere", |logs, _| symlink("nowhere", logs.join(NAME)).unwrap(), Refused(MISSING, "No such file")),
    FileCase("a link to itself", |logs, _| symlink(NAME, logs.join(NAME)).unwrap(), Refused(FAILED, "Too many levels of symbolic links")),
    FileCase("a link to a file", linked, Read),
    FileCase("a file that may not be read", unreadable, Refused(FAILED, "Permission denied")),
    FileCase("a directory that may not be read", unreadable_directory, Refused(FAILED, "Permission denied")),
    FileCase("a pipe in place of a file", pipe, PassedOver("it is no file")),
    FileCase("a name with a line end", |logs, lines| write(logs, "tracking.log-20160228\nb", lines), Read),
    FileCase("a name with a TAB", |logs, lines| write(logs, "tracking.log-20160228\tb", lines), Read),
    FileCase("a name that steers a terminal", |logs, lines| write(logs, "tracking.log-20160228\u{1b}[2J", lines), Read),
    FileCase("a name with a blank", |logs, lines| write(logs, "tracking.log-20160228 b", lines), Read),
    FileCase("a name with percent signs", |logs, lines| write(logs, "tracking.log-20160228%2F%00b", lines), Read),
    FileCase("a name with wildcards", |logs, lines| write(logs, "tracking.log-20160228[*]?{a,b}", lines), Read),
    FileCase("a name in another script", |logs, lines| write(logs, "tracking.log-20160228-журнал", lines), Read),
    FileCase("a name that is no UTF-8", not_utf8, Refused(FAILED, "is not UTF-8")),
    FileCase(
        "a name of a day that there is not",
        |logs, lines| write(logs, "tracking.log-20160231", lines),
        Refused(FAILED, "Cannot tell the date of"),
    ),
    FileCase("a hidden file whose name matches", |logs, lines| write(logs, ".tracking.log-20160228-b", lines), Read),
    FileCase(
        "the same file twice, packed and not: every event counts twice",
        |logs, lines| {
            write(logs, NAME, lines);
            write(logs, GZ, &gzip(lines));
        },
        Read,
    ),
    FileCase("no line end behind the last line", |logs, lines| write(logs, NAME, but_last(lines, 1)), Read),
    FileCase("CR LF at line ends", |logs, lines| write(logs, NAME, &replaced(lines, "\r\n")), Read),
    FileCase("CR at line ends", |logs, lines| write(logs, NAME, &replaced(lines, "\r")), ReadBut("Discard Unparseable Event")),
    FileCase("a byte order mark at the begin", |logs, lines| write(logs, NAME, &["\u{feff}".as_bytes(), lines].concat()), Read),
    FileCase("UTF-16", utf16, ReadBut("Discard Unparseable Event")),
    FileCase(
        "a line of 33 MB",
        |logs, lines| write(logs, NAME, &[&vec![b'x'; 33 << 20], &b"\n"[..], lines].concat()),
        ReadBut("Discard Line Too Long"),
    ),
    FileCase("a file of 40 MB without a line end", |logs, _| write(logs, NAME, &vec![b'x'; 40 << 20]), ReadBut("Discard Line Too Long")),
    FileCase(
        "a block of zeros, as a full disk leaves it",
        |logs, lines| write(logs, NAME, &[&[0; 4096], &b"\n"[..], lines].concat()),
        ReadBut("Discard Unparseable Event"),
    ),
    FileCase("bytes of a picture", |logs, _| write(logs, NAME, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), ReadBut("Discard Unparseable Event")),
];

fn write(logs: &Path, name: &str, bytes: &[u8]) {
    fs::write(logs.join(name), bytes).unwrap();
}

fn gzip(lines: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines).unwrap();
    encoder.finish().unwrap()
}

/// A frame with a window of 256 MB, and the lines in it as they stand.
fn with_large_window(lines: &[u8]) -> Vec<u8> {
    let block = u32::try_from(lines.len()).unwrap() << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, (28 - 10) << 3], &block.to_le_bytes()[..3], lines].concat()
}

fn bzip(lines: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(lines).unwrap();
    encoder.finish().unwrap()
}

fn part(bytes: &[u8], of: usize) -> &[u8] {
    &bytes[..bytes.len() / of]
}

fn but_last(bytes: &[u8], number: usize) -> &[u8] {
    &bytes[..bytes.len() - number]
}

fn changed(mut bytes: Vec<u8>, of: usize) -> Vec<u8> {
    let place = bytes.len() / of;
    bytes[place] ^= 0x55;
    bytes
}

fn wrong_checksum(lines: &[u8]) -> Vec<u8> {
    let mut bytes = gzip(lines);
    let place = bytes.len() - 6;
    bytes[place] ^= 1;
    bytes
}

fn replaced(lines: &[u8], line_end: &str) -> Vec<u8> {
    String::from_utf8(lines.to_vec()).unwrap().replace('\n', line_end).into()
}

fn utf16(logs: &Path, lines: &[u8]) {
    let units = std::str::from_utf8(lines).unwrap().encode_utf16();
    write(logs, NAME, &[0xfeff].into_iter().chain(units).flat_map(u16::to_le_bytes).collect::<Vec<_>>());
}

fn linked(logs: &Path, lines: &[u8]) {
    fs::write(logs.join("../elsewhere"), lines).unwrap();
    symlink("../elsewhere", logs.join(NAME)).unwrap();
}

fn closed(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o0)).unwrap();
}

fn unreadable(logs: &Path, lines: &[u8]) {
    write(logs, NAME, lines);
    closed(&logs.join(NAME));
}

fn unreadable_directory(logs: &Path, lines: &[u8]) {
    fs::create_dir(logs.join("more")).unwrap();
    write(&logs.join("more"), NAME, lines);
    closed(&logs.join("more"));
}

fn pipe(logs: &Path, _: &[u8]) {
    assert!(Command::new("mkfifo").arg(logs.join(NAME)).status().unwrap().success());
}

fn not_utf8(logs: &Path, lines: &[u8]) {
    let mut file = File::create(logs.join(OsStr::from_bytes(b"tracking.log-20160228-\xff"))).unwrap();
    file.write_all(lines).unwrap();
}

impl FileOutcome {
    /// Its text in the table.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Read => "read whole".to_owned(),
            Self::ReadBut(counter) => format!("lines that are none are counted as `{counter}`, the others read"),
            Self::PassedOver(reason) => format!("no row: {reason}"),
            Self::Refused(code, message) => format!("exit code {code}, “{message}”; the result of the run before stays"),
        }
    }
}
