//! The tasks of video: `InsertToMysqlAllVideoTask`, `UserVideoViewingByDateTask` for the history, and its other steps by themselves
//! (rules 06, 1 and 2).

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::duration_step::DurationStep;
use super::tables::{VIDEO, VIDEO_TIMELINE};
use super::youtube::YouTube;
use super::{by_date, usage, viewing};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, Plan, State, Step, StepInput};
use crate::error_text::counted;
use crate::storage::Location;
use crate::tasks::MissingDays;
use crate::tasks::course_keys::course_key_rules;
use crate::tasks::day_tables::{DayRun, DayTable, NIGHTS_AGAIN, awaited, day_list, partitions_state};
use crate::tasks::filling::Filling;
use crate::tasks::loads::Loads;
use crate::tasks::options::{FromLogs, OverwrittenDays};
use crate::tasks::store::StoreOptions;
use crate::tasks::workflow::Day;
use crate::warehouse::dataset::{Dataset, Partition};

/// The task that fills the tables.
pub(crate) const NAME: &str = "InsertToMysqlAllVideoTask";
/// The task that loads history.
pub(crate) const BY_DATE_NAME: &str = "UserVideoViewingByDateTask";

/// The task that makes the viewings of the last days, and nothing else.
pub(crate) const VIEWING_NAME: &str = "UserVideoViewingTask";
/// The task that makes what the tables are filled from, without filling them.
pub(crate) const USAGE_NAME: &str = "VideoUsageTask";

const DAYS: DayTable<by_date::Options> =
    DayTable { table: "video_viewing_by_date", file_stem: by_date::FILE_STEM, is_read_by_name: false, job: &by_date::JOB };
const OVERWRITE_N_DAYS: u32 = 3;
const DROPOFF_THRESHOLD: f64 = 0.05;

/// What learners watched of each video: the tables `video` and `video_timeline`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    usage: UsageOptions,
    /// Accepted; the tables are always replaced
    #[arg(long, hide = true)]
    overwrite: bool,
    /// Permits replacing the tables by nothing; default: `allow_empty_insert` of [videos]
    #[arg(long)]
    allow_empty_insert: bool,
    #[command(flatten)]
    store: StoreOptions,
}

/// What learners watched of each video, in the warehouse only
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct UsageOptions {
    #[command(flatten)]
    days: DayOptions,
    /// A segment with at most this part of the learners of the one before it is behind the end of a video of unknown length
    #[arg(long, value_parser = usage::share)]
    dropoff_threshold: Option<f64>,
}

/// Viewings of the last days of the interval, in the warehouse only
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct ViewingOptions {
    #[command(flatten)]
    days: DayOptions,
}

/// Viewings of each day, recomputed for the whole interval or the last days of it
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct DayOptions {
    /// Days: 2024-03-04..2024-03-11 (end not included), -7d..today, yesterday, 2024-03-04, 2024-W10, 2024-03 or 2024
    #[arg(long, value_parser = day::interval, allow_hyphen_values = true)]
    interval: DateInterval,
    #[command(flatten)]
    overwritten: OverwrittenDays,
    #[command(flatten)]
    from: FromLogs,
}

/// What the task is told every day. Video has no start of its own in old configurations; viewings are kept from where the days enrolled
/// are.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    [day.interval(NAME, &["videos", "enrollments"]), day.fill_days()].concat()
}

/// The plan of `UserVideoViewingByDateTask`: the whole interval, unless told otherwise.
pub(crate) fn plan_by_date(options: &DayOptions, settings: &Settings) -> Result<Plan> {
    let warehouse = options.from.places.warehouse.location(settings)?;
    let window = options.overwritten.overwrite_n_days.map_or(options.interval, |days| options.window(days));
    let is_history = options.from.fill_days.is_some();
    let run = ViewingDays { window, end: options.interval.end(), reason: "the task makes them anew", is_history, again: NIGHTS_AGAIN };
    let steps = day_steps(options, settings, &warehouse, &run)?;
    Ok(Plan { task: BY_DATE_NAME.to_owned(), steps, ..Plan::default() })
}

impl DayOptions {
    /// The recomputed days; never one outside the interval (rules 06, 2).
    fn window(&self, overwrite_n_days: u32) -> DateInterval {
        let from = self.interval.overwrite_from_date(overwrite_n_days).max(self.interval.start());
        DateInterval::new(from, self.interval.end())
    }

    fn overwrite_n_days(&self, settings: &Settings) -> Result<u32> {
        self.overwritten.of_or(settings, &["videos"], OVERWRITE_N_DAYS)
    }
}

/// The plan of `UserVideoViewingTask`: the window, whether or not its viewings are there.
pub(crate) fn plan_viewing(options: &ViewingOptions, settings: &Settings) -> Result<Plan> {
    let days = &options.days;
    let warehouse = days.from.places.warehouse.location(settings)?;
    let window = days.window(days.overwrite_n_days(settings)?);
    let viewings = Dataset::new(&warehouse, "video_viewing")?.day(days.interval.end());
    let run = ViewingDays { window, end: days.interval.end(), reason: "the task makes them anew", is_history: false, again: NIGHTS_AGAIN };
    let steps = if window.is_empty() { Vec::new() } else { vec![viewing_step(days, settings, &viewings, &run)?] };
    Ok(Plan { task: VIEWING_NAME.to_owned(), steps, ..Plan::default() })
}

/// Days that are made from the logs at once.
struct ViewingDays<'r> {
    /// The days.
    window: DateInterval,
    /// The day by which the directory of their viewings is called.
    end: NaiveDate,
    /// Why they are made.
    reason: &'r str,
    /// Whether they are holes of the history, of which there may be no logs.
    is_history: bool,
    /// How many nights read each of them again.
    again: u64,
}

/// Viewings of the window, from the logs. With the look-up of durations they carry the videos' ids on `YouTube`.
fn viewing_step(options: &DayOptions, settings: &Settings, viewings: &Partition, run: &ViewingDays<'_>) -> Result<Step> {
    // A viewing belongs to the day on which it began, and may end on the next one; where it goes on is known from the day before.
    let (before, behind) = (|day: NaiveDate| day.pred_opt().unwrap_or(day), |day: NaiveDate| day.succ_opt().unwrap_or(day));
    let (start, end) = (run.window.start(), run.window.end());
    let window = &if run.is_history { DateInterval::new(before(start), behind(end)) } else { run.window };
    let youtube_ids = YouTube::of_settings(settings).is_some();
    let of_job = viewing::Options { interval: *window, rules: course_key_rules(settings)?, youtube_ids };
    let logs = options.from.logs.selection(settings, window)?;
    let input = if run.is_history { StepInput::LogsIfAny(logs) } else { StepInput::LogsOfInterval(logs) };
    let output = JobOutput::Directory(viewings.directory().clone());
    let job = JobStep::new(&viewing::JOB, &of_job, input, output, options.from.n_reduce_tasks);
    let name = if run.is_history { format!("Viewings of {}", run.window) } else { "Viewings".to_owned() };
    Ok(Step::job(&name, job, State::Due(run.reason.to_owned())))
}

/// Viewings of the window, and their days.
fn day_steps(options: &DayOptions, settings: &Settings, warehouse: &Location, run: &ViewingDays<'_>) -> Result<Vec<Step>> {
    let ViewingDays { window, reason, again, .. } = run;
    if window.is_empty() {
        return Ok(Vec::new());
    }
    let viewings = Dataset::new(warehouse, "video_viewing")?.day(run.end);
    let mut steps = vec![viewing_step(options, settings, &viewings, run)?];
    let mut of_days = by_date::Options { interval: *window, durations: None, rules: course_key_rules(settings)? };
    if let Some(service) = YouTube::of_settings(settings) {
        let directory = Dataset::new(warehouse, "video_youtube_duration")?.directory().clone();
        let file = directory.join("durations.tsv");
        of_days.durations = Some(file.to_string());
        let action = Action::Work(Box::new(DurationStep { service, viewings: viewings.directory().clone(), directory, file }));
        steps.push(Step { name: "Durations on YouTube".to_owned(), action, state: State::Due((*reason).to_owned()) });
    }
    let identity = options.from.logs.identity_of_days(settings, window)?;
    let run = DayRun {
        days: window,
        options: of_days,
        input: StepInput::Directories(vec![viewings.directory().clone()]),
        n_reduce_tasks: options.from.n_reduce_tasks,
        identity: &identity,
        awaited: awaited(settings, &options.from, (window, *again), &State::Due((*reason).to_owned()))?,
    };
    steps.push(DAYS.step(&options.from.places, settings, run, State::Due((*reason).to_owned()))?);
    Ok(steps)
}

/// Where the results of one run lie.
struct Results {
    warehouse: Location,
    usage: Partition,
    timeline: Partition,
    video: Partition,
}

impl Results {
    fn of(options: &UsageOptions, settings: &Settings) -> Result<Self> {
        let warehouse = options.days.from.places.warehouse.location(settings)?;
        let partition = |table: &str| Ok::<_, anyhow::Error>(Dataset::new(&warehouse, table)?.day(options.days.interval.end()));
        Ok(Self {
            usage: partition("video_usage")?,
            timeline: partition("video_timeline")?,
            video: partition("video")?,
            warehouse: warehouse.clone(),
        })
    }

    /// All three are written by one job, and so it is due when one of them is missing.
    fn state(&self) -> Result<State> {
        partitions_state(&[&self.usage, &self.timeline, &self.video], None)
    }
}

/// The plan of `VideoUsageTask`.
pub(crate) fn plan_usage(options: &UsageOptions, settings: &Settings) -> Result<Plan> {
    let (steps, filling) = usage_steps(options, settings, &Results::of(options, settings)?)?;
    Ok(planned(USAGE_NAME, steps, &filling))
}

/// Of the section of the task that makes the usage, which may be a part of the one that runs (rules 01, 7), else of all videos.
fn configured_threshold(settings: &Settings) -> Result<f64> {
    let of_task = settings.get(USAGE_NAME, "dropoff_threshold").map(|share| (USAGE_NAME, share));
    let configured = of_task.or_else(|| settings.get("videos", "dropoff_threshold").map(|share| ("videos", share)));
    let Some((section, share)) = configured else { return Ok(DROPOFF_THRESHOLD) };
    usage::share(share).map_err(|error| unusable(section, "dropoff_threshold", error))
}

/// From the logs to what the tables are filled from.
fn usage_steps(options: &UsageOptions, settings: &Settings, results: &Results) -> Result<(Vec<Step>, Filling)> {
    let threshold = options.dropoff_threshold.map_or_else(|| configured_threshold(settings), Ok)?;
    let (days, warehouse, state) = (&options.days, &results.warehouse, results.state()?);
    let window = days.window(days.overwrite_n_days(settings)?);
    let (filling, state) = DAYS.filling(settings, &days.from, (days.interval, window), state)?;
    let mut steps = Vec::new();
    if let State::Due(reason) = &state {
        if let Some(missing) = filling.missing() {
            let history = filling.span();
            let text = format!(
                "Viewings of {} are missing in {}: {}. Load them first: {} {BY_DATE_NAME} --interval {history}, or raise --overwrite-n-days.",
                counted(missing.len(), "day"),
                DAYS.dataset(warehouse)?.directory(),
                day_list(missing),
                settings.program()
            );
            bail!(MissingDays { text, days: missing.to_vec(), what_to_do: None });
        }
        for hole in filling.intervals() {
            let (end, reason) = (hole.end(), "the days are missing in the history, or lack logs that came later");
            let run = ViewingDays { window: hole, end, reason, is_history: true, again: filling.again() };
            steps.extend(day_steps(days, settings, warehouse, &run)?);
        }
        let run = ViewingDays { window: filling.window(), end: days.interval.end(), reason, is_history: false, again: filling.again() };
        steps.extend(day_steps(days, settings, warehouse, &run)?);
    }
    let places = [(usage::USAGE, &results.usage), (usage::TIMELINE, &results.timeline), (usage::VIDEO, &results.video)];
    let output = JobOutput::Tables(places.map(|(path, place)| (path.to_owned(), place.directory().clone())).to_vec());
    let of_job = usage::Options { dropoff_threshold: threshold };
    let job = JobStep::new(&usage::JOB, &of_job, DAYS.found(warehouse, &days.interval)?, output, days.from.n_reduce_tasks);
    steps.push(Step::job("Usage of each video", job, state));
    Ok((steps, filling))
}

/// The plan of `InsertToMysqlAllVideoTask`.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let Options { usage, store, .. } = options;
    let results = Results::of(usage, settings)?;
    let (mut steps, filling) = usage_steps(usage, settings, &results)?;
    let loads = Loads {
        options: store,
        settings,
        task: NAME,
        identity: vec![("interval", usage.days.interval.to_string()), ("warehouse_path", results.warehouse.to_string())],
        logs: &usage.days.from.logs,
        overwrite: true,
        allow_empty: options.allow_empty_insert || settings.flag("videos", "allow_empty_insert")?.unwrap_or(false),
    };
    steps.push(loads.step(&VIDEO_TIMELINE, results.timeline.directory())?);
    steps.push(loads.step(&VIDEO, results.video.directory())?);
    Ok(planned(NAME, steps, &filling))
}

fn planned(task: &str, steps: Vec<Step>, filling: &Filling) -> Plan {
    let notices = filling.notices("Viewings", BY_DATE_NAME);
    Plan { task: task.to_owned(), steps, notices, missing_days: filling.missing_days(), ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;
    use crate::wrong_usage::WrongUsage;
    use clap::{Args, FromArgMatches};

    #[test]
    fn results_are_complete_only_with_all_three_tables() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Location::from_path(folder.path()).unwrap().directory_form();
        let words = ["x", "--interval", "2014-05-01-2014-05-06", "--overwrite-n-days", "9", "--warehouse-path"];
        let command = UsageOptions::augment_args(clap::Command::new("x"));
        let logs = ["--source".to_owned(), warehouse.join("logs/").to_string(), "--pattern=.*".to_owned()];
        let words = words.into_iter().map(str::to_owned).chain([warehouse.to_string()]).chain(logs);
        let options = UsageOptions::from_arg_matches(&command.get_matches_from(words)).unwrap();
        let results = Results::of(&options, &Settings::default()).unwrap();
        for table in ["video_usage", "video", "video_timeline"] {
            assert!(matches!(results.state().unwrap(), State::Due(_)), "{table}");
            write_bytes(&warehouse.join(&format!("{table}/dt=2014-05-06/_SUCCESS")), b"").unwrap();
        }
        let State::Complete(_) = results.state().unwrap() else { panic!("all three are there") };
        let plan = plan_usage(&options, &Settings::default()).unwrap();
        assert_eq!(plan.steps.len(), 1);
        // The window never reaches before the interval (rules 06, 2).
        assert_eq!(options.days.window(9).to_string(), "2014-05-01-2014-05-06");
        assert!(options.days.window(0).is_empty());
    }

    #[test]
    fn a_threshold_may_stand_in_the_section_of_the_inner_task() {
        for (text, expected) in [
            ("[videos]\ndropoff_threshold = 0.4\n[VideoUsageTask]\ndropoff_threshold = 0.2\n", 0.2),
            ("[videos]\ndropoff_threshold = 0.4\n", 0.4),
            ("[videos]\n", DROPOFF_THRESHOLD),
        ] {
            let threshold = configured_threshold(&Settings::of_text(text).unwrap()).unwrap();
            assert!((threshold - expected).abs() < f64::EPSILON, "{text}");
        }
        let error = configured_threshold(&Settings::of_text("[VideoUsageTask]\ndropoff_threshold = 2\n").unwrap()).unwrap_err();
        assert!(error.to_string().contains("VideoUsageTask"), "{error}");
    }

    #[test]
    fn a_threshold_is_a_number_before_anything_runs() {
        for text in ["nan", "inf", "-inf", "x", "", "-1", "-0.1", "1.01", "2"] {
            assert!(usage::share(text).is_err(), "{text:?}");
            let command = UsageOptions::augment_args(clap::Command::new("x"));
            let words = ["x", "--interval", "2014-05", &format!("--dropoff-threshold={text}")].map(str::to_owned);
            let error = command.try_get_matches_from(words).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains("--dropoff-threshold"), "{error}");
        }
        assert_eq!(["0", "0.4", " 1 "].map(|text| usage::share(text).ok()), [Some(0.0), Some(0.4), Some(1.0)]);
        let settings = Settings::of_text("[hive]\nwarehouse_path = /w\n[videos]\ndropoff_threshold = 2\n").unwrap();
        let command = UsageOptions::augment_args(clap::Command::new("x"));
        let options = UsageOptions::from_arg_matches(&command.get_matches_from(["x", "--interval", "2014-05"])).unwrap();
        let error = plan_usage(&options, &settings).map(drop).unwrap_err();
        assert!(error.is::<WrongUsage>() && error.to_string().contains("from 0 to 1"), "{error}");
    }
}
