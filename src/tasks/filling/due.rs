//! What a task tells of its history and makes of it, and why it is due for it (rules 10, 6 and 7).

use chrono::NaiveDate;

use crate::calendar::interval::DateInterval;
use crate::error_text::counted;
use crate::tasks::day_tables::{RULES, day_list};
use crate::tasks::holes::{History, Holes};

/// What is known of a task beside its history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// The table of the history.
    pub table: &'static str,
    /// Whether it fills holes.
    pub fills: bool,
    /// Whether its result is there.
    pub is_complete: bool,
    /// How many days are there, but were made under other options: they count as missing.
    pub outdated: usize,
}

/// What comes of a history.
#[derive(Debug)]
pub(super) struct Found {
    /// The holes that concern the task.
    pub holes: Holes,
    /// What of the window is made from the logs.
    pub window: DateInterval,
    /// Why a task is due whose result is there.
    pub due: Option<String>,
}

impl Standing {
    /// In this order: what of the window may be made, whether the task is due for the window, which holes concern it then, and whether it is
    /// due for them. Days that have been stuck since before `told_from` are not told.
    pub(super) fn found(self, history: History<'_>, told_from: NaiveDate) -> Found {
        let (kept, losing) = history.kept_window();
        let history = if self.fills { History { window: kept, ..history } } else { history };
        let of_window = self.due_for_window(&history);
        let is_complete = self.is_complete && of_window.is_none();
        let found = Holes { losing, twice: history.logs.twice.clone(), ..history.holes() };
        let mut holes = found.told(told_from, self.fills, is_complete);
        if is_complete && !self.fills {
            // No log tells of them: nobody is due for them.
            let (_, others) = history.window_not_made();
            holes.days.extend(others.into_iter().filter(|day| history.interval.contains(*day)));
        }
        let due = if is_complete && self.fills { due_for_holes(self.table, &holes) } else { of_window };
        Found { holes, window: history.window, due }
    }

    /// Why a result that is there is made again for days under other options, or for those of the window.
    fn due_for_window(self, history: &History<'_>) -> Option<String> {
        let Self { table, fills, is_complete, outdated } = self;
        if !is_complete {
            return None;
        }
        if outdated > 0 {
            return Some(format!("{} of {table} made under other options ({RULES})", counted(outdated, "day")));
        }
        let redone = if fills { due_for_what_came_later(table, history) } else { None };
        redone.or_else(|| due_for_more_days(table, history))
    }
}

/// A window that was made before is due for what came later.
fn due_for_what_came_later(table: &str, history: &History<'_>) -> Option<String> {
    let (late, interrupted) = history.window_to_redo();
    if !late.is_empty() {
        let days = day_list(&late);
        return Some(format!("log files of {} of the last days of {table} came later than they were made: {days}", late.len()));
    }
    let days = day_list(&interrupted);
    (!interrupted.is_empty()).then(|| format!("a killed run left off at {} of the last days of {table}: {days}", interrupted.len()))
}

/// What was made with a smaller window, or with none, is due for the days that this one adds.
fn due_for_more_days(table: &str, history: &History<'_>) -> Option<String> {
    let (not_made, _) = history.window_not_made();
    (!not_made.is_empty()).then(|| format!("{} of the last days missing in {table}: {}", not_made.len(), day_list(&not_made)))
}

/// Why a result that is there is made again for what is filled.
fn due_for_holes(table: &str, holes: &Holes) -> Option<String> {
    let (missing, late, interrupted) = (holes.days.len(), holes.late.len(), holes.interrupted.len());
    if missing > 0 {
        Some(format!("missing in the history of {table}: {}", counted(missing, "day")))
    } else if late > 0 {
        Some(format!("log files of {} of {table} came later than they were made", counted(late, "day")))
    } else if interrupted > 0 {
        Some(format!("a killed run left off at {} of {table}", counted(interrupted, "day")))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tasks::log_days::LogDays;
    use crate::warehouse::awaited::Awaited;
    use crate::warehouse::day_index::DaysThere;

    const FILLING: Standing = Standing { table: "t", fills: true, is_complete: true, outdated: 0 };
    const LOOKING: Standing = Standing { fills: false, ..FILLING };
    const ALL: &[u32] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    fn days(numbers: &[u32]) -> BTreeSet<NaiveDate> {
        numbers.iter().filter_map(|day| NaiveDate::from_ymd_opt(2014, 5, *day)).collect()
    }

    fn listed(numbers: &[u32]) -> Vec<NaiveDate> {
        days(numbers).into_iter().collect()
    }

    fn made(numbers: &[u32], awaited: &[&str]) -> DaysThere {
        let awaited = Awaited::from(awaited.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        DaysThere { days: days(numbers), awaited, ..DaysThere::default() }
    }

    fn history<'h>(made: &'h DaysThere, logs: &'h LogDays) -> History<'h> {
        let (interval, window) = ("2014-05-01-2014-05-11".parse().unwrap(), "2014-05-09-2014-05-11".parse().unwrap());
        History { interval, window, made, logs, expand_days: 0, again: 0 }
    }

    /// Of the first ten days of May, the last two of which are the window.
    fn found(standing: Standing, made: &DaysThere, logs: &[u32]) -> Found {
        let logs = LogDays { dated: days(logs), ..LogDays::default() };
        standing.found(history(made, &logs), NaiveDate::default())
    }

    /// Why a task that fills is due, and one that does not.
    fn due(made: &DaysThere) -> [Option<String>; 2] {
        [FILLING, LOOKING].map(|standing| found(standing, made, ALL).due)
    }

    #[test]
    fn a_window_that_was_made_is_due_for_what_came_later_and_for_days_that_it_adds() {
        assert_eq!(due(&made(ALL, &[])), [None, None]);
        let late = "log files of 1 of the last days of t came later than they were made: 2014-05-10";
        let interrupted = DaysThere { interrupted: days(&[9, 10]), ..made(ALL, &["2014-05-10=2014-05-10"]) };
        assert_eq!(due(&interrupted), [Some(late.to_owned()), None]);
        let interrupted = DaysThere { awaited: Awaited::default(), ..interrupted };
        let left_off = "a killed run left off at 2 of the last days of t: 2014-05-09, 2014-05-10";
        assert_eq!(due(&interrupted), [Some(left_off.to_owned()), None]);
        let missing = Some("1 of the last days missing in t: 2014-05-10".to_owned());
        assert_eq!(due(&made(&ALL[..9], &[])), [missing.clone(), missing]);
    }

    #[test]
    fn days_under_other_options_come_first_and_who_is_due_anyhow_needs_no_reason() {
        let (made, outdated) = (made(&ALL[..9], &[]), Standing { outdated: 2, ..FILLING });
        let told = format!("2 days of t made under other options ({RULES})");
        assert_eq!(found(outdated, &made, ALL).due, Some(told));
        assert_eq!(found(Standing { is_complete: false, ..outdated }, &made, ALL).due, None);
    }

    #[test]
    fn who_fills_is_due_for_what_is_missing_then_late_then_interrupted() {
        let interrupted = DaysThere { interrupted: days(&[5]), ..made(ALL, &[]) };
        assert_eq!(due(&interrupted), [Some("a killed run left off at 1 day of t".to_owned()), None]);
        let late = DaysThere { interrupted: days(&[5]), ..made(ALL, &["2014-05-04=2014-05-04"]) };
        assert_eq!(due(&late), [Some("log files of 1 day of t came later than they were made".to_owned()), None]);
        let missing = made(&[1, 2, 4, 5, 6, 7, 8, 9, 10], &["2014-05-04=2014-05-04"]);
        assert_eq!(due(&missing), [Some("missing in the history of t: 1 day".to_owned()), None]);
        assert_eq!(found(LOOKING, &missing, ALL).holes.days, listed(&[3]));
    }

    #[test]
    fn days_of_the_window_that_no_log_tells_of_are_missing_to_who_does_not_fill() {
        let made = made(&ALL[..9], &[]);
        let missing = |standing: Standing| {
            let found = found(standing, &made, &ALL[..9]);
            (found.due, found.holes.days)
        };
        assert_eq!(missing(LOOKING), (None, listed(&[10])));
        assert_eq!(missing(FILLING), (None, listed(&[])));
        assert_eq!(missing(Standing { is_complete: false, ..LOOKING }), (None, listed(&[])));
    }

    #[test]
    fn who_fills_leaves_out_of_the_window_what_days_would_lose_and_who_is_due_is_told() {
        let made = made(ALL, &[]);
        let kept = |standing: Standing| {
            let found = found(standing, &made, &[1, 2, 3, 4, 5, 6, 7, 8, 10]);
            (found.window.days().collect::<Vec<_>>(), found.holes.losing)
        };
        assert_eq!(kept(Standing { is_complete: false, ..FILLING }), (listed(&[10]), listed(&[9])));
        assert_eq!(kept(Standing { is_complete: false, ..LOOKING }), (listed(&[9, 10]), listed(&[9])));
        assert_eq!(kept(FILLING), (listed(&[10]), listed(&[])));
        assert_eq!(kept(LOOKING), (listed(&[9, 10]), listed(&[])));
    }
}
