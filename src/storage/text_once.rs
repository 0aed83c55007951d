//! Texts of pipes, which can be read only once: `--config <(printf …)`, `--credentials <(cat …)`.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::Result;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What pipes held, by device and number of the file.
type Contents = HashMap<(u64, u64), Vec<u8>>;

/// Those that were read.
static READ: Mutex<Option<Contents>> = Mutex::new(None);

/// What a pipe holds, which is read once and remembered for this process; none for what can be read as often as one likes.
///
/// # Errors
/// It cannot be read.
pub(super) fn bytes_of_pipe(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some(found) = fs::metadata(path).ok().filter(can_be_read_once) else { return Ok(None) };
    let name = (found.dev(), found.ino());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let known = read.get_or_insert_default();
    if let Some(bytes) = known.get(&name) {
        return Ok(Some(bytes.clone()));
    }
    let bytes = fs::read(path)?;
    known.insert(name, bytes.clone());
    Ok(Some(bytes))
}

fn can_be_read_once(found: &Metadata) -> bool {
    !found.is_file() && !found.is_dir()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Command;
    use std::thread;

    use super::*;
    use crate::storage::{Location, read_to_string};

    #[test]
    fn a_pipe_is_read_once_and_a_file_as_it_is_now() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, file) = (folder.path().join("pipe"), folder.path().join("file"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let writer = thread::spawn({
            let pipe = pipe.clone();
            move || fs::OpenOptions::new().write(true).open(pipe).unwrap().write_all(b"[hive]\n").unwrap()
        });
        for _ in 0..3 {
            assert_eq!(read_to_string(&Location::from_path(&pipe).unwrap()).unwrap(), "[hive]\n");
        }
        writer.join().unwrap();
        for text in ["one", "two"] {
            fs::write(&file, text).unwrap();
            assert_eq!(read_to_string(&Location::from_path(&file).unwrap()).unwrap(), text);
        }
        assert!(bytes_of_pipe(folder.path()).unwrap().is_none());
    }
}
