//! What the tasks of a week have in common: which steps there are, and which of them are due (rules 07, 3).

use anyhow::{Context, Result};
use chrono::{Days as CalendarDays, NaiveDate};

use super::days::{DayLoads, Days};
use super::earlier_days::earlier_days;
use super::enrolled_days::NeededEnrollment;
use super::names::{PARTITION_NAME, RANGES_NAME, SECTION, TABLE};
use super::tables::MODULE_ENGAGEMENT_METRIC_RANGES;
use super::{metric_ranges, roster, roster_cohorts, roster_learners, summary, user_segments};
use crate::calendar::day;
use crate::config::settings::Settings;
use crate::config::unusable::unusable;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, JobStep, State, Step, StepInput};
use crate::notice::Notice;
use crate::storage::Location;
use crate::streaming::{Job, JobOptions, NoOptions};
use crate::tasks::day_tables::partition_state;
use crate::tasks::imports::Wanted;
use crate::tasks::loads::Loads;
use crate::tasks::logs::{EventLogOptions, WarehouseOptions};
use crate::tasks::options::{OverwrittenDays, reducers};
use crate::warehouse::dataset::{Completeness, Dataset, Partition};

/// One key of the workflow was read from another section (rules 07, 2).
const OLD_SECTION: &str = "module_engagement";
const OVERWRITE_N_DAYS: u32 = 3;
pub(super) const WEEK: u64 = 7;
const RANGES: &str = "module_engagement_metric_ranges";

/// What each task over a week is told.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct WeekOptions {
    /// The day behind the week that is reported
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    pub date: NaiveDate,
    /// Days before the date that are read from the logs again.
    #[command(flatten)]
    pub overwritten: OverwrittenDays,
    /// Make the summary of the week and everything behind it anew; for a roster the LMS tables are imported again, too
    #[arg(long)]
    pub overwrite: bool,
    /// Number of reducers of each job
    #[arg(long, default_value_t = 25, value_parser = reducers)]
    pub n_reduce_tasks: usize,
    /// Which logs.
    #[command(flatten)]
    pub logs: EventLogOptions,
    /// Which warehouse.
    #[command(flatten)]
    pub warehouse: WarehouseOptions,
    /// Days without logs are empty days, if there are logs of others; `daily` says so
    #[arg(long, hide = true)]
    pub fill_days: Option<usize>,
}

/// Where things lie, and what is to be made again.
pub(crate) struct Planner<'p> {
    pub(super) options: &'p WeekOptions,
    /// The configuration.
    pub settings: &'p Settings,
    /// The warehouse.
    pub warehouse: Location,
    /// Day behind the week before.
    week_before: NaiveDate,
    /// Whether the roster is there.
    pub roster_state: State,
    /// The steps so far.
    pub steps: Vec<Step>,
    /// What the operator should know.
    pub notices: Vec<Notice>,
}

/// Where the LMS tables lie that the roster reads.
#[derive(Debug)]
pub(crate) struct RosterImports {
    accounts: Location,
    profiles: Location,
    groups: Location,
    members: Location,
    /// There is no LMS database, so that nothing is known of learners but their names.
    without_profiles: bool,
}

impl<'p> Planner<'p> {
    /// No steps yet.
    ///
    /// # Errors
    /// The warehouse is not known, or cannot be looked at.
    pub(crate) fn new(options: &'p WeekOptions, settings: &'p Settings) -> Result<Self> {
        let warehouse = options.warehouse.location(settings)?;
        let week_before = options.date.checked_sub_days(CalendarDays::new(WEEK)).context("--date lies at the begin of the calendar.")?;
        let roster = Dataset::new(&warehouse, "module_engagement_roster")?.day(options.date);
        let roster_state = partition_state(&roster, &Completeness::SuccessMarker, options.overwrite.then_some("--overwrite"))?;
        Ok(Self { options, settings, warehouse, week_before, roster_state, steps: Vec::new(), notices: Vec::new() })
    }

    pub(super) fn partition(&self, table: &str, date: NaiveDate) -> Result<Partition> {
        Ok(Dataset::new(&self.warehouse, table)?.day(date))
    }

    /// A directory of this week.
    fn current(&self, table: &str) -> Result<Location> {
        Ok(self.partition(table, self.options.date)?.directory().clone())
    }

    /// What other tasks and the LMS have to give for the roster comes first, so that what is missing is said before anything is made.
    ///
    /// # Errors
    /// A setting is missing or cannot be used; so for the other methods.
    pub(crate) fn needs(&mut self) -> Result<RosterImports> {
        let date = self.options.date;
        let enrollment = self.partition(roster_learners::ENROLLMENT, date)?;
        let is_due = matches!(self.roster_state, State::Due(_));
        if is_due {
            let state = partition_state(&enrollment, &Completeness::SuccessMarker, None)?;
            let work = NeededEnrollment { partition: enrollment, date, program: self.settings.program() };
            self.steps.push(Step { name: "Days enrolled".to_owned(), action: Action::Work(Box::new(work)), state });
        }
        let (accounts, _) = self.import(roster_learners::ACCOUNTS)?;
        let (profiles, without_profiles) = self.import(roster_learners::PROFILES)?;
        let (groups, _) = self.import(roster_cohorts::GROUPS)?;
        let (members, _) = self.import(roster_cohorts::MEMBERS)?;
        Ok(RosterImports { accounts, profiles, groups, members, without_profiles })
    }

    /// Adds the import of an LMS table; gives its directory, and whether it is derived from the logs, or empty.
    fn import(&mut self, table: &'static str) -> Result<(Location, bool)> {
        let WeekOptions { date, overwrite, .. } = *self.options;
        let wanted = Wanted { table, date, end: date, warehouse: &self.warehouse, overwrite };
        let import = wanted.planned(self.settings)?;
        let is_derived = import.is_derived;
        let partition = import.add(&self.roster_state, &mut self.steps, &mut self.notices);
        Ok((partition.directory().clone(), is_derived))
    }

    pub(super) fn overwrite_n_days(&self) -> Result<u32> {
        self.options.overwritten.of_or(self.settings, &[SECTION, OLD_SECTION], OVERWRITE_N_DAYS)
    }

    /// The summary of a week is never made again, except this week's with `--overwrite` (rules 07, 3).
    pub(crate) fn summary_state(&self, end: NaiveDate) -> Result<State> {
        let overwrite = (self.options.overwrite && end == self.options.date).then_some("--overwrite");
        partition_state(&self.partition(roster::SUMMARY, end)?, &Completeness::DirectoryExists, overwrite)
    }

    /// The ends of the weeks whose summaries are looked at: the roster compares with the week before. Of a roster that is there that
    /// week counts as far as it is there, too: it may have changed since.
    ///
    /// # Errors
    /// The warehouse cannot be looked at.
    pub(crate) fn weeks_of_roster(&self) -> Result<Vec<NaiveDate>> {
        let mut ends = vec![self.options.date];
        let is_due = matches!(self.roster_state, State::Due(_));
        let before = self.partition(roster::SUMMARY, self.week_before)?;
        if is_due || before.is_complete(&Completeness::DirectoryExists)? {
            ends.push(self.week_before);
        }
        Ok(ends)
    }

    /// How days are made; there must be logs of them.
    pub(super) fn maker<'d>(&self, warehouse: &'d Location) -> Result<Days<'d>>
    where
        'p: 'd,
    {
        let (settings, logs, n_reduce_tasks) = (self.settings, &self.options.logs, self.options.n_reduce_tasks);
        let again = u64::from(self.overwrite_n_days()?).saturating_sub(1);
        Ok(Days { settings, warehouse, logs, n_reduce_tasks, may_lack_logs: false, again, anonymous: None })
    }

    /// What the store lacks of the days before those weeks; a task by itself leaves them alone, as the original did.
    ///
    /// # Errors
    /// The store's settings cannot be used.
    pub(super) fn earlier_days(&mut self, weeks: &[NaiveDate], loads: &DayLoads<'_>) -> Result<()> {
        let first = weeks.iter().copied().flat_map(week_until).min();
        if let (Some(first), Some(_)) = (first, self.options.fill_days) {
            self.steps.push(earlier_days(Dataset::new(&self.warehouse, TABLE)?, first, loads)?);
        }
        Ok(())
    }

    fn job<O: JobOptions>(&mut self, name: &str, job: (&'static Job<O>, &O), input: Vec<Location>, output: Location, state: State) {
        let (input, output) = (StepInput::Directories(input), JobOutput::Directory(output));
        let step = JobStep::new(job.0, job.1, input, output, self.options.n_reduce_tasks);
        self.steps.push(Step::job(name, step, state));
    }

    /// The summaries of weeks.
    pub(crate) fn summaries(&mut self, weeks: &[NaiveDate]) -> Result<()> {
        for end in weeks.iter().copied() {
            let days = week_until(end).map(|day| Ok(self.partition(TABLE, day)?.directory().clone()));
            let (input, output) = (days.collect::<Result<_>>()?, self.partition(roster::SUMMARY, end)?.directory().clone());
            let state = self.summary_state(end)?;
            let job = (&summary::JOB, &summary::Options { date: end });
            self.job(&format!("Summary of the week before {end}"), job, input, output, state);
        }
        Ok(())
    }

    /// The state of the week's ranges.
    pub(crate) fn ranges_state(&self) -> Result<State> {
        self.week_state(RANGES)
    }

    /// The state of the week's segments.
    pub(crate) fn segments_state(&self) -> Result<State> {
        self.week_state(roster::SEGMENTS)
    }

    fn week_state(&self, table: &str) -> Result<State> {
        let overwrite = self.options.overwrite.then_some("--overwrite");
        partition_state(&self.partition(table, self.options.date)?, &Completeness::DirectoryExists, overwrite)
    }

    /// The ranges, and their load if one is wanted.
    pub(crate) fn ranges(&mut self, percentiles: Option<metric_ranges::Options>, loads: Option<&Loads<'_>>) -> Result<()> {
        let default = metric_ranges::Options::default();
        let of_section = |key, default: f64| {
            let configured = self.settings.get(RANGES_NAME, key).map(metric_ranges::percentile).transpose();
            Ok::<_, anyhow::Error>(configured.map_err(|error| unusable(RANGES_NAME, key, error))?.unwrap_or(default))
        };
        let options = match percentiles {
            Some(given) => given,
            None => metric_ranges::Options {
                low_percentile: of_section("low_percentile", default.low_percentile)?,
                high_percentile: of_section("high_percentile", default.high_percentile)?,
            },
        };
        options.check()?;
        let (state, summary, ranges) = (self.ranges_state()?, self.current(roster::SUMMARY)?, self.current(RANGES)?);
        self.job("Ranges of each metric", (&metric_ranges::JOB, &options), vec![summary], ranges.clone(), state);
        if let Some(loads) = loads {
            self.steps.push(loads.step(&MODULE_ENGAGEMENT_METRIC_RANGES, &ranges)?);
        }
        Ok(())
    }

    /// The segments.
    pub(crate) fn segments(&mut self) -> Result<()> {
        let input = vec![self.current(roster::SUMMARY)?, self.current(RANGES)?];
        let (state, segments) = (self.segments_state()?, self.current(roster::SEGMENTS)?);
        self.job("Segments of learners", (&user_segments::JOB, &NoOptions {}), input, segments, state);
        Ok(())
    }

    /// The three jobs of the roster (rules 07, 8.1).
    pub(crate) fn roster(&mut self, imports: RosterImports, max_field_length: Option<usize>) -> Result<()> {
        let configured = self.settings.integer(PARTITION_NAME, "max_field_length")?.map(usize::try_from).transpose();
        let configured = configured.context("max_field_length must not be negative.")?;
        let max_field_length = max_field_length.or(configured).unwrap_or(roster_learners::MAX_FIELD_LENGTH);
        let state = self.roster_state.clone();
        let RosterImports { accounts, profiles, groups, members, without_profiles } = imports;
        let (cohorts, learners) = (self.current(roster_learners::COHORTS)?, self.current(roster::LEARNERS)?);
        let date = self.options.date;
        self.job("Cohorts", (&roster_cohorts::JOB, &NoOptions {}), vec![groups, members], cohorts.clone(), state.clone());
        let input = vec![self.current(roster_learners::ENROLLMENT)?, accounts, profiles, cohorts];
        let options = roster_learners::Options { date, max_field_length, without_profiles };
        self.job("Learners of each course", (&roster_learners::JOB, &options), input, learners.clone(), state.clone());
        let mut input = Vec::new();
        for end in [self.options.date, self.week_before] {
            input.push(self.partition(roster::SUMMARY, end)?.directory().clone());
        }
        input.extend([self.current(roster::SEGMENTS)?, learners]);
        let output = self.current("module_engagement_roster")?;
        self.job("Roster", (&roster::JOB, &roster::Options { date }), input, output, state);
        Ok(())
    }
}

/// The seven days before a day, latest first.
pub(super) fn week_until(end: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    (1..=WEEK).filter_map(move |days| end.checked_sub_days(CalendarDays::new(days)))
}
