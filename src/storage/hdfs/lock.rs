//! Locks in HDFS: a file that is held open for writing.
//!
//! A NameNode lets one client at a time write a file, and renews its lease for as long as the client says that it lives. When the
//! client is silent for a minute (Hadoop's soft limit), the next one may take the file over. So the lock is neither left behind by
//! a killed run nor taken from a living one. Who holds it stands in a second file, since an open one cannot be read.
use super::client::{call, client_of, path_of};
use crate::storage::{HeldLock, Location, LockAttempt, read_to_string, write_bytes};
use anyhow::{Context, Result, bail};
use hdfs_native::file::FileWriter;
use hdfs_native::{HdfsError, WriteOptions};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

const ENDING: &str = "If it is dead, HDFS ends its hold a minute after its last sign of life.";
/// Tries, a second apart, to take the file from a process that is known to be dead.
const RECOVERY_TRIES: usize = 30;

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
    let mut writer = take(file)?;
    if writer.is_none() {
        let text = told();
        if !is_dead(&text) {
            return Ok(LockAttempt::Busy { holder: text, ending: ENDING });
        }
        writer = recover(file)?;
    }
    let Some(writer) = writer else {
        return Ok(LockAttempt::Busy { holder: told(), ending: ENDING });
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

/// Ends the hold of a process that is known to be dead.
fn recover(file: &Location) -> Result<Option<FileWriter>> {
    let client = client_of(file)?;
    for _ in 0..RECOVERY_TRIES {
        if call(file, "take over", client.recover_lease(&path_of(file)))? {
            return take(file);
        }
        sleep(Duration::from_secs(1));
    }
    Ok(None)
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
