//! Locks of local files: held by the operating system, which lets go when the process ends however it ends.
use super::{HeldLock, Location, LockAttempt};
use anyhow::{Context, Result, bail};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug)]
struct LocalLock {
    file: File,
    abandoned: AtomicBool,
}

pub(super) fn lock(location: &Location, path: &Path, text: &str) -> Result<LockAttempt> {
    let what = || format!("Cannot lock by {location}.");
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(what)?;
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).with_context(what)?;
    let locked = file.try_lock();
    let mut previous = String::new();
    file.read_to_string(&mut previous).with_context(what)?;
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(LockAttempt::Busy { holder: previous, ending: "" }),
        Err(TryLockError::Error(error)) => return Err(error).with_context(what),
    }
    overwrite(&file, text).with_context(what)?;
    Ok(LockAttempt::Held { hold: Box::new(LocalLock { file, abandoned: AtomicBool::new(false) }), previous })
}

impl HeldLock for LocalLock {
    fn verify(&self) -> Result<()> {
        if self.abandoned.load(Ordering::Relaxed) {
            bail!("the lock was let go");
        }
        Ok(())
    }

    fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        let _ = self.file.unlock();
    }
}

impl Drop for LocalLock {
    fn drop(&mut self) {
        // An empty file tells the next run that this one ended in order. The file stays: to remove it would let two runs lock
        // two files of the same name.
        if !self.abandoned.load(Ordering::Relaxed) {
            let _ = overwrite(&self.file, "");
        }
    }
}

fn overwrite(mut file: &File, text: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}
