//! The `main` of mapper and reducer binaries: `BINARY JOB [options]`, standard input to standard output.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::error_text::error_text;
use crate::storage::Location;
use crate::storage::decompression::open_log;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::shape::{mapper_program, reducer_program};
use crate::streaming::task::{run_mapper, run_reducer};
use crate::streaming::task_words::{self, COMBINE, OPEN_PATHS};
use crate::streaming::{AnyJob, Counters, Jobs, LineSink, Output, TaskArguments, job_named};

/// Which side of its jobs a binary runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Lines to records
    Map,
    /// Sorted records to rows
    Reduce,
}

/// Exit status after wrong arguments.
const USAGE: u8 = 2;
/// Exit status when the reader of our output has gone, as the shell gives it to a program that SIGPIPE ended.
const READER_GONE: u8 = 141;
/// The cluster ends tasks that say nothing for ten minutes.
const REPORT_EVERY: Duration = Duration::from_secs(30);
const LINES_BETWEEN_LOOKS: u32 = 65_536;

/// Runs one side of the job named by the first argument. The exit status is 0 only if all output was written.
pub fn main(jobs: Jobs, side: Side) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else { return usage(jobs, side) };
    if name == "--help" || name == "-h" {
        usage(jobs, side);
        return ExitCode::SUCCESS;
    }
    let input_file = ["mapreduce_map_input_file", "map_input_file"].iter().find_map(|name| std::env::var(name).ok());
    let options = task_words::decoded(arguments.collect());
    match options.and_then(|options| run(jobs, side, &name, TaskArguments { options, input_file })) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_gone(&error) => ExitCode::from(READER_GONE),
        Err(error) => {
            let usage_error = error.chain().find_map(|cause| cause.downcast_ref::<clap::Error>());
            if let Some(wrong) = usage_error {
                eprintln!("{name}: {}", wrong.to_string().trim_end());
                return ExitCode::from(USAGE);
            }
            eprintln!("{name}: {}", error_text(&error));
            ExitCode::FAILURE
        }
    }
}

fn usage(jobs: Jobs, side: Side) -> ExitCode {
    let workflow = jobs.first().map_or("", |job| job.shape().workflow);
    let (binary, what) = match side {
        Side::Map => (mapper_program(workflow), "Reads input lines, writes records for `LC_ALL=C sort`."),
        Side::Reduce => (reducer_program(workflow), "Reads sorted records, writes rows (with --combine: folded records)."),
    };
    eprintln!("Usage: {binary} JOB [options]\n\n{what}\n\nJobs:");
    for job in jobs {
        eprintln!("  {:<16} {}", job.shape().name, job.shape().about);
    }
    ExitCode::from(USAGE)
}

fn reader_gone(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

fn run(jobs: Jobs, side: Side, name: &str, mut task: TaskArguments) -> Result<()> {
    let job = job_named(jobs, name)?;
    let mut counters = Counters::default();
    let stdin = io::stdin();
    let mut lines = if side == Side::Map { LineReader::new(stdin) } else { LineReader::records(stdin, 256 * 1024) };
    let mut sink = StandardOutput { writer: BufWriter::with_capacity(256 * 1024, io::stdout().lock()) };
    let combine = side == Side::Reduce && take_flag(&mut task, COMBINE);
    let open_paths = side == Side::Map && take_flag(&mut task, OPEN_PATHS);
    let outcome = {
        let mut input = Reporting { lines: &mut lines, since: Instant::now(), until_look: LINES_BETWEEN_LOOKS, read: 0 };
        let mut output = Output::new(&mut sink, &mut counters);
        if side == Side::Map && open_paths {
            map_files(job, &task, &mut input, &mut output)
        } else if side == Side::Map {
            let mut mapper = job.mapper(&task)?;
            run_mapper(mapper.as_mut(), &mut input, &mut output).with_context(|| reading_failed(&task))
        } else {
            let combiner = || job.combiner(&task)?.with_context(|| format!("The job {name} has no combiner."));
            let mut reducer = if combine { combiner()? } else { job.reducer(&task)? };
            run_reducer(reducer.as_mut(), &mut input, job.shape().group_fields(), &mut output)
        }
    };
    let outcome = outcome.and_then(|()| sink.writer.flush().context("Writing the output failed."));
    if lines.too_long() > 0 {
        counters.add("Input", "Discard Line Too Long", lines.too_long());
    }
    counters.report(&mut io::stderr().lock()).context("Reporting the counters failed.")?;
    outcome
}

/// What a mapper reads, and from where its lines are counted. A cluster may give one mapper several files, and names only the first; or
/// a part of a file.
fn reading_failed(task: &TaskArguments) -> String {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    reading_failed_of(task.input_file.as_deref(), number("insights_input_files"), number("mapreduce_map_input_start"))
}

fn reading_failed_of(file: Option<&str>, count: u64, start: u64) -> String {
    match file {
        Some(file) if count > 1 => format!("Reading {count} files from {file} on failed; lines are counted through all of them."),
        Some(file) if start > 0 => format!("Reading {file} from byte {start} on failed; lines are counted from there."),
        Some(file) => format!("Reading {file} failed."),
        None => "Reading the standard input failed.".to_owned(),
    }
}

/// Maps the files whose paths are the input lines; each has its own mapper, as under the local runner.
fn map_files(job: &dyn AnyJob, task: &TaskArguments, paths: &mut dyn LineSource, output: &mut Output<'_>) -> Result<()> {
    while let Some(line) = paths.next_line()? {
        let path = std::str::from_utf8(line).context("A path in the input is not UTF-8.")?.trim_end_matches('\t');
        let location: Location = path.parse().with_context(|| format!("The input line {path:?} is no path."))?;
        let of_file = TaskArguments { input_file: Some(location.to_string()), ..task.clone() };
        let mut mapper = job.mapper(&of_file)?;
        let mut lines = LineReader::new(open_log(&location)?);
        let mut reporting = Reporting { lines: &mut lines, since: Instant::now(), until_look: LINES_BETWEEN_LOOKS, read: 0 };
        run_mapper(mapper.as_mut(), &mut reporting, output).with_context(|| format!("Reading {location} failed."))?;
        if lines.too_long() > 0 {
            output.count_many("Input", "Discard Line Too Long", lines.too_long());
        }
    }
    Ok(())
}

fn take_flag(task: &mut TaskArguments, flag: &str) -> bool {
    let before = task.options.len();
    task.options.retain(|option| option != flag);
    task.options.len() < before
}

struct StandardOutput<W: Write> {
    writer: BufWriter<W>,
}

impl<W: Write> LineSink for StandardOutput<W> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.writer.write_all(line).and_then(|()| self.writer.write_all(b"\n")).context("Writing the output failed.")
    }
}

/// Tells the cluster now and then that the task is alive; silent on a terminal.
struct Reporting<'l, L> {
    lines: &'l mut L,
    since: Instant,
    until_look: u32,
    read: u64,
}

impl<L: LineSource> LineSource for Reporting<'_, L> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        self.read += 1;
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = LINES_BETWEEN_LOOKS;
            if self.since.elapsed() >= REPORT_EVERY && !io::stderr().is_terminal() {
                self.since = Instant::now();
                eprintln!("reporter:status:{} lines read", self.read);
            }
        }
        self.lines.next_line()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_from_where_lines_are_counted() {
        assert_eq!(reading_failed_of(Some("/a.gz"), 1, 0), "Reading /a.gz failed.");
        let part = "Reading /a from byte 700 on failed; lines are counted from there.";
        assert_eq!(reading_failed_of(Some("/a"), 0, 700), part);
        let group = "Reading 3 files from /a.gz on failed; lines are counted through all of them.";
        assert_eq!(reading_failed_of(Some("/a.gz"), 3, 0), group);
    }
}
