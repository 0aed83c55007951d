//! The map tasks of one input: a mapper for each job, which share what a line was parsed into.

use std::io::Read;

use anyhow::{Context, Result};

use super::input_order::Split;
use super::scan_job::{MapOutput, ScanJob, Sinks};
use super::splits::Piece;
use crate::streaming::job::SharedMapper;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::log_mapper::{SeenLine, count_skipped};
use crate::streaming::output::LineBuffers;
use crate::streaming::{JobArguments, Output, ParsedLine};
use crate::tracking::{Event, LineParser};

/// So many bytes of lines may pass before the sinks settle: to ask six jobs behind each line how much they hold took a fiftieth of a scan.
const UNSETTLED: usize = 64 * 1024;

/// The map tasks of one split.
pub(crate) struct Tasks<'t> {
    jobs: &'t [ScanJob<'t>],
    split: Split<'t>,
    of_jobs: Vec<Task>,
    /// Whether one of them has to see every line, parsed.
    sees_all_events: bool,
    parser: LineParser,
    buffers: LineBuffers,
    /// Bytes of lines since the sinks settled.
    unsettled: usize,
}

/// The map task of one job.
struct Task {
    job: usize,
    mapper: SharedMapper,
    lookout: Lookout,
    /// Whether the current line is one that its mapper has to see.
    matters: bool,
    /// Lines that it need not see, not counted yet.
    passed: u64,
}

/// Where the next line is that a mapper has to see, as far as it has looked: so no text is searched twice.
#[derive(Default)]
struct Lookout {
    /// A place in that line, in the stream; the end of the stream or beyond if there is none in what was searched.
    next: u64,
    /// Up to here has been searched.
    searched: u64,
}

impl Lookout {
    /// Whether the line that was read last is such a line.
    fn sees<R: Read>(&mut self, log: &LineReader<R>, find: impl Fn(&[u8]) -> Option<usize>) -> bool {
        let start = log.line_offset();
        if start >= self.searched {
            let lines = log.lines_at_hand();
            (self.next, self.searched) = match find(lines).map(|at| start + at as u64) {
                Some(place) => (place, place + 1),
                None => (u64::MAX, start + lines.len().max(1) as u64),
            };
        }
        self.next <= start + log.line().len() as u64
    }
}

impl SharedMapper {
    fn first_that_matters(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Lines(mapper) => mapper.first_that_matters(text),
            Self::Logs(mapper) => mapper.filter().map_or(Some(0), |filter| filter.find(text)),
        }
    }

    /// Whether it has to see every line, parsed.
    fn sees_all_events(&self) -> bool {
        matches!(self, Self::Logs(mapper) if mapper.filter().is_none())
    }

    /// Whether a line may matter that has been parsed because another mapper has to see all events.
    fn wants(&self, line: &ParsedLine<'_>) -> bool {
        match self {
            Self::Lines(_) => true,
            Self::Logs(mapper) => mapper.filter().is_none_or(|filter| filter.passes(line)),
        }
    }

    fn passed_over(&mut self, lines: u64, output: &mut Output<'_>) {
        match self {
            Self::Lines(mapper) => mapper.passed_over(lines, output),
            Self::Logs(_) => count_skipped(lines, output.counters),
        }
    }
}

impl<'t> Tasks<'t> {
    /// A mapper of each job that reads the split.
    ///
    /// # Errors
    /// A job cannot make its mapper.
    pub(crate) fn of(jobs: &'t [ScanJob<'t>], split: &Split<'t>) -> Result<Self> {
        let mut of_jobs = Vec::new();
        for &job in &split.jobs {
            let Some(of) = jobs.get(job) else { continue };
            let input_file = split.file.map(|entry| entry.location.to_string());
            let mapper = of.run.job.shared_mapper(&JobArguments { input_file, ..of.arguments() })?;
            of_jobs.push(Task { job, mapper, lookout: Lookout::default(), matters: false, passed: 0 });
        }
        let sees_all_events = of_jobs.iter().any(|task: &Task| task.mapper.sees_all_events());
        let (parser, buffers) = (LineParser::default(), LineBuffers::default());
        Ok(Self { jobs, split: split.clone(), of_jobs, sees_all_events, parser, buffers, unsettled: 0 })
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
        let passed = self.pass_over(log, sinks, map_outputs);
        if log.next_line().with_context(|| format!("Reading {} failed.", name_of(&self.split)))?.is_none() {
            return Ok((passed > 0).then_some(passed));
        }
        let failed = |split: &Split<'_>| format!("The mapper failed on line {} of {}.", number + passed + 1, name_of(split));
        self.line(log, sinks, map_outputs).with_context(|| failed(&self.split))?;
        Ok(Some(passed + 1))
    }

    /// Passes over lines that the only mapper need not see. Where there are several, each has its [`Lookout`].
    fn pass_over(&mut self, log: &mut impl LineSource, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> u64 {
        let [task] = self.of_jobs.as_mut_slice() else { return 0 };
        let passed = log.pass_over(&|text| task.mapper.first_that_matters(text));
        if let (Some(sink), Some(map_output), true) = (sinks.sink(task.job), map_outputs.get_mut(task.job), passed > 0) {
            task.mapper.passed_over(passed, &mut Output::new(sink, &mut map_output.counters));
        }
        passed
    }

    /// Called behind the last line.
    ///
    /// # Errors
    /// A mapper fails.
    pub(crate) fn finish(&mut self, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        let failed = || format!("The mapper failed behind the last line of {}.", name_of(&self.split));
        for task in &mut self.of_jobs {
            let (Some(sink), Some(map_output)) = (sinks.sink(task.job), map_outputs.get_mut(task.job)) else { continue };
            let mut output = Output::new(sink, &mut map_output.counters);
            if task.passed > 0 {
                task.mapper.passed_over(std::mem::take(&mut task.passed), &mut output);
            }
            if let SharedMapper::Lines(mapper) = &mut task.mapper {
                mapper.finish(&mut output).with_context(failed)?;
            }
        }
        sinks.settle().with_context(failed)
    }

    /// Hands the line that was read last to all mappers that have to see it; events are parsed once for all of them.
    fn line<R: Read>(&mut self, log: &LineReader<R>, sinks: &mut dyn Sinks, map_outputs: &mut [MapOutput]) -> Result<()> {
        let line = log.line();
        let parses_all = self.sees_all_events;
        let mut is_wanted = parses_all;
        for task in &mut self.of_jobs {
            // Where each line is parsed, its type says most, and few lines are searched.
            task.matters = match &task.mapper {
                SharedMapper::Logs(_) if parses_all => true,
                mapper => task.lookout.sees(log, |text| mapper.first_that_matters(text)),
            };
            is_wanted |= task.matters && matches!(task.mapper, SharedMapper::Logs(_));
        }
        let event = if is_wanted { self.parser.parse(line) } else { None };
        let time = event.as_ref().and_then(Event::time);
        let parsed = parses_all.then(|| ParsedLine::of(line, event.as_ref()));
        let seen = SeenLine::of(event.as_ref(), time.as_deref());
        for task in &mut self.of_jobs {
            if !task.matters || parsed.as_ref().is_some_and(|parsed| !task.mapper.wants(parsed)) {
                task.passed += 1;
                continue;
            }
            let (Some(sink), Some(map_output)) = (sinks.sink(task.job), map_outputs.get_mut(task.job)) else { continue };
            let mut output = Output::reusing(sink, &mut map_output.counters, std::mem::take(&mut self.buffers));
            let outcome = match &mut task.mapper {
                SharedMapper::Lines(mapper) => mapper.map(line, &mut output),
                SharedMapper::Logs(mapper) => mapper.map_line(&seen, &mut output),
            };
            self.buffers = output.into_buffers();
            outcome.with_context(|| format!("The job {} failed.", self.jobs.get(task.job).map_or("", |job| job.run.name())))?;
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
        tasks.of_jobs.iter_mut().for_each(|task| task.lookout = Lookout::default());
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_lookout_sees_the_lines_that_a_search_finds(
            text in prop::collection::vec(prop_oneof![2 => Just(b'\n'), 1 => Just(b'x'), 8 => Just(b'a')], 0..600),
            room in 1_usize..100,
            taken in prop::option::of(1_usize..200),
        ) {
            let find = |text: &[u8]| memchr::memchr(b'x', text);
            let (mut log, mut lookout) = (LineReader::records(text.as_slice(), room), Lookout::default());
            while log.next_line().unwrap().is_some() {
                prop_assert_eq!(lookout.sees(&log, find), find(log.line()).is_some());
                if let Some(bytes) = taken {
                    log.take_lines(bytes, &mut Vec::new()).unwrap();
                }
            }
        }
    }
}
