//! The task `ModuleEngagementIntervalTask`: the days of an interval and their rows in MySQL (spec 07, 1 to 4).

use anyhow::{Result, ensure};
use chrono::NaiveDate;

use super::JOBS;
use crate::config::settings::Settings;
use crate::driver::logs::{EventLogOptions, WarehouseOptions};
use crate::driver::steps::partition_state;
use crate::driver::store::{StoreOptions, open_store};
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, LoadStep, Plan, State, Step, StepInput};
use crate::storage::Location;
use crate::stores::LoadMode;
use crate::stores::catalogue::MODULE_ENGAGEMENT;
use crate::stores::identity::module_engagement_update_id;
use crate::stores::rows::read_tsv;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::warehouse::interval::DateInterval;

/// Name that operators type.
pub const INTERVAL_NAME: &str = "ModuleEngagementIntervalTask";

/// What each learner did in each course on each day: the table `module_engagement`
#[derive(clap::Args, Clone, Debug)]
pub struct IntervalOptions {
    /// Days: 2014, 2014-05, 2014-W26, 2014-05-10 or 2014-05-10-2014-05-20 (end excluded)
    #[arg(long)]
    interval: DateInterval,
    /// Days from this one on are made anew and loaded anew; default: none
    #[arg(long)]
    overwrite_from_date: Option<NaiveDate>,
    /// Replace the rows of every day of the interval
    #[arg(long)]
    overwrite_mysql: bool,
    /// Permits replacing the rows of a day by none; default: `allow_empty_insert` of [module-engagement]
    #[arg(long)]
    allow_empty_insert: bool,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    warehouse: WarehouseOptions,
    #[command(flatten)]
    store: StoreOptions,
}

/// The plan: for each day, latest first, its partition and its load.
pub fn plan_interval(options: &IntervalOptions, settings: &Settings) -> Result<Plan> {
    ensure!(
        !options.store.use_temp_table_for_overwrite,
        "The rows of module_engagement are replaced day by day; --use-temp-table-for-overwrite cannot be used (spec 08, 6)."
    );
    let warehouse = options.warehouse.location(settings)?;
    let mut steps = Vec::new();
    for day in options.interval.days().rev() {
        let is_overwritten = options.overwrite_from_date.is_some_and(|from| day >= from);
        let (step, directory) = day_step(options, settings, &warehouse, day, is_overwritten)?;
        steps.push(step);
        steps.push(load_step(options, settings, &directory, day, is_overwritten || options.overwrite_mysql)?);
    }
    Ok(Plan { task: INTERVAL_NAME.to_owned(), steps, notices: Vec::new() })
}

fn day_step(
    options: &IntervalOptions,
    settings: &Settings,
    warehouse: &Location,
    day: NaiveDate,
    is_overwritten: bool,
) -> Result<(Step, Location)> {
    let partition = Dataset::new(warehouse, "module_engagement")?.day(day);
    let overwrite = is_overwritten.then_some("--overwrite-from-date");
    let state = partition_state(&partition, &Completeness::SuccessMarker, overwrite)?;
    let mut words = vec!["--date".to_owned(), day.to_string()];
    if let Some(name) = settings.get("module-engagement", "store_anonymous_username").filter(|name| !name.is_empty()) {
        words.extend(["--store-anonymous-username".to_owned(), name.to_owned()]);
    }
    words.extend(settings.flag("ccx", "enabled")?.map(|enabled| format!("--ccx={enabled}")));
    let job = JobStep {
        jobs: &JOBS,
        job: "daily",
        options: words,
        input: StepInput::LogsOfInterval(options.logs.selection(settings, &DateInterval::of_day(day))?),
        output: JobOutput::Directory(partition.directory().clone()),
        n_reduce_tasks: options.n_reduce_tasks,
    };
    Ok((Step { name: format!("Engagement of {day}"), action: Action::Job(job), state }, partition.directory().clone()))
}

fn load_step(options: &IntervalOptions, settings: &Settings, input: &Location, day: NaiveDate, overwrites: bool) -> Result<Step> {
    let (store, store_name) = open_store(&options.store, settings)?;
    let load = LoadStep {
        table: &MODULE_ENGAGEMENT,
        input: input.clone(),
        reader: read_tsv,
        update_id: module_engagement_update_id(&day.to_string()),
        mode: LoadMode::Append,
        slice: overwrites.then(|| ("date", day.to_string())),
        allow_empty: options.allow_empty_insert || settings.flag("module-engagement", "allow_empty_insert")?.unwrap_or(false),
        insert_chunk_size: options.store.insert_chunk_size,
        store,
        store_name,
    };
    let reason = if overwrites { "the rows of the day are replaced" } else { "the rows of the day are appended, unless they were before" };
    Ok(Step { name: format!("Table module_engagement, {day}"), action: Action::Load(load), state: State::Due(reason.to_owned()) })
}
