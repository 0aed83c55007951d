//! Days of engagement that a night makes besides those of its weeks: days that missed nights have left out, days that were made before
//! log files of theirs came (rules 10, 6), and days that were made under other options (rules 10, 7).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{Days as CalendarDays, NaiveDate};

use super::days::{self, DayLoads, Days};
use super::names::TABLE;
use super::planner::{Planner, week_until};
use super::task::INTERVAL_NAME;
use crate::calendar::interval::DateInterval;
use crate::error_text::counted;
use crate::storage::{Location, concurrently};
use crate::streaming::JobOptions;
use crate::tasks::day_tables::day_list;
use crate::tasks::holes::Holes;
use crate::tasks::log_days::Around;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::dataset::{Completeness, Dataset};
use crate::warehouse::day_index::unusual;
use crate::warehouse::names::DATE_KEY;
use crate::warehouse::record::Record;

/// How days were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    /// What they wait for; nothing for a task by itself, as for the original.
    pub awaited: Awaited,
    /// Days that have a record, and say in it what they wait for.
    recorded: BTreeSet<NaiveDate>,
    /// Under which options, as far as those are not the usual ones.
    options: BTreeMap<NaiveDate, String>,
    /// The options that hold now.
    now: String,
}

impl Records {
    /// Whether a day was made under other options. One without record counts as made under the usual ones.
    fn differ(&self, day: NaiveDate) -> bool {
        self.options.get(&day).is_some_and(|then| *then != self.now)
    }
}

/// Days before the weeks that are made besides.
#[derive(Clone, Debug, Default)]
struct LeftBehind {
    missing: Vec<NaiveDate>,
    late: Vec<NaiveDate>,
    outdated: Vec<NaiveDate>,
}

impl Planner<'_> {
    /// What is kept of how some days were made.
    ///
    /// # Errors
    /// The warehouse cannot be looked at.
    pub(super) fn records(&self, days: impl IntoIterator<Item = NaiveDate>) -> Result<Records> {
        let places = days.into_iter().map(|day| Ok((day, self.partition(TABLE, day)?.directory().clone()))).collect::<Result<Vec<_>>>()?;
        let records = concurrently(places, |(day, place): (NaiveDate, Location)| Ok((day, Record::read(&place)?)))?;
        let (mut awaited, mut recorded) = (Awaited::default(), BTreeSet::new());
        if self.options.fill_days.is_some() {
            for (day, record) in records.iter().filter_map(|(day, record)| Some((*day, record.as_ref()?))) {
                recorded.insert(day);
                awaited.extend(&record.awaited);
            }
        }
        let options = records.into_iter().map(|(day, record)| (day, record.map(|record| unusual(&record.options)).unwrap_or_default()));
        Ok(Records { awaited, recorded, options: options.collect(), now: unusual(&self.maker(&self.warehouse)?.options(None)?.words()) })
    }

    /// Whether a day is there, was made under other options than those that hold now, and can be made anew (rules 10, 7).
    ///
    /// # Errors
    /// The warehouse or the logs cannot be looked at.
    pub(super) fn is_outdated(&self, day: NaiveDate, records: &Records) -> Result<bool> {
        Ok(records.differ(day)
            && self.partition(TABLE, day)?.is_complete(&Completeness::SuccessMarker)?
            && self.options.logs.log_days(self.settings)?.has(day)
            && self.are_kept(day, &records.awaited)?)
    }

    /// Whether a day was made before log files of its came, and can be made anew.
    ///
    /// # Errors
    /// The logs cannot be listed.
    pub(super) fn is_late(&self, day: NaiveDate, records: &Records) -> Result<bool> {
        let Records { awaited, recorded, .. } = records;
        if awaited.is_empty() && !recorded.contains(&day) {
            return Ok(false);
        }
        let logs = self.options.logs.log_days(self.settings)?;
        let around = Around::of(&self.options.logs, self.settings, self.maker(&self.warehouse)?.again)?;
        let have_come = logs.have_come(day, awaited) || recorded.contains(&day) && logs.are_more(day, awaited, around);
        Ok(have_come && self.are_kept(day, awaited)?)
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

    /// Days before the weeks: those missing behind the first one that is there, as far as there are logs, of the last ones those whose
    /// logs came late, and those made under other options, if they are not too many. What is missing is loaded with all that the store lacks.
    ///
    /// # Errors
    /// A setting is missing or cannot be used, or the warehouse or the logs cannot be looked at.
    pub(super) fn left_behind(&mut self, weeks: &[NaiveDate], loads: &DayLoads<'_>) -> Result<()> {
        let before = weeks.iter().copied().flat_map(week_until).min();
        let (Some(before), Some(limit)) = (before, self.options.fill_days) else { return Ok(()) };
        let LeftBehind { missing, late, outdated } = self.days_left_behind(before, limit)?;
        let days: BTreeSet<_> = missing.iter().chain(&late).chain(&outdated).copied().collect();
        let (Some(start), Some(end)) = (days.first().copied(), days.last().copied()) else { return Ok(()) };
        let number = days.len();
        if number > limit {
            self.notices.push(format!(
                "Warning: {number} days of {TABLE} before {before} are missing, or were made before log files of theirs came or under other \
                 options, more than the {limit} that fill_days of [daily] permits: {}. They stay as they are. To make all but the late ones: {} \
                 {INTERVAL_NAME} --interval {}",
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
            // A day that is made anew waits for logs anew, which only a step that is due says.
            let is_missing = missing.contains(&day);
            let (mut step, directory) = maker.step(day, (!is_missing).then_some("--overwrite"))?;
            if is_missing {
                self.steps.push(step);
                continue;
            }
            step.state = if late.contains(&day) { days::late() } else { days::outdated() };
            self.steps.push(step);
            self.steps.push(loads.late_step(day, &directory)?);
        }
        Ok(())
    }

    /// The missing days before a day, the late ones among the last of them, and those made under other options, if some of the last ones
    /// are: options change for all days at once.
    fn days_left_behind(&self, before: NaiveDate, limit: usize) -> Result<LeftBehind> {
        let there = Dataset::new(&self.warehouse, TABLE)?.partition_values(DATE_KEY)?;
        let there: BTreeSet<NaiveDate> = there.iter().filter_map(|day| day.parse().ok()).collect();
        let mut found = LeftBehind::default();
        let Some(first) = there.first().copied() else { return Ok(found) };
        let logs = self.options.logs.log_days(self.settings)?;
        let expand = self.options.logs.expansion(self.settings)?;
        let may_have_events = |day: &NaiveDate| DateInterval::of_day(*day).expanded(expand).days().any(|log| logs.has(log));
        let days = DateInterval::new(first, before).days();
        found.missing = days.filter(|day| !there.contains(day)).filter(may_have_events).collect();
        let from = before.checked_sub_days(CalendarDays::new(limit as u64)).unwrap_or(before);
        let records = self.records(there.range(from..before).copied())?;
        for day in there.range(from..before).copied() {
            if self.is_late(day, &records)? {
                found.late.push(day);
            } else if self.is_outdated(day, &records)? {
                found.outdated.push(day);
            }
        }
        if !found.outdated.is_empty() {
            let records = self.records(there.range(..from).copied())?;
            for day in there.range(..from).copied() {
                if self.is_outdated(day, &records)? {
                    found.outdated.push(day);
                }
            }
        }
        Ok(found)
    }
}
