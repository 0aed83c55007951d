//! Locks of local files: held by the operating system, which lets go when the process ends however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::{HeldLock, Location, LockAttempt};

#[derive(Debug)]
struct LocalLock {
    file: File,
    abandoned: AtomicBool,
}

/// How long the lock of a dead process may still be held: by a child that it began and that has not become another program yet.
const DEAD_HOLD: Duration = Duration::from_secs(20);
/// How long a process may need to end that was killed just now.
const ENDING_HOLD: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn lock(location: &Location, path: &Path, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
    let what = || format!("Cannot lock by {location}.");
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).with_context(what)?;
    }
    refuse_link(location, path)?;
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).with_context(what)?;
    // Somebody may have put a link there in between.
    refuse_link(location, path)?;
    let started = Instant::now();
    let mut previous = String::new();
    loop {
        let locked = file.try_lock();
        previous.clear();
        file.rewind().and_then(|()| file.read_to_string(&mut previous)).with_context(what)?;
        match locked {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                let longest = if is_dead(&previous) { DEAD_HOLD } else { ENDING_HOLD };
                if started.elapsed() >= longest {
                    return Ok(LockAttempt::Busy { holder: previous, ending: "" });
                }
                sleep(PAUSE);
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(what),
        }
    }
    overwrite(&file, text).with_context(what)?;
    Ok(LockAttempt::Held { hold: Box::new(LocalLock { file, abandoned: AtomicBool::new(false) }), previous })
}

/// A lock text is written into the file: through a link it would overwrite another one.
fn refuse_link(location: &Location, path: &Path) -> Result<()> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    ensure!(!is_link, "The lock file {location} is a symbolic link, which is not followed. Remove it.");
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(path: &Path, is_dead: bool) -> Result<LockAttempt> {
        lock(&Location::from_path(path).unwrap(), path, "me", &|_| is_dead)
    }

    #[test]
    fn a_link_is_refused_and_what_it_points_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("other"), folder.path().join(".t.lock"));
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let error = attempt(&link, false).unwrap_err().to_string();
        assert!(error.contains("symbolic link"), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        // One that points nowhere makes no file there.
        fs::remove_file(&target).unwrap();
        assert!(attempt(&link, false).is_err() && !target.exists());
    }

    #[test]
    fn a_hold_that_outlives_its_process_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".t.lock");
        let LockAttempt::Held { hold, .. } = attempt(&path, false).unwrap() else { panic!("nobody else locks it") };
        assert!(matches!(attempt(&path, false).unwrap(), LockAttempt::Busy { .. }));
        let ended = std::thread::spawn(move || {
            sleep(ENDING_HOLD + Duration::from_millis(500));
            drop(hold);
        });
        assert!(matches!(attempt(&path, true).unwrap(), LockAttempt::Held { .. }));
        ended.join().unwrap();
    }
}
