//! The map tasks of one input: a mapper for each job, which share what a line was parsed into.

use std::io::Read;

use anyhow::{Context, Result};

use super::input_order::Split;
use super::scan_job::{MapOutput, ScanJob, Sinks};
use super::splits::Piece;
use super::watch::{Lookout, Task, Watch};
use crate::streaming::job::SharedMapper;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::log_mapper::SeenLine;
use crate::streaming::output::LineBuffers;
use crate::streaming::{JobArguments, Output, ParsedLine};
use crate::tracking::{Event, LineParser};

/// So many bytes of lines may pass before the sinks settle: to ask six jobs behind each line how much they hold took a fiftieth of a scan.
const UNSETTLED: usize = 64 * 1024;

/// The map tasks of one split.
pub(crate) struct Tasks<'t> {
    jobs: &'t [ScanJob<'t>],
    split: Split<'t>,
    watches: Vec<Watch>,
    /// Whether one of them has to see every line, parsed.
    sees_all_events: bool,
    parser: LineParser,
    buffers: LineBuffers,
    /// Bytes of lines since the sinks settled.
    unsettled: usize,
}

impl<'t> Tasks<'t> {
    /// A mapper of each job that reads the split.
    ///
    /// # Errors
    /// A job cannot make its mapper.
    pub(crate) fn of(jobs: &'t [ScanJob<'t>], split: &Split<'t>) -> Result<Self> {
        let mut watches: Vec<Watch> = Vec::new();
        for &job in &split.jobs {
            let Some(of) = jobs.get(job) else { continue };
            let input_file = split.file.map(|entry| entry.location.to_string());
            let mapper = of.run.job.shared_mapper(&JobArguments { input_file, ..of.arguments() })?;
            let same = watches.iter_mut().find(|watch| watch.mapper().is_some_and(|known| known.looks_for_the_same(&mapper)));
            let task = Task { job, mapper };
            match same {
                Some(watch) => watch.tasks.push(task),
                None => watches.push(Watch::of(task)),
            }
        }
        let sees_all_events = watches.iter().filter_map(Watch::mapper).any(SharedMapper::sees_all_events);
        let (parser, buffers) = (LineParser::default(), LineBuffers::default());
        Ok(Self { jobs, split: split.clone(), watches, sees_all_events, parser, buffers, unsettled: 0 })
    }

    /// Takes the next line behind so many others, and those before it that need not be seen; says how many that were, or that there are
    /// none.
    ///
    /// # Errors
    /// The input cannot be read, or a mapper fails.
    pub(crate) fn next<R: Read>(
        &mut self,
        log: &mut LineReader<R>,
        number: u64,
        sinks: &mut dyn Sinks,
        map_outputs: &mut [MapOutput],
    ) -> Result<Option<u64>> {
        let passed = self.pass_over(log);
        if log.next_line().with_context(|| format!("Reading {} failed.", name_of(&self.split)))?.is_none() {
            return Ok((passed > 0).then_some(passed));
        }
        let failed = |split: &Split<'_>| format!("The mapper failed on line {} of {}.", number + passed + 1, name_of(split));
        self.line(log, sinks, map_outputs).with_context(|| failed(&self.split))?;
        Ok(Some(passed + 1))
    }

    /// Passes over lines that the mappers need not see, if all look for the same. Otherwise each has its [`Lookout`].
    fn pass_over(&mut self, log: &mut impl LineSource) -> u64 {
        let [watch] = self.watches.as_mut_slice() else { return 0 };
        let passed = watch.mapper().map_or(0, |mapper| log.pass_over(&|text| mapper.first_that_matters(text)));
        watch.passed += passed;
        passed
    }

    /// Called behind the last line.
    ///
    /// # Errors
    /// A mapper fails.
    pub(crate) fn finish(&mut self, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        let failed = || format!("The mapper failed behind the last line of {}.", name_of(&self.split));
        for watch in &mut self.watches {
            let passed = std::mem::take(&mut watch.passed);
            for task in &mut watch.tasks {
                let (Some(sink), Some(map_output)) = (sinks.sink(task.job), map_outputs.get_mut(task.job)) else { continue };
                let mut output = Output::new(sink, &mut map_output.counters);
                if passed > 0 {
                    task.mapper.passed_over(passed, &mut output);
                }
                if let SharedMapper::Lines(mapper) = &mut task.mapper {
                    mapper.finish(&mut output).with_context(failed)?;
                }
            }
        }
        sinks.settle().with_context(failed)
    }

    /// Hands the line that was read last to all mappers that have to see it; events are parsed once for all of them.
    fn line<R: Read>(&mut self, log: &LineReader<R>, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        let line = log.line();
        let parses_all = self.sees_all_events;
        let mut is_wanted = parses_all;
        for Watch { tasks, lookout, matters, .. } in &mut self.watches {
            let Some(Task { mapper, .. }) = tasks.first() else { continue };
            // Where each line is parsed, its type says most, and few lines are searched.
            *matters = match mapper {
                SharedMapper::Logs(_) if parses_all => true,
                mapper => lookout.sees(log, |text| mapper.first_that_matters(text)),
            };
            is_wanted |= *matters && matches!(mapper, SharedMapper::Logs(_));
        }
        let event = if is_wanted { self.parser.parse(line) } else { None };
        let time = event.as_ref().and_then(Event::time);
        let parsed = parses_all.then(|| ParsedLine::of(line, event.as_ref()));
        let seen = SeenLine::of(event.as_ref(), time.as_deref());
        for Watch { tasks, matters, passed, .. } in &mut self.watches {
            let is_unwanted = |parsed| tasks.first().is_some_and(|task| !task.mapper.wants(parsed));
            if !*matters || parsed.as_ref().is_some_and(is_unwanted) {
                *passed += 1;
                continue;
            }
            for task in tasks {
                let (Some(sink), Some(map_output)) = (sinks.sink(task.job), map_outputs.get_mut(task.job)) else { continue };
                let mut output = Output::reusing(sink, &mut map_output.counters, std::mem::take(&mut self.buffers));
                let outcome = match &mut task.mapper {
                    SharedMapper::Lines(mapper) => mapper.map(line, &mut output),
                    SharedMapper::Logs(mapper) => mapper.map_line(&seen, &mut output),
                };
                self.buffers = output.into_buffers();
                outcome.with_context(|| format!("The job {} failed.", self.jobs.get(task.job).map_or("", |job| job.run.name())))?;
            }
        }
        self.unsettled += line.len();
        if self.unsettled < UNSETTLED {
            return Ok(());
        }
        self.unsettled = 0;
        sinks.settle()
    }
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
        // Each piece is a stream of its own.
        tasks.watches.iter_mut().for_each(|watch| watch.lookout = Lookout::default());
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

/// What errors call a split.
pub(crate) fn name_of(split: &Split<'_>) -> String {
    split.file.map_or_else(|| "an empty split".to_owned(), |entry| entry.location.to_string())
}
