//! The tasks `ModuleEngagementWorkflowTask` and `ModuleEngagementRosterPartitionTask`: from the logs to the roster (spec 07, 1 to 3).

use anyhow::{Context, Result, bail};
use chrono::{Days as CalendarDays, NaiveDate};

use super::days::{DayLoads, Days, allows_empty};
use super::roster_documents::DocumentOptions;
use super::roster_index::BulkOptions;
use super::roster_index_task::{RosterLoad, TargetOptions};
use super::{JOBS, roster, roster_cohorts, roster_learners};
use crate::config::settings::Settings;
use crate::driver::logs::{EventLogOptions, WarehouseOptions};
use crate::driver::steps::{Loads, MissingData, NeededImport, partition_state};
use crate::driver::store::StoreOptions;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, Need, Plan, State, Step, StepInput, Work, WorkContext};
use crate::engine::program::Program;
use crate::storage::Location;
use crate::stores::catalogue::MODULE_ENGAGEMENT_METRIC_RANGES;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// The task that does everything.
pub const NAME: &str = "ModuleEngagementWorkflowTask";
/// The task that ends with the roster in the warehouse.
pub const PARTITION_NAME: &str = "ModuleEngagementRosterPartitionTask";

const SECTION: &str = "module-engagement";
/// One key of the workflow was read from another section (spec 07, 2).
const OLD_SECTION: &str = "module_engagement";
const OVERWRITE_N_DAYS: u32 = 3;
const THROTTLE: f64 = 0.75;
const WEEK: u64 = 7;

/// What learners did in each course and how they compare: the tables `module_engagement` and `module_engagement_metric_ranges`, and
/// the index of the roster
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    roster: RosterOptions,
    /// Permits replacing rows by none; default: `allow_empty_insert` of [module-engagement]
    #[arg(long)]
    allow_empty_insert: bool,
    /// Seconds between two bulk requests of one indexing task; default: throttle of [module-engagement], else 0.75
    #[arg(long)]
    throttle: Option<f64>,
    /// Tasks that send documents at the same time; default: --n-reduce-tasks
    #[arg(long)]
    indexing_tasks: Option<usize>,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    documents: DocumentOptions,
    #[command(flatten)]
    store: StoreOptions,
    /// Accepted for old command lines; --runner decides
    #[arg(long, hide = true)]
    mapreduce_engine: Option<String>,
}

/// The roster in the warehouse, without tables of the result store and without index
#[derive(clap::Args, Clone, Debug)]
pub struct PartitionOptions {
    #[command(flatten)]
    roster: RosterOptions,
    /// Longest text of a profile, in characters; 0 for no limit
    #[arg(long, default_value_t = roster_learners::MAX_FIELD_LENGTH)]
    max_field_length: usize,
}

/// What both tasks are told.
#[derive(clap::Args, Clone, Debug)]
struct RosterOptions {
    /// The day behind the week that is reported
    #[arg(long)]
    date: NaiveDate,
    /// Days before the date that are read from the logs again; default: `overwrite_n_days` of [module-engagement], else 3
    #[arg(long)]
    overwrite_n_days: Option<u32>,
    /// Make the summary of the week and everything behind it anew, and import the LMS tables again
    #[arg(long)]
    overwrite: bool,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    warehouse: WarehouseOptions,
}

/// The plan of `ModuleEngagementWorkflowTask`.
///
/// # Errors
/// A setting is missing or cannot be used.
pub fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let loads = DayLoads::new(settings, &options.store, options.allow_empty_insert)?;
    let mut planner = Planner::new(&options.roster, settings)?;
    planner.needs()?;
    planner.days(Some(&loads))?;
    let of_ranges = Loads {
        options: &options.store,
        settings,
        task: NAME,
        identity: vec![("date", options.roster.date.to_string()), ("warehouse_path", planner.warehouse.to_string())],
        overwrite: true,
        allow_empty: allows_empty(options.allow_empty_insert, settings)?,
    };
    planner.week(Some(&of_ranges))?;
    planner.roster(roster_learners::MAX_FIELD_LENGTH)?;
    planner.index(options)?;
    let old = options.mapreduce_engine.as_ref();
    let notices = old.map(|_| "Without effect in this run: --mapreduce-engine. The --runner decides.".to_owned());
    Ok(Plan { task: NAME.to_owned(), steps: planner.steps, notices: notices.into_iter().collect() })
}

/// The plan of `ModuleEngagementRosterPartitionTask`.
///
/// # Errors
/// A setting is missing or cannot be used.
pub fn plan_partition(options: &PartitionOptions, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.roster, settings)?;
    planner.needs()?;
    if let State::Due(_) = planner.roster_state {
        planner.days(None)?;
        planner.week(None)?;
    }
    planner.roster(options.max_field_length)?;
    Ok(Plan { task: PARTITION_NAME.to_owned(), steps: planner.steps, notices: Vec::new() })
}

/// The days enrolled up to a date, which the workflow of enrollment makes.
struct NeededEnrollment {
    partition: Partition,
    date: NaiveDate,
}

impl NeededEnrollment {
    fn missing(&self) -> MissingData {
        let Self { partition, date } = self;
        MissingData(format!(
            "There are no complete days enrolled up to {date} at {} (a directory with _SUCCESS), which the roster needs. Make them first: insights ImportEnrollmentsIntoMysql --interval-end {date}",
            partition.directory()
        ))
    }
}

impl Work for NeededEnrollment {
    fn describe(&self) -> Vec<String> {
        vec![format!("at {}", self.partition.directory())]
    }

    fn needs(&self) -> Option<Need> {
        Some(Need { directory: self.partition.directory().clone(), error: self.missing().into() })
    }

    fn program(&self) -> Result<Option<Program>> {
        Ok(None)
    }

    fn run(&self, _context: &WorkContext<'_>) -> Result<String> {
        if self.partition.is_complete(&Completeness::SuccessMarker)? {
            return Ok(format!("{} is there", self.partition.directory()));
        }
        bail!(self.missing())
    }
}

/// Where things lie, and what is to be made again.
struct Planner<'p> {
    options: &'p RosterOptions,
    settings: &'p Settings,
    warehouse: Location,
    /// Day behind the week before.
    week_before: NaiveDate,
    roster_state: State,
    /// LMS imports, in the order in which the jobs ask for them.
    imports: Vec<Partition>,
    steps: Vec<Step>,
}

impl<'p> Planner<'p> {
    fn new(options: &'p RosterOptions, settings: &'p Settings) -> Result<Self> {
        let warehouse = options.warehouse.location(settings)?;
        let week_before = options.date.checked_sub_days(CalendarDays::new(WEEK)).context("--date lies at the begin of the calendar.")?;
        let roster = Dataset::new(&warehouse, "module_engagement_roster")?.day(options.date);
        let roster_state = partition_state(&roster, &Completeness::SuccessMarker, options.overwrite.then_some("--overwrite"))?;
        Ok(Self { options, settings, warehouse, week_before, roster_state, imports: Vec::new(), steps: Vec::new() })
    }

    fn partition(&self, table: &str, date: NaiveDate) -> Result<Partition> {
        Ok(Dataset::new(&self.warehouse, table)?.day(date))
    }

    /// A directory of this week.
    fn current(&self, table: &str) -> Result<Location> {
        Ok(self.partition(table, self.options.date)?.directory().clone())
    }

    /// What other tasks and the LMS have to give for the roster comes first, so that what is missing is said before anything is made.
    fn needs(&mut self) -> Result<()> {
        let date = self.options.date;
        let enrollment = self.partition(roster_learners::ENROLLMENT, date)?;
        let is_due = matches!(self.roster_state, State::Due(_));
        if is_due {
            let state = partition_state(&enrollment, &Completeness::SuccessMarker, None)?;
            let work = NeededEnrollment { partition: enrollment, date };
            self.steps.push(Step { name: "Days enrolled".to_owned(), action: Action::Work(Box::new(work)), state });
        }
        let tables = [roster_learners::ACCOUNTS, roster_learners::PROFILES, roster_cohorts::GROUPS, roster_cohorts::MEMBERS];
        for table in tables {
            let (import, partition) = NeededImport::step(table, date, &self.warehouse, self.settings, self.options.overwrite)?;
            self.imports.push(partition);
            if is_due {
                self.steps.push(import);
            }
        }
        Ok(())
    }

    fn overwrite_n_days(&self) -> Result<u32> {
        let configured = |section| self.settings.integer(section, "overwrite_n_days");
        let days = match (self.options.overwrite_n_days, configured(SECTION)?) {
            (Some(days), _) => return Ok(days),
            (None, Some(days)) => Some(days),
            (None, None) => configured(OLD_SECTION)?,
        };
        let Some(days) = days else { return Ok(OVERWRITE_N_DAYS) };
        u32::try_from(days).map_err(|_| anyhow::anyhow!("overwrite_n_days of [{SECTION}] must not be negative."))
    }

    /// The summary of a week is never made again, except this week's with `--overwrite` (spec 07, 3).
    fn summary_state(&self, end: NaiveDate) -> Result<State> {
        let overwrite = (self.options.overwrite && end == self.options.date).then_some("--overwrite");
        partition_state(&self.partition(roster::SUMMARY, end)?, &Completeness::DirectoryExists, overwrite)
    }

    /// The ends of the weeks whose summaries are looked at: the roster compares with the week before.
    fn week_ends(&self) -> Vec<NaiveDate> {
        let mut ends = vec![self.options.date];
        ends.extend(matches!(self.roster_state, State::Due(_)).then_some(self.week_before));
        ends
    }

    /// The days of the weeks without a summary, latest first, and their loads.
    fn days(&mut self, loads: Option<&DayLoads<'_>>) -> Result<()> {
        let (options, settings, warehouse) = (self.options, self.settings, self.warehouse.clone());
        let days = Days { settings, warehouse: &warehouse, logs: &options.logs, n_reduce_tasks: options.n_reduce_tasks };
        let from = options.date.checked_sub_days(CalendarDays::new(self.overwrite_n_days()?.into()));
        for end in self.week_ends() {
            if let State::Complete(_) = self.summary_state(end)? {
                continue;
            }
            for day in week_until(end) {
                let is_overwritten = from.is_none_or(|from| day >= from);
                let (step, partition) = days.step(day, is_overwritten.then_some("--overwrite-n-days"))?;
                self.steps.push(step);
                if let Some(loads) = loads {
                    self.steps.push(loads.step(day, &partition, is_overwritten)?);
                }
            }
        }
        Ok(())
    }

    fn job(&mut self, name: String, job: &'static str, options: &[&str], input: Vec<Location>, output: Location, state: State) {
        let step = JobStep {
            jobs: &JOBS,
            job,
            options: options.iter().map(|word| (*word).to_owned()).collect(),
            input: StepInput::Directories(input),
            output: JobOutput::Directory(output),
            n_reduce_tasks: self.options.n_reduce_tasks,
        };
        self.steps.push(Step { name, action: Action::Job(step), state });
    }

    /// Summaries, ranges and segments.
    fn week(&mut self, loads: Option<&Loads<'_>>) -> Result<()> {
        for end in self.week_ends() {
            let days = week_until(end).map(|day| Ok(self.partition("module_engagement", day)?.directory().clone()));
            let (input, output) = (days.collect::<Result<_>>()?, self.partition(roster::SUMMARY, end)?.directory().clone());
            let state = self.summary_state(end)?;
            self.job(format!("Summary of the week before {end}"), "summary", &["--date", &end.to_string()], input, output, state);
        }
        let overwrite = self.options.overwrite.then_some("--overwrite");
        let [summary, ranges, segments] = [roster::SUMMARY, "module_engagement_metric_ranges", roster::SEGMENTS];
        let state = |planner: &Self, table: &str| {
            partition_state(&planner.partition(table, planner.options.date)?, &Completeness::DirectoryExists, overwrite)
        };
        let of_ranges = state(self, ranges)?;
        let (summary, ranges) = (self.current(summary)?, self.current(ranges)?);
        self.job("Ranges of each metric".to_owned(), "metric-ranges", &[], vec![summary.clone()], ranges.clone(), of_ranges);
        if let Some(loads) = loads {
            self.steps.push(loads.step(&MODULE_ENGAGEMENT_METRIC_RANGES, &ranges)?);
        }
        let (state, segments) = (state(self, segments)?, self.current(segments)?);
        self.job("Segments of learners".to_owned(), "user-segments", &[], vec![summary, ranges], segments, state);
        Ok(())
    }

    /// The three jobs of the roster (spec 07, 8.1).
    fn roster(&mut self, max_field_length: usize) -> Result<()> {
        let state = self.roster_state.clone();
        let directories: Vec<_> = self.imports.iter().map(|import| import.directory().clone()).collect();
        let Some((people, groups)) = directories.split_at_checked(2) else { bail!("An LMS table of the roster is not known.") };
        let (cohorts, learners) = (self.current(roster_learners::COHORTS)?, self.current(roster::LEARNERS)?);
        let (date, longest) = (self.options.date.to_string(), max_field_length.to_string());
        self.job("Cohorts".to_owned(), roster_cohorts::JOB.name, &[], groups.to_vec(), cohorts.clone(), state.clone());
        let input = [&[self.current(roster_learners::ENROLLMENT)?], people, &[cohorts]].concat();
        let dated = ["--date", &date];
        let options = [&dated[..], &["--max-field-length", &longest]].concat();
        self.job("Learners of each course".to_owned(), roster_learners::JOB.name, &options, input, learners.clone(), state.clone());
        let mut input = Vec::new();
        for end in [self.options.date, self.week_before] {
            input.push(self.partition(roster::SUMMARY, end)?.directory().clone());
        }
        input.extend([self.current(roster::SEGMENTS)?, learners]);
        let output = self.current("module_engagement_roster")?;
        self.job("Roster".to_owned(), roster::JOB.name, &dated, input, output, state);
        Ok(())
    }

    /// The index, if a search engine is named.
    fn index(&mut self, options: &Options) -> Result<()> {
        let throttle = match options.throttle {
            Some(throttle) => throttle,
            None => self.settings.float(SECTION, "throttle")?.unwrap_or(THROTTLE),
        };
        let load = RosterLoad {
            date: self.options.date,
            warehouse: &self.warehouse,
            overwrite: self.options.overwrite,
            indexing_tasks: options.indexing_tasks.unwrap_or(self.options.n_reduce_tasks),
            bulk: BulkOptions { throttle, ..BulkOptions::default() },
            documents: options.documents,
            identity: self.options.logs.identity(self.settings)?,
        };
        self.steps.extend(options.target.step(self.settings, load)?);
        Ok(())
    }
}

/// The seven days before a day, latest first.
fn week_until(end: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (1..=WEEK).filter_map(move |days| end.checked_sub_days(CalendarDays::new(days)))
}

#[cfg(test)]
#[path = "workflow_task_tests.rs"]
mod tests;
