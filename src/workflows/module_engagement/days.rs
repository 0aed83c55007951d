//! The days of engagement as steps: the partition of a day, and its rows in MySQL (rules 07, 3 and 4).

use anyhow::Result;
use chrono::NaiveDate;

use super::daily;
use super::names::{DATA_NAME, SECTION, TABLE};
use super::tables::MODULE_ENGAGEMENT;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::freshness::staleness;
use crate::engine::plan::{Action, JobStep, LoadInput, LoadStep, State, Step, StepInput};
use crate::storage::Location;
use crate::stores::LoadMode;
use crate::stores::identity::module_engagement_update_id;
use crate::tasks::course_keys::course_key_rules;
use crate::tasks::log_days::Around;
use crate::tasks::logs::EventLogOptions;
use crate::tasks::store::{StoreOptions, open_store};
use crate::warehouse::awaited::Awaited;
use crate::warehouse::columns::is_writable;
use crate::warehouse::dataset::Dataset;
use crate::warehouse::marker::has_marker;
use crate::wrong_usage::wrong_usage;

/// How days are made from the logs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days<'d> {
    /// The configuration.
    pub settings: &'d Settings,
    /// Where `module_engagement/dt=DAY/` lies.
    pub warehouse: &'d Location,
    /// Which logs.
    pub logs: &'d EventLogOptions,
    /// Reducers of each job.
    pub n_reduce_tasks: usize,
    /// Whether there may be no logs of a day.
    pub may_lack_logs: bool,
    /// How many nights read a day again.
    pub again: u64,
    /// User name for events without one, if an option gives it.
    pub anonymous: Option<&'d str>,
}

/// How days are loaded into the result store.
pub(crate) struct DayLoads<'d> {
    settings: &'d Settings,
    store: &'d StoreOptions,
    allow_empty: bool,
    is_history: bool,
}

impl Days<'_> {
    /// The step that makes a day, with its directory; `overwrite` is the option that has it made anew.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub(crate) fn step(&self, day: NaiveDate, overwrite: Option<&str>) -> Result<(Step, Location)> {
        let directory = Dataset::new(self.warehouse, TABLE)?.day(day).directory().clone();
        Ok((self.step_into(&directory, day, overwrite)?, directory))
    }

    /// The step that makes a day in some directory.
    ///
    /// # Errors
    /// See [`Self::step`].
    pub(crate) fn step_into(&self, directory: &Location, day: NaiveDate, overwrite: Option<&str>) -> Result<Step> {
        let state = match (overwrite, staleness(directory)) {
            (Some(option), _) => State::Due(format!("{option} is given")),
            (None, Some(reason)) => State::Due(reason),
            (None, None) if has_marker(directory)? => State::Complete(format!("{directory} is there")),
            (None, None) => State::Due(format!("{directory} is not complete")),
        };
        let options = self.options(Some(day))?;
        let logs = self.logs.selection(self.settings, &DateInterval::of_day(day))?;
        let input = if self.may_lack_logs { StepInput::LogsIfAny(logs) } else { StepInput::LogsOfInterval(logs) };
        let mut job = JobStep::new(&daily::JOB, &options, input, JobOutput::Directory(directory.clone()), self.n_reduce_tasks);
        if let State::Due(_) = state {
            job.awaited = self.awaited(day)?;
        }
        Ok(Step::job(&format!("Engagement of {day}"), job, state))
    }

    /// The options of the job of a day, or what those of all days have in common.
    ///
    /// # Errors
    /// A setting cannot be used.
    pub(super) fn options(&self, date: Option<NaiveDate>) -> Result<daily::Options> {
        let store_anonymous_username = self.anonymous()?.map(str::to_owned);
        Ok(daily::Options { date, interval: None, store_anonymous_username, rules: course_key_rules(self.settings)? })
    }

    /// The log files that a day waits for.
    fn awaited(&self, day: NaiveDate) -> Result<Awaited> {
        let around = Around::of(self.logs, self.settings, self.again)?;
        Ok(self.logs.log_days(self.settings)?.awaited(&DateInterval::of_day(day), around))
    }

    fn anonymous(&self) -> Result<Option<&str>> {
        const KEY: &str = "store_anonymous_username";
        let configured = || [DATA_NAME, SECTION].iter().find_map(|section| self.settings.get(section, KEY));
        let name = self.anonymous.or_else(configured).filter(|name| !name.is_empty());
        if name.is_some_and(|name| name.chars().count() > daily::LONGEST_USERNAME) {
            return Err(wrong_usage(format!(
                "{KEY} has more than {} characters; write a shorter user name into [module-engagement].",
                daily::LONGEST_USERNAME
            )));
        }
        if name.is_some_and(|name| !is_writable(name)) {
            return Err(wrong_usage(format!(
                "{KEY} holds a TAB or a line end, or is \\N, which stands for no value. Write a user name of other letters into \
                 [module-engagement]."
            )));
        }
        Ok(name)
    }
}

/// Why a day is made anew whose logs came late.
pub(super) fn late() -> State {
    State::Due("log files of the day came later than it was made".to_owned())
}

/// Why a day is made anew of which other events count now.
pub(super) fn outdated() -> State {
    State::Due("the day was made under other options".to_owned())
}

/// Whether tables of this workflow may be replaced by nothing.
///
/// # Errors
/// `allow_empty_insert` of `[module-engagement]` is no flag.
pub(crate) fn allows_empty(given: bool, settings: &Settings) -> Result<bool> {
    Ok(given || settings.flag("module-engagement", "allow_empty_insert")?.unwrap_or(false))
}

/// The load of a day of which no log has come; without rows it is refused.
pub(super) fn without_log(mut load: Step, day: NaiveDate) -> Step {
    if let Action::Load(step) = &mut load.action {
        step.empty_because = Some(format!("there is no log file of {day}. Bring it to its place, and start again."));
    }
    load
}

/// The load of a day that may be empty where the table holds no rows of it either.
pub(super) fn may_be_empty(mut load: Step) -> Step {
    if let Action::Load(step) = &mut load.action {
        step.allow_empty_slice = true;
    }
    load
}

impl<'d> DayLoads<'d> {
    /// Loads into the store that options or configuration name.
    ///
    /// # Errors
    /// An option that cannot be used with this table.
    pub(crate) fn new(settings: &'d Settings, store: &'d StoreOptions, allow_empty: bool) -> Result<Self> {
        if store.use_temp_table_for_overwrite {
            return Err(wrong_usage(
                "The rows of module_engagement are replaced day by day; --use-temp-table-for-overwrite cannot be used (rules 08, 6).",
            ));
        }
        Ok(Self { settings, store, allow_empty: allows_empty(allow_empty, settings)?, is_history: false })
    }

    /// The same for a history, which has empty days: one of which the table holds no rows either is no loss.
    #[must_use]
    pub(crate) fn of_history(self) -> Self {
        Self { is_history: true, ..self }
    }

    /// The step that loads a day; it does nothing if the day was loaded before, unless its rows are to be replaced.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub(crate) fn step(&self, day: NaiveDate, directory: &Location, overwrites: bool) -> Result<Step> {
        let load = self.load(day, directory, overwrites)?;
        let reason =
            if overwrites { "the rows of the day are replaced" } else { "the rows of the day are loaded, unless they were before" };
        Ok(Step { name: format!("Table module_engagement, {day}"), action: Action::Load(load), state: State::Due(reason.to_owned()) })
    }

    /// The step that loads a day anew whose logs came late, or of which other events count now. It may be as empty as it was, or become so.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub(super) fn late_step(&self, day: NaiveDate, directory: &Location) -> Result<Step> {
        let load = LoadStep { allow_empty: true, ..self.load(day, directory, true)? };
        let state = State::Due("the rows of the day are replaced".to_owned());
        Ok(Step { name: format!("Table module_engagement, {day}"), action: Action::Load(load), state })
    }

    /// The load of a day.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub(super) fn load(&self, day: NaiveDate, directory: &Location, overwrites: bool) -> Result<LoadStep> {
        let (day, store) = (day.to_string(), open_store(self.store, self.settings)?);
        let (input, id) = (LoadInput::Directory(directory.clone()), module_engagement_update_id(&day));
        Ok(LoadStep {
            mode: if overwrites { LoadMode::Overwrite } else { LoadMode::Append },
            slice: Some(("date", day)),
            allow_empty: self.allow_empty,
            allow_empty_slice: self.is_history && overwrites,
            insert_chunk_size: self.store.insert_chunk_size,
            ..LoadStep::new(&MODULE_ENGAGEMENT, input, id, store)
        })
    }
}
