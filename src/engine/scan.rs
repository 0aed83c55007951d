//! The map side of the local runner: each input file is read once for all jobs that want it.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::job_run::{JobRun, RunnerOptions};
use super::layout::Layout;
use super::local_options::LocalOptions;
use super::map_tasks::{Tasks, name_of};
use super::outputs::PartSink;
use super::progress::Progress;
use super::shuffle::{Shuffle, Shuffles, SortedOutput};
use super::spill::SpillPlace;
use super::splits::{Piece, Split, Splits};
use crate::storage::decompression::open_log_counting;
use crate::streaming::lines::LineReader;
use crate::streaming::{Counters, JobArguments, LineSink, Reducer};

/// One job of a scan.
pub(crate) struct ScanJob<'w> {
    /// What is asked for.
    pub run: &'w JobRun<'w>,
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
    /// Takes part in a scan.
    pub(crate) fn new(run: &'w JobRun<'w>, options: &RunnerOptions) -> Result<Self> {
        let spills = SpillPlace::new(&options.temporary);
        Ok(Self { run, options: LocalOptions::of(run.job.shape(), &run.options)?, spills })
    }

    /// How its records are cut and spread.
    pub(crate) fn layout(&self, options: &RunnerOptions) -> Layout {
        Layout {
            key_fields: self.run.job.shape().key_fields(),
            group_fields: self.run.job.shape().group_fields(),
            partitions: self.run.reducers.max(1),
            seed: options.seed,
        }
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
        Shuffle::new(job.layout(options), budget, combiner, &job.spills).folding(job.run.job.shape().fold)
    });
    Shuffles::new(jobs.collect(), budget)
}

/// Where the records of a scan go.
pub(crate) trait Sinks {
    /// The sink of a job.
    fn sink(&mut self, number: usize) -> Option<&mut dyn LineSink>;

    /// Called after each input line.
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

/// Feeds one input to the mappers of its jobs; map outputs are by job. When others have nothing to do, lines go to them.
pub(crate) fn map_split<'e>(
    jobs: &[ScanJob<'_>],
    split: &Split<'e>,
    sinks: &mut dyn Sinks,
    map_outputs: &mut [MapOutput],
    progress: &Progress,
    others: Option<&Splits<'e>>,
) -> Result<()> {
    let mut tasks = Tasks::of(jobs, split)?;
    let input: Box<dyn Read + Send> = match split.file {
        Some(entry) => open_log_counting(&entry.location, Arc::clone(&progress.bytes))?,
        None => Box::new(std::io::empty()),
    };
    let mut log = LineReader::new(input);
    let others = others.filter(|_| split.lines_are_alone);
    let (mut number, mut given) = (0_u64, 0_u64);
    loop {
        if let Some(others) = others.filter(|others| others.wants_piece()) {
            let mut text = others.room();
            let lines = log.take_lines(PIECE, &mut text).with_context(|| format!("Reading {} failed.", name_of(split)))?;
            if lines > 0 {
                others.offer(Piece { split: split.clone(), text, before: number });
                (number, given) = (number + lines, given + lines);
                continue;
            }
            others.emptied(text);
        }
        let Some(lines) = tasks.next(&mut log, number, sinks, map_outputs)? else { break };
        number += lines;
    }
    tasks.finish(sinks, map_outputs)?;
    for &job in &split.jobs {
        let Some(map_output) = map_outputs.get_mut(job) else { continue };
        map_output.lines += number - given;
        if log.too_long() > 0 {
            map_output.counters.add("Input", "Discard Line Too Long", log.too_long());
        }
    }
    progress.file_done();
    Ok(())
}

/// Text of so many bytes is worth the way to another worker.
const PIECE: usize = 512 * 1024;
