//! The tasks `ModuleEngagementWorkflowTask` and `ModuleEngagementRosterPartitionTask`: from the logs to the roster (rules 07, 1 to 3).

use anyhow::Result;

use super::days::{DayLoads, allows_empty};
use super::names::{PARTITION_NAME, SECTION, WORKFLOW_NAME};
use super::planner::{Planner, WeekOptions};
use super::roster_documents::DocumentOptions;
use super::roster_index_task::{RosterLoad, TargetOptions, bulk_of_section};
use super::roster_learners;
use crate::config::settings::Settings;
use crate::engine::plan::{Plan, State};
use crate::tasks::loads::Loads;
use crate::tasks::options::reducers;
use crate::tasks::store::StoreOptions;
use crate::tasks::workflow::Day;

const THROTTLE: f64 = 0.75;

/// What learners did in each course and how they compare: the tables `module_engagement` and `module_engagement_metric_ranges`, and
/// the index of the roster
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    week: WeekOptions,
    /// Permits replacing rows by none; default: `allow_empty_insert` of [module-engagement]
    #[arg(long)]
    allow_empty_insert: bool,
    /// Seconds between two bulk requests of one indexing task; default: throttle of [module-engagement], else 0.75
    #[arg(long)]
    throttle: Option<f64>,
    /// Tasks that send documents at the same time; default: --n-reduce-tasks
    #[arg(long, value_parser = reducers)]
    indexing_tasks: Option<usize>,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    documents: DocumentOptions,
    #[command(flatten)]
    store: StoreOptions,
}

/// The roster in the warehouse, without tables of the result store and without index
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PartitionOptions {
    #[command(flatten)]
    week: WeekOptions,
    /// Longest text of a profile, in characters; 0 for no limit
    #[arg(long, default_value_t = roster_learners::MAX_FIELD_LENGTH)]
    max_field_length: usize,
}

/// What the task is told every day.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    [day.fill_days(), day.words(&["--date", "DAY"])].concat()
}

/// The plan of `ModuleEngagementWorkflowTask`.
///
/// # Errors
/// A setting is missing or cannot be used.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let loads = DayLoads::new(settings, &options.store, options.allow_empty_insert)?;
    let mut planner = Planner::new(&options.week, settings)?;
    let imports = planner.needs()?;
    let weeks = planner.weeks_of_roster()?;
    planner.days(&weeks, Some(&loads))?;
    planner.left_behind(&weeks, &loads)?;
    planner.earlier_days(&weeks, &loads)?;
    planner.summaries(&weeks)?;
    let of_ranges = Loads {
        options: &options.store,
        settings,
        task: WORKFLOW_NAME,
        identity: vec![("date", options.week.date.to_string()), ("warehouse_path", planner.warehouse.to_string())],
        logs: &options.week.logs,
        overwrite: true,
        allow_empty: allows_empty(options.allow_empty_insert, settings)?,
    };
    planner.ranges(None, Some(&of_ranges))?;
    planner.segments()?;
    planner.roster(imports, None)?;
    index(&mut planner, options)?;
    Ok(Plan { task: WORKFLOW_NAME.to_owned(), steps: planner.steps, notices: planner.notices, ..Plan::default() })
}

/// The index, if a search engine is named.
fn index(planner: &mut Planner<'_>, options: &Options) -> Result<()> {
    let settings = planner.settings;
    let throttle = match options.throttle {
        Some(throttle) => throttle,
        None => settings.float(SECTION, "throttle")?.unwrap_or(THROTTLE),
    };
    let load = RosterLoad {
        date: options.week.date,
        warehouse: &planner.warehouse,
        overwrite: options.week.overwrite,
        indexing_tasks: options.indexing_tasks.unwrap_or(options.week.n_reduce_tasks),
        bulk: bulk_of_section(settings, throttle)?,
        documents: options.documents,
        identity: options.week.logs.identity(settings)?,
    };
    let step = options.target.step(settings, load)?;
    planner.steps.extend(step);
    Ok(())
}

/// The plan of `ModuleEngagementRosterPartitionTask`.
///
/// # Errors
/// A setting is missing or cannot be used.
pub(crate) fn plan_partition(options: &PartitionOptions, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.week, settings)?;
    let imports = planner.needs()?;
    if let State::Due(_) = planner.roster_state {
        let weeks = planner.weeks_of_roster()?;
        planner.days(&weeks, None)?;
        planner.summaries(&weeks)?;
        planner.ranges(None, None)?;
        planner.segments()?;
    }
    planner.roster(imports, Some(options.max_field_length))?;
    Ok(Plan { task: PARTITION_NAME.to_owned(), steps: planner.steps, notices: planner.notices, ..Plan::default() })
}

#[cfg(test)]
#[path = "workflow_task_tests.rs"]
mod tests;
