//! Forum activity: posts of kinds thread, response and comment, from tracking logs to the table `forum_activity`.

use anyhow::Result;
use insights_pipeline::calendar::interval::DateInterval;
use insights_pipeline::config::settings::Settings;
use insights_pipeline::engine::plan::{Plan, State};
use insights_pipeline::stores::table::ColumnKind::{Date, Int, Varchar};
use insights_pipeline::stores::table::{Table, required};
use insights_pipeline::streaming::{EventMapper, EventOptions, Job, JobArguments, Jobs, Keys, Output, Record};
use insights_pipeline::task;
use insights_pipeline::tasks::day_tables::{DayTable, HistoryDays, nights_again};
use insights_pipeline::tasks::loads::Loads;
use insights_pipeline::tasks::logs::IntervalOptions;
use insights_pipeline::tasks::options::{FromLogs, OverwrittenDays};
use insights_pipeline::tasks::store::StoreOptions;
use insights_pipeline::tasks::workflow::{Daily, Day, ResultTable, Workflow};
use insights_pipeline::tracking::{Event, EventTime};

const NAME: &str = "forum-activity";
const TASK: &str = "ForumActivityTask";
const HISTORY: &str = "ForumActivityHistoryTask";

/// Record: `date | course_id, kind`, then a number to add.
const DAILY: Job<EventOptions> =
    Job::over_events(NAME, "daily", "Posts of each course, day and kind", mapper).summed(Keys::of(3, 1), write).into_files();

const DAYS: DayTable<EventOptions> =
    DayTable { table: "forum_activity", file_stem: "forum_activity_", is_read_by_name: false, job: &DAILY };

const TABLE: Table = Table::new(
    "forum_activity",
    &[required("date", Date), required("course_id", Varchar(255)), required("kind", Varchar(16)), required("count", Int)],
    &[&["course_id", "date"]],
);

/// The jobs, for mapper and reducer.
pub(crate) const JOBS: Jobs = &[&DAILY];

/// The workflow, for the driver.
#[allow(dead_code)] // mapper and reducer need the jobs only
pub(crate) const WORKFLOW: Workflow = Workflow {
    name: NAME,
    about: "How many threads, responses and comments learners posted, by course and day",
    jobs: JOBS,
    submission: "",
    tables: &[ResultTable::of(&TABLE)],
    tasks: &[task!(TASK, Options, plan), task!(HISTORY, HistoryDays, plan_history)],
    daily: Some(Daily { task: TASK, options: daily, needs_section: false, history: Some(HISTORY), history_apart: None }),
};

fn mapper(options: EventOptions, _arguments: &JobArguments) -> Result<Box<dyn EventMapper>> {
    Ok(Box::new(Posts(options)))
}

struct Posts(EventOptions);

impl EventMapper for Posts {
    fn interval(&self) -> &DateInterval {
        &self.0.interval
    }

    fn map_event(&mut self, event: &Event<'_>, time: &EventTime<'_>, output: &mut Output<'_>) -> Result<()> {
        let Some(event_type) = event.text("event_type").filter(|_| event.is("event_source", "server")) else { return Ok(()) };
        let kind = event_type.strip_prefix("edx.forum.").and_then(|rest| rest.strip_suffix(".created"));
        let Some(kind @ ("thread" | "response" | "comment")) = kind else { return Ok(()) };
        let Some(course_id) = event.course_id_or_that_of_url(&self.0.rules) else {
            output.count("Forum Activity", "Discard Missing Course ID");
            return Ok(());
        };
        output.record().text(time.date()).text(&course_id).text(kind).integer(1).end()
    }
}

fn write(_: &EventOptions, key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    let [date, course_id, kind] = key.exactly()?;
    output.day_row(DAYS.file_stem, date).field(date)?.field(course_id)?.field(kind)?.integers(sums).end()
}

/// How many posts of each kind were written: the table `forum_activity`
#[derive(clap::Args)]
struct Options {
    #[command(flatten)]
    interval: IntervalOptions,
    #[command(flatten)]
    overwritten: OverwrittenDays,
    #[command(flatten)]
    from: FromLogs,
    #[command(flatten)]
    store: StoreOptions,
}

fn plan_history(options: &HistoryDays, settings: &Settings) -> Result<Plan> {
    DAYS.history(HISTORY, options, settings)
}

fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let Options { interval, overwritten, from, store } = options;
    let interval = interval.resolve(settings, NAME)?;
    let warehouse = from.places.warehouse.location(settings)?;
    let last_days = interval.overwritten(overwritten.of_or(settings, &[NAME], 3)?);
    let again = nights_again(&last_days);
    let due = |_: &str| Ok(State::Due("the last days are made anew".to_owned()));
    let days = DAYS.step_from_logs(settings, from, (&last_days, again), due)?;
    let identity = vec![("interval", interval.to_string()), ("warehouse_path", warehouse.to_string())];
    let loads = Loads { options: store, settings, task: TASK, identity, logs: &from.logs, overwrite: true, allow_empty: true };
    let load = loads.step_from(&TABLE, DAYS.rows(&warehouse, &interval)?)?;
    Ok(Plan { task: TASK.to_owned(), steps: vec![days, load], ..Plan::default() })
}

fn daily(day: &Day<'_>) -> Vec<String> {
    day.interval(TASK, &[NAME])
}
