//! A job of a scan, and where its records go.

use std::sync::Arc;

use anyhow::Result;

use super::job_run::{JobRun, RunnerOptions};
use super::layout::Layout;
use super::local_options::LocalOptions;
use super::outputs::PartSink;
use super::shuffle::{Shuffle, Shuffles, SortedOutput};
use super::spill::{MoreFiles, SpillPlace};
use crate::storage::Entry;
use crate::streaming::{Counters, JobArguments, LineSink, Reducer};

/// One job of a scan.
pub(crate) struct ScanJob<'w> {
    /// What is asked for.
    pub run: &'w JobRun<'w>,
    /// The files that it reads, some or all of those of its run.
    pub inputs: Vec<&'w Entry>,
    /// Its options, files of tasks fetched.
    options: LocalOptions,
    /// Where its records go that memory cannot hold.
    pub spills: SpillPlace,
}

/// What the map tasks of one worker gave for one job.
#[derive(Default)]
pub(crate) struct MapOutput {
    /// Counters of its map tasks.
    pub counters: Counters,
    /// Lines read.
    pub lines: u64,
    /// Sorted records.
    pub sorted: SortedOutput,
}

impl<'w> ScanJob<'w> {
    /// Takes part in a scan, whose jobs share these files for spills.
    pub(crate) fn new(run: &'w JobRun<'w>, inputs: Vec<&'w Entry>, options: &RunnerOptions, more: &Arc<MoreFiles>) -> Result<Self> {
        let spills = SpillPlace::sharing(&options.temporary, more);
        Ok(Self { run, inputs, options: LocalOptions::of(run.job.shape(), &run.options)?, spills })
    }

    /// How its records are cut and spread.
    pub(crate) fn layout(&self, options: &RunnerOptions) -> Layout {
        Layout::of(self.run.job.shape(), self.run.reducers.max(1), options.seed)
    }

    /// Arguments of its tasks.
    pub(crate) fn arguments(&self) -> JobArguments {
        JobArguments { options: self.options.words.clone(), input_file: None }
    }

    /// Its combiner, if it has one.
    pub(crate) fn combiner(&self) -> Result<Option<Box<dyn Reducer>>> {
        self.run.job.combiner(&self.arguments())
    }
}

/// Less memory for a job of a worker would be spills of a few records.
const LEAST_MEMORY: usize = 64 * 1024;

/// A shuffle for each job; they share the memory of one of so many workers.
pub(crate) fn shuffles<'c>(
    jobs: &'c [ScanJob<'_>],
    combiners: &'c mut [Option<Box<dyn Reducer>>],
    options: &RunnerOptions,
    workers: usize,
) -> Shuffles<'c> {
    let budget = (options.memory / workers.max(1)).max(LEAST_MEMORY * jobs.len());
    let jobs = jobs.iter().zip(combiners).map(|(job, combiner)| {
        let combiner = combiner.as_mut().map(|combiner| &mut **combiner as _);
        Shuffle::new(job.layout(options), budget, job.run.job.shape().fold, combiner, &job.spills)
    });
    Shuffles::new(jobs.collect(), budget)
}

/// Where the records of a scan go.
pub(crate) trait Sinks {
    /// The sink of a job.
    fn sink(&mut self, number: usize) -> Option<&mut dyn LineSink>;

    /// Called after some input lines, and behind the last one.
    ///
    /// # Errors
    /// What was written could not be passed on.
    fn settle(&mut self) -> Result<()>;
}

impl Sinks for Shuffles<'_> {
    fn sink(&mut self, number: usize) -> Option<&mut dyn LineSink> {
        self.job(number).map(|job| job as _)
    }

    fn settle(&mut self) -> Result<()> {
        Self::settle(self)
    }
}

/// The part file of a job without reducers, which is the only job.
impl Sinks for PartSink<'_> {
    fn sink(&mut self, _number: usize) -> Option<&mut dyn LineSink> {
        Some(self)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}
