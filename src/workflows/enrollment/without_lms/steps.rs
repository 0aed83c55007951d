//! The steps that derive rows of LMS tables, as parts of the plan of enrollment (rules 10, 8).

use anyhow::Result;

use super::super::events::DAYS;
use super::{account_rows, accounts, enrollment_rows};
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{JobStep, State, Step, StepInput};
use crate::notice::Notice;
use crate::storage::Location;
use crate::streaming::{EventOptions, Job, NoOptions};
use crate::tasks::MissingDays;
use crate::tasks::day_tables::{DayTable, partition_state};
use crate::tasks::derivation::{self, is_derived_here};
use crate::tasks::options::FromLogs;
use crate::warehouse::dataset::{Completeness, Dataset};

/// User names by day.
pub(crate) const ACCOUNT_DAYS: DayTable<EventOptions> =
    DayTable { table: "account_names", file_stem: accounts::FILE_STEM, is_read_by_name: true, job: &accounts::JOB };

/// Where the rows are derived from.
pub(crate) struct DerivedRows<'d> {
    /// The configuration.
    pub settings: &'d Settings,
    /// The warehouse.
    pub warehouse: &'d Location,
    /// The logs.
    pub from: &'d FromLogs,
    /// Days that are reported on.
    pub interval: DateInterval,
    /// Days that are read from the logs again.
    pub extracted: DateInterval,
    /// Days whose rows are read.
    pub read: DateInterval,
    /// The option that has all made anew.
    pub overwrite: Option<&'d str>,
}

impl DerivedRows<'_> {
    /// Adds the steps, as far as the site has no imports.
    ///
    /// # Errors
    /// A setting is missing or cannot be used, or the warehouse cannot be looked at.
    pub(crate) fn add(&self, steps: &mut Vec<Step>, notices: &mut Vec<Notice>) -> Result<()> {
        let [table, rows] = derivation::ENROLLMENTS;
        if is_derived_here(table, self.settings, self.warehouse)? {
            let input = DAYS.found(self.warehouse, &self.read)?;
            steps.push(self.step("Enrollments by the logs", &enrollment_rows::JOB, input, rows, self.state(rows)?)?);
        }
        let [table, rows] = derivation::ACCOUNTS;
        if is_derived_here(table, self.settings, self.warehouse)? {
            self.accounts(rows, steps, notices)?;
        }
        Ok(())
    }

    fn accounts(&self, rows: &str, steps: &mut Vec<Step>, notices: &mut Vec<Notice>) -> Result<()> {
        let (settings, from) = (self.settings, self.from);
        let (filling, state) = match ACCOUNT_DAYS.filling(settings, from, (self.interval, self.extracted), self.state(rows)?) {
            Ok(found) => found,
            // Only the roster needs accounts: it says what it lacks, and the tables of enrollment are made.
            Err(error) if error.is::<MissingDays>() => {
                notices.push(Notice::warning(error.to_string()));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let of_accounts = filling.notices("User names", super::super::events::EVENTS_NAME);
        let new: Vec<_> = of_accounts.into_iter().filter(|notice| !notices.contains(notice)).collect();
        notices.extend(new);
        steps.extend(filling.steps(&ACCOUNT_DAYS, settings, from)?);
        steps.extend(filling.window_step(&ACCOUNT_DAYS, settings, from, &state)?);
        let input = ACCOUNT_DAYS.found(self.warehouse, &self.read)?;
        steps.push(self.step("Accounts by the logs", &account_rows::JOB, input, rows, state)?);
        Ok(())
    }

    fn state(&self, rows: &str) -> Result<State> {
        let place = Dataset::new(self.warehouse, rows)?.day(self.interval.end());
        partition_state(&place, &Completeness::SuccessMarker, self.overwrite)
    }

    fn step(&self, name: &str, job: &'static Job<NoOptions>, input: StepInput, rows: &str, state: State) -> Result<Step> {
        let place = Dataset::new(self.warehouse, rows)?.day(self.interval.end());
        let output = JobOutput::Directory(place.directory().clone());
        let job = JobStep::new(job, &NoOptions {}, input, output, self.from.n_reduce_tasks);
        Ok(Step::job(name, job, state))
    }
}
