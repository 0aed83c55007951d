//! What a job is: a mapper and a reducer over borrowed bytes, made from the same options under every runner, and its shape.
//!
//! ```ignore
//! /// The job.
//! pub const JOB: Job<EventOptions> = Job::over_events(super::NAME, "daily", "Labels of each learner, course and day", mapper)
//!     .summed(Keys::of(4, 1), write)
//!     .into_files();
//! ```

use std::fmt;

use anyhow::{Context, Result};

use super::event_mapper::{DatedEvents, EventMapper};
use super::folds::{Distinct, Latest, OneOfEach, Sum, WriteCount, WriteLatest, WriteSums, record_of_sums};
use super::job_arguments::JobArguments;
use super::log_mapper::{LogLines, LogMapper};
use super::mapper_reducer::{Mapper, Reducer};
use super::output::Output;
use super::record::Record;
use super::shape::{Fold, Input, JobShape, Keys, OutputForm};
use crate::wrong_usage::{did_you_mean, wrong_usage};

/// Makes a mapper from the job's options.
pub type MakeMapper<O> = fn(O, &JobArguments) -> Result<Box<dyn Mapper>>;
/// Makes a mapper over logs from the job's options.
pub type MakeLogMapper<O> = fn(O, &JobArguments) -> Result<Box<dyn LogMapper>>;
/// Makes an event mapper from the job's options.
pub type MakeEventMapper<O> = fn(O, &JobArguments) -> Result<Box<dyn EventMapper>>;
/// Makes a reducer or combiner from the job's options.
pub type MakeReducer<O> = fn(O, &JobArguments) -> Result<Box<dyn Reducer>>;

/// The map side of a job.
enum MapSide<O> {
    /// Takes lines as they are.
    Lines(MakeMapper<O>),
    /// Takes parsed lines of logs, and so can share a scan of them with other jobs.
    Logs(MakeLogMapper<O>),
    /// Takes parsed events of an interval, likewise.
    Events(MakeEventMapper<O>),
}

/// A mapper that may share a scan of its input with others.
pub enum SharedMapper {
    /// Takes lines as they are.
    Lines(Box<dyn Mapper>),
    /// Takes parsed lines of logs.
    Logs(Box<dyn LogMapper>),
}

/// The reduce side of a job.
struct ReduceSide<O> {
    keys: Keys,
    reducer: Reducing<O>,
    combiner: Combining<O>,
}

enum Reducing<O> {
    Own(MakeReducer<O>),
    Sum(WriteSums<O>),
    Latest(usize, WriteLatest<O>),
    Distinct(WriteCount<O>),
}

enum Combining<O> {
    None,
    Own(MakeReducer<O>),
    Sum,
    Latest(usize),
    Distinct,
}

/// One job: its code, and its shape. `O` are its options.
pub struct Job<O> {
    shape: JobShape,
    map: MapSide<O>,
    reduce: Option<ReduceSide<O>>,
}

impl<O> Job<O> {
    /// A job over the events of tracking logs, by their days. `about` is one line for operators.
    pub const fn over_events(workflow: &'static str, name: &'static str, about: &'static str, mapper: MakeEventMapper<O>) -> Self {
        Self::new(workflow, name, about, Input::TrackingLogs, MapSide::Events(mapper))
    }

    /// A job over all lines of tracking logs, also those that are no event or have no time. Its mapper may look at a line alone only:
    /// lines of one file go to several mappers.
    pub const fn over_logs(workflow: &'static str, name: &'static str, about: &'static str, mapper: MakeLogMapper<O>) -> Self {
        Self::new(workflow, name, about, Input::TrackingLogs, MapSide::Logs(mapper))
    }

    /// A job over rows of the warehouse.
    pub const fn over_rows(workflow: &'static str, name: &'static str, about: &'static str, mapper: MakeMapper<O>) -> Self {
        Self::new(workflow, name, about, Input::Warehouse, MapSide::Lines(mapper))
    }

    const fn new(workflow: &'static str, name: &'static str, about: &'static str, input: Input, map: MapSide<O>) -> Self {
        let output = OutputForm::Rows;
        let shape = JobShape {
            workflow,
            name,
            about,
            input,
            keys: None,
            combines: false,
            fold: None,
            output,
            file_options: &[],
            one_attempt_at_a_time: false,
            program: None,
            rules_version: 1,
        };
        Self { shape, map, reduce: None }
    }

    /// With rules that have changed since results have records (rules 10, 7): results of older versions are made again. The first
    /// version is 1.
    #[must_use]
    pub const fn at_rules_version(mut self, version: u32) -> Self {
        self.shape.rules_version = version;
        self
    }

    /// With a reducer of its own. A job without a reduce side writes the rows of its mappers.
    #[must_use]
    pub const fn reduced(self, keys: Keys, make: MakeReducer<O>) -> Self {
        self.with(keys, Reducing::Own(make), Combining::None)
    }

    /// Adds up the numbers behind equal keys, in combiner and reducer, and writes a row for each key.
    #[must_use]
    pub const fn summed(self, keys: Keys, write: WriteSums<O>) -> Self {
        self.with(keys, Reducing::Sum(write), Combining::Sum)
    }

    /// Keeps the last record of those that agree in their first `of` fields, in combiner and reducer, and writes a row for it.
    #[must_use]
    pub const fn latest(self, keys: Keys, of: usize, write: WriteLatest<O>) -> Self {
        self.with(keys, Reducing::Latest(of, write), Combining::Latest(of))
    }

    /// Counts the distinct keys of each group, of which a combiner keeps one record each, and writes a row for each group.
    #[must_use]
    pub const fn distinct(self, keys: Keys, write: WriteCount<O>) -> Self {
        self.with(keys, Reducing::Distinct(write), Combining::Distinct)
    }

    /// With a combiner of its own: a fold over records of equal groups on the map side, invisible in the result.
    #[must_use]
    pub const fn combined(self, make: MakeReducer<O>) -> Self {
        self.combining(Combining::Own(make))
    }

    /// With a combiner that adds up the numbers behind equal keys.
    #[must_use]
    pub const fn combined_by_sum(self) -> Self {
        self.combining(Combining::Sum)
    }

    /// With a combiner that keeps the last record of those that agree in their first `of` fields.
    #[must_use]
    pub const fn combined_by_latest(self, of: usize) -> Self {
        self.combining(Combining::Latest(of))
    }

    const fn with(mut self, keys: Keys, reducer: Reducing<O>, combiner: Combining<O>) -> Self {
        self.shape.keys = Some(keys);
        self.reduce = Some(ReduceSide { keys, reducer, combiner: Combining::None });
        if matches!(combiner, Combining::None) { self } else { self.combining(combiner) }
    }

    #[allow(clippy::panic)] // at compile time
    const fn combining(mut self, combiner: Combining<O>) -> Self {
        let Some(side) = &mut self.reduce else { panic!("a job without reducer has no combiner") };
        self.shape.fold = match combiner {
            Combining::Sum => Some(Fold::Sum),
            Combining::Latest(of) => Some(Fold::Latest { of }),
            Combining::Distinct => Some(Fold::Distinct),
            Combining::None | Combining::Own(_) => None,
        };
        side.combiner = combiner;
        self.shape.combines = true;
        self
    }

    /// Its rows name the files that they are of ([`Output::file_row`]).
    #[must_use]
    pub const fn into_files(mut self) -> Self {
        self.shape.output = OutputForm::Files;
        self
    }

    /// These of its options name a file which each of its processes reads; a cluster ships it to them.
    #[must_use]
    pub const fn with_file_options(mut self, options: &'static [&'static str]) -> Self {
        self.shape.file_options = options;
        self
    }

    /// A program of its own runs it, which links what the workflow's mapper and reducer do not; its first word is `map` or `reduce`.
    #[must_use]
    pub const fn run_by(mut self, program: &'static str) -> Self {
        self.shape.program = Some(program);
        self
    }

    /// Its reducers act on the world: a cluster must not run a second attempt beside a slow one.
    #[must_use]
    pub const fn one_attempt_at_a_time(mut self) -> Self {
        self.shape.one_attempt_at_a_time = true;
        self
    }
}

/// A job whose options' type does not matter: what runners and programs know of it.
pub trait AnyJob: Sync {
    /// Its wiring.
    fn shape(&self) -> &JobShape;

    /// Whether these are options of the job, as they follow `--` on a command line of the driver.
    ///
    /// # Errors
    /// An option is unknown, missing, or has a bad value; so for the other methods.
    fn check(&self, arguments: &JobArguments) -> Result<()>;

    /// Its options as a command line of its own, for help.
    fn command(&self) -> clap::Command;

    /// A mapper over lines.
    fn mapper(&self, arguments: &JobArguments) -> Result<Box<dyn Mapper>>;

    /// A mapper for a scan that others share.
    fn shared_mapper(&self, arguments: &JobArguments) -> Result<SharedMapper>;

    /// The reducer; a job without one is an error.
    fn reducer(&self, arguments: &JobArguments) -> Result<Box<dyn Reducer>>;

    /// The combiner, if the job has one.
    fn combiner(&self, arguments: &JobArguments) -> Result<Option<Box<dyn Reducer>>>;
}

impl fmt::Debug for dyn AnyJob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Job").field(self.shape()).finish()
    }
}

/// The jobs of a workflow.
pub type Jobs = &'static [&'static dyn AnyJob];

/// The job of that name.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn job_named(jobs: Jobs, name: &str) -> Result<&'static dyn AnyJob> {
    let Some(job) = jobs.iter().find(|job| job.shape().name == name) else {
        let workflow = jobs.first().map_or("", |job| job.shape().workflow);
        let known = did_you_mean(name, jobs.iter().map(|job| job.shape().name));
        return Err(wrong_usage(format!("The workflow {workflow} has no job {name:?}{known}")));
    };
    Ok(*job)
}

impl<O: clap::Args + 'static> AnyJob for Job<O> {
    fn shape(&self) -> &JobShape {
        &self.shape
    }

    fn check(&self, arguments: &JobArguments) -> Result<()> {
        let JobShape { workflow, name, .. } = self.shape;
        let words = if self.command().get_arguments().next().is_some() { " -- [OPTIONS OF THE JOB]" } else { "" };
        arguments.parse_with_usage::<O>(format!("insights job {workflow} {name} [OPTIONS]{words}")).map(drop)
    }

    fn command(&self) -> clap::Command {
        O::augment_args(clap::Command::new(self.shape.name)).about(self.shape.about)
    }

    fn mapper(&self, arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
        Ok(match self.shared_mapper(arguments)? {
            SharedMapper::Lines(mapper) => mapper,
            SharedMapper::Logs(mapper) => Box::new(LogLines::new(mapper)),
        })
    }

    fn shared_mapper(&self, arguments: &JobArguments) -> Result<SharedMapper> {
        match self.map {
            MapSide::Lines(make) => make(arguments.parse()?, arguments).map(SharedMapper::Lines),
            MapSide::Logs(make) => make(arguments.parse()?, arguments).map(SharedMapper::Logs),
            MapSide::Events(make) => {
                let mapper = make(arguments.parse()?, arguments)?;
                Ok(SharedMapper::Logs(Box::new(DatedEvents(mapper))))
            }
        }
    }

    fn reducer(&self, arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
        let side = self.reduce.as_ref().with_context(|| format!("The job {} has no reducer.", self.shape.name))?;
        let options: O = arguments.parse()?;
        Ok(match side.reducer {
            Reducing::Own(make) => make(options, arguments)?,
            Reducing::Sum(write) => {
                let write = move |key: &Record<'_>, sums: &[i64], output: &mut Output<'_>| write(&options, key, sums, output);
                Box::new(Sum::new(side.keys.sort, write))
            }
            Reducing::Latest(of, write) => {
                let write = move |record: &Record<'_>, output: &mut Output<'_>| write(&options, record, output);
                Box::new(Latest::new(of, write))
            }
            Reducing::Distinct(write) => {
                let write = move |group: &Record<'_>, count: i64, output: &mut Output<'_>| write(&options, group, count, output);
                Box::new(Distinct::new(side.keys.sort, write))
            }
        })
    }

    fn combiner(&self, arguments: &JobArguments) -> Result<Option<Box<dyn Reducer>>> {
        let Some(side) = &self.reduce else { return Ok(None) };
        arguments.parse::<O>()?;
        Ok(match side.combiner {
            Combining::None => None,
            Combining::Own(make) => Some(make(arguments.parse()?, arguments)?),
            Combining::Sum => Some(Box::new(Sum::new(side.keys.sort, record_of_sums))),
            Combining::Latest(of) => {
                Some(Box::new(Latest::new(of, |record: &Record<'_>, output: &mut Output<'_>| output.line(record.line()))))
            }
            Combining::Distinct => Some(Box::new(OneOfEach { key_fields: side.keys.sort })),
        })
    }
}
