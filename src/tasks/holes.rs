//! Holes of a history: days that no run has made (rules 10, 6).

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::day_tables::day_list;
use super::log_days::LogDays;
use crate::calendar::interval::DateInterval;
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
    /// Days like those that stay as they are: others of their log files are not there any more.
    pub stuck: Vec<NaiveDate>,
    /// Days before holes: had the nights not been missed, they would have read those days again, with what came late.
    pub again: Vec<NaiveDate>,
    /// Days of the window without a log file, behind the first one.
    pub window_without_logs: Vec<NaiveDate>,
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
                if self.logs.have_come(day, &self.made.awaited) {
                    if self.are_kept(day) { holes.late.push(day) } else { holes.stuck.push(day) }
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

    fn are_kept(&self, day: NaiveDate) -> bool {
        self.logs.are_kept(day, &self.made.awaited, self.expand_days)
    }
}

impl Holes {
    /// The holes, and what is made anew with them, as few intervals.
    pub fn intervals(&self) -> Vec<DateInterval> {
        let mut intervals: Vec<DateInterval> = Vec::new();
        let days: BTreeSet<_> = self.days.iter().chain(&self.late).chain(&self.again).collect();
        for day in days {
            let end = DateInterval::of_day(*day).end();
            match intervals.last_mut() {
                Some(last) if last.end() == *day => *last = DateInterval::new(last.start(), end),
                _ => intervals.push(DateInterval::new(*day, end)),
            }
        }
        intervals
    }

    /// What the operator should know of days without logs, and of logs that came late.
    pub fn notices(&self, table: &str) -> Vec<String> {
        let mut notices = Vec::new();
        if !self.late.is_empty() {
            notices.push(format!(
                "{table}: {} days were made before log files of theirs came, and are made anew: {}.",
                self.late.len(),
                day_list(&self.late)
            ));
        }
        if !self.stuck.is_empty() {
            notices.push(format!(
                "{table}: {} days were made before log files of theirs came, and stay as they are, for others of their log files are not there \
                 any more: {}.",
                self.stuck.len(),
                day_list(&self.stuck)
            ));
        }
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
        if !self.window_without_logs.is_empty() {
            // The same text for all tables: it is told once.
            notices.push(format!(
                "Warning: There is no log file of {} of the last days, and they count as empty: {}. If there are logs of them, bring them to \
                 their place; the next night reads them.",
                self.window_without_logs.len(),
                day_list(&self.window_without_logs)
            ));
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warehouse::awaited::Awaited;

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

    fn there(days: BTreeSet<NaiveDate>, awaited: &[&str]) -> DaysThere {
        let awaited = Awaited::from(awaited.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        DaysThere { days, awaited, ..DaysThere::default() }
    }

    /// Holes, empty days before the first log, and days without log, of a May from the 1st to the 23rd with a window of three days.
    fn found(made: &str, logs: &str, expand_days: u64) -> (String, String, String) {
        let logs = LogDays { dated: days(logs), undated: false };
        let history = History {
            interval: "2014-05-01-2014-05-23".parse().unwrap(),
            window: "2014-05-20-2014-05-23".parse().unwrap(),
            made: &there(days(made), &[]),
            logs: &logs,
            expand_days,
            again: 0,
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
        let made = DaysThere::default();
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-23-2014-05-23".parse().unwrap());
        let all = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 0 }.holes();
        let notices = all.notices("last_ip_of_user_id");
        assert!(notices[0].contains("1 days lie before the first log file and count as empty: 2014-05-14."), "{notices:?}");
        assert!(notices[1].starts_with("Warning: ") && notices[1].contains("7 days"), "{notices:?}");
    }

    #[test]
    fn without_dates_in_names_any_day_may_have_events() {
        let logs = LogDays { dated: BTreeSet::new(), undated: true };
        let (interval, window) = ("2014-05-01-2014-05-06".parse().unwrap(), "2014-05-05-2014-05-06".parse().unwrap());
        let made = there(days("02"), &[]);
        let history = History { interval, window, made: &made, logs: &logs, expand_days: 2, again: 0 };
        let found = history.holes();
        assert_eq!((shown(&found.days), found.notices("t").len()), ("01 03 04".to_owned(), 0));
        assert_eq!(intervals(&found), ["01-02", "03-05"]);
        assert_eq!(intervals(&History { again: 2, ..history }.holes()), ["01-05"]);
    }

    fn intervals(holes: &Holes) -> Vec<String> {
        holes.intervals().iter().map(|days| format!("{}-{}", days.start().format("%d"), days.end().format("%d"))).collect()
    }

    #[test]
    fn days_whose_logs_came_later_are_made_anew_and_the_window_tells_what_it_lacks() {
        let logs = LogDays { dated: days("08 09 10 11 12 13 16 17 21"), undated: false };
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-20-2014-05-23".parse().unwrap());
        let awaited = ["2014-05-08=2014-05-07,2014-05-09", "2014-05-13=2014-05-13", "2014-05-19=2014-05-19,2014-05-20"];
        let made = there(days("08 09 10 11 12 13 14 15 16 17 19 20"), &awaited);
        let history = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 2 };
        let holes = history.holes();
        let told = (shown(&holes.days), shown(&holes.late), shown(&holes.window_without_logs), shown(&holes.again));
        // The logs of the 15th were cleared away: the 16th would lose what it has.
        assert_eq!(told, ("07 18".to_owned(), "08 13".to_owned(), "20 22".to_owned(), "17".to_owned()));
        assert_eq!(intervals(&holes), ["07-09", "13-14", "17-19"]);
        let notices = holes.notices("t");
        assert!(notices[0].starts_with("t: 2 days were made before log files of theirs came"), "{notices:?}");
        assert!(notices.last().unwrap().starts_with("Warning: There is no log file of 2 of the last days"), "{notices:?}");

        let logs = LogDays { dated: days("12 13 14 15 16 17 18 19 20 21 22"), undated: false };
        let made = there(days(ALL), &["2014-05-12=2014-05-12", "2014-05-14=2014-05-14"]);
        let holes = History { made: &made, logs: &logs, ..history }.holes();
        assert_eq!((shown(&holes.late), shown(&holes.stuck)), ("14".to_owned(), "12".to_owned()));
        assert!(holes.notices("t")[1].contains("stay as they are"), "{:?}", holes.notices("t"));
    }
}
