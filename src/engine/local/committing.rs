//! Jobs that are committed while others are reduced.

use std::sync::mpsc;

use anyhow::Result;

use super::ending::Endings;
use crate::engine::job_report::JobReport;
use crate::engine::outputs::StagedOutput;

/// A job whose reducers are done.
pub(super) struct Reduced<'scope> {
    pub number: usize,
    pub output: StagedOutput,
    pub report: JobReport,
    /// Of parts that may not be durable yet.
    pub endings: Vec<Endings<'scope>>,
}

/// Number of a job and what became of it.
pub(super) type Outcome = (usize, Result<JobReport>);

/// Commits one job after the other, as soon as its parts are durable. Gives what those have staged that failed.
pub(super) fn commit_each(jobs: mpsc::Receiver<Reduced<'_>>, outcomes: &mpsc::Sender<Outcome>) -> Vec<StagedOutput> {
    let mut failed = Vec::new();
    for Reduced { number, output, report, endings } in jobs {
        let ended: Vec<_> = endings.into_iter().map(Endings::wait).collect();
        let outcome = match ended.into_iter().collect() {
            Ok(()) => output.commit().map(|()| report),
            Err(error) => {
                failed.push(output);
                Err(error)
            }
        };
        // Who waits for outcomes does so until the last one.
        let _ = outcomes.send((number, outcome));
    }
    failed
}
