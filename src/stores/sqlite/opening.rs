//! Opening the file for reading, also where this account may only read.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, ensure};
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};

/// A connection for reading.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// If nothing locks the file: how it was when it was opened.
    pub(super) unlocked: Option<Unlocked>,
}

/// A file that is read without a lock, which has to stay as it was.
pub(super) struct Unlocked {
    path: PathBuf,
    was: (u64, Option<SystemTime>),
}

impl Unlocked {
    fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), was: state(path) }
    }

    /// Makes sure that nobody has written the file since it was opened.
    ///
    /// # Errors
    /// Somebody has: what was read may be of two states.
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            state(&self.path) == self.was,
            "The result store {} was written while it was read. Run the command again when the load has ended.",
            self.path.display()
        );
        Ok(())
    }
}

fn state(path: &Path) -> (u64, Option<SystemTime>) {
    fs::metadata(path).map_or((0, None), |found| (found.len(), found.modified().ok()))
}

/// The path in a spelling that SQLite takes for nothing but a file: `:memory:`, `file:…` and an empty name mean other things to it.
pub(super) fn as_file(path: &Path) -> PathBuf {
    let name = path.as_os_str().as_bytes();
    let is_special = name.is_empty() || name.starts_with(b":") || name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"file:"));
    if is_special { Path::new(".").join(path) } else { path.to_owned() }
}

/// Opens a file that is there. Loads leave it in the form of SQLite whose readers write, too: a lock table beside the file. An account that
/// may not write reads the file as it is, which is whole as long as no load waits beside it in the file `-wal`.
pub(super) fn open_for_reading(path: &Path) -> rusqlite::Result<Opened> {
    // Where the file may be written, the last to close it puts its -wal and -shm away; a connection for reading only would leave them.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if may_write(path) || !readers_write(path) || !is_empty(&beside(path, "-wal")) {
        return Ok(Opened { connection: Connection::open_with_flags(path, flags)?, unlocked: None });
    }
    let unlocked = Unlocked::of(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Ok(Opened { connection: Connection::open_with_flags(immutable(path), flags)?, unlocked: Some(unlocked) })
}

/// What whoever may only read can do about a load that waits beside the file; empty if none does.
pub(super) fn advice_on_waiting_load(path: &Path) -> String {
    let log = beside(path, "-wal");
    if may_write(path) || is_empty(&log) {
        return String::new();
    }
    format!(
        "A load is under way, or was cut off: beside the file lies {}, which this account cannot read without writing to the folder. Wait for the \
         end of the load; if there is none, run insights report or insights status once as the account that loads.",
        log.display()
    )
}

fn may_write(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    access(path, Access::WRITE_OK).is_ok() && access(folder, Access::WRITE_OK).is_ok()
}

/// Whether the file's head says that changes are kept beside it.
fn readers_write(path: &Path) -> bool {
    let mut head = [0; 20];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && matches!(head, [.., 2])
}

/// Bytes of a file's head.
pub(super) const HEAD_LENGTH: u64 = 100;

/// Whether a file that begins with this head is shorter than the head says, as after a copy that was not finished. While a load waits
/// beside it to be put in, or to be taken back, it may be.
pub(super) fn is_cut_off(path: &Path, head: &[u8]) -> bool {
    let word = |place: usize| head.get(place..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from(u32::from_be_bytes(*word)));
    // 1 stands for the largest, for which two bytes have no room.
    let page = match word(16) >> 16 {
        1 => 1 << 16,
        bytes => bytes,
    };
    let is_whole = head.len() as u64 == HEAD_LENGTH;
    // The number of pages counts if whoever wrote last also wrote it.
    let pages = if word(24) == word(92) { word(28) } else { 0 };
    let length = fs::metadata(path).map_or(u64::MAX, |found| found.len());
    let is_settled = ["-wal", "-journal"].iter().all(|ending| is_empty(&beside(path, ending)));
    is_settled && (!is_whole || length < page * pages)
}

fn is_empty(file: &Path) -> bool {
    fs::metadata(file).map_or(true, |found| found.len() == 0)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The file as a URI of SQLite that promises that nobody writes it.
fn immutable(path: &Path) -> PathBuf {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut uri = b"file:".to_vec();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            _ => uri.push(*byte),
        }
    }
    uri.extend_from_slice(b"?immutable=1");
    OsString::from_vec(uri).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_sqlite_knows_are_files_too() {
        for (name, expected) in [
            (":memory:", "./:memory:"),
            ("file::memory:?cache=shared", "./file::memory:?cache=shared"),
            ("File:x", "./File:x"),
            ("", "./"),
            ("reports.sqlite", "reports.sqlite"),
            ("/a/:memory:", "/a/:memory:"),
        ] {
            assert_eq!(as_file(Path::new(name)).as_os_str(), expected, "{name}");
        }
    }

    #[test]
    fn a_file_that_lost_its_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE a (b); INSERT INTO a VALUES (zeroblob(20000))").unwrap();
        drop(connection);
        let is_cut_off = |path: &Path| {
            let file = fs::read(path).unwrap();
            is_cut_off(path, file.get(..100).unwrap_or(&file))
        };
        assert!(!is_cut_off(&path));
        for length in [20_000, 99] {
            File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
            assert!(is_cut_off(&path), "{length}");
        }
        fs::write(beside(&path, "-wal"), "a load").unwrap();
        assert!(!is_cut_off(&path));
    }

    #[test]
    fn a_file_without_a_lock_is_read_and_watched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a?b#c%41.sqlite");
        let made = Connection::open(&path).unwrap();
        made.pragma_update(None, "journal_mode", "WAL").unwrap();
        made.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (7)").unwrap();
        assert!(readers_write(&path) && !is_empty(&beside(&path, "-wal")));
        drop(made);
        assert!(is_empty(&beside(&path, "-wal")) && may_write(&path) && advice_on_waiting_load(&path).is_empty());
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(immutable(&path), flags).unwrap();
        let unlocked = Unlocked::of(&path);
        assert_eq!(connection.query_row("SELECT n FROM t", (), |row| row.get::<_, i64>(0)).unwrap(), 7);
        assert!(unlocked.check().is_ok() && fs::read_dir(folder.path()).unwrap().count() == 1);
        fs::write(&path, "other").unwrap();
        assert!(unlocked.check().unwrap_err().to_string().contains("was written while it was read"));
    }
}
