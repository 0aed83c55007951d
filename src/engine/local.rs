//! The embedded runner: everything in this process, in parallel, within a memory budget.
//!
//! Several jobs over the same files can run as one scan: each file is read and inflated once, each line parsed once, and every job
//! has a lane of its own for the rest (design 4). One job is a scan with one lane.
//!
//! It is an adversary on purpose: rows with equal keys come in shuffled order, one map task always gets an empty split, and
//! rows are spread over as many reducers as a cluster would have. A job that only works by luck on a cluster fails here first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use super::job_run::{JobReport, JobRun, RunnerOptions};
use super::merge::Merge;
use super::outputs::StagedOutput;
use super::progress::Progress;
use super::scan::{Harvest, Lane, Splits, map_split, shuffles};
use super::shuffle::Run;
use crate::streaming::task::run_reducer;
use crate::streaming::{Counters, LineSink, Output};

/// Runs a job to its end; nothing is visible before it has succeeded.
pub fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    run_shared(std::slice::from_ref(run), options)?.pop().context("A job gave no report.")?
}

/// Runs jobs to their end with one scan of their inputs; gives their reports in the same order. Each job's result becomes visible
/// when that job has succeeded; one that fails behind the scan does not keep the others from it.
///
/// # Errors
/// An input cannot be read, a mapper fails, or a job without reducer is among several.
pub fn run_shared(runs: &[JobRun<'_>], options: &RunnerOptions) -> Result<Vec<Result<JobReport>>> {
    let started = Instant::now();
    let lanes = runs.iter().map(Lane::new).collect::<Vec<_>>();
    let mut staged = runs.iter().map(|run| StagedOutput::begin(&run.output, run.locks)).collect::<Result<Vec<_>>>()?;
    let splits = Splits::of(runs);
    let names: Vec<_> = runs.iter().map(JobRun::name).collect();
    let progress = Progress::new(&names.join("+"), splits.files, splits.bytes, options);
    let work = Work { lanes: &lanes, options, progress: &progress };
    let mut reports = if lanes.iter().any(|lane| lane.run.job.shape().map_only()) {
        ensure!(lanes.len() == 1, "A job without reducers cannot share a scan.");
        vec![Ok(work.map_only(&splits, &staged)?)]
    } else {
        let harvests = in_parallel(options.threads, || work.map_worker(&splits))?;
        let mut reports = Vec::new();
        // Each lane is committed as soon as it is reduced, so that its sorted runs are let go.
        for (lane, harvests) in lanes.iter().zip(by_lane(harvests, lanes.len())).rev() {
            let output = staged.pop().context("A job has no output.")?;
            reports.push(match work.reduce(lane, harvests, &output) {
                Ok(report) => output.commit().map(|()| report),
                Err(error) => Err(error),
            });
        }
        reports.reverse();
        reports
    };
    progress.finish();
    staged.into_iter().try_for_each(StagedOutput::commit)?;
    for (report, run) in reports.iter_mut().zip(runs).filter_map(|(report, run)| Some((report.as_mut().ok()?, run))) {
        report.files = run.inputs.len();
        report.bytes = run.inputs.iter().map(|input| input.size).sum();
        report.elapsed = started.elapsed();
    }
    Ok(reports)
}

struct Work<'w> {
    lanes: &'w [Lane<'w>],
    options: &'w RunnerOptions,
    progress: &'w Progress,
}

/// From workers with all lanes to lanes with all workers.
fn by_lane(workers: Vec<Vec<Harvest>>, lanes: usize) -> Vec<Vec<Harvest>> {
    let mut sorted: Vec<_> = std::iter::repeat_with(Vec::new).take(lanes).collect();
    for worker in workers {
        worker.into_iter().zip(&mut sorted).for_each(|(harvest, lane)| lane.push(harvest));
    }
    sorted
}

impl Work<'_> {
    fn map_worker(&self, splits: &Splits<'_>) -> Result<Vec<Harvest>> {
        let mut harvests: Vec<_> = self.lanes.iter().map(|_| Harvest::default()).collect();
        let mut combiners = self.lanes.iter().map(Lane::combiner).collect::<Result<Vec<_>>>()?;
        let mut shuffles = shuffles(self.lanes, &mut combiners, self.options);
        while let Some(split) = splits.next() {
            let mut sinks: Vec<_> = shuffles.iter_mut().map(|shuffle| shuffle as &mut dyn LineSink).collect();
            // After a failure the other workers have nothing to gain from going on.
            map_split(self.lanes, &split, &mut sinks, &mut harvests, self.progress).inspect_err(|_| splits.drop_rest())?;
        }
        for (harvest, shuffle) in harvests.iter_mut().zip(shuffles) {
            harvest.runs = shuffle.finish()?;
        }
        Ok(harvests)
    }

    fn reduce(&self, lane: &Lane<'_>, harvests: Vec<Harvest>, staged: &StagedOutput) -> Result<JobReport> {
        let mut report = JobReport::default();
        let mut runs = Vec::new();
        for harvest in harvests {
            report.counters.merge(&harvest.counters);
            report.lines += harvest.lines;
            report.spills += harvest.runs.iter().filter(|run| matches!(run, Run::Spilled { .. })).count() as u64;
            runs.extend(harvest.runs);
        }
        let next = AtomicUsize::new(0);
        for counters in in_parallel(self.options.threads, || self.reduce_worker(lane, &runs, &next, staged))? {
            report.counters.merge(&counters);
        }
        Ok(report)
    }

    fn reduce_worker(&self, lane: &Lane<'_>, runs: &[Run], next: &AtomicUsize, staged: &StagedOutput) -> Result<Counters> {
        let name = lane.run.name();
        let layout = lane.layout(self.options);
        let mut counters = Counters::default();
        loop {
            let partition = next.fetch_add(1, Ordering::Relaxed);
            if partition >= layout.partitions {
                return Ok(counters);
            }
            let mut sink = staged.part(partition)?;
            let mut reducer = lane.run.job.reducer(&lane.arguments())?;
            let mut lines = Merge::new(runs, partition, layout.key_fields)?;
            let mut output = Output::new(&mut sink, &mut counters);
            run_reducer(reducer.as_mut(), &mut lines, layout.group_fields, &mut output)
                .with_context(|| format!("The job {name} failed in reducer {partition}."))?;
            sink.finish()?;
        }
    }

    fn map_only(&self, splits: &Splits<'_>, staged: &[StagedOutput]) -> Result<JobReport> {
        let output = staged.first().context("A job has no output.")?;
        let harvests = in_parallel(self.options.threads, || {
            let mut harvests = vec![Harvest::default()];
            while let Some(split) = splits.next() {
                let mut sink = output.part(split.number)?;
                map_split(self.lanes, &split, &mut [&mut sink], &mut harvests, self.progress).inspect_err(|_| splits.drop_rest())?;
                sink.finish()?;
            }
            Ok(harvests)
        })?;
        let mut report = JobReport::default();
        for harvest in harvests.into_iter().flatten() {
            report.counters.merge(&harvest.counters);
            report.lines += harvest.lines;
        }
        Ok(report)
    }
}

/// Runs `work` on `threads` threads and collects what they bring; the first error wins.
fn in_parallel<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("A worker thread panicked.")))).collect()
    })
}
