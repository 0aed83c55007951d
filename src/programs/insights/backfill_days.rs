//! Which days `insights backfill` makes (rules 10, 6): those of a history that no run has made, that a killed run was about to replace, or that
//! were made before log files of theirs came; none before the site began, and none behind its last log file.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::{Days, NaiveDate};

use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::engine::JobOutput;
use crate::engine::plan::{Action, Plan, StepInput};
use crate::error_text::told_of;
use crate::notice::Notice;
use crate::tasks::day_tables::{NIGHTS_AGAIN, day_list};
use crate::tasks::holes::{History, Holes, days_before_logs, no_log_file_of, stuck_days};
use crate::tasks::log_days::{Around, LogDays};
use crate::warehouse::day_index::{DaysThere, days_there, unusual};
use crate::warehouse::selection::LogListings;

/// What there is of a task that makes days.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Days that all of its tables have, and what they wait for in any of them.
    there: DaysThere,
    logs: LogDays,
    /// Days around a day whose files are read for it.
    expand_days: u64,
}

/// What of an interval is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// The days between which something is made.
    pub interval: DateInterval,
    /// What the operator should know.
    pub notices: Vec<Notice>,
}

impl Known {
    /// Of a plan that makes days.
    ///
    /// # Errors
    /// The warehouse or the logs cannot be listed.
    pub(super) fn of(plan: &Plan, expand_days: u64, listings: &LogListings) -> Result<Self> {
        let mut known = Self { expand_days, ..Self::default() };
        let (mut tables, mut are_listed) = (0, false);
        for step in &plan.steps {
            let Action::Job(job) = &step.action else { continue };
            if let StepInput::LogsOfInterval(selection) | StepInput::LogsIfAny(selection) = &job.input
                && !are_listed
            {
                known.logs = LogDays::of_files(selection.all_dates_from(listings)?);
                are_listed = true;
            }
            if let JobOutput::Days { root, .. } = &job.output {
                let mut there = days_there(root)?;
                known.logs.add_single_files(&mut there.awaited, &there.recorded, Around::within(expand_days, NIGHTS_AGAIN));
                // Days made under other options are made again (rules 10, 7).
                let mut outdated = there.outdated(&unusual(&job.options));
                outdated.retain(|day| known.logs.are_kept(*day, &there.awaited, expand_days));
                there.days.retain(|day| !outdated.contains(day));
                known.there.awaited.extend(&there.awaited);
                known.there.interrupted.append(&mut there.interrupted);
                known.there.days = if tables == 0 { there.days } else { known.there.days.intersection(&there.days).copied().collect() };
                tables += 1;
            }
        }
        Ok(known)
    }

    fn history<'k>(&'k self, interval: &DateInterval) -> History<'k> {
        let window = DateInterval::new(interval.start(), interval.start());
        let (made, logs, expand_days) = (&self.there, &self.logs, self.expand_days);
        History { interval: *interval, window, made, logs, expand_days, again: NIGHTS_AGAIN }
    }

    /// Behind the last day that may be made: that of the last log file, or of a day that is there, and never today.
    fn end(&self) -> Option<NaiveDate> {
        let last = if self.logs.undated { day::today().pred_opt() } else { self.logs.dated.last().max(self.there.days.last()).copied() };
        Some(DateInterval::of_day(last?).end().min(day::today()))
    }

    /// The days of a piece that are made, as few intervals.
    pub(super) fn missing(&self, piece: &DateInterval) -> Vec<DateInterval> {
        self.history(piece).holes().intervals()
    }
}

impl Scope {
    /// What is made of an interval for some tasks.
    pub(super) fn of(asked: &DateInterval, tasks: &[Known]) -> Self {
        let begin = tasks.iter().filter_map(|known| known.history(asked).first_day()).min();
        let end = tasks.iter().filter_map(Known::end).max();
        let (Some(begin), Some(end)) = (begin, end) else {
            let notice = Notice::hint(format!("There is no log file, and no day that was made before: nothing is made of {asked}."));
            return Self { interval: DateInterval::new(asked.start(), asked.start()), notices: vec![notice] };
        };
        let begin = begin.clamp(asked.start(), asked.end());
        let interval = DateInterval::new(begin, end.clamp(begin, asked.end()));
        let mut notices = Vec::new();
        if begin > asked.start() {
            let before = DateInterval::new(asked.start(), begin).days().count();
            let (one, several) = (format!("day before {begin} is"), format!("days before {begin} are"));
            let told = told_of(before, &one, &several);
            notices.push(Notice::hint(format!("{told} not made: the site has no log file of that time, and none before it.")));
        }
        let behind: Vec<_> = DateInterval::new(interval.end(), asked.end()).days().collect();
        if let Some(first) = behind.first() {
            let last = tasks.iter().filter(|known| !known.logs.undated).filter_map(|known| known.logs.dated.last()).max();
            let last = last.map(|last| format!(" (the last is of {last})")).unwrap_or_default();
            notices.push(Notice::hint(format!(
                "{} not over. Run the command again when the logs are there.",
                told_of(
                    behind.len(),
                    &format!("day from {first} on is not made, for there is no log file of it yet{last}, or it is"),
                    &format!("days from {first} on are not made, for there is no log file of them yet{last}, or they are")
                )
            )));
        }
        let holes: Vec<_> = tasks.iter().map(|known| known.history(&interval).holes()).collect();
        let all = |days: fn(&Holes) -> &Vec<NaiveDate>| holes.iter().flat_map(days).copied().collect::<BTreeSet<_>>().into_iter().collect();
        let (before_logs, without_logs): (Vec<_>, Vec<_>) = (all(|holes| &holes.before_logs), all(|holes| &holes.without_logs));
        let stuck: Vec<_> = all(|holes| &holes.stuck);
        if !stuck.is_empty() {
            notices.push(Notice::hint(stuck_days(&stuck)));
        }
        if !before_logs.is_empty() {
            notices.push(Notice::hint(days_before_logs(&before_logs)));
        }
        if !without_logs.is_empty() {
            notices.push(Notice::warning(format!(
                "There is {}: {}. If there are logs, bring them to their place, and run the command again.",
                no_log_file_of(without_logs.len()),
                day_list(&without_logs)
            )));
        }
        Self { interval, notices }
    }

    /// The days in pieces of some days.
    pub(super) fn pieces(&self, days: u32) -> Vec<DateInterval> {
        let mut pieces = Vec::new();
        let mut start = self.interval.start();
        while start < self.interval.end() {
            let end = start.checked_add_days(Days::new(days.max(1).into())).unwrap_or(self.interval.end()).min(self.interval.end());
            pieces.push(DateInterval::new(start, end));
            start = end;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(texts: &str) -> BTreeSet<NaiveDate> {
        texts.split_whitespace().map(|day| format!("2014-05-{day}").parse().unwrap()).collect()
    }

    fn known(there: &str, awaited: &[&str], logs: &str) -> Known {
        let logs = LogDays { dated: days(logs), undated: false, ..LogDays::default() };
        let awaited = awaited.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into();
        Known { there: DaysThere { days: days(there), awaited, ..DaysThere::default() }, logs, expand_days: 2 }
    }

    fn shown(intervals: &[DateInterval]) -> Vec<String> {
        intervals.iter().map(|piece| format!("{}-{}", piece.start().format("%d"), piece.end().format("%d"))).collect()
    }

    fn asked() -> DateInterval {
        "2014-05-01-2014-05-31".parse().unwrap()
    }

    #[test]
    fn pieces_cover_the_days() {
        let interval = "2014-01-30-2014-02-04".parse().unwrap();
        let scope = Scope { interval, notices: Vec::new() };
        assert_eq!(shown(&scope.pieces(2)), ["30-01", "01-03", "03-04"]);
        let interval = DateInterval::new(interval.end(), interval.end());
        assert!(Scope { interval, ..scope }.pieces(2).is_empty());
    }

    #[test]
    fn days_before_the_site_and_behind_its_logs_are_not_made() {
        let scope = Scope::of(&asked(), &[known("", &[], "10 11 13")]);
        assert_eq!(shown(&[scope.interval]), ["08-14"]);
        let [before, behind, early, warning] = &scope.notices.iter().map(Notice::to_string).collect::<Vec<_>>()[..] else {
            panic!("{:?}", scope.notices)
        };
        assert!(before.starts_with("7 days before 2014-05-08 are not made"), "{before}");
        assert!(
            behind.starts_with("17 days from 2014-05-14 on are not made") && behind.contains("(the last is of 2014-05-13)"),
            "{behind}"
        );
        assert!(early.starts_with("2 days lie before the first log file"), "{early}");
        assert!(warning.starts_with("Warning: There is no log file of 1 day") && warning.contains(": 2014-05-12."), "{warning}");
        // Days that are there are not doubted, and one task knows more than another.
        let scope = Scope::of(&asked(), &[known("05 20", &[], "10 11"), known("", &[], "10 11")]);
        assert_eq!(shown(&[scope.interval]), ["05-21"]);
        let scope = Scope::of(&asked(), &[known("", &[], "")]);
        assert!(scope.interval.is_empty() && scope.notices[0].text().starts_with("There is no log file"), "{scope:?}");
        let future = DateInterval::new(day::today(), DateInterval::of_day(day::today()).end());
        let undated = Known { logs: LogDays { undated: true, ..LogDays::default() }, ..Known::default() };
        assert!(Scope::of(&future, &[undated]).interval.is_empty());
    }

    #[test]
    fn a_hole_takes_the_days_before_it_along_and_late_days_stand_alone() {
        let known = known("08 09 10 11 14 15 16", &["2014-05-15=2014-05-16"], "06 07 08 09 10 11 12 13 14 15 16 17");
        assert_eq!(shown(&known.missing(&"2014-05-08-2014-05-18".parse().unwrap())), ["10-14", "15-18"]);
        assert_eq!(shown(&known.missing(&"2014-05-14-2014-05-17".parse().unwrap())), ["15-16"]);
        assert!(known.missing(&"2014-05-08-2014-05-11".parse().unwrap()).is_empty());
    }
}
