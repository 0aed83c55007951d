//! `output-committer`: puts what a streaming job has written into its place, as scripts of a plan do behind each job.
//!
//! The job writes into [`JobOutput::job_directory`] of a run, and the cluster marks its success there; until the commit readers see
//! the old result.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

use super::JobOutput;
use super::outputs::StagedOutput;
use super::program::{Argument, Program};
use crate::driver::exit_code;
use crate::error_text::error_text;
use crate::storage::{Location, store_for};
use crate::warehouse::RunId;
use crate::warehouse::interval::DateInterval;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::marker::{SUCCESS, read_marker};

/// Name of the executable.
const NAME: &str = "output-committer";

/// Puts what a streaming job has written into its place, with `_SUCCESS` last
#[derive(Parser, Debug)]
#[command(name = NAME, version)]
struct Command {
    /// The run on whose behalf the job has written
    #[arg(long, global = true, required = false, default_value = "")]
    run_id: String,
    #[command(subcommand)]
    output: OutputCommand,
}

#[derive(Subcommand, Debug)]
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

impl JobOutput {
    /// The program that commits what a job of the run has written.
    pub fn program(&self, run_id: &RunId) -> Program {
        let program = |form: &str| Program::new(NAME).option("--run-id", run_id).word(form);
        match self {
            Self::Directory(target) => program("directory").place(target),
            Self::Files { root, marker } => program("files").place(root).option_place("--marker", marker),
            Self::Days { root, days, file_stem, marker } => {
                let (start, end) = (days.start(), days.end());
                let program = program("days").place(root).option("--days", &format!("{start}-{end}"));
                program.option("--file-stem", file_stem).option_place("--marker", marker)
            }
            Self::Tables(tables) => {
                let mut program = program("tables");
                program.arguments.extend(tables.iter().map(|(path, place)| Argument::NamedPlace(path.clone(), place.clone())));
                program
            }
        }
    }

    /// Where the markers are that are written behind the result.
    fn markers(&self) -> Vec<&Location> {
        match self {
            Self::Directory(target) => vec![target],
            Self::Files { marker, .. } | Self::Days { marker, .. } => vec![marker],
            Self::Tables(tables) => tables.iter().map(|(_, place)| place).collect(),
        }
    }
}

/// Runs the command line; exit codes are those of the driver.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Command { run_id, output } = Command::parse_from(arguments);
    match run_id.parse().context("Give the run's id with --run-id.").and_then(|run_id| commit(&output.into(), &run_id)) {
        Ok(told) => {
            eprintln!("{NAME}: {told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{NAME}: {}", error_text(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// Commits what a job of the run has written.
fn commit(output: &JobOutput, run_id: &RunId) -> Result<String> {
    let roots: Vec<_> = output.roots().into_iter().map(ToString::to_string).collect();
    let locks = output.roots().into_iter().map(|root| OutputLock::acquire(root, run_id, NAME)).collect::<Result<Vec<_>>>()?;
    let written = output.job_directory(run_id)?;
    let (store, success) = (store_for(&written)?, written.join(SUCCESS));
    if store.entry(&success)?.is_none() {
        let markers = output.markers().into_iter().map(read_marker).collect::<Result<Vec<_>>>()?;
        let is_done = markers.iter().all(|marker| marker.as_ref().is_some_and(|marker| marker.run_id.as_ref() == Some(run_id)));
        ensure!(is_done, "The job has not succeeded in this run: there is no {success}. Run the job first.");
        return Ok(format!("{} is in its place already", roots.join(", ")));
    }
    // It says that the job has succeeded, not that its result is in place. Hadoop keeps a checksum beside it on local disks.
    store.remove(&written.join(&format!(".{SUCCESS}.crc")))?;
    store.remove(&success)?;
    StagedOutput::resume(output, &locks)?.commit()?;
    Ok(format!("{} is in its place", roots.join(", ")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::storage::{read_to_string, write_bytes};

    fn scene() -> (tempfile::TempDir, Location) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        (directory, root)
    }

    fn outputs(root: &Location) -> Vec<JobOutput> {
        let marker = root.join("marker/");
        let days = "2014-01-31-2014-02-03".parse().unwrap();
        vec![
            JobOutput::Directory(root.join("t/dt=2014-01-01/")),
            JobOutput::Files { root: root.join("csv/"), marker: marker.clone() },
            JobOutput::Days { root: root.join("t/"), days, file_stem: "t_".to_owned(), marker },
            JobOutput::Tables(["a", "b"].map(|name| (format!("{name}/"), root.join(&format!("{name}/dt=2014=01/")))).to_vec()),
        ]
    }

    #[test]
    fn the_command_line_is_consistent_and_says_the_whole_output() {
        Command::command().debug_assert();
        let (_directory, root) = scene();
        let run_id = RunId::generate();
        for output in outputs(&root) {
            let words = output.program(&run_id).arguments.into_iter().map(|argument| match argument {
                Argument::Text(text) => text,
                Argument::Place(place) => place.to_string(),
                Argument::NamedPlace(name, place) => format!("{name}={place}"),
            });
            let command = Command::try_parse_from(std::iter::once(NAME.to_owned()).chain(words)).unwrap();
            assert_eq!(command.run_id, run_id.as_str());
            assert_eq!(format!("{:?}", JobOutput::from(command.output)), format!("{output:?}"));
        }
    }

    #[test]
    fn only_a_job_that_succeeded_is_committed_and_only_once() {
        let (_directory, root) = scene();
        let [directory, _, days, tables] = <[JobOutput; 4]>::try_from(outputs(&root)).unwrap();
        let run_id = RunId::generate();
        let write = |output: &JobOutput, path: &str| {
            let place = output.job_directory(&run_id).unwrap();
            write_bytes(&place.join(path), format!("{path}\n").as_bytes()).unwrap();
        };
        for (output, rows) in [(&directory, "part-00000"), (&days, "dt=2014-02-01/t_2014-02-01"), (&tables, "b/part-00003")] {
            write(output, rows);
            let error = commit(output, &run_id).unwrap_err().to_string();
            assert!(error.contains("Run the job first"), "{error}");
            write(output, SUCCESS);
            commit(output, &run_id).unwrap();
            assert!(commit(output, &run_id).unwrap().contains("already"));
            assert!(commit(output, &RunId::generate()).is_err());
        }
        let size = |path: &str| read_to_string(&root.join(path)).unwrap().len();
        assert_eq!(size("t/dt=2014-01-01/part-00000"), 11);
        assert_eq!((size("t/dt=2014-01-31/t_2014-01-31"), size("t/dt=2014-02-01/t_2014-02-01")), (0, 27));
        assert_eq!((size("a/dt=2014=01/part-00000"), size("b/dt=2014=01/part-00003")), (0, 13));
        for place in ["t/dt=2014-01-01/", "marker/", "a/dt=2014=01/", "b/dt=2014=01/"] {
            assert_eq!(read_marker(&root.join(place)).unwrap().unwrap().run_id.as_ref(), Some(&run_id), "{place}");
        }
        let names: Vec<_> = store_for(&root).unwrap().children(&root.join("t/")).unwrap().into_iter().map(|child| child.name).collect();
        let days = ["dt=2014-01-01", "dt=2014-01-31", "dt=2014-02-01", "dt=2014-02-02"];
        assert_eq!(names.iter().filter(|name| !name.contains(".lock")).collect::<Vec<_>>(), days);
    }
}
