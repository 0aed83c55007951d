//! Days of engagement that a night makes besides those of its weeks: days that missed nights have left out, and days that were made before
//! log files of theirs came (rules 10, 6).

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::{Days as CalendarDays, NaiveDate};

use super::days::{self, DayLoads, Days};
use super::names::TABLE;
use super::planner::{Planner, week_until};
use super::task::INTERVAL_NAME;
use crate::calendar::interval::DateInterval;
use crate::error_text::counted;
use crate::storage::{Location, concurrently};
use crate::tasks::day_tables::day_list;
use crate::tasks::holes::Holes;
use crate::tasks::log_days::Around;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::warehouse::names::DATE_KEY;
use crate::warehouse::record::Record;

impl Planner<'_> {
    /// What some days wait for, of those that are there.
    ///
    /// # Errors
    /// The warehouse cannot be looked at.
    pub(super) fn awaited(&self, days: impl IntoIterator<Item = NaiveDate>) -> Result<Awaited> {
        if self.options.fill_days.is_none() {
            return Ok(Awaited::default());
        }
        let places = days.into_iter().map(|day| Ok(self.partition(TABLE, day)?.directory().clone())).collect::<Result<Vec<_>>>()?;
        let records = concurrently(places, |place: Location| Record::read(&place))?;
        let mut awaited = Awaited::default();
        records.into_iter().flatten().for_each(|record| awaited.extend(&record.awaited));
        Ok(awaited)
    }

    /// Whether a day was made before log files of its came, and can be made anew.
    ///
    /// # Errors
    /// The logs cannot be listed.
    pub(super) fn is_late(&self, day: NaiveDate, awaited: &Awaited) -> Result<bool> {
        Ok(!awaited.is_empty() && self.options.logs.log_days(self.settings)?.have_come(day, awaited) && self.are_kept(day, awaited)?)
    }

    /// Whether all log files are there from which a day was made.
    ///
    /// # Errors
    /// The logs cannot be listed.
    pub(super) fn are_kept(&self, day: NaiveDate, awaited: &Awaited) -> Result<bool> {
        let logs = &self.options.logs;
        Ok(logs.log_days(self.settings)?.are_kept(day, awaited, Around::of(logs, self.settings, 0)?.before))
    }

    /// Whether a day lies before the first log file of the site: it counts as empty (rules 10, 6).
    ///
    /// # Errors
    /// The logs cannot be listed.
    pub(super) fn is_before_logs(&self, day: NaiveDate) -> Result<bool> {
        let logs = self.options.logs.log_days(self.settings)?;
        Ok(!logs.undated && logs.dated.first().is_some_and(|first| day < *first))
    }

    /// Whether a day is there, and would lose what it has if it were made again: log files of its are not there any more. Who runs the task
    /// by itself is told nothing of that, as by the original.
    ///
    /// # Errors
    /// The warehouse or the logs cannot be looked at.
    pub(super) fn would_lose(&self, day: NaiveDate, awaited: &Awaited) -> Result<bool> {
        if self.options.fill_days.is_none() || !self.partition(TABLE, day)?.is_complete(&Completeness::SuccessMarker)? {
            return Ok(false);
        }
        Ok(!self.are_kept(day, awaited)?)
    }

    /// Days before the weeks: those missing behind the first one that is there, as far as there are logs, and of the last ones those whose
    /// logs came late, if they are not too many. What is missing is loaded with all that the store lacks.
    ///
    /// # Errors
    /// A setting is missing or cannot be used, or the warehouse or the logs cannot be looked at.
    pub(super) fn left_behind(&mut self, weeks: &[NaiveDate], loads: &DayLoads<'_>) -> Result<()> {
        let before = weeks.iter().copied().flat_map(week_until).min();
        let (Some(before), Some(limit)) = (before, self.options.fill_days) else { return Ok(()) };
        let (missing, late) = self.days_left_behind(before, limit)?;
        let days: BTreeSet<_> = missing.iter().chain(&late).copied().collect();
        let (Some(start), Some(end)) = (days.first().copied(), days.last().copied()) else { return Ok(()) };
        let number = days.len();
        if number > limit {
            self.notices.push(format!(
                "Warning: {number} days of {TABLE} before {before} are missing, or were made before log files of theirs came, more than the \
                 {limit} that fill_days of [daily] permits: {}. They stay as they are. To make the missing ones: {} {INTERVAL_NAME} \
                 --interval {}",
                day_list(&days.iter().copied().collect::<Vec<_>>()),
                self.settings.program(),
                DateInterval::new(start, DateInterval::of_day(end).end())
            ));
            return Ok(());
        }
        if !missing.is_empty() {
            self.notices.push(format!(
                "{TABLE}: {}, to be filled from the logs: {}.",
                counted(missing.len(), "missing day"),
                day_list(&missing)
            ));
        }
        let logs = self.options.logs.log_days(self.settings)?;
        let without_logs = missing.iter().copied().filter(|day| !logs.has(*day)).collect();
        self.notices.extend(Holes { late: late.clone(), without_logs, ..Holes::default() }.notices(TABLE));
        let warehouse = self.warehouse.clone();
        let maker = Days { may_lack_logs: true, ..self.maker(&warehouse)? };
        for day in days.into_iter().rev() {
            let (mut step, directory) = maker.step(day, None)?;
            if late.contains(&day) {
                step.state = days::late();
                self.steps.push(step);
                self.steps.push(loads.late_step(day, &directory)?);
            } else {
                self.steps.push(step);
            }
        }
        Ok(())
    }

    /// The missing days before a day, and the late ones among the last of them.
    fn days_left_behind(&self, before: NaiveDate, limit: usize) -> Result<(Vec<NaiveDate>, Vec<NaiveDate>)> {
        let there = Dataset::new(&self.warehouse, TABLE)?.partition_values(DATE_KEY)?;
        let there: BTreeSet<NaiveDate> = there.iter().filter_map(|day| day.parse().ok()).collect();
        let Some(first) = there.first().copied() else { return Ok((Vec::new(), Vec::new())) };
        let logs = self.options.logs.log_days(self.settings)?;
        let expand = self.options.logs.expansion(self.settings)?;
        let may_have_events = |day: &NaiveDate| DateInterval::of_day(*day).expanded(expand).days().any(|log| logs.has(log));
        let days = DateInterval::new(first, before).days();
        let missing = days.filter(|day| !there.contains(day)).filter(may_have_events).collect();
        let from = before.checked_sub_days(CalendarDays::new(limit as u64)).unwrap_or(before);
        let last: Vec<_> = there.range(from..before).copied().collect();
        let awaited = self.awaited(last.iter().copied())?;
        let mut late = Vec::new();
        for day in last {
            if self.is_late(day, &awaited)? {
                late.push(day);
            }
        }
        Ok((missing, late))
    }
}
