//! Steps that the workflows over days have in common: a day's files from the logs, a partition, a load.

use std::fmt;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::logs::{DayPlaces, EventLogOptions};
use super::store::{StoreOptions, open_store};
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, LoadStep, Need, Plan, State, Step, StepInput, Work, WorkContext};
use crate::engine::program::Program;
use crate::lms::command::LmsSource;
use crate::lms::import::{Import, is_complete};
use crate::storage::Location;
use crate::stores::LoadMode;
use crate::stores::identity::update_id;
use crate::stores::rows::read_tsv;
use crate::stores::table::Table;
use crate::streaming::JobSet;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::interval::DateInterval;
use crate::warehouse::marker::{has_marker, task_marker_directory};
use crate::warehouse::selection::DayFiles;

/// Data that another task makes is not there: the run ends as `missing_data` (spec 01, 9). The text says what to run first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingData(pub String);

impl fmt::Display for MissingData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for MissingData {}

/// An import of an LMS table that must be there before the steps behind it run.
pub struct NeededImport {
    /// The partition of the import.
    pub partition: Partition,
    /// The table.
    pub table: &'static str,
    /// The LMS database to import it from, if one is configured.
    source: Option<LmsSource>,
    destination: Location,
    date: NaiveDate,
    overwrite: bool,
}

impl NeededImport {
    /// The step that looks for the import of a table into `[database-import] destination`, or into the warehouse.
    ///
    /// # Errors
    /// The settings of the LMS database cannot be used.
    pub fn step(
        table: &'static str,
        date: NaiveDate,
        warehouse: &Location,
        settings: &Settings,
        overwrite: bool,
    ) -> Result<(Step, Partition)> {
        match settings.get("database-import", "destination") {
            Some(root) => {
                let root = root.parse().context("destination of [database-import] cannot be used.")?;
                Self::step_at(table, date, &root, settings, overwrite)
            }
            None => Self::step_at(table, date, warehouse, settings, overwrite),
        }
    }

    /// As [`Self::step`], for an import into a given place.
    ///
    /// # Errors
    /// As there.
    pub fn step_at(
        table: &'static str,
        date: NaiveDate,
        destination: &Location,
        settings: &Settings,
        overwrite: bool,
    ) -> Result<(Step, Partition)> {
        let partition = Dataset::new(destination, table)?.day(date);
        let configured = settings.get("database-import", "credentials").is_some();
        let source = if configured { Some(LmsSource::of_settings(settings, None, None)?) } else { None };
        let overwrite = overwrite && source.is_some();
        // An import of another hand need not have `_metadata`; one that can be made again must (spec 09, 2).
        let is_there = if source.is_some() { is_complete(&partition)? } else { partition.is_complete(&Completeness::SuccessMarker)? };
        let state = if is_there && !overwrite {
            State::Complete(format!("{} is there", partition.directory()))
        } else {
            State::Due("there is no import of the day, or it is made anew".to_owned())
        };
        let work = Self { partition: partition.clone(), table, source, destination: destination.clone(), date, overwrite };
        Ok((Step { name: format!("Import of {table}"), action: Action::Work(Box::new(work)), state }, partition))
    }
}

impl Work for NeededImport {
    fn describe(&self) -> Vec<String> {
        vec![format!("at {}", self.partition.directory())]
    }

    fn needs(&self) -> Option<Need> {
        let is_missing = self.source.is_none();
        is_missing.then(|| Need { directory: self.partition.directory().clone(), error: self.missing().into() })
    }

    fn program(&self) -> Result<Option<Program>> {
        let Some(source) = &self.source else { return Ok(None) };
        let program = Program::new("lms-import").word(self.table).option_place("--destination", &self.destination);
        let program = program.option_place("--credentials", &source.credentials).option("--database", &source.database);
        Ok(Some(program.option("--import-date", &self.date).flag("--overwrite", self.overwrite)))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<String> {
        let directory = self.partition.directory();
        if let (Some(source), Some(table)) = (&self.source, crate::lms::tables::table(self.table)) {
            let (destination, overwrite) = (&self.destination, self.overwrite);
            let import = Import { source: &source.target, destination, date: self.date, num_mappers: 4, condition: None, overwrite };
            let imported = import.run(&[table], context.run_id, context.task)?;
            let rows = imported.iter().filter_map(|imported| imported.rows).sum::<u64>();
            return Ok(format!("{rows} rows"));
        }
        if self.partition.is_complete(&Completeness::SuccessMarker)? {
            return Ok(format!("{directory} is there"));
        }
        bail!(self.missing())
    }
}

impl NeededImport {
    fn missing(&self) -> MissingData {
        MissingData(format!(
            "There is no complete import of the LMS table {} at {} (a directory with _SUCCESS). Import it with lms-import, or set credentials and database in [database-import].",
            self.table,
            self.partition.directory()
        ))
    }
}

/// A table with a directory for each day, kept for ever and read again by later runs.
#[derive(Clone, Copy, Debug)]
pub struct DayTable {
    /// Its directory below the warehouse.
    pub table: &'static str,
    /// The files of a day are called by this and the day.
    pub file_stem: &'static str,
    /// The workflow.
    pub jobs: &'static JobSet,
    /// The job that writes it.
    pub job: &'static str,
}

/// The days of an interval that a history task makes from the logs
#[derive(clap::Args, Clone, Debug)]
pub struct HistoryDays {
    /// Days: 2014, 2014-05, 2014-W26, 2014-05-10 or 2014-05-10-2014-05-20 (end excluded)
    #[arg(long)]
    interval: DateInterval,
    /// Make the days anew
    #[arg(long)]
    overwrite: bool,
    /// Number of reducers
    #[arg(long, default_value_t = 25)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    places: DayPlaces,
}

/// One run of the job that writes days.
pub struct DayRun<'r> {
    /// Days that are written.
    pub days: &'r DateInterval,
    /// Options of the job.
    pub options: Vec<String>,
    /// What it reads.
    pub input: StepInput,
    /// `--n-reduce-tasks`
    pub n_reduce_tasks: usize,
    /// What tells this run from others, for its marker.
    pub identity: &'r str,
}

impl DayTable {
    /// The table in a warehouse.
    pub fn dataset(&self, warehouse: &Location) -> Result<Dataset> {
        Dataset::new(warehouse, self.table)
    }

    /// Where the marker of a run lies.
    fn marker(&self, places: &DayPlaces, settings: &Settings, identity: &str) -> Result<Location> {
        Ok(task_marker_directory(&places.markers(settings)?, &format!("{}({identity})", self.table)))
    }

    /// The step that writes days, in the given state.
    pub fn step(&self, places: &DayPlaces, settings: &Settings, run: DayRun<'_>, state: State) -> Result<Step> {
        let output = JobOutput::Days {
            root: self.dataset(&places.warehouse.location(settings)?)?.directory().clone(),
            days: *run.days,
            file_stem: self.file_stem.to_owned(),
            marker: self.marker(places, settings, run.identity)?,
        };
        let job =
            JobStep { jobs: self.jobs, job: self.job, options: run.options, input: run.input, output, n_reduce_tasks: run.n_reduce_tasks };
        Ok(Step { name: format!("Days of {}", self.table), action: Action::Job(job), state })
    }

    /// The step that makes days from the logs of an interval, in the state that is decided for the run's identity.
    pub fn step_from_logs(
        &self,
        settings: &Settings,
        logs: &EventLogOptions,
        places: &DayPlaces,
        (interval, n_reduce_tasks): (&DateInterval, usize),
        state: impl FnOnce(&str) -> Result<State>,
    ) -> Result<Step> {
        let ccx = settings.flag("ccx", "enabled")?.map(|enabled| format!("--ccx={enabled}"));
        let identity = logs.identity_of_days(settings, interval)?;
        let run = DayRun {
            days: interval,
            options: ["--interval".to_owned(), interval.to_string()].into_iter().chain(ccx).collect(),
            input: StepInput::LogsOfInterval(logs.selection(settings, interval)?),
            n_reduce_tasks,
            identity: &identity,
        };
        self.step(places, settings, run, state(&identity)?)
    }

    /// The plan of a task that loads history: the days of an interval, once, unless they are overwritten.
    pub fn history(&self, task: &str, options: &HistoryDays, settings: &Settings) -> Result<Plan> {
        let places = &options.places;
        let state = |identity: &str| self.state(places, settings, identity, options.overwrite);
        let step = self.step_from_logs(settings, &options.logs, places, (&options.interval, options.n_reduce_tasks), state)?;
        Ok(Plan { task: task.to_owned(), steps: vec![step], notices: Vec::new() })
    }

    /// Whether a run was made before: its marker is there, and it is not to be overwritten.
    fn state(&self, places: &DayPlaces, settings: &Settings, identity: &str, overwrite: bool) -> Result<State> {
        let marker = self.marker(places, settings, identity)?;
        Ok(if overwrite {
            State::Due("--overwrite is given".to_owned())
        } else if has_marker(&marker)? {
            State::Complete(format!("the marker {marker} is there"))
        } else {
            State::Due(format!("there is no marker {marker}"))
        })
    }

    /// The files of days as found; missing days have none.
    pub fn found(&self, warehouse: &Location, days: &DateInterval) -> Result<StepInput> {
        let root = self.dataset(warehouse)?.directory().clone();
        Ok(StepInput::DayFiles(DayFiles { root, days: *days, file_stem: self.file_stem.to_owned() }))
    }

    /// The days without any file.
    pub fn missing_days(&self, warehouse: &Location, days: &DateInterval) -> Result<Vec<NaiveDate>> {
        self.dataset(warehouse)?.incomplete_days(days.start(), days.end(), &Completeness::DataFile)
    }
}

/// A partition's state by its completeness, unless it is to be made anew.
pub fn partition_state(partition: &Partition, completeness: &Completeness, overwrite: Option<&str>) -> Result<State> {
    let directory = partition.directory();
    Ok(match overwrite {
        Some(option) => State::Due(format!("{option} is given")),
        None if partition.is_complete(completeness)? => State::Complete(format!("{directory} is there")),
        None => State::Due(format!("{directory} is not complete")),
    })
}

/// Days as a notice or an error lists them.
pub fn day_list(days: &[NaiveDate]) -> String {
    let shown: Vec<_> = days.iter().take(10).map(ToString::to_string).collect();
    let more = days.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Loads of one task into one store.
pub struct Loads<'s> {
    /// Where to.
    pub options: &'s StoreOptions,
    /// The configuration.
    pub settings: &'s Settings,
    /// The task.
    pub task: &'static str,
    /// Significant parameters, by name; the choice of logs is added.
    pub identity: Vec<(&'static str, String)>,
    /// The logs that the rows come from.
    pub logs: &'s EventLogOptions,
    /// Whether the tables' rows are replaced.
    pub overwrite: bool,
    /// Whether they may be replaced by no rows.
    pub allow_empty: bool,
}

impl Loads<'_> {
    /// The load of a directory of rows.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub fn step(&self, table: &'static Table, input: &Location) -> Result<Step> {
        let store = open_store(self.options, self.settings)?;
        let mut identity: Vec<_> = self.identity.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let logs = self.logs.identity(self.settings)?;
        identity.extend(logs.iter().map(|(name, value)| (*name, value.as_str())));
        identity.extend([("table", table.name), ("store", &store.name)]);
        let mode = match (self.overwrite, self.options.use_temp_table_for_overwrite) {
            (false, _) => LoadMode::Append,
            (true, false) => LoadMode::Overwrite,
            (true, true) => LoadMode::OverwriteBySwap,
        };
        let reason = if self.overwrite { "its rows are replaced" } else { "its rows are appended, unless they were before" };
        let load = LoadStep {
            table,
            input: input.clone(),
            reader: read_tsv,
            update_id: update_id(&identity, self.task),
            mode,
            slice: None,
            allow_empty: self.allow_empty,
            insert_chunk_size: self.options.insert_chunk_size,
            store,
        };
        Ok(Step { name: format!("Table {}", table.name), action: Action::Load(load), state: State::Due(reason.to_owned()) })
    }
}
