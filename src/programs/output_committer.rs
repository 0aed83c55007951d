//! `output-committer`: begins the output of a streaming job and puts it into its place, as scripts of a plan do around each job.
//!
//! The job writes into [`JobOutput::job_directory`] of the run; until the commit readers see the old result.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};

use super::exit_code::failed;
use super::version::VERSION;
use crate::calendar::interval::DateInterval;
use crate::engine::JobOutput;
use crate::engine::committer_program::COMMITTER as NAME;
use crate::engine::external_commit::{self, Committed};
use crate::engine::recipe::{Recipe, RecipeInput};
use crate::error_text::error_text;
use crate::say;
use crate::storage::Location;
use crate::warehouse::RunId;
use crate::warehouse::awaited::{LogsSeen, awaited_word};
use crate::warehouse::lock::{OutputLock, OutputLocked};

/// Begins the output of a streaming job, and puts what the job has written into its place
#[derive(Parser, Debug)]
#[command(name = NAME, version = VERSION)]
enum Command {
    /// Before the job: clears away what dead runs left, and makes the directory in which the job writes
    Begin(Order),
    /// Behind the job: exchanges the old result for the new one, with `_SUCCESS` last; may be repeated
    Commit(Order),
}

#[derive(Args, Debug)]
struct Order {
    /// The run on whose behalf the job writes
    #[arg(long)]
    run_id: RunId,
    /// Longest wait in seconds for another run on the same output
    #[arg(long, default_value_t = 300)]
    lock_wait: u64,
    /// Workflow and job, for the record of what the output is made from
    #[arg(long)]
    job: Option<String>,
    /// Version of the job's rules, for the record
    #[arg(long, default_value_t = 1)]
    rules: u32,
    /// Option of the job, for the record; may be repeated
    #[arg(long, allow_hyphen_values = true)]
    job_option: Vec<String>,
    /// Directory that the job reads, for the record; may be repeated
    #[arg(long, value_name = "DIRECTORY", value_parser = directory_input)]
    input: Vec<RecipeInput>,
    /// Days of a table that the job reads, for the record; may be repeated
    #[arg(long, value_name = "START-END=TABLE")]
    input_days: Vec<RecipeInput>,
    /// A day that is made, and days whose log files it waits for, for the record; may be repeated
    #[arg(long, value_name = "DAY=DAY,DAY", value_parser = awaited_word)]
    awaited: Vec<(NaiveDate, LogsSeen)>,
    #[command(subcommand)]
    output: OutputCommand,
}

fn directory_input(text: &str) -> Result<RecipeInput> {
    Ok(RecipeInput::Directory(text.parse()?))
}

impl Order {
    /// What the output is made from, if the begin is told.
    fn recipe(&self) -> Option<Recipe> {
        let inputs = self.input.iter().chain(&self.input_days).cloned().collect();
        let (options, awaited) = (self.job_option.clone(), self.awaited.iter().cloned().collect());
        self.job.clone().map(|job| Recipe { job, rules: self.rules, options, inputs, awaited })
    }
}

#[derive(Subcommand, Clone, Debug)]
enum OutputCommand {
    /// Part files of one directory, replaced as a whole
    Directory {
        /// The directory
        target: Location,
    },
    /// Files below a directory, each replaced as a whole
    Files {
        /// The directory
        root: Location,
        /// Directory that gets `_SUCCESS` when all files are in place
        #[arg(long)]
        marker: Location,
    },
    /// Directories dt=DAY of a table, each replaced as a whole; a day without rows gets an empty file
    Days {
        /// The table's directory
        root: Location,
        /// All days that the job makes: A-B
        #[arg(long)]
        days: DateInterval,
        /// Name of a day's file without the day
        #[arg(long)]
        file_stem: String,
        /// Directory that gets `_SUCCESS` when all days are in place
        #[arg(long)]
        marker: Location,
    },
    /// Directories of several tables, each replaced as a whole
    Tables {
        /// The path in the job's rows, and the directory
        #[arg(required = true, value_name = "PATH=DIRECTORY")]
        tables: Vec<TablePlace>,
    },
}

/// `PATH=DIRECTORY`
#[derive(Clone, Debug)]
struct TablePlace(String, Location);

impl FromStr for TablePlace {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (path, place) = text.split_once('=').with_context(|| format!("{text:?} is not of the form PATH=DIRECTORY."))?;
        Ok(Self(path.to_owned(), place.parse()?))
    }
}

impl From<OutputCommand> for JobOutput {
    fn from(command: OutputCommand) -> Self {
        match command {
            OutputCommand::Directory { target } => Self::Directory(target),
            OutputCommand::Files { root, marker } => Self::Files { root, marker },
            OutputCommand::Days { root, days, file_stem, marker } => Self::Days { root, days, file_stem, marker },
            OutputCommand::Tables { tables } => Self::Tables(tables.into_iter().map(|TablePlace(path, place)| (path, place)).collect()),
        }
    }
}

/// Its command line, for what tells of all programs.
pub(super) fn command() -> clap::Command {
    <Command as clap::CommandFactory>::command()
}

/// Runs the command line; exit codes are those of the driver.
pub(super) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(&Command::parse_from(arguments)) {
        Ok(told) => {
            say!("{NAME}: {told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            say!("{NAME}: {}", error_text(&error));
            failed(&error)
        }
    }
}

fn run(command: &Command) -> Result<String> {
    let (Command::Begin(order) | Command::Commit(order)) = command;
    let output = JobOutput::from(order.output.clone());
    let lock = |root| lock(root, &order.run_id, Duration::from_secs(order.lock_wait));
    let locks = output.roots().into_iter().map(lock).collect::<Result<Vec<_>>>()?;
    let roots: Vec<_> = output.roots().into_iter().map(ToString::to_string).collect();
    let roots = roots.join(", ");
    match command {
        Command::Begin(_) => {
            let locks = match order.recipe() {
                Some(recipe) => recipe.noted(locks)?,
                None => locks,
            };
            external_commit::begin(&output, &locks)?;
            Ok(format!("{roots} is begun"))
        }
        Command::Commit(_) => Ok(match external_commit::commit(&output, &locks)? {
            Committed::Now => format!("{roots} is in its place"),
            Committed::Before => format!("{roots} is in its place already"),
        }),
    }
}

/// Waits for another run: one that was killed holds its lock for a while in some stores, and the job's result shall not be lost to it.
fn lock(root: &Location, run_id: &RunId, wait: Duration) -> Result<OutputLock> {
    let until = Instant::now() + wait;
    loop {
        match OutputLock::acquire(root, run_id, NAME) {
            Err(error) if error.is::<OutputLocked>() && Instant::now() < until => std::thread::sleep(Duration::from_secs(1)),
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::engine::program::Argument;

    #[test]
    fn the_command_line_is_consistent_and_says_the_whole_output() {
        Command::command().debug_assert();
        let root: Location = "/w/".parse().unwrap();
        let marker = root.join("marker/");
        let days = "2014-01-31-2014-02-03".parse().unwrap();
        let outputs = [
            JobOutput::Directory(root.join("t/dt=2014-01-01/")),
            JobOutput::Files { root: root.join("csv/"), marker: marker.clone() },
            JobOutput::Days { root: root.join("t/"), days, file_stem: "t_".to_owned(), marker },
            JobOutput::Tables(["a", "b"].map(|name| (format!("{name}/"), root.join(&format!("{name}/dt=2014=01/")))).to_vec()),
        ];
        let run_id = RunId::generate();
        let recipe = Recipe {
            job: "a/b".to_owned(),
            rules: 3,
            options: ["--interval", "2014"].map(str::to_owned).to_vec(),
            inputs: vec![RecipeInput::Directory(root.join("u/dt=2014-01-01/")), RecipeInput::Days(root.join("v/"), days)],
            awaited: vec!["2014-01-31=2014-02-01,2014-02-02".to_owned()].into(),
        };
        for output in outputs {
            let words = output.program("begin", &run_id, Some(&recipe)).arguments.into_iter().map(|argument| match argument {
                Argument::Text(text) => text,
                Argument::Place(place) => place.to_string(),
                Argument::NamedPlace(name, place) => format!("{name}={place}"),
            });
            let command = Command::try_parse_from(std::iter::once(NAME.to_owned()).chain(words)).unwrap();
            let Command::Begin(order) = command else { panic!("{command:?}") };
            assert_eq!((&order.run_id, order.recipe().as_ref()), (&run_id, Some(&recipe)));
            assert_eq!(format!("{:?}", JobOutput::from(order.output)), format!("{output:?}"));
        }
    }

    #[test]
    fn another_run_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let root = Location::from_path(folder.path()).unwrap().join("t/");
        let held = OutputLock::acquire(&root, &RunId::generate(), "other").unwrap();
        let error = lock(&root, &RunId::generate(), Duration::ZERO).unwrap_err();
        assert!(error.is::<OutputLocked>(), "{error}");
        let waiting = std::thread::spawn(move || lock(&root, &RunId::generate(), Duration::from_mins(1)).is_ok());
        std::thread::sleep(Duration::from_millis(100));
        drop(held);
        assert!(waiting.join().unwrap());
    }
}
