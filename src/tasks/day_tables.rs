//! Tables with a directory for each day: made from the logs, kept for ever, read again by later runs.

use anyhow::Result;
use chrono::NaiveDate;

use super::course_keys::{course_key_rules, course_key_words};
use super::log_days::Around;
use super::logs::DayPlaces;
use super::options::FromLogs;
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::freshness::staleness;
use crate::engine::plan::{Action, JobStep, LoadInput, Plan, State, Step, StepInput};
use crate::engine::young_site::YoungSite;
use crate::storage::Location;
use crate::streaming::{EventOptions, Job, JobOptions};
use crate::warehouse::awaited::Awaited;
use crate::warehouse::dataset::{Completeness, Dataset, Partition};
use crate::warehouse::day_index::{DaysThere, days_there};
use crate::warehouse::marker::{has_marker, task_marker_directory};
use crate::warehouse::selection::{DayFiles, DayNames};

/// Which options days know that they were made under.
pub(super) const RULES: &str = "course_urls of [event-logs], enabled of [ccx]";

/// A table with a directory for each day, kept for ever and read again by later runs.
pub struct DayTable<O: 'static> {
    /// Its directory below the warehouse.
    pub table: &'static str,
    /// The files of a day are called by this and the day.
    pub file_stem: &'static str,
    /// Whether files of a day are known by their names only, wherever they lie, or all that lie in its directory are read.
    pub is_read_by_name: bool,
    /// The job that writes it.
    pub job: &'static Job<O>,
}

/// The days of an interval that a history task makes from the logs
#[derive(clap::Args, Clone, Debug)]
pub struct HistoryDays {
    /// Days: 2024-03-04..2024-03-11 (end not included), -7d..today, yesterday, 2024-03-04, 2024-W10, 2024-03 or 2024
    #[arg(long, value_parser = day::interval, allow_hyphen_values = true)]
    interval: DateInterval,
    /// Make the days anew
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    from: FromLogs,
}

impl HistoryDays {
    /// The warehouse of the days.
    ///
    /// # Errors
    /// Neither option nor configuration names it.
    pub fn warehouse(&self, settings: &Settings) -> Result<Location> {
        self.from.places.warehouse.location(settings)
    }
}

/// One run of the job that writes days.
pub struct DayRun<'r, O> {
    /// Days that are written.
    pub days: &'r DateInterval,
    /// Options of the job.
    pub options: O,
    /// What it reads.
    pub input: StepInput,
    /// `--n-reduce-tasks`
    pub n_reduce_tasks: usize,
    /// What tells this run from others, for its marker.
    pub identity: &'r str,
    /// The log files that its days wait for.
    pub awaited: Awaited,
}

/// How many nights usually read a day again.
pub const NIGHTS_AGAIN: u64 = 2;

impl<O: JobOptions> DayTable<O> {
    /// The table in a warehouse.
    pub fn dataset(&self, warehouse: &Location) -> Result<Dataset> {
        Dataset::new(warehouse, self.table)
    }

    /// Where the marker of a run lies.
    fn marker(&self, places: &DayPlaces, settings: &Settings, identity: &str) -> Result<Location> {
        Ok(task_marker_directory(&places.markers(settings)?, &format!("{}({identity})", self.table)))
    }

    /// The step that writes days, in the given state.
    pub fn step(&self, places: &DayPlaces, settings: &Settings, run: DayRun<'_, O>, state: State) -> Result<Step> {
        let output = JobOutput::Days {
            root: self.dataset(&places.warehouse.location(settings)?)?.directory().clone(),
            days: *run.days,
            file_stem: self.file_stem.to_owned(),
            marker: self.marker(places, settings, run.identity)?,
        };
        let mut job = JobStep::new(self.job, &run.options, run.input, output, run.n_reduce_tasks);
        job.awaited = run.awaited;
        Ok(Step::job(&format!("Days of {}", self.table), job, state))
    }

    /// Whether a run was made before: its marker is there, its days were made under the options that hold now, and it is not to be
    /// overwritten.
    fn state(&self, places: &DayPlaces, settings: &Settings, (identity, days): (&str, &DateInterval), overwrite: bool) -> Result<State> {
        let marker = self.marker(places, settings, identity)?;
        if overwrite {
            return Ok(State::Due("--overwrite is given".to_owned()));
        }
        if !has_marker(&marker)? {
            return Ok(State::Due(format!("there is no marker {marker}")));
        }
        let outdated = self.there(&places.warehouse.location(settings)?)?.outdated(&course_key_words(settings)?);
        Ok(match outdated.range(days.start()..days.end()).next() {
            Some(day) => State::Due(format!("{day} was made under other options ({RULES})")),
            None => State::Complete(format!("the marker {marker} is there")),
        })
    }

    /// The days that are there.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub(super) fn there(&self, warehouse: &Location) -> Result<DaysThere> {
        days_there(self.dataset(warehouse)?.directory())
    }

    /// The files of days as found; missing days have none.
    pub fn found(&self, warehouse: &Location, days: &DateInterval) -> Result<StepInput> {
        self.files(warehouse, days).map(StepInput::DayFiles)
    }

    /// The same for a load.
    pub fn rows(&self, warehouse: &Location, days: &DateInterval) -> Result<LoadInput> {
        self.files(warehouse, days).map(LoadInput::DayFiles)
    }

    /// By what `daily` knows that nothing has happened yet in an interval of whole weeks, nor before it. Others take no rows for a mistake.
    ///
    /// # Errors
    /// The table cannot be listed.
    pub fn young_site(
        &self,
        from: &FromLogs,
        warehouse: &Location,
        (weeks, window): (&DateInterval, &DateInterval),
    ) -> Result<Option<YoungSite>> {
        if from.fill_days.is_none() {
            return Ok(None);
        }
        let first = self.there(warehouse)?.days.first().copied().unwrap_or(weeks.start());
        let first = first.min(weeks.start()).min(window.start()).min(weeks.end());
        let running = DateInterval::new(weeks.end(), window.end().max(weeks.end()));
        let before = self.files(warehouse, &DateInterval::new(first, weeks.end()))?;
        Ok(Some(YoungSite { before, running: self.files(warehouse, &running)? }))
    }

    fn files(&self, warehouse: &Location, days: &DateInterval) -> Result<DayFiles> {
        let root = self.dataset(warehouse)?.directory().clone();
        let names = if self.is_read_by_name { DayNames::Stem(self.file_stem.to_owned()) } else { DayNames::Directory };
        Ok(DayFiles { root, days: *days, names })
    }
}

impl DayTable<EventOptions> {
    /// The step that makes days of an interval, each of which so many nights read again, in the state that is decided for the run's
    /// identity.
    pub fn step_from_logs(
        &self,
        settings: &Settings,
        from: &FromLogs,
        (interval, again): (&DateInterval, u64),
        state: impl FnOnce(&str) -> Result<State>,
    ) -> Result<Step> {
        let identity = from.logs.identity_of_days(settings, interval)?;
        let state = state(&identity)?;
        let run = DayRun {
            days: interval,
            options: EventOptions { interval: *interval, rules: course_key_rules(settings)? },
            input: StepInput::LogsOfInterval(from.logs.selection(settings, interval)?),
            n_reduce_tasks: from.n_reduce_tasks,
            identity: &identity,
            awaited: awaited(settings, from, (interval, again), &state)?,
        };
        self.step(&from.places, settings, run, state)
    }

    /// The step that fills days that no run has made; there may be no logs of them.
    pub fn missing_step(&self, settings: &Settings, from: &FromLogs, interval: &DateInterval, again: u64) -> Result<Step> {
        let due = State::Due("the days are missing in the history, or lack logs that came later".to_owned());
        let mut step = self.step_from_logs(settings, from, (interval, again), |_| Ok(due))?;
        step.name = format!("Days of {} that are missing, {interval}", self.table);
        if let Action::Job(job) = &mut step.action {
            job.input = StepInput::LogsIfAny(from.logs.selection(settings, interval)?);
        }
        Ok(step)
    }

    /// The plan of a task that loads history: the days of an interval, once, unless they are overwritten.
    pub fn history(&self, task: &str, options: &HistoryDays, settings: &Settings) -> Result<Plan> {
        let HistoryDays { interval, overwrite, from } = options;
        let state = |identity: &str| self.state(&from.places, settings, (identity, interval), *overwrite);
        let step = self.step_from_logs(settings, from, (interval, NIGHTS_AGAIN), state)?;
        Ok(Plan { task: task.to_owned(), steps: vec![step], ..Plan::default() })
    }
}

/// How many nights read a day again, if each reads a window of this length.
pub fn nights_again(window: &DateInterval) -> u64 {
    u64::try_from(window.days().count()).unwrap_or(0).saturating_sub(1)
}

/// The log files that the days of a step wait for, if it is due; `again` nights read each of the days again.
///
/// # Errors
/// A setting is missing or cannot be used, or the logs cannot be listed.
pub fn awaited(settings: &Settings, from: &FromLogs, (days, again): (&DateInterval, u64), state: &State) -> Result<Awaited> {
    match state {
        State::Complete(_) => Ok(Awaited::default()),
        State::Due(_) => Ok(from.logs.log_days(settings)?.awaited(days, Around::of(&from.logs, settings, again)?)),
    }
}

/// A partition's state by its completeness, unless it is to be made anew, or was made from something else than is there now.
pub fn partition_state(partition: &Partition, completeness: &Completeness, overwrite: Option<&str>) -> Result<State> {
    let directory = partition.directory();
    Ok(match (overwrite, staleness(directory)) {
        (Some(option), _) => State::Due(format!("{option} is given")),
        (None, Some(reason)) => State::Due(reason),
        (None, None) if partition.is_complete(completeness)? => State::Complete(format!("{directory} is there")),
        (None, None) => State::Due(format!("{directory} is not complete")),
    })
}

/// The state of several partitions that one step makes: complete if all are, due as the first that is not.
///
/// # Errors
/// A directory cannot be listed.
pub fn partitions_state(partitions: &[&Partition], overwrite: Option<&str>) -> Result<State> {
    let mut last = State::Due("there is nothing to make".to_owned());
    for partition in partitions {
        last = partition_state(partition, &Completeness::SuccessMarker, overwrite)?;
        if let State::Due(_) = last {
            break;
        }
    }
    Ok(last)
}

/// Days as a notice or an error lists them.
pub fn day_list(days: &[NaiveDate]) -> String {
    let shown: Vec<_> = days.iter().take(10).map(ToString::to_string).collect();
    let more = days.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
