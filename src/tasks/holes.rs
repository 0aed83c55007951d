//! Holes of a history: days that no run has made (rules 10, 6).

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::day_tables::day_list;
use super::log_days::LogDays;
use crate::calendar::interval::DateInterval;
use crate::calendar::stretches::stretches;
use crate::error_text::told_of;
use crate::notice::Notice;
use crate::storage::Location;
use crate::warehouse::day_index::DaysThere;

/// What is known of the days that a task reports on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History<'h> {
    /// The days that the task reports on.
    pub interval: DateInterval,
    /// Days of it that the task makes from the logs anyhow, at its end.
    pub window: DateInterval,
    /// Days that are there.
    pub made: &'h DaysThere,
    /// Days by which log files are called.
    pub logs: &'h LogDays,
    /// Days around a day whose files are read for it, too.
    pub expand_days: u64,
    /// How many nights read a day again.
    pub again: u64,
}

/// The holes of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holes {
    /// Days that are not there, outside the window, in order.
    pub days: Vec<NaiveDate>,
    /// Those of them without a log file, before the first file that the site has: empty days.
    pub before_logs: Vec<NaiveDate>,
    /// Days without a log file, behind the first one: empty days as well, and a reason to look after the logs.
    pub without_logs: Vec<NaiveDate>,
    /// Days outside the window that are there and were made before log files of theirs came: they are made anew.
    pub late: Vec<NaiveDate>,
    /// Days outside the window that a killed run was about to replace, and that wait for no log file that came: they are made anew.
    pub interrupted: Vec<NaiveDate>,
    /// Days that lack log files of theirs and stay as they are: others of their log files are not there any more.
    pub stuck: Vec<NaiveDate>,
    /// Days before holes: had the nights not been missed, they would have read those days again, with what came late.
    pub again: Vec<NaiveDate>,
    /// Days of the window without a log file, behind the first one.
    pub window_without_logs: Vec<NaiveDate>,
    /// Days of the window that are there, of which log files are not there any more: made again they would lose what they have.
    pub losing: Vec<NaiveDate>,
    /// Log files that lie beside their compressed, or their plain, form.
    pub twice: Vec<Location>,
}

impl History<'_> {
    /// The first day that may have events: that of the first partition, or of the first log file, which may hold what happened some
    /// days before. None if there is neither.
    pub(crate) fn first_day(&self) -> Option<NaiveDate> {
        let start = self.interval.start();
        if self.logs.undated {
            return Some(start);
        }
        let log = self.logs.dated.first().map(|day| day.checked_sub_days(Days::new(self.expand_days)).unwrap_or(*day));
        let first = self.made.days.first().copied().into_iter().chain(log).min()?;
        Some(first.max(start))
    }

    /// The holes. Days before the first one with a log file or a partition are none: an interval may begin years before the site did.
    pub(crate) fn holes(&self) -> Holes {
        let mut holes = Holes::default();
        let Some(first) = self.first_day() else { return holes };
        let first_log = self.logs.dated.first();
        let is_before = |day: NaiveDate| first_log.is_none_or(|first| day < *first);
        holes.window_without_logs = self.window.days().filter(|day| !self.logs.has(*day) && !is_before(*day)).collect();
        for day in DateInterval::new(first, self.interval.end()).days() {
            if self.window.contains(day) {
                continue;
            }
            if self.made.days.contains(&day) {
                match (self.are_kept(day), self.is_late(day)) {
                    (true, true) => holes.late.push(day),
                    (true, false) if self.made.interrupted.contains(&day) => holes.interrupted.push(day),
                    (false, true) => holes.stuck.push(day),
                    _ => {}
                }
                continue;
            }
            let before = (1..=self.again).map_while(|days| day.checked_sub_days(Days::new(days)));
            holes.again.extend(before.take_while(|before| *before >= first && self.made.days.contains(before) && self.are_kept(*before)));
            holes.days.push(day);
            if self.logs.has(day) {
                continue;
            }
            if is_before(day) { holes.before_logs.push(day) } else { holes.without_logs.push(day) }
        }
        holes
    }

    /// Days of the window that were made before log files of theirs came, or that a killed run was about to replace. Whoever has made the
    /// window before makes it again for them.
    pub(crate) fn window_to_redo(&self) -> (Vec<NaiveDate>, Vec<NaiveDate>) {
        let there = self.window.days().filter(|day| self.made.days.contains(day));
        let (late, others): (Vec<_>, Vec<_>) = there.partition(|day| self.is_late(*day));
        (late, others.into_iter().filter(|day| self.made.interrupted.contains(day)).collect())
    }

    /// Days of the window that no run has made, although they may have events: those that logs around them can tell of, and the others.
    /// What has been made with a smaller window is to be made anew for the first ones.
    pub(crate) fn window_not_made(&self) -> (Vec<NaiveDate>, Vec<NaiveDate>) {
        let Some(first) = self.first_day() else { return (Vec::new(), Vec::new()) };
        let missing = self.window.days().filter(|day| *day >= first && !self.made.days.contains(day));
        missing.partition(|day| {
            let (before, behind) = (day.checked_sub_days(Days::new(self.expand_days)), day.checked_add_days(Days::new(self.expand_days)));
            let around = before.unwrap_or(*day)..=behind.unwrap_or(*day);
            self.logs.undated || self.logs.dated.range(around).next().is_some()
        })
    }

    /// What of the window may be made again: what lies behind the last day that would lose what it has; and the days before that are there.
    pub(crate) fn kept_window(&self) -> (DateInterval, Vec<NaiveDate>) {
        let is_losing = |day: &NaiveDate| self.made.days.contains(day) && !self.are_kept(*day);
        let Some(last) = self.window.days().rfind(is_losing) else { return (self.window, Vec::new()) };
        let before = self.window.days().take_while(|day| *day <= last).filter(|day| self.made.days.contains(day)).collect();
        (DateInterval::new(DateInterval::of_day(last).end(), self.window.end()), before)
    }

    /// Whether log files have come that a day has waited for.
    fn is_late(&self, day: NaiveDate) -> bool {
        self.logs.have_come(day, &self.made.awaited)
    }

    fn are_kept(&self, day: NaiveDate) -> bool {
        self.logs.are_kept(day, &self.made.awaited, self.expand_days)
    }
}

impl Holes {
    /// What of them concerns a task, by whether it fills holes and whether its result is there. Days that have been stuck since before
    /// `from` are not told for ever.
    pub(crate) fn told(self, from: NaiveDate, fills: bool, is_complete: bool) -> Self {
        let only = |concerns: bool, days: Vec<NaiveDate>| if concerns { days } else { Vec::new() };
        Self {
            late: only(fills, self.late),
            interrupted: only(fills, self.interrupted),
            stuck: self.stuck.into_iter().filter(|day| *day >= from).collect(),
            window_without_logs: only(fills && !is_complete, self.window_without_logs),
            losing: only(!is_complete, self.losing),
            ..self
        }
    }

    /// The holes, and what is made anew with them, as few intervals.
    pub fn intervals(&self) -> Vec<DateInterval> {
        let days: BTreeSet<_> = self.days.iter().chain(self.made_anew()).chain(&self.again).copied().collect();
        stretches(days).into_iter().map(|(first, last)| DateInterval::new(first, DateInterval::of_day(last).end())).collect()
    }

    /// Days that are there and are made anew.
    pub fn made_anew(&self) -> impl Iterator<Item = &NaiveDate> {
        self.late.iter().chain(&self.interrupted)
    }

    /// What the operator should know of days without logs, and of logs that came late.
    pub fn notices(&self, table: &str) -> Vec<Notice> {
        let mut notices = Vec::new();
        if !self.late.is_empty() {
            notices.push(Notice::hint(format!(
                "{table}: {}: {}.",
                told_of(
                    self.late.len(),
                    "day was made before log files of it came, and is made anew",
                    "days were made before log files of theirs came, and are made anew"
                ),
                day_list(&self.late)
            )));
        }
        if !self.interrupted.is_empty() {
            notices.push(Notice::hint(format!(
                "{table}: {}: {}.",
                told_of(
                    self.interrupted.len(),
                    "day was being replaced when a run was killed, and is made anew",
                    "days were being replaced when a run was killed, and are made anew"
                ),
                day_list(&self.interrupted)
            )));
        }
        if !self.stuck.is_empty() {
            notices.push(Notice::hint(format!("{table}: {}", stuck_days(&self.stuck))));
        }
        if !self.losing.is_empty() {
            notices.push(Notice::hint(format!(
                "{table}: {} not there any more: {}. Log files are read for as long as overwrite_n_days says, and some days before.",
                told_of(
                    self.losing.len(),
                    "of the last days stays as it is, for log files of it are",
                    "of the last days stay as they are, for log files of theirs are"
                ),
                day_list(&self.losing)
            )));
        }
        if !self.before_logs.is_empty() {
            notices.push(Notice::hint(format!("{table}: {}", days_before_logs(&self.before_logs))));
        }
        if !self.without_logs.is_empty() {
            notices.push(Notice::warning(format!(
                "{table}: there is {}: {}. If there are logs, bring them to their place, and make these days anew.",
                no_log_file_of(self.without_logs.len()),
                day_list(&self.without_logs)
            )));
        }
        if !self.window_without_logs.is_empty() {
            // The same text for all tables: it is told once.
            notices.push(Notice::warning(format!(
                "{}: {}. If there are logs, bring them to their place; the next night reads them.",
                told_of(
                    self.window_without_logs.len(),
                    "of the last days has no log file, and what only that file held is missing",
                    "of the last days have no log file, and what only those files held is missing"
                ),
                day_list(&self.window_without_logs)
            )));
        }
        if let Some(first) = self.twice.first() {
            // The same text for all tables, too.
            notices.push(Notice::warning(format!(
                "{}, such as {first}: both are read, and events that both hold count twice. Remove one of them, and make these days \
                 anew.",
                told_of(
                    self.twice.len(),
                    "log file lies beside its compressed or plain form",
                    "log files lie beside their compressed or plain forms"
                )
            )));
        }
        notices
    }
}

/// That days stay as they are although logs of theirs came late.
pub fn stuck_days(days: &[NaiveDate]) -> String {
    let told = told_of(
        days.len(),
        "day was made before log files of it came, and stays as it is, for others of its log files",
        "days were made before log files of theirs came, and stay as they are, for others of their log files",
    );
    format!("{told} are not there any more: {}.", day_list(days))
}

/// That days before all logs are empty.
pub fn days_before_logs(days: &[NaiveDate]) -> String {
    let told = told_of(days.len(), "day lies before the first log file and counts", "days lie before the first log file and count");
    format!("{told} as empty: {}.", day_list(days))
}

/// That so many days are empty as there is no log file.
pub fn no_log_file_of(days: usize) -> String {
    format!("no log file of {}", told_of(days, "day, and it counts as empty", "days, and they count as empty"))
}

#[cfg(test)]
mod tests;
