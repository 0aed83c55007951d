//! The tasks of course activity: `InsertToMysqlCourseActivityTask`, and `UserActivityTask` for the history (spec 05, 1 and 6).

use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, Utc};

use super::{JOBS, daily};
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, Plan, Step};
use crate::stores::catalogue::COURSE_ACTIVITY;
use crate::tasks::day_tables::{DayTable, HistoryDays, partition_state};
use crate::tasks::loads::Loads;
use crate::tasks::logs::{DayPlaces, EventLogOptions};
use crate::tasks::store::StoreOptions;
use crate::warehouse::dataset::{Completeness, Dataset};

/// The task that fills the table.
pub const NAME: &str = "InsertToMysqlCourseActivityTask";
/// The task that loads history.
pub const HISTORY_NAME: &str = "UserActivityTask";

const DAYS: DayTable = DayTable { table: "user_activity_by_user", file_stem: daily::FILE_STEM, jobs: &JOBS, job: "daily" };

/// How many learners did what in each course and week: the table `course_activity`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// A day in the week after the last one reported; default: today (UTC)
    #[arg(long)]
    end_date: Option<NaiveDate>,
    /// Number of weeks reported
    #[arg(long, default_value_t = 24, allow_hyphen_values = true)]
    weeks: i64,
    /// Days before the end date that are read from the logs again; default: `overwrite_n_days` of [user-activity]
    #[arg(long)]
    overwrite_n_days: Option<u32>,
    /// Replace the rows of the table
    #[arg(long)]
    overwrite_mysql: bool,
    /// Compute the weeks again
    #[arg(long)]
    overwrite_hive: bool,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25)]
    n_reduce_tasks: usize,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    places: DayPlaces,
    #[command(flatten)]
    store: StoreOptions,
}

/// What each learner did in each course on each day
#[derive(clap::Args, Clone, Debug)]
pub struct HistoryOptions {
    #[command(flatten)]
    days: HistoryDays,
}

/// The plan of `UserActivityTask`.
pub fn plan_history(options: &HistoryOptions, settings: &Settings) -> Result<Plan> {
    DAYS.history(HISTORY_NAME, &options.days, settings)
}

/// The plan of `InsertToMysqlCourseActivityTask`.
pub fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let end = options.end_date.unwrap_or_else(|| Utc::now().date_naive());
    let Some(weeks) = u32::try_from(options.weeks).ok().filter(|weeks| *weeks > 0) else {
        bail!("Number of weeks to process must be greater than 0. Give --weeks a positive number.");
    };
    let weeks = DateInterval::weekly(end, weeks)?;
    let days = match options.overwrite_n_days {
        Some(days) => days,
        None => settings
            .require("user-activity", "overwrite_n_days", "--overwrite-n-days")?
            .parse()
            .context("overwrite_n_days of [user-activity] must be a number of days.")?,
    };
    let warehouse = options.places.warehouse.location(settings)?;
    let partition = Dataset::new(&warehouse, "course_activity")?.day(end);
    let overwrite = options.overwrite_hive.then_some("--overwrite-hive");
    let state = partition_state(&partition, &Completeness::DirectoryExists, overwrite)?;
    let mut steps = Vec::new();
    if days > 0 {
        let extracted = DateInterval::new(end, end).overwritten(days);
        let of_weeks = state.clone();
        steps.push(DAYS.step_from_logs(settings, &options.logs, &options.places, (&extracted, options.n_reduce_tasks), |_| Ok(of_weeks))?);
    }
    let job = JobStep {
        jobs: &JOBS,
        job: "weekly",
        options: vec!["--interval".to_owned(), weeks.to_string()],
        input: DAYS.found(&warehouse, &weeks)?,
        output: JobOutput::Directory(partition.directory().clone()),
        n_reduce_tasks: options.n_reduce_tasks,
    };
    steps.push(Step { name: "Distinct learners of each week".to_owned(), action: Action::Job(job), state });
    let loads = Loads {
        options: &options.store,
        settings,
        task: NAME,
        identity: vec![("end_date", end.to_string()), ("weeks", weeks.to_string()), ("warehouse_path", warehouse.to_string())],
        logs: &options.logs,
        overwrite: options.overwrite_mysql,
        allow_empty: false,
    };
    steps.push(loads.step(&COURSE_ACTIVITY, partition.directory())?);
    Ok(Plan { task: NAME.to_owned(), steps, notices: Vec::new() })
}
