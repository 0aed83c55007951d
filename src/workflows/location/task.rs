//! The tasks of geography: `InsertToMysqlLastCountryPerCourseTask`, and `LastDailyIpAddressOfUserTask` for the history (spec 04).

use anyhow::{Context, Result};
use chrono::{NaiveDate, Utc};

use super::{JOBS, daily_address};
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, Plan, State, Step, StepInput};
use crate::storage::Location;
use crate::stores::catalogue::COURSE_ENROLLMENT_LOCATION_CURRENT;
use crate::tasks::day_tables::{DayTable, HistoryDays, partition_state};
use crate::tasks::imports::NeededImport;
use crate::tasks::loads::Loads;
use crate::tasks::logs::{DayPlaces, EventLogOptions, IntervalOptions};
use crate::tasks::store::StoreOptions;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// The task that fills the table.
pub const NAME: &str = "InsertToMysqlLastCountryPerCourseTask";
/// The task that loads history.
pub const HISTORY_NAME: &str = "LastDailyIpAddressOfUserTask";

const DAYS: DayTable = DayTable { table: "last_ip_of_user_id", file_stem: daily_address::FILE_STEM, jobs: &JOBS, job: "daily-address" };

/// In which countries the learners of each course are: the table `course_enrollment_location_current`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    #[command(flatten)]
    interval: IntervalOptions,
    /// Days before the end that are read from the logs again; default: `overwrite_n_days` of [location-per-course]
    #[arg(long)]
    overwrite_n_days: Option<u32>,
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
    #[arg(long)]
    import_date: Option<NaiveDate>,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25)]
    n_reduce_tasks: usize,
    /// Accepted for old command lines; it has no effect any more
    #[arg(long, hide = true)]
    course_country_output: Option<String>,
    #[command(flatten)]
    logs: EventLogOptions,
    #[command(flatten)]
    places: DayPlaces,
    #[command(flatten)]
    store: StoreOptions,
}

/// The last address of each learner on each day
#[derive(clap::Args, Clone, Debug)]
pub struct HistoryOptions {
    #[command(flatten)]
    days: HistoryDays,
}

/// The plan of `LastDailyIpAddressOfUserTask`.
pub fn plan_history(options: &HistoryOptions, settings: &Settings) -> Result<Plan> {
    DAYS.history(HISTORY_NAME, &options.days, settings)
}

/// The plan of `InsertToMysqlLastCountryPerCourseTask`.
pub fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let interval = options.interval.resolve(settings, "location-per-course")?;
    let days: u32 = match options.overwrite_n_days {
        Some(days) => days,
        None => settings
            .require("location-per-course", "overwrite_n_days", "--overwrite-n-days")?
            .parse()
            .context("overwrite_n_days of [location-per-course] must be a number of days.")?,
    };
    let warehouse = options.places.warehouse.location(settings)?;
    let today = options.import_date.unwrap_or_else(|| Utc::now().date_naive());
    let countries = Dataset::new(&warehouse, "last_country_of_user_id")?.day(interval.end());
    let overwrite = options.overwrite.then_some("--overwrite");
    let state = partition_state(&countries, &Completeness::SuccessMarker, overwrite)?;
    let extracted = interval.overwritten(days);
    let mut steps = Vec::new();
    if days > 0 {
        let of_countries = state.clone();
        steps.push(
            DAYS.step_from_logs(settings, &options.logs, &options.places, (&extracted, options.n_reduce_tasks), |_| Ok(of_countries))?,
        );
    }
    // With more overwritten days than the interval has, days before it take part (spec 04, 3).
    let read = DateInterval::new(interval.start().min(extracted.start()), interval.end());
    let database = match &options.geolocation_data {
        Some(location) => location.to_string(),
        None => settings.require("geolocation", "geolocation_data", "--geolocation-data")?.to_owned(),
    };
    let job = |job, options: Vec<String>, input, output: &Partition, n_reduce_tasks| {
        Action::Job(JobStep { jobs: &JOBS, job, options, input, output: JobOutput::Directory(output.directory().clone()), n_reduce_tasks })
    };
    let reducers = options.n_reduce_tasks;
    let countries_job =
        job("last-country", vec!["--geolocation-data".to_owned(), database], DAYS.found(&warehouse, &read)?, &countries, reducers);
    steps.push(Step { name: "Country of each learner".to_owned(), action: countries_job, state });
    let (import, enrollments) = NeededImport::step("student_courseenrollment", today, &warehouse, settings, options.overwrite)?;
    steps.push(import);
    // The result is of one interval and one snapshot: the work area tells them apart, so nothing of another run is taken for it.
    let work = Dataset::new(&warehouse, "course_enrollment_country")?.partition("interval", &format!("{interval}_{today}"))?;
    let current = Dataset::new(&warehouse, "course_enrollment_location_current")?.whole();
    let made = partition_state(&work, &Completeness::SuccessMarker, overwrite)?;
    let made = if let State::Complete(_) = made { partition_state(&current, &Completeness::SuccessMarker, overwrite)? } else { made };
    let inputs = StepInput::Directories(vec![countries.directory().clone(), enrollments.directory().clone()]);
    let joined = job("enrollment-country", Vec::new(), inputs, &work, reducers);
    steps.push(Step { name: "Country of each enrollment".to_owned(), action: joined, state: made.clone() });
    let rows = StepInput::Directories(vec![work.directory().clone()]);
    let counted = job("country-counts", vec!["--date".to_owned(), today.to_string()], rows, &current, reducers);
    steps.push(Step { name: "Learners of each course and country".to_owned(), action: counted, state: made });
    let loads = Loads {
        options: &options.store,
        settings,
        task: NAME,
        identity: vec![("interval", interval.to_string()), ("date", today.to_string()), ("warehouse_path", warehouse.to_string())],
        logs: &options.logs,
        overwrite: options.overwrite || options.overwrite_mysql,
        allow_empty: false,
    };
    steps.push(loads.step(&COURSE_ENROLLMENT_LOCATION_CURRENT, current.directory())?);
    let old = options.course_country_output.as_ref();
    let notices = old.map(|_| "--course-country-output has no effect any more; the result is in the table only.".to_owned());
    Ok(Plan { task: NAME.to_owned(), steps, notices: notices.into_iter().collect() })
}
