//! Holes of a history: days that no run has made (rules 10, 6).

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::day_tables::day_list;
use crate::calendar::interval::DateInterval;

/// What is known of the days that a task reports on.
#[derive(Clone, Copy, Debug)]
pub struct History<'h> {
    /// The days that the task reports on.
    pub interval: DateInterval,
    /// Days of it that the task makes from the logs anyhow, at its end.
    pub window: DateInterval,
    /// Days that are there.
    pub made: &'h BTreeSet<NaiveDate>,
    /// Days by which log files are called.
    pub logs: &'h LogDays,
    /// Days around a day whose files are read for it, too.
    pub expand_days: u64,
}

/// The days by which the log files of an interval are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogDays {
    /// The days.
    pub dated: BTreeSet<NaiveDate>,
    /// Some file has no date in its name: any day may have events.
    pub undated: bool,
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
}

impl History<'_> {
    /// The first day that may have events: that of the first partition, or of the first log file, which may hold what happened some
    /// days before. None if there is neither.
    pub fn first_day(&self) -> Option<NaiveDate> {
        let start = self.interval.start();
        if self.logs.undated {
            return Some(start);
        }
        let log = self.logs.dated.first().map(|day| day.checked_sub_days(Days::new(self.expand_days)).unwrap_or(*day));
        let first = self.made.first().copied().into_iter().chain(log).min()?;
        Some(first.max(start))
    }

    /// The holes. Days before the first one with a log file or a partition are none: an interval may begin years before the site did.
    pub fn holes(&self) -> Holes {
        let mut holes = Holes::default();
        let Some(first) = self.first_day() else { return holes };
        let first_log = self.logs.dated.first();
        for day in DateInterval::new(first, self.interval.end()).days() {
            if self.window.contains(day) || self.made.contains(&day) {
                continue;
            }
            holes.days.push(day);
            if self.has_log(day) {
                continue;
            }
            let is_before = first_log.is_none_or(|first| day < *first);
            if is_before { holes.before_logs.push(day) } else { holes.without_logs.push(day) }
        }
        holes
    }

    fn has_log(&self, day: NaiveDate) -> bool {
        self.logs.undated || self.logs.dated.contains(&day)
    }
}

impl Holes {
    /// The holes as few intervals.
    pub fn intervals(&self) -> Vec<DateInterval> {
        self.intervals_with(0, NaiveDate::MIN)
    }

    /// The holes with some days before each of them, none before the first day: had the nights not been missed, they would have read
    /// those days again, with what came late.
    pub fn intervals_with(&self, days_before: u64, first: NaiveDate) -> Vec<DateInterval> {
        let mut intervals: Vec<DateInterval> = Vec::new();
        for day in &self.days {
            let start = day.checked_sub_days(Days::new(days_before)).unwrap_or(*day).max(first).min(*day);
            let end = DateInterval::of_day(*day).end();
            match intervals.last_mut() {
                Some(last) if last.end() >= start => *last = DateInterval::new(last.start(), end),
                _ => intervals.push(DateInterval::new(start, end)),
            }
        }
        intervals
    }

    /// What the operator should know of days without logs that are filled.
    pub fn notices(&self, table: &str) -> Vec<String> {
        let mut notices = Vec::new();
        if !self.before_logs.is_empty() {
            notices.push(format!(
                "{table}: {} days lie before the first log file and count as empty: {}.",
                self.before_logs.len(),
                day_list(&self.before_logs)
            ));
        }
        if !self.without_logs.is_empty() {
            notices.push(format!(
                "Warning: {table}: there is no log file of {} days, and they count as empty: {}. If there are logs of them, bring them to \
                 their place, and make the days anew.",
                self.without_logs.len(),
                day_list(&self.without_logs)
            ));
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        format!("2014-05-{text}").parse().unwrap()
    }

    fn days(texts: &str) -> BTreeSet<NaiveDate> {
        texts.split_whitespace().map(day).collect()
    }

    /// Numbers of the days.
    fn shown(days: &[NaiveDate]) -> String {
        days.iter().map(|day| day.format("%d").to_string()).collect::<Vec<_>>().join(" ")
    }

    /// Holes, empty days before the first log, and days without log, of a May from the 1st to the 23rd with a window of three days.
    fn found(made: &str, logs: &str, expand_days: u64) -> (String, String, String) {
        let logs = LogDays { dated: days(logs), undated: false };
        let history = History {
            interval: "2014-05-01-2014-05-23".parse().unwrap(),
            window: "2014-05-20-2014-05-23".parse().unwrap(),
            made: &days(made),
            logs: &logs,
            expand_days,
        };
        let holes = history.holes();
        (shown(&holes.days), shown(&holes.before_logs), shown(&holes.without_logs))
    }

    fn holes(days: &str, before: &str, without: &str) -> (String, String, String) {
        (days.to_owned(), before.to_owned(), without.to_owned())
    }

    const ALL: &str = "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22";

    #[test]
    fn a_pause_is_a_hole_up_to_the_window() {
        let made = "01 02 03 04 05 06 07 08 09 10 11 12 13";
        assert_eq!(found(made, ALL, 0), holes("14 15 16 17 18 19", "", ""));
        assert_eq!(found(ALL, ALL, 0), holes("", "", ""));
    }

    #[test]
    fn an_interval_may_begin_before_the_site() {
        assert_eq!(found("", "17 18 19 20 21 22", 0), holes("17 18 19", "", ""));
        // A file may hold what happened before its day; such days are made, too.
        assert_eq!(found("", "17 18 19 20 21 22", 2), holes("15 16 17 18 19", "15 16", ""));
        assert_eq!(found("", "21 22", 0), holes("", "", ""));
        assert_eq!(found("", "", 2), holes("", "", ""));
    }

    #[test]
    fn days_without_logs_are_empty_and_in_the_middle_a_warning() {
        assert_eq!(found("", "14 15 18 19 20", 0), holes("14 15 16 17 18 19", "", "16 17"));
        // Old logs were cleared away: the history goes further back than they do.
        assert_eq!(found("10 11 13 14 15", "15 16 17 18 19", 0), holes("12 16 17 18 19", "12", ""));
        let logs = LogDays { dated: days("15"), undated: false };
        let made = days("");
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-23-2014-05-23".parse().unwrap());
        let all = History { interval, window, made: &made, logs: &logs, expand_days: 1 }.holes();
        let notices = all.notices("last_ip_of_user_id");
        assert!(notices[0].contains("1 days lie before the first log file and count as empty: 2014-05-14."), "{notices:?}");
        assert!(notices[1].starts_with("Warning: ") && notices[1].contains("7 days"), "{notices:?}");
    }

    #[test]
    fn without_dates_in_names_any_day_may_have_events() {
        let logs = LogDays { dated: BTreeSet::new(), undated: true };
        let interval = "2014-05-01-2014-05-06".parse().unwrap();
        let made = days("02");
        let history = History { interval, window: "2014-05-05-2014-05-06".parse().unwrap(), made: &made, logs: &logs, expand_days: 2 };
        let found = history.holes();
        assert_eq!((shown(&found.days), found.notices("t").len()), ("01 03 04".to_owned(), 0));
        let intervals: Vec<_> = found.intervals().iter().map(ToString::to_string).collect();
        assert_eq!(intervals, ["2014-05-01-2014-05-02", "2014-05-03-2014-05-05"]);
        let wider: Vec<_> = found.intervals_with(2, day("01")).iter().map(ToString::to_string).collect();
        assert_eq!(wider, ["2014-05-01-2014-05-05"]);
    }
}
