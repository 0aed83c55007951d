//! The tasks of course activity: `InsertToMysqlCourseActivityTask`, and `UserActivityTask` for the history (rules 05, 1 and 6).

use anyhow::Result;
use chrono::{Days, NaiveDate};

use super::tables::COURSE_ACTIVITY;
use super::{daily, weekly};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, LaterDays, Plan, Step};
use crate::streaming::EventOptions;
use crate::tasks::day_tables::{DayTable, HistoryDays, partition_state};
use crate::tasks::loads::{Loads, without_rows};
use crate::tasks::options::{FromLogs, OverwrittenDays};
use crate::tasks::store::{StoreOptions, open_store};
use crate::tasks::workflow::Day;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::wrong_usage::wrong_usage;

/// The task that fills the table.
pub(crate) const NAME: &str = "InsertToMysqlCourseActivityTask";
/// The task that loads history.
pub(crate) const HISTORY_NAME: &str = "UserActivityTask";

/// About two hundred years.
const MOST_WEEKS: u32 = 10_000;

const DAYS: DayTable<EventOptions> =
    DayTable { table: "user_activity_by_user", file_stem: daily::FILE_STEM, is_read_by_name: false, job: &daily::JOB };

/// How many learners did what in each course and week: the table `course_activity`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    /// A day in the week after the last one reported; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    end_date: Option<NaiveDate>,
    /// Number of weeks reported
    #[arg(long, default_value_t = 24, allow_hyphen_values = true)]
    weeks: i64,
    #[command(flatten)]
    overwritten: OverwrittenDays,
    /// Replace the rows of the table
    #[arg(long)]
    overwrite_mysql: bool,
    /// Compute the weeks again
    #[arg(long)]
    overwrite_hive: bool,
    #[command(flatten)]
    from: FromLogs,
    #[command(flatten)]
    store: StoreOptions,
}

/// What each learner did in each course on each day
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct HistoryOptions {
    #[command(flatten)]
    days: HistoryDays,
}

/// What the task is told every day.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    [day.fill_days(), day.words(&["--end-date", "DAY", "--overwrite-mysql"])].concat()
}

/// The plan of `UserActivityTask`.
pub(crate) fn plan_history(options: &HistoryOptions, settings: &Settings) -> Result<Plan> {
    DAYS.history(HISTORY_NAME, &options.days, settings)
}

/// The plan of `InsertToMysqlCourseActivityTask`.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let end = options.end_date.unwrap_or_else(day::today);
    let weeks = match u32::try_from(options.weeks) {
        Ok(weeks @ 1..=MOST_WEEKS) => weeks,
        _ if options.weeks > 0 => {
            return Err(wrong_usage(format!("{} weeks are more than the calendar has. Give --weeks at most {MOST_WEEKS}.", options.weeks)));
        }
        _ => return Err(wrong_usage("Number of weeks to process must be greater than 0. Give --weeks a positive number.")),
    };
    let weeks = DateInterval::weekly(end, weeks)?;
    let days = options.overwritten.of(settings, "user-activity")?;
    let warehouse = options.from.places.warehouse.location(settings)?;
    let partition = Dataset::new(&warehouse, "course_activity")?.day(end);
    let overwrite = options.overwrite_hive.then_some("--overwrite-hive");
    let state = partition_state(&partition, &Completeness::DirectoryExists, overwrite)?;
    let extracted = DateInterval::new(end, end).overwritten(days);
    let (filling, state) = DAYS.filling(settings, &options.from, (weeks, extracted), state)?;
    let mut steps = filling.steps(&DAYS, settings, &options.from)?;
    steps.extend(filling.window_step(&DAYS, settings, &options.from, &state)?);
    let output = JobOutput::Directory(partition.directory().clone());
    let days = DAYS.found(&warehouse, &weeks)?;
    let job = JobStep::new(&weekly::JOB, &weekly::Options { interval: weeks }, days, output, options.from.n_reduce_tasks);
    steps.push(Step::job("Distinct learners of each week", job, state));
    let loads = Loads {
        options: &options.store,
        settings,
        task: NAME,
        identity: vec![("end_date", end.to_string()), ("weeks", weeks.to_string()), ("warehouse_path", warehouse.to_string())],
        logs: &options.from.logs,
        overwrite: options.overwrite_mysql,
        allow_empty: false,
    };
    steps.push(if DAYS.begins_behind(settings, &options.from, &weeks, &extracted)? {
        let reason = format!("the logs begin behind {}, the last Monday: no week of theirs is over yet", weeks.end());
        without_rows(&COURSE_ACTIVITY, open_store(&options.store, settings)?, reason)
    } else {
        let mut step = loads.step(&COURSE_ACTIVITY, partition.directory())?;
        if let Action::Load(load) = &mut step.action {
            load.young = DAYS.young_site(&options.from, &warehouse, (&weeks, &extracted))?.map(Box::new);
        }
        step
    });
    // The running week is reported on once it is over, whatever of it the window leaves out.
    let of_running_week = DateInterval::new(weeks.end(), extracted.start());
    let later_days =
        (!of_running_week.is_empty()).then(|| LaterDays { table: DAYS.table, days: of_running_week, due: weeks.end() + Days::new(7) });
    let notices = filling.notices("Activity", HISTORY_NAME);
    Ok(Plan { task: NAME.to_owned(), steps, notices, missing_days: filling.missing_days(), later_days, ..Plan::default() })
}
