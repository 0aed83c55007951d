//! An output that one process begins, a streaming job writes, and another process puts into its place.
//!
//! Between the two nobody holds the lock. The begin therefore leaves a claim beside what the job writes; whoever clears leftovers
//! away takes the claim with them, and a commit without it is refused. A commit that was killed can be made again: the claim, and the
//! cluster's sign of success, go last.

use anyhow::{Context, Result, bail};

use super::JobOutput;
use super::outputs::{StagedOutput, has_a_file, take_over};
use super::signals::gate;
use crate::storage::{Location, read_to_string, store_for, write_bytes};
use crate::warehouse::RunId;
use crate::warehouse::commit::{StagedDirectory, SuccessMarker, staging_of};
use crate::warehouse::lock::OutputLock;
use crate::warehouse::marker::{SUCCESS, read_marker, write_marker};
use crate::warehouse::multi_output::{ReplacedUnit, StagedFiles};
use crate::warehouse::names::CLAIM;

/// What Hadoop keeps beside its marker on local disks.
const CHECKSUM: &str = "._SUCCESS.crc";

/// What a commit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// The result of the run is in its place now.
    Now,
    /// It was there.
    Before,
}

/// Clears away what other runs have left, and makes the directory in which the job writes.
///
/// # Errors
/// The locks do not cover the output, or the store failed.
pub fn begin(output: &JobOutput, locks: &[OutputLock]) -> Result<()> {
    let run_id = run_of(locks)?;
    let staged = StagedOutput::begin(output, locks)?;
    // Not at the commit: made again, it would take days that have moved for empty ones.
    staged.fill()?;
    write_bytes(&output.job_directory(run_id)?.join(CLAIM), claim_of(locks)?.as_bytes())?;
    staged.leave();
    Ok(())
}

/// Puts what the job has written into its place.
///
/// # Errors
/// The output was not begun, another run has taken it over, the job has not succeeded, or the store failed.
pub fn commit(output: &JobOutput, locks: &[OutputLock]) -> Result<Committed> {
    gate();
    let lock = locks.first().context("A job without output cannot run.")?;
    match output {
        JobOutput::Directory(target) => commit_directory(target, lock),
        JobOutput::Files { root, marker } => commit_files(output, root, marker, ReplacedUnit::File, lock),
        JobOutput::Days { root, marker, .. } => commit_files(output, root, marker, ReplacedUnit::Directory, lock),
        JobOutput::Tables(tables) => {
            let written = output.job_directory(lock.run_id())?;
            if is_ready(&written, lock.run_id())? {
                let staged = tables.iter().zip(locks);
                let staged = staged.map(|((path, place), lock)| Ok((path.clone(), StagedDirectory::resume(place, lock)?)));
                distribute(&staged.collect::<Result<Vec<_>>>()?, &read_to_string(&written.join(CLAIM))?)?;
            }
            let committed = tables.iter().zip(locks).map(|((_, place), lock)| commit_directory(place, lock));
            let committed = committed.collect::<Result<Vec<_>>>()?;
            Ok(if committed.contains(&Committed::Now) { Committed::Now } else { Committed::Before })
        }
    }
}

/// Rows of several tables go to where each is staged, each with a claim and a sign of success of its own.
fn distribute(tables: &[(String, StagedDirectory)], claim: &str) -> Result<()> {
    let written = take_over(tables)?;
    for (_, table) in tables {
        write_bytes(&table.directory().join(CLAIM), claim.as_bytes())?;
        write_bytes(&table.directory().join(SUCCESS), b"")?;
    }
    store_for(&written)?.remove(&written)
}

fn commit_directory(target: &Location, lock: &OutputLock) -> Result<Committed> {
    let (run_id, staging) = (lock.run_id(), staging_of(target, lock.run_id())?);
    let store = store_for(target)?;
    if is_ready(&staging, run_id)? {
        store.remove(&staging.join(CHECKSUM))?;
        let staged = StagedDirectory::resume(target, &with_record(&staging, lock)?)?;
        has_a_file(&staged)?;
        staged.commit(SuccessMarker::Write)?;
    } else if has_claim(target, run_id)? {
        // Killed behind the exchange of the two directories.
        StagedDirectory::resume(target, lock)?.leave();
        write_marker(target, run_id)?;
    } else {
        return committed_before(target, &staging, run_id);
    }
    store.remove(&target.join(CLAIM))?;
    Ok(Committed::Now)
}

fn commit_files(output: &JobOutput, root: &Location, marker: &Location, unit: ReplacedUnit, lock: &OutputLock) -> Result<Committed> {
    let written = output.job_directory(lock.run_id())?;
    if !is_ready(&written, lock.run_id())? {
        return committed_before(marker, &written, lock.run_id());
    }
    StagedFiles::resume(root, marker, unit, &with_record(&written, lock)?)?.commit()?;
    Ok(Committed::Now)
}

/// The result of the run is in its place already, or something is wrong.
fn committed_before(marked: &Location, written: &Location, run_id: &RunId) -> Result<Committed> {
    if read_marker(marked)?.is_some_and(|marker| marker.run_id.as_ref() == Some(run_id)) {
        return Ok(Committed::Before);
    }
    if has_claim(written, run_id)? {
        bail!("The job has not succeeded in this run: there is no {}. Run the job first.", written.join(SUCCESS));
    }
    bail!(
        "There is no claim of this run at {written}: it was not begun, or another run has cleared it away since. What is in place stays. \
         Begin again, and run the job again."
    )
}

fn is_ready(written: &Location, run_id: &RunId) -> Result<bool> {
    Ok(store_for(written)?.entry(&written.join(SUCCESS))?.is_some() && has_claim(written, run_id)?)
}

fn has_claim(directory: &Location, run_id: &RunId) -> Result<bool> {
    let claim = directory.join(CLAIM);
    Ok(store_for(&claim)?.entry(&claim)?.is_some() && read_to_string(&claim)?.lines().next() == Some(run_id.as_str()))
}

/// The run, and behind it the record of what the job reads, for the commit.
fn claim_of(locks: &[OutputLock]) -> Result<String> {
    let lock = locks.first().context("A job without output cannot run.")?;
    Ok(format!("{}\n{}", lock.run_id(), lock.record().unwrap_or_default()))
}

/// The record that the begin has left.
fn with_record(written: &Location, lock: &OutputLock) -> Result<OutputLock> {
    let claim = read_to_string(&written.join(CLAIM))?;
    let record = claim.split_once('\n').map(|(_, record)| record).filter(|record| !record.is_empty());
    Ok(record.map_or_else(|| lock.clone(), |record| lock.clone().with_record(record)))
}

fn run_of(locks: &[OutputLock]) -> Result<&RunId> {
    Ok(locks.first().context("A job without output cannot run.")?.run_id())
}

#[cfg(test)]
mod tests;
