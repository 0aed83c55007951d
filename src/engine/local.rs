//! The embedded runner: everything in this process, in parallel, within a memory budget.
//!
//! It is an adversary on purpose: rows with equal keys come in shuffled order, one map task always gets an empty split, and
//! rows are spread over as many reducers as a cluster would have. A job that only works by luck on a cluster fails here first.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use super::job_run::{JobReport, JobRun, RunnerOptions};
use super::merge::Merge;
use super::outputs::StagedOutput;
use super::shuffle::{Layout, Run, Shuffle};
use crate::storage::Entry;
use crate::storage::decompression::open_log_counting;
use crate::streaming::job::MakeReducer;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::task::{run_mapper, run_reducer};
use crate::streaming::{Counters, Job, JobShape, LineSink, Output, TaskArguments};

/// Runs a job to its end; nothing is visible before it has succeeded.
pub fn run(run: &JobRun<'_>, options: &RunnerOptions) -> Result<JobReport> {
    let (job, shape) = run.jobs.job(run.job)?;
    let started = Instant::now();
    let staged = StagedOutput::begin(&run.output, run.locks)?;
    let work = Work { run, job, shape, options, progress: super::progress::Progress::new(run, options) };
    let mut report = if work.shape.map_only() { work.map_only(&staged)? } else { work.map_and_reduce(&staged)? };
    work.progress.finish();
    staged.commit()?;
    report.bytes = work.progress.bytes.load(Ordering::Relaxed);
    report.elapsed = started.elapsed();
    Ok(report)
}

struct Work<'w> {
    run: &'w JobRun<'w>,
    job: &'static Job,
    shape: JobShape,
    options: &'w RunnerOptions,
    progress: super::progress::Progress,
}

/// Numbered inputs that no worker has taken yet; none stands for an empty split.
type Splits<'e> = Mutex<VecDeque<(usize, Option<&'e Entry>)>>;

/// What one worker brings home.
#[derive(Default)]
struct Harvest {
    counters: Counters,
    lines: u64,
    runs: Vec<Run>,
}

impl Work<'_> {
    fn layout(&self) -> Layout {
        Layout {
            key_fields: self.shape.key_fields,
            group_fields: self.shape.group_fields,
            partitions: self.run.reducers.max(1),
            seed: self.options.seed,
        }
    }

    fn map_and_reduce(&self, staged: &StagedOutput) -> Result<JobReport> {
        let splits = self.splits();
        let harvests = in_parallel(self.options.threads, || self.map_worker(&splits))?;
        let mut report = JobReport::default();
        let mut runs = Vec::new();
        for harvest in harvests {
            report.counters.merge(&harvest.counters);
            report.lines += harvest.lines;
            report.spills += harvest.runs.iter().filter(|run| matches!(run, Run::Spilled { .. })).count() as u64;
            runs.extend(harvest.runs);
        }
        let next = AtomicUsize::new(0);
        for counters in in_parallel(self.options.threads, || self.reduce_worker(&runs, &next, staged))? {
            report.counters.merge(&counters);
        }
        Ok(report)
    }

    /// All inputs, largest first so that the last worker does not finish late, and an empty split.
    fn splits(&self) -> Splits<'_> {
        let mut inputs: Vec<_> = self.run.inputs.iter().map(Some).enumerate().collect();
        inputs.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.map(|entry| entry.size)));
        inputs.push((self.run.inputs.len(), None));
        Mutex::new(inputs.into())
    }

    fn map_worker(&self, splits: &Splits<'_>) -> Result<Harvest> {
        let mut harvest = Harvest::default();
        let mut combiner = match self.job.combiner.filter(|_| self.shape.combiner) {
            Some(make) => Some(make(&self.arguments())?),
            None => None,
        };
        let budget = self.options.memory / self.options.threads.max(1);
        let combiner = combiner.as_mut().map(|combiner| &mut **combiner as _);
        let mut shuffle = Shuffle::new(self.layout(), budget, combiner, &self.options.temporary);
        while let Some((_, split)) = next_split(splits) {
            // After a failure the other workers have nothing to gain from going on.
            self.map_split(split, &mut shuffle, &mut harvest).inspect_err(|_| drop_splits(splits))?;
        }
        harvest.runs = shuffle.finish()?;
        Ok(harvest)
    }

    fn arguments(&self) -> TaskArguments {
        TaskArguments { options: self.run.options.clone(), input_file: None }
    }

    fn map_split(&self, split: Option<&Entry>, sink: &mut dyn LineSink, harvest: &mut Harvest) -> Result<()> {
        let name = split.map(|entry| entry.location.to_string());
        let mut mapper = self.job.mapper.make(&TaskArguments { input_file: name.clone(), ..self.arguments() })?;
        let input: Box<dyn Read + Send> = match split {
            Some(entry) => open_log_counting(&entry.location, Arc::clone(&self.progress.bytes))?,
            None => Box::new(std::io::empty()),
        };
        let mut lines = Counting { lines: LineReader::new(input), count: 0 };
        let mut output = Output::new(sink, &mut harvest.counters);
        let outcome = run_mapper(mapper.as_mut(), &mut lines, &mut output);
        outcome.with_context(|| format!("The job {} failed on {}.", self.run.job, name.as_deref().unwrap_or("an empty split")))?;
        harvest.lines += lines.count;
        if lines.lines.too_long() > 0 {
            harvest.counters.add("Input", "Discard Line Too Long", lines.lines.too_long());
        }
        self.progress.file_done();
        Ok(())
    }

    fn reduce_worker(&self, runs: &[Run], next: &AtomicUsize, staged: &StagedOutput) -> Result<Counters> {
        let make: MakeReducer = self.job.reducer.with_context(|| format!("The job {} has no reducer.", self.run.job))?;
        let layout = self.layout();
        let mut counters = Counters::default();
        loop {
            let partition = next.fetch_add(1, Ordering::Relaxed);
            if partition >= layout.partitions {
                return Ok(counters);
            }
            let mut sink = staged.part(partition)?;
            let mut reducer = make(&self.arguments())?;
            let mut lines = Merge::new(runs, partition, layout.key_fields)?;
            let mut output = Output::new(&mut sink, &mut counters);
            run_reducer(reducer.as_mut(), &mut lines, layout.group_fields, &mut output)
                .with_context(|| format!("The job {} failed in reducer {partition}.", self.run.job))?;
            sink.finish()?;
        }
    }

    fn map_only(&self, staged: &StagedOutput) -> Result<JobReport> {
        let splits = self.splits();
        let harvests = in_parallel(self.options.threads, || {
            let mut harvest = Harvest::default();
            while let Some((number, split)) = next_split(&splits) {
                let mut sink = staged.part(number)?;
                self.map_split(split, &mut sink, &mut harvest).inspect_err(|_| drop_splits(&splits))?;
                sink.finish()?;
            }
            Ok(harvest)
        })?;
        let mut report = JobReport::default();
        for harvest in harvests {
            report.counters.merge(&harvest.counters);
            report.lines += harvest.lines;
        }
        Ok(report)
    }
}

fn next_split<'e>(splits: &Splits<'e>) -> Option<(usize, Option<&'e Entry>)> {
    splits.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn drop_splits(splits: &Splits<'_>) {
    splits.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

struct Counting<R> {
    lines: LineReader<R>,
    count: u64,
}

impl<R: Read> LineSource for Counting<R> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        let line = self.lines.next_line()?;
        self.count += u64::from(line.is_some());
        Ok(line)
    }
}

/// Runs `work` on `threads` threads and collects what they bring; the first error wins.
fn in_parallel<T: Send>(threads: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("A worker thread panicked.")))).collect()
    })
}
