//! How tasks look for holes in their history, and fill them where they may (rules 10, 6).

mod due;
mod told;

use anyhow::Result;
use chrono::{Days, NaiveDate};

use due::{Found, Standing};

use super::course_keys::course_key_words;
use super::day_tables::{DayTable, nights_again};
use super::holes::{History, Holes};
use super::log_days::{Around, LogDays};
use super::options::FromLogs;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::plan::{State, Step};
use crate::streaming::{EventOptions, JobOptions};
use crate::warehouse::day_index::DaysThere;

/// The holes of a task's history, and whether it fills them.
#[derive(Clone, Debug)]
pub struct Filling {
    holes: Holes,
    fills: bool,
    /// How many nights read a day again.
    again: u64,
    table: &'static str,
    /// How a command begins that the operator is told.
    program: String,
    /// How many days are there, but were made under other options.
    outdated: usize,
    /// What of the task's window is made from the logs.
    window: DateInterval,
}

impl<O: JobOptions> DayTable<O> {
    /// Looks for holes in the days that a task reports on, outside the window that it makes anyhow; gives the state of what is made of the
    /// days, too: where the task may fill holes, it is due for them.
    ///
    /// # Errors
    /// [`MissingDays`](super::MissingDays) if there are more holes than the task may fill; the warehouse or the logs cannot be listed.
    pub fn filling(
        &self,
        settings: &Settings,
        from: &FromLogs,
        (interval, window): (DateInterval, DateInterval),
        state: State,
    ) -> Result<(Filling, State)> {
        // First what is there, by the options that hold now; then what comes of it (`due`); at last whether that is too much.
        let (table, program) = (self.table, settings.program());
        let (fills, is_complete) = (from.fill_days.is_some(), matches!(state, State::Complete(_)));
        let mut there = self.there(&from.places.warehouse.location(settings)?)?;
        // Without a hole nobody has to list the logs.
        if is_complete && !fills && interval.days().chain(window.days()).all(|day| there.days.contains(&day)) {
            return Ok((Filling { holes: Holes::default(), fills, again: 0, table, program, outdated: 0, window }, state));
        }
        let logs = from.logs.log_days(settings)?;
        let expand_days = u64::try_from(from.logs.expansion(settings)?.days()).unwrap_or(0);
        let again = nights_again(&window);
        logs.add_single_files(&mut there.awaited, &there.recorded, Around::within(expand_days, again));
        let outdated =
            if fills { take_outdated(&mut there, &course_key_words(settings)?, [interval, window], &logs, expand_days) } else { 0 };

        let history = History { interval, window, made: &there, logs: &logs, expand_days, again };
        let told_from = window.start().checked_sub_days(Days::new(from.fill_days.unwrap_or(0) as u64)).unwrap_or(window.start());
        let Found { holes, window, due } = Standing { table, fills, is_complete, outdated }.found(history, told_from);

        let filling = Filling { holes, fills, again, table, program, outdated, window };
        if let Some(limit) = from.fill_days.filter(|limit| filling.number() > *limit) {
            let last_log = logs.dated.last().copied().filter(|_| !logs.undated);
            return Err(filling.too_many(limit, last_log, there.days.last().copied()));
        }
        Ok((filling, due.map_or(state, State::Due)))
    }

    /// Whether `daily` finds that all logs lie behind an interval: the site is younger, and the interval has nothing to tell. Empty days
    /// of the window may lie before them.
    ///
    /// # Errors
    /// The warehouse or the logs cannot be listed.
    pub fn begins_behind(&self, settings: &Settings, from: &FromLogs, interval: &DateInterval, window: &DateInterval) -> Result<bool> {
        if from.fill_days.is_none() {
            return Ok(false);
        }
        let made = self.there(&from.places.warehouse.location(settings)?)?.days;
        let before = interval.end().checked_sub_days(Days::new(window.days().count() as u64)).unwrap_or(interval.end());
        // An older site, whose logs need not be there any more.
        if made.first().is_some_and(|first| *first < before) {
            return Ok(false);
        }
        let read = DateInterval::new(interval.start(), window.end()).expanded(from.logs.expansion(settings)?);
        let logs = from.logs.log_days(settings)?.of(&read);
        Ok(!logs.undated && logs.dated.first().is_some_and(|first| *first >= interval.end()))
    }
}

/// Days made under other options are holes to whoever fills them, as far as their logs are there, and days like any other to whoever does
/// not. Takes away those of some intervals; gives how many.
fn take_outdated(there: &mut DaysThere, options: &str, of: [DateInterval; 2], logs: &LogDays, expand_days: u64) -> usize {
    let mut outdated = there.outdated(options);
    outdated.retain(|day| of.iter().any(|days| days.contains(*day)) && logs.are_kept(*day, &there.awaited, expand_days));
    there.days.retain(|day| !outdated.contains(day));
    outdated.len()
}

impl Filling {
    /// How many days it would make besides those of the window.
    fn number(&self) -> usize {
        self.holes.days.len() + self.holes.made_anew().count()
    }

    /// How many nights read a day again.
    pub fn again(&self) -> u64 {
        self.again
    }

    /// What of the task's window is made from the logs: whoever fills holes leaves out what days would lose by it.
    pub fn window(&self) -> DateInterval {
        self.window
    }

    /// The intervals to be filled.
    pub fn intervals(&self) -> Vec<DateInterval> {
        if self.fills { self.holes.intervals() } else { Vec::new() }
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
        span(&self.holes.days)
    }

    /// The steps that fill the holes of a table that one job makes from the logs.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub fn steps(&self, table: &DayTable<EventOptions>, settings: &Settings, from: &FromLogs) -> Result<Vec<Step>> {
        self.intervals().iter().map(|interval| table.missing_step(settings, from, interval, self.again)).collect()
    }

    /// The step that makes the days of the window from the logs, as far as any are to be made.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub fn window_step(&self, table: &DayTable<EventOptions>, settings: &Settings, from: &FromLogs, state: &State) -> Result<Option<Step>> {
        if self.window.is_empty() {
            return Ok(None);
        }
        table.step_from_logs(settings, from, (&self.window, self.again), |_| Ok(state.clone())).map(Some)
    }
}

/// From the first of some days to the last one.
fn span(days: &[NaiveDate]) -> DateInterval {
    let day = |day: Option<&NaiveDate>| DateInterval::of_day(day.copied().unwrap_or_default());
    DateInterval::new(day(days.first()).start(), day(days.last()).end())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn days(numbers: &[u32]) -> BTreeSet<NaiveDate> {
        numbers.iter().filter_map(|day| NaiveDate::from_ymd_opt(2024, 3, *day)).collect()
    }

    #[test]
    fn days_under_other_options_are_taken_away_if_their_logs_are_there() {
        let options = days(&[2, 3, 6, 8]).into_iter().map(|day| (day, "--rules=x".to_owned())).collect();
        let mut there = DaysThere { days: days(&[1, 2, 3, 4, 5, 6, 7, 8]), options, ..DaysThere::default() };
        let logs = LogDays { dated: days(&[1, 2, 4, 5, 6, 7, 8]), ..LogDays::default() };
        let of = ["2024-03-01-2024-03-05", "2024-03-05-2024-03-08"].map(|text| text.parse().unwrap());
        assert_eq!(take_outdated(&mut there, "", of, &logs, 0), 2);
        // The 3rd would lose what it has, the 8th lies in neither interval.
        assert_eq!(there.days, days(&[1, 3, 4, 5, 7, 8]));
    }
}
