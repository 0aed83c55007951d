//! How tasks look for holes in their history, and fill them where they may (rules 10, 6).

use std::collections::BTreeSet;

use anyhow::{Error, Result};
use chrono::{Days, NaiveDate};

use super::MissingDays;
use super::course_keys::course_key_words;
use super::day_tables::{DayTable, RULES, day_list, nights_again};
use super::holes::{History, Holes};
use super::log_days::Around;
use super::options::FromLogs;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::plan::{State, Step};
use crate::error_text::{counted, told_of};
use crate::streaming::{EventOptions, JobOptions};

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
        let program = settings.program();
        let is_complete = matches!(state, State::Complete(_));
        let mut there = self.there(&from.places.warehouse.location(settings)?)?;
        let fills = from.fill_days.is_some();
        // Without a hole nobody has to list the logs.
        if is_complete && !fills && interval.days().chain(window.days()).all(|day| there.days.contains(&day)) {
            return Ok(Filling { holes: Holes::default(), fills, again: 0, table: self.table, program, outdated: 0, window });
        }
        let logs = from.logs.log_days(settings)?;
        let expand_days = u64::try_from(from.logs.expansion(settings)?.days()).unwrap_or(0);
        let again = nights_again(&window);
        logs.add_single_files(&mut there.awaited, &there.recorded, Around::within(expand_days, again));
        // Days made under other options are holes to whoever fills them, as far as their logs are there, and days like any other to whoever
        // does not.
        let mut outdated = if fills { there.outdated(&course_key_words(settings)?) } else { BTreeSet::new() };
        outdated.retain(|day| interval.contains(*day) || window.contains(*day));
        outdated.retain(|day| logs.are_kept(*day, &there.awaited, expand_days));
        there.days.retain(|day| !outdated.contains(day));
        if is_complete && !outdated.is_empty() {
            *state = State::Due(format!("{} of {} made under other options ({RULES})", counted(outdated.len(), "day"), self.table));
        }
        let mut history = History { interval, window, made: &there, logs: &logs, expand_days, again };
        let (kept, losing) = history.kept_window();
        if fills {
            history.window = kept;
        }
        let mut holes = history.holes();
        holes.losing = losing;
        holes.twice.clone_from(&logs.twice);
        if fills && matches!(state, State::Complete(_)) {
            self.redo_window(&history, state);
        }
        if matches!(state, State::Complete(_)) {
            let others = self.make_window(&history, state);
            holes.days.extend(others.into_iter().filter(|day| !fills && interval.contains(*day)));
        }
        let is_complete = matches!(state, State::Complete(_));
        // What has been stuck for long is not told for ever.
        let told_from = window.start().checked_sub_days(Days::new(from.fill_days.unwrap_or(0) as u64)).unwrap_or(window.start());
        holes.stuck.retain(|day| *day >= told_from);
        if !fills {
            holes.late.clear();
            holes.interrupted.clear();
        }
        if is_complete || !fills {
            holes.window_without_logs.clear();
        }
        if is_complete {
            holes.losing.clear();
        }
        let window = history.window;
        let filling = Filling { holes, fills, again, table: self.table, program, outdated: outdated.len(), window };
        let (missing, late, interrupted) = (filling.holes.days.len(), filling.holes.late.len(), filling.holes.interrupted.len());
        if let Some(limit) = from.fill_days.filter(|limit| missing + late + interrupted > *limit) {
            let last_log = logs.dated.last().copied().filter(|_| !logs.undated);
            return Err(filling.too_many(limit, last_log, there.days.last().copied()));
        }
        if is_complete && filling.fills {
            if missing > 0 {
                *state = State::Due(format!("missing in the history of {}: {}", self.table, counted(missing, "day")));
            } else if late > 0 {
                *state = State::Due(format!("log files of {} of {} came later than they were made", counted(late, "day"), self.table));
            } else if interrupted > 0 {
                *state = State::Due(format!("a killed run left off at {} of {}", counted(interrupted, "day"), self.table));
            }
        }
        Ok(filling)
    }

    /// What was made with a smaller window, or with none, is due for the days that this one adds; gives those that no log tells of, if it
    /// stays complete.
    fn make_window(&self, history: &History<'_>, state: &mut State) -> Vec<NaiveDate> {
        let (not_made, others) = history.window_not_made();
        if not_made.is_empty() {
            return others;
        }
        *state = State::Due(format!("{} of the last days missing in {}: {}", not_made.len(), self.table, day_list(&not_made)));
        Vec::new()
    }

    /// A window that was made before is due for what came later.
    fn redo_window(&self, history: &History<'_>, state: &mut State) {
        let (late, interrupted) = history.window_to_redo();
        if !late.is_empty() {
            let days = day_list(&late);
            *state = State::Due(format!(
                "log files of {} of the last days of {} came later than they were made: {days}",
                late.len(),
                self.table
            ));
        } else if !interrupted.is_empty() {
            let days = day_list(&interrupted);
            *state = State::Due(format!("a killed run left off at {} of the last days of {}: {days}", interrupted.len(), self.table));
        }
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

impl Filling {
    /// Says of missing days that some are there, but not as they would be made now.
    fn or_outdated(&self) -> String {
        if self.outdated == 0 { String::new() } else { format!(" or made under other options ({RULES})") }
    }

    /// The error of more days than `daily` fills by itself. Behind the last log file and the last day that is there nobody makes days.
    fn too_many(self, limit: usize, last_log: Option<NaiveDate>, last_there: Option<NaiveDate>) -> Error {
        let missing = &self.holes.days;
        let days = if missing.len() > limit {
            missing.clone()
        } else {
            missing.iter().chain(self.holes.made_anew()).copied().collect::<BTreeSet<_>>().into_iter().collect()
        };
        let what = match (days.len() > missing.len(), self.holes.interrupted.is_empty()) {
            (false, _) => "missing",
            (true, true) => "missing, or were made before log files of theirs came",
            (true, false) => "missing, were made before log files of theirs came, or were being replaced when a run was killed",
        };
        let (remedy, what_to_do) = self.remedy(&days, last_log, last_there);
        let text = format!(
            "{} of {} are {what}{}, more than the {limit} that fill_days of [daily] permits: {}. The tables stay as they are. {}",
            counted(days.len(), "day"),
            self.table,
            self.or_outdated(),
            day_list(&days),
            remedy
        );
        MissingDays { text, days, what_to_do }.into()
    }

    /// What to do about days that are too many; in few words, too, where that is no backfill.
    fn remedy(&self, days: &[NaiveDate], last_log: Option<NaiveDate>, last_there: Option<NaiveDate>) -> (String, Option<String>) {
        let program = &self.program;
        let made_to = last_log.max(last_there).filter(|_| last_log.is_some()).and_then(|last| last.succ_opt());
        let within = days.partition_point(|day| made_to.is_none_or(|end| *day < end));
        let (within, behind) = days.split_at(within);
        let (first, told, what_to_do) = match (last_log, made_to) {
            (Some(last), Some(end)) if !behind.is_empty() => {
                let behind = behind.len();
                let told = format!(
                    "The last log file is of {last}, and {behind} of the days lie behind what there is: bring the newer log files, or run for \
                     an earlier day: {program} daily --date {end}"
                );
                ("before that", Some(told), Some(format!("bring newer log files, or {program} daily --date {end}")))
            }
            _ => ("first", None, None),
        };
        let span = span(within);
        let backfill = || format!("Make the days {first}: {program} backfill --from {} --to {}", span.start(), span.end());
        let backfill = (!within.is_empty()).then(backfill);
        (told.into_iter().chain(backfill).collect::<Vec<_>>().join(". "), what_to_do)
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

    /// What the operator should know. `what` the days hold, and the task that makes them.
    pub fn notices(&self, what: &str, task: &str) -> Vec<String> {
        let days = &self.holes.days;
        if self.fills {
            let (number, outdated) = (days.len(), self.or_outdated());
            let what =
                if outdated.is_empty() { counted(number, "missing day") } else { format!("{} missing{outdated}", counted(number, "day")) };
            let filled = || format!("{}: {what}, to be filled from the logs: {}.", self.table, day_list(days));
            return (!days.is_empty()).then(filled).into_iter().chain(self.holes.notices(self.table)).collect();
        }
        let missing = || {
            format!(
                "{what} of {} are missing and count as none: {}. To load them: {} {task} --interval {}",
                counted(days.len(), "day"),
                day_list(days),
                self.program,
                self.span()
            )
        };
        let losing = || {
            format!(
                "Warning: {}: {} from are not there any more: {}. `{} daily` leaves such days as they are.",
                self.table,
                told_of(
                    self.holes.losing.len(),
                    "day is made anew, and log files that it was made",
                    "days are made anew, and log files that they were made"
                ),
                day_list(&self.holes.losing),
                self.program
            )
        };
        let missing = (!days.is_empty()).then(missing);
        missing.into_iter().chain((!self.holes.losing.is_empty()).then(losing)).collect()
    }
}

/// From the first of some days to the last one.
fn span(days: &[NaiveDate]) -> DateInterval {
    let day = |day: Option<&NaiveDate>| DateInterval::of_day(day.copied().unwrap_or_default());
    DateInterval::new(day(days.first()).start(), day(days.last()).end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_behind_the_last_log_file_are_not_to_be_made() {
        let (program, window) = ("insights".to_owned(), DateInterval::of_day(NaiveDate::default()));
        let filling = Filling { holes: Holes::default(), fills: true, again: 0, table: "t", program, outdated: 0, window };
        let days: Vec<NaiveDate> = (1..=9).filter_map(|day| NaiveDate::from_ymd_opt(2024, 3, day)).collect();
        let day = |number: usize| days.get(number - 1).copied();
        let all = "Make the days first: insights backfill --from 2024-03-01 --to 2024-03-10";
        for (last_log, last_there) in [(None, day(3)), (day(9), None), (day(2), day(9))] {
            assert_eq!(filling.remedy(&days, last_log, last_there), (all.to_owned(), None));
        }
        let (told, what_to_do) = filling.remedy(&days, NaiveDate::from_ymd_opt(2024, 2, 10), None);
        assert_eq!(
            told,
            "The last log file is of 2024-02-10, and 9 of the days lie behind what there is: bring the newer log files, or run for an earlier \
             day: insights daily --date 2024-02-11"
        );
        assert_eq!(what_to_do.as_deref(), Some("bring newer log files, or insights daily --date 2024-02-11"));
        let (told, _) = filling.remedy(&days, day(2), day(5));
        assert!(told.contains("is of 2024-03-02, and 4 of") && told.contains("daily --date 2024-03-06"), "{told}");
        assert!(told.ends_with(". Make the days before that: insights backfill --from 2024-03-01 --to 2024-03-06"), "{told}");
    }
}
