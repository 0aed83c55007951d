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
use crate::error_text::{counted, told_of};
use crate::notice::Notice;
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
            let around = Around::of(&self.options.logs, self.settings, self.maker(&self.warehouse)?.again)?;
            self.options.logs.log_days(self.settings)?.add_single_files(&mut awaited, &recorded, around);
        }
        let options = records.into_iter().map(|(day, record)| (day, record.map(|record| unusual(&record.options)).unwrap_or_default()));
        Ok(Records { awaited, options: options.collect(), now: unusual(&self.maker(&self.warehouse)?.options(None)?.words()) })
    }

    /// Whether a day is there, was made under other options than those that hold now, and can be made anew (rules 10, 7). Who runs the task
    /// by itself makes no day of a week anew that is there (07, 3).
    ///
    /// # Errors
    /// The warehouse or the logs cannot be looked at.
    pub(super) fn is_outdated(&self, day: NaiveDate, records: &Records) -> Result<bool> {
        Ok(self.options.fill_days.is_some()
            && records.differ(day)
            && self.options.logs.log_days(self.settings)?.has(day)
            && self.are_kept(day, &records.awaited)?
            && self.partition(TABLE, day)?.is_complete(&Completeness::SuccessMarker)?)
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

    /// Whether a day has no log file, although there are older ones.
    ///
    /// # Errors
    /// The logs cannot be listed.
    pub(super) fn lacks_log(&self, day: NaiveDate) -> Result<bool> {
        Ok(!self.options.logs.log_days(self.settings)?.has(day) && !self.is_before_logs(day)?)
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

    /// Whether a day is there, and the log of a day behind it, which holds late events of it, is not there any more.
    ///
    /// # Errors
    /// The warehouse or the logs cannot be looked at.
    pub(super) fn shares_a_lost_log(&self, day: NaiveDate, awaited: &Awaited) -> Result<bool> {
        let is_there = self.partition(TABLE, day)?.is_complete(&Completeness::SuccessMarker)?;
        // Where its own log has come, the late events are little beside that.
        if !is_there || self.options.logs.log_days(self.settings)?.own_has_come(day, awaited) {
            return Ok(false);
        }
        let reach = Around::of(&self.options.logs, self.settings, 0)?.before;
        for behind in day.iter_days().skip(1).take(usize::try_from(reach).unwrap_or(0)).take_while(|day| *day < self.options.date) {
            if self.would_lose(behind, awaited)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Days before the weeks: those missing behind the first one that is there, as far as there are logs, of the last ones those whose
    /// logs came late, and those made under other options, if they are not too many. What is missing is loaded with all that the store lacks.
    ///
    /// # Errors
    /// A setting is missing or cannot be used, or the warehouse or the logs cannot be looked at.
    pub(super) fn left_behind(&mut self, weeks: &[NaiveDate], loads: &DayLoads<'_>) -> Result<()> {
        let before = weeks.iter().copied().flat_map(week_until).min();
        let (Some(before), Some(limit)) = (before, self.options.fill_days) else { return Ok(()) };
        let LeftBehind { missing, late, mut outdated } = self.days_left_behind(before, limit)?;
        if missing.len() + late.len() + outdated.len() > limit && missing.len() + late.len() <= limit {
            self.notices.extend(self.warning_of_outdated(before, limit, &outdated));
            outdated.clear();
        }
        let days: BTreeSet<_> = missing.iter().chain(&late).chain(&outdated).copied().collect();
        let (Some(start), Some(end)) = (days.first().copied(), days.last().copied()) else { return Ok(()) };
        let number = days.len();
        if number > limit {
            self.notices.push(Notice::warning(format!(
                "{number} days of {TABLE} before {before} are missing, or were made before log files of theirs came, more than the \
                 {limit} that fill_days of [daily] permits: {}. They stay as they are. To make the missing ones: {} {INTERVAL_NAME} \
                 --interval {}",
                day_list(&days.iter().copied().collect::<Vec<_>>()),
                self.settings.program(),
                DateInterval::new(start, DateInterval::of_day(end).end())
            )));
            return Ok(());
        }
        if !missing.is_empty() {
            self.notices.push(Notice::hint(format!(
                "{TABLE}: {}, to be filled from the logs: {}.",
                counted(missing.len(), "missing day"),
                day_list(&missing)
            )));
        }
        if !outdated.is_empty() {
            self.notices.push(Notice::hint(format!(
                "{TABLE}: {}: {}.",
                told_of(
                    outdated.len(),
                    "day was made under other options, and is made anew",
                    "days were made under other options, and are made anew"
                ),
                day_list(&outdated)
            )));
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

    /// What is told of more days made under other options than may be made anew at once.
    fn warning_of_outdated(&self, before: NaiveDate, limit: usize, outdated: &[NaiveDate]) -> Option<Notice> {
        let interval = DateInterval::new(*outdated.first()?, DateInterval::of_day(*outdated.last()?).end());
        Some(Notice::warning(format!(
            "{} of {TABLE} before {before} were made under other options, with more than the {limit} that fill_days of [daily] permits. \
             They stay as they are. To make them anew: {} {INTERVAL_NAME} --interval {interval}",
            counted(outdated.len(), "day"),
            self.settings.program(),
        )))
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
            if self.is_late(day, &records.awaited)? {
                found.late.push(day);
            } else if self.is_outdated(day, &records)? {
                found.outdated.push(day);
            }
        }
        // Options change for all days at once: if it was long ago, for the first ones.
        let first_ones = there.range(..from).copied().filter(|day| logs.has(*day)).take(1).chain(there.range(..from).next_back().copied());
        let first_ones: Vec<_> = first_ones.collect();
        let (mut are_outdated, records) = (!found.outdated.is_empty(), self.records(first_ones.iter().copied())?);
        for day in first_ones {
            are_outdated |= self.is_outdated(day, &records)?;
        }
        if are_outdated {
            let records = self.records(there.range(..from).copied())?;
            let mut before = Vec::new();
            for day in there.range(..from).copied() {
                if self.is_outdated(day, &records)? {
                    before.push(day);
                }
            }
            found.outdated.splice(0..0, before);
        }
        Ok(found)
    }
}
