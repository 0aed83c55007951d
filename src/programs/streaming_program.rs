//! The `main` of mapper and reducer binaries: `BINARY JOB [options]`, standard input to standard output.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};
use itertools::Itertools;

use super::exit_code::{READER_GONE, USAGE};
use super::version::VERSION;
use crate::engine::combined_output::CombinedOutput;
use crate::engine::job_run::sorting_memory;
use crate::error_text::{error_text, option_error_text};
use crate::say;
use crate::standard_streams::{self, ReaderGone};
use crate::streaming::encoded_words::{self, COMBINE};
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::shape::{mapper_program, reducer_program};
use crate::streaming::sides::{OUT_OF_ORDER, run_mapper, run_reducer};
use crate::streaming::{AnyJob, Counters, JobArguments, Jobs, LineSink, Output, job_named};
use crate::wrong_usage::WrongUsage;

/// Which side of its jobs a binary runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Lines to records
    Map,
    /// Sorted records to rows
    Reduce,
}

impl Side {
    /// What it does; with `--combine` only where a job has a combiner.
    fn about(self, combines: bool) -> &'static str {
        match self {
            Self::Map => "reads lines on standard input, writes records for `LC_ALL=C sort`",
            Self::Reduce if !combines => "reads sorted records on standard input, writes rows",
            Self::Reduce => "reads sorted records on standard input, writes rows (with --combine: folded records)",
        }
    }
}

/// The last lines of every help.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong options, 141 the reader of the output has gone.\n";
/// The cluster ends tasks that say nothing for ten minutes.
const REPORT_EVERY: Duration = Duration::from_secs(30);
const LINES_BETWEEN_LOOKS: u32 = 65_536;

/// How the map side of a job takes the lines of its standard input.
pub(super) type MapInput = fn(&dyn AnyJob, &JobArguments, &mut dyn LineSource, &mut Output<'_>) -> Result<()>;

/// A side of a job: the standard input through one side of it to the standard output.
pub(super) struct JobSide<'t> {
    /// What messages begin with.
    pub(super) program: &'t str,
    /// The jobs of the workflow.
    pub(super) jobs: Jobs,
    /// Name of the job among them.
    pub(super) job: &'t str,
    /// Which side of it.
    pub(super) side: Side,
    /// How its mapper takes the input.
    pub(super) map_input: MapInput,
}

/// Runs one side of the job named by the first argument. The exit status is 0 only if all output was written.
pub(crate) fn main(jobs: Jobs, side: Side) -> ExitCode {
    run_side(&program_of(jobs, side), jobs, side, words())
}

/// The command line of mapper or reducer, for what tells of all programs: a subcommand for each job.
pub(super) fn command(jobs: Jobs, side: Side) -> clap::Command {
    let program = program_of(jobs, side);
    let jobs_of_side = jobs.iter().filter(|job| side == Side::Map || !job.shape().map_only());
    let of_job = |job: &&'static dyn AnyJob| {
        let name = job.shape().name;
        JobSide { program: &program, jobs, job: name, side, map_input: map_lines }.command(*job).name(name)
    };
    let tasks: Vec<_> = jobs_of_side.map(of_job).collect();
    clap::Command::new(program.clone()).version(VERSION).about(format!("{program} {}", side.about(any_combines(jobs)))).subcommands(tasks)
}

fn any_combines(jobs: Jobs) -> bool {
    jobs.iter().any(|job| job.shape().combines)
}

fn program_of(jobs: Jobs, side: Side) -> String {
    let workflow = jobs.first().map_or("", |job| job.shape().workflow);
    match side {
        Side::Map => mapper_program(workflow),
        Side::Reduce => reducer_program(workflow),
    }
}

/// The words behind the program's name. What is no UTF-8 is shown as well as it can be, and is no name or value of anything.
pub(super) fn words() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())
}

/// As [`main`], for a program of any name and the words behind it.
pub(super) fn run_side(program: &str, jobs: Jobs, side: Side, mut words: impl Iterator<Item = String>) -> ExitCode {
    let Some(name) = words.next() else {
        say!("{}", usage(jobs, side, program).trim_end());
        return ExitCode::from(USAGE);
    };
    match name.as_str() {
        "--help" | "-h" => shown(program, &usage(jobs, side, program)),
        "--version" | "-V" => shown(program, &format!("{program} {VERSION}\n")),
        job => JobSide { program, jobs, job, side, map_input: map_lines }.run(words.collect()),
    }
}

impl JobSide<'_> {
    /// Runs the side with these options.
    pub(super) fn run(&self, options: Vec<String>) -> ExitCode {
        let input_file = ["mapreduce_map_input_file", "map_input_file"].iter().find_map(|name| std::env::var(name).ok());
        let outcome = encoded_words::decoded(options).and_then(|options| self.pass(JobArguments { options, input_file }));
        let Err(error) = outcome else { return ExitCode::SUCCESS };
        if reader_gone(&error) {
            return ExitCode::from(READER_GONE);
        }
        if let Some(wrong) = error.chain().find_map(|cause| cause.downcast_ref::<clap::Error>()) {
            if !wrong.use_stderr() {
                return shown(self.program, &wrong.render().to_string());
            }
            say!("{} {}: {}", self.program, self.job, option_error_text(wrong));
            return ExitCode::from(USAGE);
        }
        say!("{} {}: {}", self.program, self.job, error_text(&error));
        if error.chain().any(<dyn std::error::Error + 'static>::is::<WrongUsage>) { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
    }

    /// The command line of this side of a job, for help and for what is wrong with one.
    fn command(&self, job: &dyn AnyJob) -> clap::Command {
        let name = format!("{} {}", self.program, self.job);
        let command = job.command().name(name.clone()).bin_name(name).version(VERSION).no_binary_name(true);
        let about = self.side.about(job.shape().combines);
        let command = command.about(format!("{}: {about}", job.shape().about)).long_about(None);
        let command = command.after_help(format!("{EXIT_CODES}The days of an interval are written out: what ran once can be run again."));
        if !job.shape().combines {
            return command;
        }
        let combine = clap::Arg::new("combine").long(COMBINE.trim_start_matches('-')).action(clap::ArgAction::SetTrue);
        command.arg(combine.help(match self.side {
            Side::Map => "Combine records before they are written, in 32 MB of memory, as on a cluster",
            Side::Reduce => "Fold records as the combiner does, instead of writing rows",
        }))
    }

    fn pass(&self, mut arguments: JobArguments) -> Result<()> {
        let job = job_named(self.jobs, self.job)?;
        self.command(job).try_get_matches_from(&arguments.options)?;
        let mut counters = Counters::default();
        let stdin = io::stdin();
        let mut lines = if self.side == Side::Map { LineReader::new(stdin) } else { LineReader::records(stdin, 256 * 1024) };
        let mut sink = StandardOutput { writer: BufWriter::with_capacity(256 * 1024, io::stdout().lock()) };
        let combine = take_flag(&mut arguments, COMBINE);
        let outcome = {
            let mut input = Reporting::new(&mut lines);
            let combiner = || job.combiner(&arguments)?.with_context(|| format!("The job {} has no combiner.", self.job));
            match self.side {
                Side::Map if combine => {
                    let mut reducer = combiner()?;
                    let mut records = CombinedOutput::new(job.shape(), reducer.as_mut(), &mut sink, sorting_memory(1));
                    let mapped = (self.map_input)(job, &arguments, &mut input, &mut Output::new(&mut records, &mut counters));
                    mapped.and_then(|()| records.finish())
                }
                Side::Map => (self.map_input)(job, &arguments, &mut input, &mut Output::new(&mut sink, &mut counters)),
                Side::Reduce => {
                    let mut reducer = if combine { combiner()? } else { job.reducer(&arguments)? };
                    let mut output = Output::new(&mut sink, &mut counters);
                    run_reducer(reducer.as_mut(), &mut input, job.shape().group_fields(), &mut output)
                }
            }
        };
        let outcome = outcome.and_then(|()| sink.writer.flush().context(WritingFailed));
        if lines.too_long() > 0 {
            counters.add("Input", "Discard Line Too Long", lines.too_long());
        }
        if counters.get("Input", OUT_OF_ORDER) > 0 {
            say!(
                "{} {}: the records are not sorted by their bytes, so the result is wrong; sort them with `LC_ALL=C sort`",
                self.program,
                self.job
            );
        }
        // Counters are for the operator: that they cannot be told ends nothing.
        let _ = counters.report(&mut io::stderr().lock());
        outcome
    }
}

/// What was asked for; a reader who has seen enough is no failure.
fn shown(program: &str, text: &str) -> ExitCode {
    match standard_streams::print(format_args!("{text}")) {
        Err(error) if !error.is::<ReaderGone>() => {
            say!("{program}: {}", error_text(&error));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn usage(jobs: Jobs, side: Side, program: &str) -> String {
    let what = side.about(any_combines(jobs));
    let shapes = jobs.iter().map(|job| job.shape()).filter(|shape| side == Side::Map || !shape.map_only());
    let jobs = shapes.map(|shape| format!("  {:<20} {}\n", shape.name, shape.about)).join("");
    let usage = format!("Usage: {program} JOB [OPTIONS]\n       {program} JOB --help\n       {program} --help | --version");
    format!("{program} {what}\n\n{usage}\n\nJobs:\n{jobs}\n{EXIT_CODES}")
}

fn reader_gone(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

/// What a mapper reads, and from where its lines are counted. A cluster may give one mapper several files, and names only the first; or
/// a part of a file.
fn reading_failed(arguments: &JobArguments) -> String {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    reading_failed_of(arguments.input_file.as_deref(), number("insights_input_files"), number("mapreduce_map_input_start"))
}

fn reading_failed_of(file: Option<&str>, count: u64, start: u64) -> String {
    match file {
        Some(file) if count > 1 => format!("Reading {count} files from {file} on failed; lines are counted through all of them."),
        Some(file) if start > 0 => format!("Reading {file} from byte {start} on failed; lines are counted from there."),
        Some(file) => format!("Reading {file} failed."),
        None => "Reading the standard input failed.".to_owned(),
    }
}

/// The output could not be written: the input has nothing to do with it.
#[derive(Clone, Copy, Debug)]
struct WritingFailed;

impl fmt::Display for WritingFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Writing the output failed.")
    }
}

/// The error of a mapper, with what it read, unless it failed at what it wrote.
pub(super) fn of_input(error: Error, reading_failed: impl FnOnce() -> String) -> Error {
    if error.is::<WritingFailed>() { error } else { error.context(reading_failed()) }
}

/// Maps the lines themselves.
fn map_lines(job: &dyn AnyJob, arguments: &JobArguments, input: &mut dyn LineSource, output: &mut Output<'_>) -> Result<()> {
    let mut mapper = job.mapper(arguments)?;
    run_mapper(mapper.as_mut(), input, output).map_err(|error| of_input(error, || reading_failed(arguments)))
}

fn take_flag(arguments: &mut JobArguments, flag: &str) -> bool {
    let before = arguments.options.len();
    arguments.options.retain(|option| option != flag);
    arguments.options.len() < before
}

struct StandardOutput<W: Write> {
    writer: BufWriter<W>,
}

impl<W: Write> LineSink for StandardOutput<W> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        self.writer.write_all(line).and_then(|()| self.writer.write_all(b"\n")).context(WritingFailed)
    }
}

/// Tells the cluster now and then that the process is alive; silent on a terminal.
pub(super) struct Reporting<'l, L> {
    lines: &'l mut L,
    since: Instant,
    until_look: u32,
    read: u64,
}

impl<'l, L> Reporting<'l, L> {
    /// Tells of these lines.
    pub(super) fn new(lines: &'l mut L) -> Self {
        Self { lines, since: Instant::now(), until_look: LINES_BETWEEN_LOOKS, read: 0 }
    }
}

impl<L: LineSource> LineSource for Reporting<'_, L> {
    fn next_line(&mut self) -> Result<Option<&[u8]>> {
        self.read += 1;
        self.until_look -= 1;
        // Lines that were passed over took little time.
        if self.until_look == 0 {
            self.until_look = LINES_BETWEEN_LOOKS;
            if self.since.elapsed() >= REPORT_EVERY && !io::stderr().is_terminal() {
                self.since = Instant::now();
                say!("reporter:status:{} lines read", self.read);
            }
        }
        self.lines.next_line()
    }

    fn pass_over(&mut self, find: &dyn Fn(&[u8]) -> Option<usize>) -> u64 {
        let passed = self.lines.pass_over(find);
        self.read += passed;
        passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::JobShape;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn what_cannot_be_written_is_no_fault_of_the_input() {
        let written = Error::new(io::Error::other("full")).context(WritingFailed).context("The mapper failed on line 7.");
        let told = |error| error_text(&of_input(error, || "Reading /a failed.".to_owned()));
        assert_eq!(told(written), "The mapper failed on line 7. Writing the output failed. full");
        assert_eq!(told(Error::msg("Damage.")), "Reading /a failed. Damage.");
    }

    #[test]
    fn help_tells_of_combining_only_where_it_can_be() {
        for workflow in WORKFLOWS {
            for job in workflow.jobs.iter().filter(|job| !job.shape().map_only()) {
                let JobShape { name, combines, .. } = job.shape();
                for side in [Side::Map, Side::Reduce] {
                    let side = JobSide { program: "program", jobs: workflow.jobs, job: name, side, map_input: map_lines };
                    assert_eq!(side.command(*job).render_long_help().to_string().contains(COMBINE), *combines, "{name}");
                }
            }
            assert_eq!(usage(workflow.jobs, Side::Reduce, "reducer").contains(COMBINE), any_combines(workflow.jobs), "{}", workflow.name);
        }
    }

    #[test]
    fn a_message_says_from_where_lines_are_counted() {
        assert_eq!(reading_failed_of(Some("/a.gz"), 1, 0), "Reading /a.gz failed.");
        let part = "Reading /a from byte 700 on failed; lines are counted from there.";
        assert_eq!(reading_failed_of(Some("/a"), 0, 700), part);
        let group = "Reading 3 files from /a.gz on failed; lines are counted through all of them.";
        assert_eq!(reading_failed_of(Some("/a.gz"), 3, 0), group);
    }
}
