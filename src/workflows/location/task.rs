//! The tasks of geography: `InsertToMysqlLastCountryPerCourseTask`, and `LastDailyIpAddressOfUserTask` for the history (rules 04).

use anyhow::Result;
use chrono::NaiveDate;

use super::tables::COURSE_ENROLLMENT_LOCATION_CURRENT;
use super::{country_counts, daily_address, enrollment_country, last_country};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{JobStep, Plan, State, Step, StepInput};
use crate::notice::Notice;
use crate::storage::Location;
use crate::streaming::{EventOptions, Job, JobOptions, NoOptions};
use crate::tasks::day_tables::{DayTable, HistoryDays, partition_state, partitions_state};
use crate::tasks::derivation;
use crate::tasks::imports::Wanted;
use crate::tasks::loads::Loads;
use crate::tasks::logs::IntervalOptions;
use crate::tasks::options::{FromLogs, OverwrittenDays};
use crate::tasks::store::StoreOptions;
use crate::tasks::workflow::Day;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// The task that fills the table.
pub(crate) const NAME: &str = "InsertToMysqlLastCountryPerCourseTask";
/// The task that loads history.
pub(crate) const HISTORY_NAME: &str = "LastDailyIpAddressOfUserTask";

const DAYS: DayTable<EventOptions> =
    DayTable { table: "last_ip_of_user_id", file_stem: daily_address::FILE_STEM, is_read_by_name: true, job: &daily_address::JOB };

/// In which countries the learners of each course are: the table `course_enrollment_location_current`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    interval: IntervalOptions,
    #[command(flatten)]
    overwritten: OverwrittenDays,
    /// Country or city database of the form mmdb; default: `geolocation_data` of [geolocation]
    #[arg(long)]
    geolocation_data: Option<Location>,
    /// Compute everything again and replace the rows of the table; every regular run wants this
    #[arg(long)]
    overwrite: bool,
    /// Replace the rows of the table; computed is what is not up to date
    #[arg(long)]
    overwrite_mysql: bool,
    /// Day of the snapshots of LMS tables that are used; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    import_date: Option<NaiveDate>,
    /// Accepted for old command lines; it has no effect any more
    #[arg(long, hide = true)]
    course_country_output: Option<String>,
    #[command(flatten)]
    from: FromLogs,
    #[command(flatten)]
    store: StoreOptions,
}

/// The last address of each learner on each day
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct HistoryOptions {
    #[command(flatten)]
    days: HistoryDays,
}

/// What the task is told every day.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    [day.interval(NAME, &["location-per-course"]), day.fill_days(), day.words(&["--import-date", "DAY", "--overwrite-mysql"])].concat()
}

fn job<O: JobOptions>(job: &'static Job<O>, options: &O, input: StepInput, output: &Partition, n_reduce_tasks: usize) -> JobStep {
    JobStep::new(job, options, input, JobOutput::Directory(output.directory().clone()), n_reduce_tasks)
}

/// The plan of `LastDailyIpAddressOfUserTask`.
pub(crate) fn plan_history(options: &HistoryOptions, settings: &Settings) -> Result<Plan> {
    DAYS.history(HISTORY_NAME, &options.days, settings)
}

/// The plan of `InsertToMysqlLastCountryPerCourseTask`.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let interval = options.interval.resolve(settings, "location-per-course")?;
    let days = options.overwritten.of(settings, "location-per-course")?;
    let warehouse = options.from.places.warehouse.location(settings)?;
    // What is missing in the configuration is told before what is missing of the days.
    let database = match &options.geolocation_data {
        Some(location) => location.to_string(),
        None => settings.require("geolocation", "geolocation_data", "--geolocation-data")?.to_owned(),
    };
    let today = options.import_date.unwrap_or_else(day::today);
    let countries = Dataset::new(&warehouse, "last_country_of_user_id")?.day(interval.end());
    let overwrite = options.overwrite.then_some("--overwrite");
    let state = partition_state(&countries, &Completeness::SuccessMarker, overwrite)?;
    let extracted = interval.overwritten(days);
    let (filling, state) = DAYS.filling(settings, &options.from, (interval, extracted), state)?;
    let mut steps = filling.steps(&DAYS, settings, &options.from)?;
    steps.extend(filling.window_step(&DAYS, settings, &options.from, &state)?);
    // With more overwritten days than the interval has, days before it take part (rules 04, 3).
    let read = DateInterval::new(interval.start().min(extracted.start()), interval.end());
    let reducers = options.from.n_reduce_tasks;
    let of_database = last_country::Options { geolocation_data: database };
    let countries_job = job(&last_country::JOB, &of_database, DAYS.found(&warehouse, &read)?, &countries, reducers);
    steps.push(Step::job("Country of each learner", countries_job, state));
    let mut notices = filling.notices("Addresses", HISTORY_NAME);
    let table = derivation::ENROLLMENTS[0];
    let wanted = Wanted { table, date: today, end: interval.end(), warehouse: &warehouse, overwrite: options.overwrite };
    let always = State::Due("the import is always looked for".to_owned());
    let enrollments = wanted.planned(settings)?.add(&always, &mut steps, &mut notices);
    // The result is of one interval and one snapshot: the work area tells them apart, so nothing of another run is taken for it.
    let work = Dataset::new(&warehouse, "course_enrollment_country")?.partition("interval", &format!("{interval}_{today}"))?;
    let current = Dataset::new(&warehouse, "course_enrollment_location_current")?.whole();
    let made = partitions_state(&[&work, &current], overwrite)?;
    let inputs = StepInput::Directories(vec![countries.directory().clone(), enrollments.directory().clone()]);
    let joined = job(&enrollment_country::JOB, &NoOptions {}, inputs, &work, reducers);
    steps.push(Step::job("Country of each enrollment", joined, made.clone()));
    let rows = StepInput::Directories(vec![work.directory().clone()]);
    let counted = job(&country_counts::JOB, &country_counts::Options { date: today }, rows, &current, reducers);
    steps.push(Step::job("Learners of each course and country", counted, made));
    let loads = Loads {
        options: &options.store,
        settings,
        task: NAME,
        identity: vec![("interval", interval.to_string()), ("date", today.to_string()), ("warehouse_path", warehouse.to_string())],
        logs: &options.from.logs,
        overwrite: options.overwrite || options.overwrite_mysql,
        allow_empty: false,
    };
    steps.push(loads.step(&COURSE_ENROLLMENT_LOCATION_CURRENT, current.directory())?);
    let old = options.course_country_output.as_ref();
    notices.extend(old.map(|_| Notice::hint("--course-country-output has no effect any more; the result is in the table only.")));
    Ok(Plan { task: NAME.to_owned(), steps, notices, missing_days: filling.missing_days(), ..Plan::default() })
}
