//! Steps of the workflow as tasks of their own, under the names of the original (rules 07, 1 and 2). What they need of the week is
//! made if it is missing.

use anyhow::Result;
use chrono::NaiveDate;

use super::days::{DayLoads, Days};
use super::metric_ranges;
use super::names::{DATA_NAME, MYSQL_NAME, RANGES_NAME, SEGMENTS_NAME, SUMMARY_NAME};
use super::planner::{Planner, WeekOptions};
use crate::calendar::day;
use crate::config::settings::Settings;
use crate::engine::plan::{Plan, State, Step};
use crate::storage::Location;
use crate::tasks::day_tables::NIGHTS_AGAIN;
use crate::tasks::logs::{EventLogOptions, WarehouseOptions};
use crate::tasks::options::reducers;
use crate::tasks::store::StoreOptions;

/// What each learner did in each course on a day
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct DataOptions {
    #[command(flatten)]
    day: DayOptions,
    /// Directory of the day; default: its partition of `module_engagement` in the warehouse
    #[arg(long)]
    output_root: Option<Location>,
}

/// What each learner did in each course on a day, and its rows in the table `module_engagement`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct MysqlOptions {
    #[command(flatten)]
    day: DayOptions,
    /// Make the day anew in the warehouse only; rows of it that are loaded stay
    #[arg(long)]
    overwrite_hive: bool,
    /// Permits replacing the rows of the day by none; default: `allow_empty_insert` of [module-engagement]
    #[arg(long)]
    allow_empty_insert: bool,
    #[command(flatten)]
    store: StoreOptions,
}

#[derive(clap::Args, Clone, Debug)]
struct DayOptions {
    /// The day
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: NaiveDate,
    /// Make the day anew, and replace its rows
    #[arg(long)]
    overwrite: bool,
    /// User name for events without one; default: `store_anonymous_username` of [module-engagement], else they do not count
    #[arg(long)]
    store_anonymous_username: Option<String>,
    /// Number of reducers of the job
    #[arg(long, default_value_t = 25, value_parser = reducers)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    warehouse: WarehouseOptions,
}

/// A learner's week in a course
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct SummaryOptions {
    #[command(flatten)]
    week: WeekOptions,
}

/// What is low, normal and high in a course, in the warehouse only
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct RangesOptions {
    #[command(flatten)]
    week: WeekOptions,
    #[command(flatten)]
    percentiles: metric_ranges::Options,
}

/// Learners that are highly engaged or struggling
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct SegmentsOptions {
    #[command(flatten)]
    week: WeekOptions,
}

/// The plan of `ModuleEngagementDataTask`.
///
/// # Errors
/// A setting is missing or cannot be used.
pub(crate) fn plan_data(options: &DataOptions, settings: &Settings) -> Result<Plan> {
    let (step, _) = options.day.step(options.output_root.as_ref(), options.day.overwritten(), settings)?;
    Ok(of(DATA_NAME, vec![step]))
}

/// The plan of `ModuleEngagementMysqlTask`.
///
/// # Errors
/// See [`plan_data`].
pub(crate) fn plan_mysql(options: &MysqlOptions, settings: &Settings) -> Result<Plan> {
    let loads = DayLoads::new(settings, &options.store, options.allow_empty_insert)?;
    let overwritten = options.day.overwritten();
    let (step, directory) = options.day.step(None, overwritten.or(options.overwrite_hive.then_some("--overwrite-hive")), settings)?;
    let load = loads.step(options.day.date, &directory, options.day.overwrite)?;
    Ok(of(MYSQL_NAME, vec![step, load]))
}

impl DayOptions {
    fn overwritten(&self) -> Option<&'static str> {
        self.overwrite.then_some("--overwrite")
    }

    /// The step that makes the day, anew if an option says so, and its directory.
    fn step(&self, output_root: Option<&Location>, overwrite: Option<&'static str>, settings: &Settings) -> Result<(Step, Location)> {
        let warehouse = self.warehouse.location(settings)?;
        let (logs, n_reduce_tasks) = (&self.logs, self.n_reduce_tasks);
        let anonymous = self.store_anonymous_username.as_deref();
        let (may_lack_logs, again) = (false, NIGHTS_AGAIN);
        let days = Days { settings, warehouse: &warehouse, logs, n_reduce_tasks, may_lack_logs, again, anonymous };
        match output_root.map(Location::directory_form) {
            Some(directory) => Ok((days.step_into(&directory, self.date, overwrite)?, directory)),
            None => days.step(self.date, overwrite),
        }
    }
}

/// The plan of `ModuleEngagementSummaryDataTask`.
///
/// # Errors
/// See [`plan_data`].
pub(crate) fn plan_summary(options: &SummaryOptions, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.week, settings)?;
    with_summary(&mut planner, &options.week)?;
    Ok(of(SUMMARY_NAME, planner.steps))
}

/// The plan of `ModuleEngagementSummaryMetricRangesDataTask`.
///
/// # Errors
/// See [`plan_data`].
pub(crate) fn plan_ranges(options: &RangesOptions, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.week, settings)?;
    if let State::Due(_) = planner.ranges_state()? {
        with_summary(&mut planner, &options.week)?;
    }
    planner.ranges(Some(options.percentiles), None)?;
    Ok(of(RANGES_NAME, planner.steps))
}

/// The plan of `ModuleEngagementUserSegmentDataTask`.
///
/// # Errors
/// See [`plan_data`].
pub(crate) fn plan_segments(options: &SegmentsOptions, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.week, settings)?;
    if let State::Due(_) = planner.segments_state()? {
        with_summary(&mut planner, &options.week)?;
        planner.ranges(None, None)?;
    }
    planner.segments()?;
    Ok(of(SEGMENTS_NAME, planner.steps))
}

fn with_summary(planner: &mut Planner<'_>, week: &WeekOptions) -> Result<()> {
    planner.days(&[week.date], None)?;
    planner.summaries(&[week.date])
}

fn of(task: &str, steps: Vec<Step>) -> Plan {
    Plan { task: task.to_owned(), steps, ..Plan::default() }
}

#[cfg(test)]
#[path = "single_tasks_tests.rs"]
mod tests;
