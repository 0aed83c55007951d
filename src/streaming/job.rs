//! What a job is: a mapper and a reducer over borrowed bytes, made from the same arguments under every runner.

use std::fmt;

use anyhow::{Context, Result, bail};

use super::descriptor::{Descriptor, JobShape};
use super::event_mapper::{DatedEvents, EventMapper};
use super::group::Group;
use super::output::Output;

/// Turns input lines into records (or rows, if the job has no reducer).
pub trait Mapper {
    /// Takes one line, without its line end. A bad line is counted and skipped; an error fails the task.
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()>;

    /// Called once behind the last line, for mappers that fold neighbouring lines.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

/// Turns groups of sorted records into rows. As a combiner: into records of the same form.
pub trait Reducer {
    /// Takes one group; its rows come in the order of the sort key, rows with equal keys in no particular order.
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()>;

    /// Called once behind the last group, for reducers that hand on what they gathered.
    fn finish(&mut self, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

/// Makes a mapper from the job's arguments.
pub type MakeMapper = fn(&TaskArguments) -> Result<Box<dyn Mapper>>;

/// Makes an event mapper from the job's arguments.
pub type MakeEventMapper = fn(&TaskArguments) -> Result<Box<dyn EventMapper>>;

/// The map side of a job.
#[derive(Clone, Copy)]
pub enum MapSide {
    /// Takes lines as they are.
    Lines(MakeMapper),
    /// Takes the parsed events of an interval, and so can share a scan of the logs with other jobs.
    Events(MakeEventMapper),
}

/// A mapper that may share a scan of its input with others.
pub enum SharedMapper {
    /// Takes lines as they are.
    Lines(Box<dyn Mapper>),
    /// Takes parsed events.
    Events(Box<dyn EventMapper>),
}

impl MapSide {
    /// A mapper for a scan that others share.
    pub fn make_shared(&self, arguments: &TaskArguments) -> Result<SharedMapper> {
        match self {
            Self::Lines(make) => make(arguments).map(SharedMapper::Lines),
            Self::Events(make) => make(arguments).map(SharedMapper::Events),
        }
    }

    /// A mapper over lines.
    pub fn make(&self, arguments: &TaskArguments) -> Result<Box<dyn Mapper>> {
        match self {
            Self::Lines(make) => make(arguments),
            Self::Events(make) => Ok(Box::new(DatedEvents::new(make(arguments)?))),
        }
    }
}

/// Makes a reducer or combiner from the job's arguments.
pub type MakeReducer = fn(&TaskArguments) -> Result<Box<dyn Reducer>>;

/// The code of one job. Keys, inputs and outputs stand in the workflow's descriptor.
#[derive(Clone, Copy)]
pub struct Job {
    /// Name in the descriptor and first argument of the binaries.
    pub name: &'static str,
    /// The map side.
    pub mapper: MapSide,
    /// The reduce side, unless the job is map-only.
    pub reducer: Option<MakeReducer>,
    /// A fold over records of equal groups on the map side, invisible in the result.
    pub combiner: Option<MakeReducer>,
}

impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Job").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The jobs of one workflow and their descriptor.
#[derive(Clone, Copy, Debug)]
pub struct JobSet {
    /// Name of the workflow in the binaries' names, such as `answer-distribution`.
    pub workflow: &'static str,
    /// Text of the descriptor under `jobs/`.
    pub descriptor: &'static str,
    /// All jobs.
    pub jobs: &'static [Job],
}

/// Jobs whose rules have changed since results have records: workflow, job and version. Results of older versions are made again.
const RULES: &[(&str, &str, u32)] = &[];

impl JobSet {
    /// The version of a job's rules, for the record of its results.
    pub fn rules_version(&self, job: &str) -> u32 {
        let known = RULES.iter().find(|(workflow, name, _)| (*workflow, *name) == (self.workflow, job));
        known.map_or(1, |(_, _, version)| *version)
    }

    /// The job called `name` and its shape from the descriptor.
    pub fn job(&self, name: &str) -> Result<(&'static Job, JobShape)> {
        let Some(job) = self.jobs.iter().find(|job| job.name == name) else {
            let known: Vec<_> = self.jobs.iter().map(|job| job.name).collect();
            bail!("The workflow {} has no job {name:?}. Its jobs are: {}.", self.workflow, known.join(", "));
        };
        let mut descriptor =
            Descriptor::parse(self.descriptor).with_context(|| format!("The descriptor jobs/{}.toml cannot be used.", self.workflow))?;
        let shape = descriptor
            .jobs
            .remove(name)
            .with_context(|| format!("The descriptor jobs/{}.toml has no entry for the job {name}.", self.workflow))?;
        Ok((job, shape))
    }

    /// Name of the executable that runs this workflow's mappers.
    pub fn mapper_binary(&self) -> String {
        format!("{}-mapper", self.workflow)
    }

    /// Name of the executable that runs this workflow's reducers and combiners.
    pub fn reducer_binary(&self) -> String {
        format!("{}-reducer", self.workflow)
    }
}

/// Arguments of one task: the same text under every runner, and what the runner says of the input.
#[derive(Clone, Debug, Default)]
pub struct TaskArguments {
    /// Options behind the job's name, as on a command line.
    pub options: Vec<String>,
    /// The file that a mapper reads, if it is known (spec 01, 1.2).
    pub input_file: Option<String>,
}

impl TaskArguments {
    /// Arguments without an input file.
    pub fn new<S: Into<String>>(options: impl IntoIterator<Item = S>) -> Self {
        Self { options: options.into_iter().map(Into::into).collect(), input_file: None }
    }

    /// Which of these warehouse tables the input file belongs to: the one whose name is a directory of its path.
    pub fn input_table<'n>(&self, tables: &[&'n str]) -> InputTable<'n> {
        let path = self.input_file.clone().unwrap_or_default();
        let table = tables.iter().find(|table| path.split('/').any(|part| part == **table)).copied();
        InputTable { table, path, known: tables.join(", ") }
    }

    /// Reads the options into the job's own type. An unknown option or a bad value is an error that names it.
    pub fn parse<T: clap::Args>(&self) -> Result<T> {
        let command = T::augment_args(clap::Command::new("job").no_binary_name(true).disable_help_flag(true));
        let matches = command.try_get_matches_from(&self.options)?;
        Ok(T::from_arg_matches(&matches)?)
    }
}

/// The table that a mapper of several tables reads.
#[derive(Clone, Debug)]
pub struct InputTable<'n> {
    table: Option<&'n str>,
    path: String,
    known: String,
}

impl<'n> InputTable<'n> {
    /// The table. An empty split has none, so ask only when there is a line.
    pub fn name(&self) -> Result<&'n str> {
        self.table.with_context(|| {
            format!(
                "The input {:?} is of none of the tables {}. In a pipe, set mapreduce_map_input_file to the path of the file.",
                self.path, self.known
            )
        })
    }
}

/// For jobs without options: anything given is an error.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct NoOptions {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Args)]
    struct Options {
        #[arg(long)]
        days: u32,
    }

    #[test]
    fn parses_options_and_names_bad_ones() {
        assert_eq!(TaskArguments::new(["--days", "3"]).parse::<Options>().unwrap().days, 3);
        let error = TaskArguments::new(["--days", "x"]).parse::<Options>().err().unwrap();
        assert!(error.to_string().contains("--days"));
        assert!(TaskArguments::new(["--wrong"]).parse::<NoOptions>().is_err());
    }
}
