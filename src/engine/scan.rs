//! The map side of the local runner: each input file is read once for all jobs that want it.

use std::collections::{BTreeMap, VecDeque};
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use super::job_run::{JobRun, RunnerOptions};
use super::layout::Layout;
use super::local_options::LocalOptions;
use super::outputs::PartSink;
use super::progress::Progress;
use super::shuffle::{Shuffle, Shuffles, SortedOutput};
use super::spill::SpillPlace;
use crate::storage::Entry;
use crate::storage::decompression::open_log_counting;
use crate::streaming::event_mapper::{SeenLine, count_skipped, hand_over};
use crate::streaming::job::SharedMapper;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::output::LineBuffers;
use crate::streaming::{Counters, JobArguments, LineSink, Output, Reducer};
use crate::tracking::{Event, LineParser};

/// One job of a scan.
pub(crate) struct ScanJob<'w> {
    /// What is asked for.
    pub run: &'w JobRun<'w>,
    /// Its options, files of tasks fetched.
    options: LocalOptions,
    /// Where its records go that memory cannot hold.
    pub spills: SpillPlace,
}

/// An input that one worker takes.
pub(crate) struct Split<'e> {
    /// Its number; part files of jobs without reducers are called by it.
    pub number: usize,
    /// The file; none stands for an empty split.
    file: Option<&'e Entry>,
    /// The jobs that read it, by number.
    jobs: Vec<usize>,
}

/// Inputs that no worker has taken yet.
pub(crate) struct Splits<'e> {
    waiting: Mutex<VecDeque<Split<'e>>>,
    /// Number of files.
    pub files: usize,
    /// Their stored size together.
    pub bytes: u64,
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

impl<'e> Splits<'e> {
    /// The inputs of all jobs, each once, largest first so that the last worker does not finish late, and an empty split.
    pub(crate) fn of(runs: &'e [JobRun<'e>]) -> Self {
        let mut by_location: BTreeMap<&str, (usize, &Entry, Vec<usize>)> = BTreeMap::new();
        let all = runs.iter().enumerate().flat_map(|(job, run)| run.inputs.iter().map(move |entry| (job, entry)));
        for (job, entry) in all {
            let number = by_location.len();
            let (_, _, jobs) = by_location.entry(entry.location.as_str()).or_insert((number, entry, Vec::new()));
            // A job that names a file twice reads it twice, as a cluster does.
            jobs.push(job);
        }
        let files = by_location.len();
        let bytes = by_location.values().map(|(_, entry, _)| entry.size).sum();
        let splits = by_location.into_values().map(|(number, entry, jobs)| Split { number, file: Some(entry), jobs });
        let mut splits: Vec<_> = splits.collect();
        splits.sort_by_key(|split| (std::cmp::Reverse(split.file.map(|entry| entry.size)), split.number));
        splits.push(Split { number: files, file: None, jobs: (0..runs.len()).collect() });
        Self { waiting: Mutex::new(splits.into()), files, bytes }
    }

    /// How many splits wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The next split, for the worker that asks.
    pub(crate) fn next(&self) -> Option<Split<'e>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Takes all work away.
    pub(crate) fn drop_rest(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Feeds one input to the mappers of its jobs; map outputs are by job.
pub(crate) fn map_split(
    jobs: &[ScanJob<'_>],
    split: &Split<'_>,
    sinks: &mut dyn Sinks,
    map_outputs: &mut [MapOutput],
    progress: &Progress,
) -> Result<()> {
    let name = split.file.map_or_else(|| "an empty split".to_owned(), |entry| entry.location.to_string());
    let mut maps = Tasks { jobs, mappers: Vec::new(), matters: Vec::new(), parser: LineParser::default(), buffers: LineBuffers::default() };
    for &job in &split.jobs {
        let Some(of) = jobs.get(job) else { continue };
        let input_file = split.file.map(|entry| entry.location.to_string());
        let mapper = of.run.job.shared_mapper(&JobArguments { input_file, ..of.arguments() })?;
        maps.mappers.push((job, mapper));
    }
    let input: Box<dyn Read + Send> = match split.file {
        Some(entry) => open_log_counting(&entry.location, Arc::clone(&progress.bytes))?,
        None => Box::new(std::io::empty()),
    };
    let mut log = LineReader::new(input);
    let mut number = 0_u64;
    loop {
        number += maps.pass_over(&mut log, map_outputs);
        let Some(line) = log.next_line().with_context(|| format!("Reading {name} failed."))? else { break };
        number += 1;
        maps.line(line, sinks, map_outputs).with_context(|| format!("The mapper failed on line {number} of {name}."))?;
    }
    maps.finish(sinks, map_outputs).with_context(|| format!("The mapper failed behind the last line of {name}."))?;
    for &job in &split.jobs {
        let Some(map_output) = map_outputs.get_mut(job) else { continue };
        map_output.lines += number;
        if log.too_long() > 0 {
            map_output.counters.add("Input", "Discard Line Too Long", log.too_long());
        }
    }
    progress.file_done();
    Ok(())
}

/// The map tasks of one split.
struct Tasks<'t> {
    jobs: &'t [ScanJob<'t>],
    mappers: Vec<(usize, SharedMapper)>,
    /// Which of them want the line parsed.
    matters: Vec<bool>,
    parser: LineParser,
    buffers: LineBuffers,
}

impl Tasks<'_> {
    /// Passes over lines that the only mapper need not see. Where there are several, they have to be shown each line anyway: one that
    /// looks for what is rare would search far ahead again and again.
    fn pass_over(&mut self, log: &mut impl LineSource, map_outputs: &mut [MapOutput]) -> u64 {
        let [(job, mapper)] = self.mappers.as_slice() else { return 0 };
        let passed = log.pass_over(&|text| match mapper {
            SharedMapper::Lines(mapper) => mapper.first_that_matters(text),
            SharedMapper::Events(mapper) => mapper.first_that_matters(text),
        });
        if let (SharedMapper::Events(_), Some(map_output)) = (mapper, map_outputs.get_mut(*job))
            && passed > 0
        {
            count_skipped(passed, &mut map_output.counters);
        }
        passed
    }

    fn finish(&mut self, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        for (job, mapper) in &mut self.mappers {
            if let (SharedMapper::Lines(mapper), Some(sink), Some(map_output)) = (mapper, sinks.sink(*job), map_outputs.get_mut(*job)) {
                mapper.finish(&mut Output::new(sink, &mut map_output.counters))?;
            }
        }
        sinks.settle()
    }

    fn line(&mut self, line: &[u8], sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        self.matters.clear();
        self.matters.extend(self.mappers.iter().map(|(_, mapper)| match mapper {
            SharedMapper::Lines(_) => false,
            SharedMapper::Events(mapper) => mapper.first_that_matters(line).is_some(),
        }));
        let event = if self.matters.contains(&true) { self.parser.parse(line) } else { None };
        let time = event.as_ref().and_then(Event::time);
        let seen = SeenLine::of(event.as_ref(), time.as_deref());
        for ((job, mapper), &matters) in self.mappers.iter_mut().zip(&self.matters) {
            let (Some(sink), Some(map_output)) = (sinks.sink(*job), map_outputs.get_mut(*job)) else { continue };
            if matches!(mapper, SharedMapper::Events(_)) && !matters {
                count_skipped(1, &mut map_output.counters);
                continue;
            }
            let mut output = Output::reusing(sink, &mut map_output.counters, std::mem::take(&mut self.buffers));
            let outcome = match mapper {
                SharedMapper::Lines(mapper) => mapper.map(line, &mut output),
                SharedMapper::Events(mapper) => hand_over(mapper.as_mut(), &seen, &mut output),
            };
            self.buffers = output.into_buffers();
            outcome.with_context(|| format!("The job {} failed.", self.jobs.get(*job).map_or("", |job| job.run.name())))?;
        }
        sinks.settle()
    }
}
