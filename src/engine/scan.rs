//! The map side of the local runner: each input file is read once for all jobs that want it.

use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::job_run::{JobRun, RunnerOptions};
use super::layout::Layout;
use super::local_options::LocalOptions;
use super::outputs::PartSink;
use super::progress::Progress;
use super::shuffle::{Shuffle, Shuffles, SortedOutput};
use super::spill::SpillPlace;
use super::splits::{Piece, Split, Splits};
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

/// How errors call a split.
fn name_of(split: &Split<'_>) -> String {
    split.file.map_or_else(|| "an empty split".to_owned(), |entry| entry.location.to_string())
}

/// A worker that maps lines which others have read. It keeps its mappers as long as pieces come from the same file.
#[derive(Default)]
pub(crate) struct Helping<'t> {
    tasks: Option<Tasks<'t>>,
}

impl<'t> Helping<'t> {
    /// Feeds a piece to the mappers of its jobs; gives back the room of its text.
    pub(crate) fn map(
        &mut self,
        jobs: &'t [ScanJob<'t>],
        piece: Piece<'t>,
        sinks: &mut dyn Sinks,
        map_outputs: &mut [MapOutput],
    ) -> Result<Vec<u8>> {
        if self.tasks.as_ref().is_none_or(|tasks| tasks.split.number != piece.split.number) {
            self.finish(sinks, map_outputs)?;
        }
        let tasks = match &mut self.tasks {
            Some(tasks) => tasks,
            none => none.insert(Tasks::of(jobs, &piece.split)?),
        };
        let mut log = LineReader::of_text(piece.text);
        let mut number = piece.before;
        while let Some(lines) = tasks.next(&mut log, number, sinks, map_outputs)? {
            number += lines;
        }
        for &job in &piece.split.jobs {
            map_outputs.get_mut(job).into_iter().for_each(|map_output| map_output.lines += number - piece.before);
        }
        Ok(log.into_buffer())
    }

    /// Ends the map tasks of the file of the last piece.
    pub(crate) fn finish(&mut self, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        self.tasks.take().map_or(Ok(()), |mut tasks| tasks.finish(sinks, map_outputs))
    }
}

/// The map tasks of one split.
struct Tasks<'t> {
    jobs: &'t [ScanJob<'t>],
    split: Split<'t>,
    mappers: Vec<(usize, SharedMapper)>,
    /// Which of them want the line parsed.
    matters: Vec<bool>,
    parser: LineParser,
    buffers: LineBuffers,
}

impl<'t> Tasks<'t> {
    fn of(jobs: &'t [ScanJob<'t>], split: &Split<'t>) -> Result<Self> {
        let mut mappers = Vec::new();
        for &job in &split.jobs {
            let Some(of) = jobs.get(job) else { continue };
            let input_file = split.file.map(|entry| entry.location.to_string());
            mappers.push((job, of.run.job.shared_mapper(&JobArguments { input_file, ..of.arguments() })?));
        }
        let (parser, buffers) = (LineParser::default(), LineBuffers::default());
        Ok(Self { jobs, split: split.clone(), mappers, matters: Vec::new(), parser, buffers })
    }

    /// Takes the next line behind so many others, and those before it that need not be seen; says how many that were, or that there are
    /// none.
    fn next<R: Read>(
        &mut self,
        log: &mut LineReader<R>,
        number: u64,
        sinks: &mut dyn Sinks,
        map_outputs: &mut [MapOutput],
    ) -> Result<Option<u64>> {
        let passed = self.pass_over(log, map_outputs);
        let Some(line) = log.next_line().with_context(|| format!("Reading {} failed.", name_of(&self.split)))? else {
            return Ok((passed > 0).then_some(passed));
        };
        let failed = |split: &Split<'_>| format!("The mapper failed on line {} of {}.", number + passed + 1, name_of(split));
        self.line(line, sinks, map_outputs).with_context(|| failed(&self.split))?;
        Ok(Some(passed + 1))
    }

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
        let failed = || format!("The mapper failed behind the last line of {}.", name_of(&self.split));
        for (job, mapper) in &mut self.mappers {
            if let (SharedMapper::Lines(mapper), Some(sink), Some(map_output)) = (mapper, sinks.sink(*job), map_outputs.get_mut(*job)) {
                mapper.finish(&mut Output::new(sink, &mut map_output.counters)).with_context(failed)?;
            }
        }
        sinks.settle().with_context(failed)
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
