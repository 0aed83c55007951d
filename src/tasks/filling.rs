//! How tasks look for holes in their history, and fill them where they may (rules 10, 6).

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use chrono::{Days, NaiveDate};

use super::MissingDays;
use super::day_tables::{DayTable, RULES, day_list};
use super::holes::{History, Holes, LogDays};
use super::options::FromLogs;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::plan::{State, Step};
use crate::streaming::{EventOptions, JobOptions};
use crate::warehouse::day_index::days_there;

/// The holes of a task's history, and whether it fills them.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    holes: Holes,
    fills: bool,
    /// Days before each hole that missed nights would have read again, and the first day that has any.
    again: u64,
    first: NaiveDate,
    table: &'static str,
    /// How many days are there, but were made under other options.
    outdated: usize,
}

impl<O: JobOptions> DayTable<O> {
    /// Looks for holes in the days that a task reports on, outside the window that it makes anyhow. Where the task may fill them, what is
    /// made of the days is due.
    ///
    /// # Errors
    /// [`MissingDays`] if there are more holes than the task may fill; the warehouse or the logs cannot be listed.
    pub fn filling(
        &self,
        settings: &Settings,
        from: &FromLogs,
        (interval, window): (DateInterval, DateInterval),
        state: &mut State,
    ) -> Result<Filling> {
        let none = Filling { table: self.table, ..Filling::default() };
        let is_complete = matches!(state, State::Complete(_));
        if is_complete && from.fill_days.is_none() {
            return Ok(none);
        }
        let (mut made, outdated) = self.made(&from.places.warehouse.location(settings)?, settings)?;
        // Days made under other options are holes to whoever fills them, and days like any other to whoever does not.
        let is_due = |day: &NaiveDate| from.fill_days.is_some() && (interval.contains(*day) || window.contains(*day));
        let (outdated, others): (Vec<_>, Vec<_>) = outdated.into_iter().partition(is_due);
        made.extend(others);
        if is_complete && !outdated.is_empty() {
            *state = State::Due(format!("{} days of {} were made under other options ({RULES})", outdated.len(), self.table));
        }
        let is_complete = matches!(state, State::Complete(_));
        // A result that is there was made with what lay before the history; only holes in the middle are new.
        if is_complete && !has_gap(&made, &interval, &window) {
            return Ok(none);
        }
        let (dated, undated) = from.logs.selection(settings, &interval)?.dates()?;
        let expand_days = u64::try_from(from.logs.expansion(settings)?.days()).unwrap_or(0);
        let logs = LogDays { dated, undated };
        let history = History { interval, window, made: &made, logs: &logs, expand_days };
        let holes = history.holes();
        let again = u64::try_from(window.days().count()).unwrap_or(0).saturating_sub(1);
        let first = history.first_day().unwrap_or(interval.start());
        let filling = Filling { holes, fills: from.fill_days.is_some(), again, first, table: self.table, outdated: outdated.len() };
        let missing = filling.holes.days.len();
        if let Some(limit) = from.fill_days.filter(|limit| missing > *limit) {
            let span = filling.span();
            let text = format!(
                "{missing} days of {} are missing{}, more than the {limit} that fill_days of [daily] permits: {}. The tables stay as they \
                 are. Make the days first: insights backfill --from {} --to {}",
                self.table,
                filling.or_outdated(),
                day_list(&filling.holes.days),
                span.start(),
                span.end()
            );
            bail!(MissingDays { text, days: filling.holes.days });
        }
        if is_complete && filling.fills && missing > 0 {
            *state = State::Due(format!("{missing} days of {} are missing in its history", self.table));
        }
        Ok(filling)
    }
}

impl<O: JobOptions> DayTable<O> {
    /// Whether `daily` finds that all logs lie behind an interval: the site is younger, and the interval has nothing to tell. Empty days
    /// of the window may lie before them.
    ///
    /// # Errors
    /// The warehouse or the logs cannot be listed.
    pub fn begins_behind(&self, settings: &Settings, from: &FromLogs, interval: &DateInterval, window: &DateInterval) -> Result<bool> {
        if from.fill_days.is_none() {
            return Ok(false);
        }
        let made = days_there(self.dataset(&from.places.warehouse.location(settings)?)?.directory())?;
        let before = interval.end().checked_sub_days(Days::new(window.days().count() as u64)).unwrap_or(interval.end());
        // An older site, whose logs need not be there any more.
        if made.first().is_some_and(|first| *first < before) {
            return Ok(false);
        }
        let (dated, undated) = from.logs.selection(settings, &DateInterval::new(interval.start(), window.end()))?.dates()?;
        Ok(!undated && dated.first().is_some_and(|first| *first >= interval.end()))
    }
}

/// Whether a day is missing behind the first one that is there.
fn has_gap(made: &BTreeSet<NaiveDate>, interval: &DateInterval, window: &DateInterval) -> bool {
    let Some(first) = made.first() else { return false };
    let days = DateInterval::new(interval.start().max(*first), interval.end()).days();
    days.into_iter().any(|day| !window.contains(day) && !made.contains(&day))
}

impl Filling {
    /// Says of missing days that some are there, but not as they would be made now.
    fn or_outdated(&self) -> String {
        if self.outdated == 0 { String::new() } else { format!(" or made under other options ({RULES})") }
    }

    /// The intervals to be filled.
    pub fn intervals(&self) -> Vec<DateInterval> {
        if self.fills { self.holes.intervals_with(self.again, self.first) } else { Vec::new() }
    }

    /// The days that stay missing, for the plan.
    pub fn missing_days(&self) -> Vec<NaiveDate> {
        self.missing().unwrap_or_default().to_vec()
    }

    /// The days that stay missing, if there are any.
    pub fn missing(&self) -> Option<&[NaiveDate]> {
        (!self.fills && !self.holes.days.is_empty()).then_some(&self.holes.days)
    }

    /// From the first hole to the last one.
    pub fn span(&self) -> DateInterval {
        let day = |day: Option<&NaiveDate>| DateInterval::of_day(day.copied().unwrap_or_default());
        DateInterval::new(day(self.holes.days.first()).start(), day(self.holes.days.last()).end())
    }

    /// The steps that fill the holes of a table that one job makes from the logs.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub fn steps(&self, table: &DayTable<EventOptions>, settings: &Settings, from: &FromLogs) -> Result<Vec<Step>> {
        self.intervals().iter().map(|interval| table.missing_step(settings, from, interval)).collect()
    }

    /// What the operator should know. `what` the days hold, and the task that makes them.
    pub fn notices(&self, what: &str, task: &str) -> Vec<String> {
        let days = &self.holes.days;
        if days.is_empty() {
            return Vec::new();
        }
        if self.fills {
            let (table, number, outdated) = (self.table, days.len(), self.or_outdated());
            let what = if outdated.is_empty() { format!("{number} missing days") } else { format!("{number} days missing{outdated}") };
            let filled = format!("{table}: {what}, to be filled from the logs: {}.", day_list(days));
            return std::iter::once(filled).chain(self.holes.notices(self.table)).collect();
        }
        vec![format!(
            "{what} of {} days are missing and count as none: {}. To load them: insights {task} --interval {}",
            days.len(),
            day_list(days),
            self.span()
        )]
    }
}
