//! Locks in HDFS: a file that is held open for writing.
//!
//! A NameNode lets one client at a time write a file, and renews its lease for as long as the client says that it lives. When the
//! client is silent for a minute (Hadoop's soft limit), the next one may take the file over. So the lock is neither left behind by
//! a killed run nor taken from a living one. Who holds it stands in a second file, since an open one cannot be read.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdfs_native::file::FileWriter;
use hdfs_native::{HdfsError, WriteOptions};

use super::client::{call, client_of, path_of};
use crate::say;
use crate::storage::{HeldLock, Location, LockAttempt, read_to_string, write_bytes};

const ENDING: &str = "If it is dead, HDFS ends its hold a minute after its last sign of life.";
/// How long the hold of a dead process is waited for: a minute until HDFS gives it up by itself, and time to recover the file.
const LONGEST_RECOVERY: Duration = Duration::from_secs(100);
/// After so long the wait is told.
const QUIET: Duration = Duration::from_secs(3);

struct HdfsLock {
    file: Location,
    holder: Location,
    writer: Mutex<Option<FileWriter>>,
}

impl fmt::Debug for HdfsLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HdfsLock").field("file", &self.file).finish_non_exhaustive()
    }
}

pub(super) fn lock(file: &Location, text: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<LockAttempt> {
    let holder: Location = format!("{file}-holder").parse()?;
    let told = || read_to_string(&holder).unwrap_or_default();
    let started = Instant::now();
    let mut is_told = false;
    let writer = loop {
        if let Some(writer) = take(file)? {
            break writer;
        }
        let text = told();
        // A killed process may not even have written its name; a living one does so at once.
        let may_be_dead = text.is_empty() || is_dead(&text);
        if !may_be_dead || started.elapsed() > LONGEST_RECOVERY {
            return Ok(LockAttempt::Busy { holder: text, ending: ENDING });
        }
        if !text.is_empty() {
            // The next try takes the file when the NameNode has closed it.
            call(file, "take over", client_of(file)?.recover_lease(&path_of(file)))?;
        }
        if !is_told && started.elapsed() > QUIET {
            is_told = true;
            say!(
                "The lock {file} is held by a run that has ended. Waiting until HDFS lets go of it, {} s at most.",
                LONGEST_RECOVERY.as_secs()
            );
        }
        sleep(Duration::from_secs(1));
    };
    let previous = told();
    let hold = HdfsLock { file: file.clone(), holder: holder.clone(), writer: Mutex::new(Some(writer)) };
    write_bytes(&holder, text.as_bytes())?;
    Ok(LockAttempt::Held { hold: Box::new(hold), previous })
}

/// Opens the file for writing, unless somebody else has.
fn take(file: &Location) -> Result<Option<FileWriter>> {
    let (client, path) = (client_of(file)?, path_of(file));
    call(file, "lock", async {
        match client.create(&path, WriteOptions::default()).await {
            Err(HdfsError::AlreadyExists(_)) => {}
            created => return created.map(Some),
        }
        match client.append(&path).await {
            Err(HdfsError::AlreadyExists(_)) => Ok(None),
            Err(HdfsError::RPCError(class, _)) if class.ends_with(".RecoveryInProgressException") => Ok(None),
            appended => appended.map(Some),
        }
    })
}

impl HeldLock for HdfsLock {
    fn verify(&self) -> Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = writer.as_mut() else {
            bail!("the lock was let go");
        };
        // A NameNode refuses the question of one who is not the file's writer any more.
        call(&self.file, "verify the lock", writer.hsync()).context("HDFS no longer counts this process as the holder")
    }

    fn abandon(&self) {
        drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Drop for HdfsLock {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut writer) = writer {
            // An empty text tells the next run that this one ended in order.
            let _ = write_bytes(&self.holder, b"");
            let _ = call(&self.file, "unlock", writer.close());
        }
    }
}
