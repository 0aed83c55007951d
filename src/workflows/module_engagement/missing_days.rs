//! Days of a week that have no logs, or that missed nights have left behind (rules 10, 6).

use anyhow::Result;
use chrono::{Days as CalendarDays, NaiveDate};

use super::names::TABLE;
use super::planner::{Planner, WEEK};
use crate::calendar::interval::DateInterval;
use crate::engine::plan::State;
use crate::tasks::holes::History;
use crate::warehouse::awaited::Awaited;
use crate::warehouse::dataset::Completeness;
use crate::warehouse::day_index::DaysThere;

impl Planner<'_> {
    /// Days without logs are empty where the weeks have logs at all; the notice tells which (rules 10, 6).
    pub(super) fn may_lack_logs(&mut self, weeks: &[NaiveDate], awaited: &Awaited) -> Result<bool> {
        let mut due = Vec::new();
        for end in weeks {
            if let State::Due(_) = self.summary_state(*end)? {
                due.push(*end);
            }
        }
        let (Some(first), Some(last), true) = (due.iter().min(), due.iter().max(), self.options.fill_days.is_some()) else {
            return Ok(false);
        };
        let interval = DateInterval::new(first.checked_sub_days(CalendarDays::new(WEEK)).unwrap_or(*first), *last);
        let read = interval.expanded(self.options.logs.expansion(self.settings)?);
        let (made, logs) = (DaysThere::default(), self.options.logs.log_days(self.settings)?.of(&read));
        let history = History {
            interval: DateInterval::new(interval.start(), *last),
            window: DateInterval::new(*last, *last),
            made: &made,
            logs: &logs,
            expand_days: WEEK * 2,
            again: 0,
        };
        let mut holes = history.holes();
        let mut there = Vec::new();
        for day in holes.before_logs.iter().chain(&holes.without_logs) {
            if self.partition(TABLE, *day)?.is_complete(&Completeness::SuccessMarker)? {
                there.push(*day);
            }
        }
        holes.before_logs.retain(|day| !there.contains(day));
        // The last days are read again by the next night, whether they are there or not.
        let from = self.options.date.checked_sub_days(CalendarDays::new(self.overwrite_n_days()?.into()));
        let is_read_again = |day: &NaiveDate| from.is_none_or(|from| *day >= from);
        for day in holes.without_logs.extract_if(.., |day| is_read_again(day)) {
            // What was made while the log was there stays.
            if !self.would_lose(day, awaited)? {
                holes.window_without_logs.push(day);
            }
        }
        holes.without_logs.retain(|day| !there.contains(day));
        self.notices.extend(holes.notices(TABLE));
        Ok(!logs.dated.is_empty() || logs.undated)
    }

    /// Had the nights behind a day not been missed, they would have read it again, with what came late.
    pub(super) fn precedes_hole(&self, day: NaiveDate, awaited: &Awaited) -> Result<bool> {
        let is_there = |day| self.partition(TABLE, day)?.is_complete(&Completeness::SuccessMarker);
        if self.options.fill_days.is_none() || !is_there(day)? || !self.are_kept(day, awaited)? {
            return Ok(false);
        }
        for days in 1..u64::from(self.overwrite_n_days()?) {
            if let Some(next) = day.checked_add_days(CalendarDays::new(days)).filter(|next| *next < self.options.date)
                && !is_there(next)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
