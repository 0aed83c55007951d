//! What is said of a history: to the operator before a run, and in the error of one that may not make what is missing (rules 10, 6).

use std::collections::BTreeSet;

use anyhow::Error;
use chrono::NaiveDate;

use super::{Filling, span};
use crate::error_text::{counted, told_of};
use crate::notice::Notice;
use crate::tasks::MissingDays;
use crate::tasks::day_tables::{RULES, day_list};

impl Filling {
    /// Says of missing days that some are there, but not as they would be made now.
    fn or_outdated(&self) -> String {
        if self.outdated == 0 { String::new() } else { format!(" or made under other options ({RULES})") }
    }

    /// The error of more days than `daily` fills by itself. Behind the last log file and the last day that is there nobody makes days.
    pub(super) fn too_many(self, limit: usize, last_log: Option<NaiveDate>, last_there: Option<NaiveDate>) -> Error {
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

    /// What the operator should know. `what` the days hold, and the task that makes them.
    pub fn notices(&self, what: &str, task: &str) -> Vec<Notice> {
        let days = &self.holes.days;
        if self.fills {
            let (number, outdated) = (days.len(), self.or_outdated());
            let what =
                if outdated.is_empty() { counted(number, "missing day") } else { format!("{} missing{outdated}", counted(number, "day")) };
            let filled = || Notice::hint(format!("{}: {what}, to be filled from the logs: {}.", self.table, day_list(days)));
            return (!days.is_empty()).then(filled).into_iter().chain(self.holes.notices(self.table)).collect();
        }
        let missing = || {
            Notice::hint(format!(
                "{what} of {} are missing and count as none: {}. To load them: {} {task} --interval {}",
                counted(days.len(), "day"),
                day_list(days),
                self.program,
                self.span()
            ))
        };
        let losing = || {
            Notice::warning(format!(
                "{}: {} from are not there any more: {}. `{} daily` leaves such days as they are.",
                self.table,
                told_of(
                    self.holes.losing.len(),
                    "day is made anew, and log files that it was made",
                    "days are made anew, and log files that they were made"
                ),
                day_list(&self.holes.losing),
                self.program
            ))
        };
        let missing = (!days.is_empty()).then(missing);
        missing.into_iter().chain((!self.holes.losing.is_empty()).then(losing)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::interval::DateInterval;
    use crate::tasks::holes::Holes;

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
