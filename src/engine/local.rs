//! The embedded runner: everything in this process, in parallel, within a memory budget.
//!
//! Several jobs over the same files can run as one scan: each file is read and inflated once, each line parsed once, and every job
//! has a lane of its own for the rest. One job is a scan with one lane.
//!
//! It is an adversary on purpose: rows with equal keys come in shuffled order, one map task always gets an empty split, and
//! rows are spread over as many reducers as a cluster would have. A job that only works by luck on a cluster fails here first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::job_report::JobReport;
use super::job_run::{JobRun, RunnerOptions};
use super::merge::Merge;
use super::merge_passes::{FanIn, narrow};
use super::outputs::StagedOutput;
use super::parallel::in_parallel;
use super::progress::Progress;
use super::scan::{Harvest, Lane, Splits, map_split, shuffles};
use super::shuffle::Runs;
use super::spill::SpilledRun;
use crate::streaming::task::run_reducer;
use crate::streaming::{Counters, LineSink, Output};

/// Runs a job to its end; nothing is visible before it has succeeded.
pub(crate) fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    run_shared(std::slice::from_ref(run), options)?.pop().context("A job gave no report.")?
}

/// Runs jobs to their end with one scan of their inputs; gives their reports in the same order. Each job's result becomes visible
/// when that job has succeeded; one that fails behind the scan does not keep the others from it.
///
/// # Errors
/// An input cannot be read, a mapper fails, or a job without reducer is among several.
pub(crate) fn run_shared(runs: &[JobRun<'_>], options: &RunnerOptions) -> Result<Vec<Result<JobReport>>> {
    let started = Instant::now();
    let lanes = runs.iter().map(|run| Lane::new(run, options)).collect::<Result<Vec<_>>>()?;
    let mut staged = runs.iter().map(|run| StagedOutput::begin(&run.output, run.locks)).collect::<Result<Vec<_>>>()?;
    let splits = Splits::of(runs);
    let names: Vec<_> = runs.iter().map(JobRun::name).collect();
    let progress = Progress::new(&names.join("+"), splits.files, splits.bytes, options);
    let workers = options.threads.min(splits.waiting()).max(1);
    let work = Work { lanes: &lanes, options, progress: &progress, workers };
    let mut reports = if lanes.iter().any(|lane| lane.run.job.shape().map_only()) {
        ensure!(lanes.len() == 1, "A job without reducers cannot share a scan.");
        vec![Ok(work.map_only(&splits, &staged)?)]
    } else {
        let harvests = in_parallel(workers, || work.map_worker(&splits))?;
        let mut reports = Vec::new();
        let mut held: usize = harvests.iter().flatten().map(|harvest| harvest.runs.bytes()).sum();
        // Each lane is committed as soon as it is reduced, so that its sorted runs are let go.
        for (lane, harvests) in lanes.iter().zip(by_lane(harvests, lanes.len())).rev() {
            let output = staged.pop().context("A job has no output.")?;
            let bytes: usize = harvests.iter().map(|harvest| harvest.runs.bytes()).sum();
            reports.push(match work.reduce(lane, harvests, &output, held) {
                Ok(report) => output.commit().map(|()| report),
                Err(error) => Err(error),
            });
            held -= bytes;
        }
        reports.reverse();
        reports
    };
    drop(progress);
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
    /// Threads that read inputs; they share the memory.
    workers: usize,
}

/// A sink that counts what goes into it.
struct Counted<S> {
    sink: S,
    rows: u64,
}

impl<S: LineSink> LineSink for Counted<S> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.rows += 1;
        self.sink.line(line)
    }
}

/// The runs of a job, few enough for one merge.
struct Mergeable {
    runs: Runs,
    fan_in: FanIn,
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
        let mut shuffles = shuffles(self.lanes, &mut combiners, self.options, self.workers);
        while let Some(split) = splits.next() {
            // After a failure the other workers have nothing to gain from going on.
            map_split(self.lanes, &split, &mut shuffles, &mut harvests, self.progress).inspect_err(|_| splits.drop_rest())?;
        }
        harvests.iter_mut().zip(shuffles.finish()?).for_each(|(harvest, runs)| harvest.runs = runs);
        Ok(harvests)
    }

    /// Runs the reducers of a job; `held` is what runs in memory take, those of other jobs included.
    fn reduce(&self, lane: &Lane<'_>, harvests: Vec<Harvest>, staged: &StagedOutput, held: usize) -> Result<JobReport> {
        lane.spills.close();
        let mut report = JobReport::default();
        let mut runs = Runs::default();
        for harvest in harvests {
            report.counters.merge(&harvest.counters);
            report.lines += harvest.lines;
            runs.extend(harvest.runs);
        }
        let layout = lane.layout(self.options);
        let reducers = self.options.threads.min(layout.partitions).max(1);
        // Memory that the runs of this or of other jobs hold is not there for buffers.
        let free = self.options.memory.saturating_sub(held).max(self.options.memory / 4);
        let fan_in = FanIn::within(free / reducers);
        report.spills = runs.spilled.len() as u64;
        report.spilled_bytes = runs.spilled.iter().map(SpilledRun::size).sum();
        let (spilled, passes) = narrow(runs.spilled, &layout, fan_in, &self.options.temporary, self.options.threads)?;
        report.merge_passes = passes.passes;
        runs.spilled = spilled;
        let mergeable = Mergeable { runs, fan_in };
        let next = AtomicUsize::new(0);
        for (counters, rows) in in_parallel(reducers, || self.reduce_worker(lane, &mergeable, &next, staged, reducers))? {
            report.counters.merge(&counters);
            report.rows += rows;
        }
        Ok(report)
    }

    fn reduce_worker(
        &self,
        lane: &Lane<'_>,
        Mergeable { runs, fan_in }: &Mergeable,
        next: &AtomicUsize,
        staged: &StagedOutput,
        reducers: usize,
    ) -> Result<(Counters, u64)> {
        let name = lane.run.name();
        let layout = lane.layout(self.options);
        let (mut counters, mut rows) = (Counters::default(), 0);
        loop {
            let partition = next.fetch_add(1, Ordering::Relaxed);
            if partition >= layout.partitions {
                return Ok((counters, rows));
            }
            let mut sink = Counted { sink: staged.part(partition, reducers)?, rows: 0 };
            let mut reducer = lane.run.job.reducer(&lane.arguments())?;
            let mut lines = Merge::new(&runs.memory, &runs.spilled, partition, &layout, fan_in.buffer)?;
            let mut output = Output::new(&mut sink, &mut counters);
            run_reducer(reducer.as_mut(), &mut lines, layout.group_fields, &mut output)
                .with_context(|| format!("The job {name} failed in reducer {partition}."))?;
            rows += sink.rows;
            sink.sink.finish()?;
        }
    }

    fn map_only(&self, splits: &Splits<'_>, staged: &[StagedOutput]) -> Result<JobReport> {
        let output = staged.first().context("A job has no output.")?;
        let harvests = in_parallel(self.workers, || {
            let mut harvests = vec![Harvest::default()];
            while let Some(split) = splits.next() {
                let mut sink = output.part(split.number, self.workers)?;
                map_split(self.lanes, &split, &mut sink, &mut harvests, self.progress).inspect_err(|_| splits.drop_rest())?;
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
