//! The file of known durations: rows of id and seconds. Once found, a duration is not asked for again (rules 06, 4.5).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use crate::storage::{Location, read_to_string, store_for, write_bytes};

/// Seconds of each video, by its id.
pub(crate) type Durations = BTreeMap<String, u64>;

/// What the file says; nothing if there is none.
///
/// # Errors
/// It cannot be read, or it is no such file.
pub(crate) fn read(file: &Location) -> Result<Durations> {
    if !store_for(file)?.exists(file)? {
        return Ok(Durations::new());
    }
    parsed(&read_to_string(file)?, file.as_str())
}

/// As [`read`], for a file of this machine, as tasks get it.
///
/// # Errors
/// As there.
pub(crate) fn read_local(file: &Path) -> Result<Durations> {
    match std::fs::read_to_string(file) {
        Ok(text) => parsed(&text, &file.display().to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Durations::new()),
        Err(error) => Err(error).with_context(|| format!("Cannot read {}.", file.display())),
    }
}

fn parsed(text: &str, file: &str) -> Result<Durations> {
    let row = |line: &str| {
        let (id, seconds) = line.split_once('\t')?;
        Some((id.to_owned(), seconds.parse().ok()?))
    };
    let rows = text.lines().map(row).collect::<Option<_>>();
    rows.with_context(|| format!("{file} is no table of durations; remove it, and they are asked for again."))
}

/// Replaces the file as a whole.
///
/// # Errors
/// It cannot be written; the old one is still there.
pub(crate) fn write(file: &Location, durations: &Durations) -> Result<()> {
    let mut text = String::new();
    for (id, seconds) in durations {
        writeln!(text, "{id}\t{seconds}")?;
    }
    write_bytes(file, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = Location::from_path(folder.path()).unwrap().join("d/durations.tsv");
        assert!(read(&file).unwrap().is_empty());
        let durations = Durations::from([("a".to_owned(), 0), ("b".to_owned(), 9001)]);
        write(&file, &durations).unwrap();
        assert_eq!(read(&file).unwrap(), durations);
        write_bytes(&file, b"a\t1\nb").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("asked for again"));
    }
}
