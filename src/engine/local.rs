//! The embedded runner: everything in this process, in parallel, within a memory budget.
//!
//! Several jobs over the same files can run as one scan: each file is read and inflated once, each line parsed once, and every job
//! has its own sort, output and commit. A job alone is a scan too.
//!
//! It is an adversary on purpose: rows with equal keys come in shuffled order, one map task always gets an empty split, and
//! rows are spread over as many reducers as a cluster would have. A job that only works by luck on a cluster fails here first.

mod committing;
mod ending;
mod jobs;
mod keeping;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::Scope;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use committing::{Reduced, commit_each};
use ending::{Endings, MOST_UNCOMMITTED};
use jobs::{Jobs, Mapped, MappedRun};
use keeping::Mergeable;

use super::job_report::JobReport;
use super::job_run::{JobRun, RunnerOptions};
use super::map_tasks::Helping;
use super::outputs::{PartSink, StagedOutput, WrittenPart};
use super::parallel::in_parallel;
use super::progress::Progress;
use super::scan::map_split;
use super::scan_job::{MapOutput, ScanJob, shuffles};
use super::spill::MoreFiles;
use super::splits::{Splits, Turn};
use crate::error_text::error_text;
use crate::say_at;
use crate::standard_streams::voice::Level;
use crate::streaming::sides::run_reducer;
use crate::streaming::{Counters, LineSink, Output};
use crate::warehouse::kept::Kept;

/// Files for spills that the jobs of a scan have together beside one for each: few of them spill much.
const MORE_SPILL_FILES: usize = 8;

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
    let more = MoreFiles::new(MORE_SPILL_FILES.min((options.threads.max(1) - 1) * runs.len()));
    let jobs = Jobs::of(runs, options, &more)?;
    let mut staged = runs.iter().map(|run| StagedOutput::begin(&run.output, run.locks)).collect::<Result<Vec<_>>>()?;
    let splits = Splits::of(&jobs.all, options.threads);
    let names: Vec<_> = runs.iter().map(JobRun::name).collect();
    let progress = Progress::new(&names.join("+"), splits.files, splits.bytes, options);
    let workers = splits.workers;
    let work = Work { jobs: &jobs.all, options, progress: &progress, workers };
    let mut reports = if jobs.all.iter().any(|job| job.run.job.shape().map_only()) {
        ensure!(jobs.all.len() == 1, "A job without reducers cannot share a scan.");
        vec![Ok(work.map_only(&splits, &staged)?)]
    } else {
        let map_outputs = in_parallel(workers, || work.map_worker(&splits))?;
        work.reduce_all(jobs.mapped(map_outputs, std::mem::take(&mut staged)))
    };
    drop(progress);
    staged.into_iter().try_for_each(StagedOutput::commit)?;
    for (report, run) in reports.iter_mut().zip(runs).filter_map(|(report, run)| Some((report.as_mut().ok()?, run))) {
        report.files = run.inputs.len();
        report.bytes = run.inputs.iter().map(|input| input.size).sum();
        report.elapsed = started.elapsed();
        report.kept_files = run.kept.map_or(0, Kept::files);
        let ended = run.kept.zip(run.output.roots().first()).map(|(kept, result)| kept.end(result));
        if let Some(Err(error)) = ended {
            let text = error_text(&error);
            say_at!(Level::Warning, "The result of {} is complete, but not what the next run need not read: {text}", run.name());
        }
    }
    Ok(reports)
}

struct Work<'w> {
    jobs: &'w [ScanJob<'w>],
    options: &'w RunnerOptions,
    progress: &'w Progress,
    /// Threads that read inputs; they share the memory.
    workers: usize,
}

/// What the reducers of a run need beside its records.
#[derive(Clone, Copy)]
struct Reduction<'r, 'scope, 'env: 'scope> {
    /// Where their parts go.
    staged: &'r StagedOutput,
    /// What records in memory take, those of other jobs included.
    held: usize,
    /// Ends parts while others are reduced.
    scope: &'scope Scope<'scope, 'env>,
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

    fn file_row(&mut self, line: &mut Vec<u8>, row: &[u8]) -> Result<()> {
        self.rows += 1;
        self.sink.file_row(line, row)
    }
}

impl Work<'_> {
    fn map_worker(&self, splits: &Splits<'_>) -> Result<Vec<MapOutput>> {
        let mut map_outputs: Vec<_> = self.jobs.iter().map(|_| MapOutput::default()).collect();
        let mut combiners = self.jobs.iter().map(ScanJob::combiner).collect::<Result<Vec<_>>>()?;
        let mut shuffles = shuffles(self.jobs, &mut combiners, self.options, self.workers);
        let (mut helping, mut buffer) = (Helping::default(), Vec::new());
        let mut place = splits.place();
        while let Some(turn) = splits.next(&mut place) {
            let done = match turn {
                Turn::Read(split, _reading) => {
                    map_split(self.jobs, &split, &mut shuffles, &mut map_outputs, self.progress, Some(splits), &mut buffer)
                }
                Turn::Inflate(stretch) => {
                    stretch.inflate();
                    Ok(())
                }
                Turn::Help(piece) => helping.map(self.jobs, piece, &mut shuffles, &mut map_outputs).map(|room| splits.emptied(room)),
            };
            // After a failure the other workers have nothing to gain from going on.
            done.inspect_err(|_| splits.drop_rest())?;
        }
        helping.finish(&mut shuffles, &mut map_outputs)?;
        map_outputs.iter_mut().zip(shuffles.finish()?).for_each(|(map_output, sorted)| map_output.sorted = sorted);
        Ok(map_outputs)
    }

    /// Reduces the jobs one after the other, the last one first, and lets the sorted records of each go. A job is committed while the next
    /// one is reduced: a commit waits for the disk most of the time. One commit at a time, as jobs of one table need it; and what a job
    /// that failed has staged is cleared away behind all of them, since that looks at the whole table.
    fn reduce_all(&self, runs: Vec<MappedRun<'_>>) -> Vec<Result<JobReport>> {
        let mut held: usize = runs.iter().map(MappedRun::bytes).sum();
        let numbers = 0..runs.len();
        let (ended, outcomes) = mpsc::channel();
        let mut failed = Vec::new();
        std::thread::scope(|scope| {
            let (reduced, to_commit) = mpsc::sync_channel::<Reduced<'_>>(MOST_UNCOMMITTED);
            let committed = ended.clone();
            let committing = scope.spawn(move || commit_each(to_commit, &committed));
            for run in runs.into_iter().rev() {
                let bytes = run.bytes();
                let MappedRun { number, job, keeper, output } = run;
                match self.reduce(job, keeper, Reduction { staged: &output, held, scope }) {
                    // Nobody takes it if a commit panicked; it has no outcome then.
                    Ok((report, endings)) => drop(reduced.send(Reduced { number, output, report, endings })),
                    Err(error) => {
                        failed.push(output);
                        let _ = ended.send((number, Err(error)));
                    }
                }
                held -= bytes;
            }
            drop((reduced, ended));
            // That it panicked is told by what has no outcome.
            failed.extend(committing.join().unwrap_or_default());
        });
        drop(failed);
        let without = || Err(anyhow!("The job was not committed: the thread that commits jobs panicked."));
        let mut outcomes: BTreeMap<_, _> = outcomes.into_iter().collect();
        numbers.map(|number| outcomes.remove(&number).unwrap_or_else(without)).collect()
    }

    /// Runs the reducers of a job. What they have written last is still being ended.
    fn reduce<'scope>(
        &self,
        mapped: Mapped<'_>,
        keeper: Option<Mapped<'_>>,
        reduction: Reduction<'_, 'scope, '_>,
    ) -> Result<(JobReport, Vec<Endings<'scope>>)> {
        let (job, mut report) = (mapped.job, JobReport::default());
        let kept = keeper.map(|keeper| self.keep(keeper, reduction.held, &mut report)).transpose()?.flatten();
        let layers = job.run.kept.iter().flat_map(|kept| kept.layers()).chain(&kept).collect();
        let mergeable = self.mergeable(mapped, layers, reduction.held, &mut report)?;
        let reducers = mergeable.reducers(self.options.threads.min(job.layout(self.options).partitions).max(1));
        let next = AtomicUsize::new(0);
        let mut endings = Vec::new();
        for (counters, rows, of_one) in in_parallel(reducers, || self.reduce_worker(job, &mergeable, &next, reducers, reduction))? {
            report.counters.merge(&counters);
            report.rows += rows;
            endings.push(of_one);
        }
        Ok((report, endings))
    }

    /// Reduces one partition after the other; each is ended while the next ones are reduced.
    fn reduce_worker<'scope>(
        &self,
        job: &ScanJob<'_>,
        mergeable: &Mergeable<'_>,
        next: &AtomicUsize,
        reducers: usize,
        Reduction { staged, scope, .. }: Reduction<'_, 'scope, '_>,
    ) -> Result<(Counters, u64, Endings<'scope>)> {
        let partitions = job.layout(self.options).partitions;
        let (mut counters, mut rows, mut endings) = (Counters::default(), 0, Endings::for_one_of(reducers));
        loop {
            let partition = next.fetch_add(1, Ordering::Relaxed);
            if partition >= partitions {
                return Ok((counters, rows, endings));
            }
            let failure = format!("The job {} failed in reducer {partition}.", job.run.name());
            match self.reduce_partition(job, mergeable, partition, staged.part(partition, reducers), &mut counters) {
                Ok((part, more)) => {
                    rows += more;
                    endings.begin(part, failure, &job.run.output, scope)?;
                }
                Err(error) => {
                    // What failed first is told.
                    endings.wait()?;
                    return Err(error).context(failure);
                }
            }
        }
    }

    /// Gives what the reducer has written, and how many rows that are.
    fn reduce_partition(
        &self,
        job: &ScanJob<'_>,
        mergeable: &Mergeable<'_>,
        partition: usize,
        part: Result<PartSink<'_>>,
        counters: &mut Counters,
    ) -> Result<(WrittenPart, u64)> {
        let layout = job.layout(self.options);
        let mut sink = Counted { sink: part?, rows: 0 };
        let mut reducer = job.run.job.reducer(&job.arguments())?;
        let mut lines = mergeable.merge(partition, &layout)?;
        run_reducer(reducer.as_mut(), &mut lines, layout.group_fields, &mut Output::new(&mut sink, counters))?;
        Ok((sink.sink.written(), sink.rows))
    }

    fn map_only(&self, splits: &Splits<'_>, staged: &[StagedOutput]) -> Result<JobReport> {
        let output = staged.first().context("A job has no output.")?;
        let map_outputs = in_parallel(self.workers, || {
            let (mut map_outputs, mut buffer) = (vec![MapOutput::default()], Vec::new());
            let mut place = splits.place();
            while let Some(Turn::Read(split, _reading)) = splits.next(&mut place) {
                let mut sink = output.part(split.number, self.workers)?;
                map_split(self.jobs, &split, &mut sink, &mut map_outputs, self.progress, None, &mut buffer)
                    .inspect_err(|_| splits.drop_rest())?;
                sink.finish()?;
            }
            Ok(map_outputs)
        })?;
        let mut report = JobReport::default();
        for map_output in map_outputs.into_iter().flatten() {
            report.counters.merge(&map_output.counters);
            report.lines += map_output.lines;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
