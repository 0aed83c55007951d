//! The days that a report reaches, and the one week by which it tells activity, on the overview as on the page of each course.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{Datelike, Days, NaiveDate, TimeDelta};

use super::ReportOptions;
use super::counted_week::CountedWeek;
use super::course::Source;
use crate::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use crate::workflows::enrollment::tables::COURSE_ENROLLMENT_DAILY;
use crate::workflows::module_engagement::tables::MODULE_ENGAGEMENT_METRIC_RANGES;
use crate::workflows::user_activity::tables::COURSE_ACTIVITY;
use crate::workflows::video::tables::VIDEO;

/// The days of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SiteDays {
    /// The first day, of logs that tell it.
    pub first: Option<NaiveDate>,
    /// The day from which on enrollments are counted: the logs tell nobody who enrolled before, with or without an LMS database.
    pub enrollments_from: Option<NaiveDate>,
    /// The last day that is counted.
    pub last: Option<NaiveDate>,
    /// The last day of the videos, whose rows do not tell it.
    pub videos: Option<NaiveDate>,
    /// That of the answers, whose rows do not either.
    pub answers: Option<NaiveDate>,
    /// Days between them without events; of a store only those of whole weeks.
    pub without_events: BTreeSet<NaiveDate>,
    /// Mondays of the weeks.
    mondays: BTreeSet<NaiveDate>,
}

impl SiteDays {
    /// The days of logs, if they are known, else those that the store tells, by its rows and by the markers of its loads.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn read(source: &mut Source, options: &ReportOptions<'_>) -> Result<Self> {
        let markers = options.markers;
        if let Some(logs) = options.logs {
            let last = logs.end().pred_opt().unwrap_or(logs.end());
            return Ok(Self { without_events: options.without_events.iter().copied().collect(), ..Self::of_logs(logs.start(), last) });
        }
        let rows = source.rows(&COURSE_ACTIVITY, "SELECT DISTINCT interval_start FROM course_activity", &[])?;
        let mondays: BTreeSet<NaiveDate> = rows.iter().filter_map(|row| row.day(0)?.parse().ok()).collect();
        let mut day_of = |table, sql| -> Result<Option<NaiveDate>> {
            Ok(source.rows(table, sql, &[])?.first().and_then(|row| row.day(0)?.parse().ok()))
        };
        let enrolled = day_of(&COURSE_ENROLLMENT_DAILY, "SELECT MAX(`date`) FROM course_enrollment_daily")?;
        let measured = day_of(&MODULE_ENGAGEMENT_METRIC_RANGES, "SELECT MAX(end_date) FROM module_engagement_metric_ranges")?;
        let enrollments_from = day_of(&COURSE_ENROLLMENT_DAILY, "SELECT MIN(`date`) FROM course_enrollment_daily")?;
        let known = enrolled.max(measured.and_then(|end| end.pred_opt()));
        // Nights count whole weeks only: where the other tables end before the last week begins, they are older, and it is whole.
        let last = match mondays.last() {
            Some(monday) if known.is_none_or(|day| day < *monday) => sunday_of(*monday),
            _ => known,
        };
        // A load brings at most the days before its own; one of old days brings none that the other tables lack.
        let mut loaded = |table| -> Result<Option<NaiveDate>> {
            let (Some(last), Some(markers)) = (last, markers) else { return Ok(None) };
            Ok(source.loaded_on(markers, table)?.and_then(|day| day.pred_opt()).map(|day| day.min(last)))
        };
        let (videos, answers) = (loaded(&VIDEO)?, loaded(&ANSWER_DISTRIBUTION)?);
        Ok(Self { first: None, enrollments_from, last, videos, answers, without_events: days_of(&weeks_between(&mondays)), mondays })
    }

    fn of_logs(first: NaiveDate, last: NaiveDate) -> Self {
        let mut mondays = BTreeSet::new();
        let mut monday = first.checked_sub_days(Days::new(first.weekday().num_days_from_monday().into()));
        while let Some(day) = monday.filter(|day| *day <= last) {
            mondays.insert(day);
            monday = day.checked_add_days(Days::new(7));
        }
        Self {
            first: Some(first),
            enrollments_from: Some(first),
            last: Some(last),
            videos: Some(last),
            answers: Some(last),
            without_events: BTreeSet::new(),
            mondays,
        }
    }

    /// The days of a week that are counted.
    pub(crate) fn of_week(&self, monday: NaiveDate) -> CountedWeek {
        CountedWeek::new(monday, self.first, self.last, &self.without_events)
    }

    /// Those of these weeks of which some days are not counted.
    pub(crate) fn unfinished<'w>(&self, weeks: impl Iterator<Item = &'w String>) -> Vec<CountedWeek> {
        let counted = weeks.filter_map(|week| week.parse().ok()).map(|monday| self.of_week(monday));
        counted.filter(|week| !week.is_whole()).collect()
    }

    /// The week by which activity is told: of the last ones that of which the most days are counted, the newest of several. It is the last
    /// whole one, unless days have no events.
    pub(crate) fn week(&self) -> Option<CountedWeek> {
        let weeks = self.mondays.iter().rev().take(LAST_WEEKS).map(|monday| self.of_week(*monday));
        weeks.rev().max_by_key(CountedWeek::days)
    }

    /// The last day up to which activity is counted.
    pub(crate) fn last_of_activity(&self) -> Option<NaiveDate> {
        let monday = self.mondays.last()?;
        Some(self.of_week(*monday).last)
    }
}

/// From so many weeks comes the one by which activity is told: an older one would say nothing of the site as it is.
const LAST_WEEKS: usize = 4;

/// Weeks that a gap may have: behind a longer one stands a date that cannot be.
const LONGEST_GAP: i64 = 520;

/// Puts in the weeks without any row between the first and the last one, which are named by their first days: nobody did a thing then.
pub(crate) fn with_quiet_weeks<W: AsRef<str> + Ord + From<String>, V: Clone>(weeks: &mut BTreeMap<W, V>, quiet: &V) {
    let days = weeks.keys().filter_map(|week| week.as_ref().parse().ok()).collect();
    for day in weeks_between(&days) {
        weeks.entry(day.to_string().into()).or_insert_with(|| quiet.clone());
    }
}

/// First days of the weeks that are missing between others.
fn weeks_between(days: &BTreeSet<NaiveDate>) -> Vec<NaiveDate> {
    let gaps = days.iter().zip(days.iter().skip(1)).map(|(before, behind)| (before, (*behind - *before).num_days() / 7));
    let of_gap = |(before, missing): (&NaiveDate, i64)| {
        let before = *before;
        (1..missing).filter_map(move |week| before.checked_add_signed(TimeDelta::weeks(week)))
    };
    gaps.filter(|(_, missing)| *missing <= LONGEST_GAP).flat_map(of_gap).collect()
}

fn days_of(mondays: &[NaiveDate]) -> BTreeSet<NaiveDate> {
    mondays.iter().flat_map(|monday| monday.iter_days().take(7)).collect()
}

fn sunday_of(monday: NaiveDate) -> Option<NaiveDate> {
    monday.checked_add_days(Days::new(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn week_of(first: &str, last: &str) -> (String, String, bool) {
        let week = SiteDays::of_logs(day(first), day(last)).week().unwrap();
        (week.first.to_string(), week.last.to_string(), week.is_whole())
    }

    #[test]
    fn the_week_is_the_last_whole_one() {
        let told = |first: &str, last: &str, whole| (first.to_owned(), last.to_owned(), whole);
        // A Sunday ends its week; a stray Monday begins none that counts.
        assert_eq!(week_of("2024-03-04", "2024-03-17"), told("2024-03-11", "2024-03-17", true));
        assert_eq!(week_of("2024-03-04", "2024-03-18"), told("2024-03-11", "2024-03-17", true));
        assert_eq!(week_of("2024-03-06", "2024-03-23"), told("2024-03-11", "2024-03-17", true));
        // Without a whole week: the one with more days, and the newer one of two with as many.
        assert_eq!(week_of("2024-03-07", "2024-03-12"), told("2024-03-07", "2024-03-10", false));
        assert_eq!(week_of("2024-03-10", "2024-03-13"), told("2024-03-11", "2024-03-13", false));
        assert_eq!(week_of("2024-03-09", "2024-03-12"), told("2024-03-11", "2024-03-12", false));
        assert_eq!(week_of("2024-03-05", "2024-03-07"), told("2024-03-05", "2024-03-07", false));
    }

    #[test]
    fn days_without_events_count_less() {
        let week = |last: &str, without: &[&str]| {
            let without_events = without.iter().map(|text| day(text)).collect();
            let week = SiteDays { without_events, ..SiteDays::of_logs(day("2024-01-01"), day(last)) }.week().unwrap();
            (week.monday.to_string(), week.days())
        };
        assert_eq!(week("2024-03-17", &["2024-03-13"]), ("2024-03-04".to_owned(), 7));
        // A site where nobody comes on Sundays has the newest week, not the one of long ago with a busy Sunday.
        let sundays = ["2024-02-18", "2024-02-25", "2024-03-03", "2024-03-10", "2024-03-17"];
        assert_eq!(week("2024-03-17", &sundays), ("2024-03-11".to_owned(), 6));
    }

    #[test]
    fn unfinished_weeks_are_cut() {
        let days = SiteDays::of_logs(day("2024-03-06"), day("2024-03-19"));
        assert_eq!(days.of_week(day("2024-03-04")).first, day("2024-03-06"));
        assert_eq!(days.of_week(day("2024-03-18")).last, day("2024-03-19"));
        assert!(days.of_week(day("2024-03-11")).is_whole());
        assert_eq!(days.last_of_activity(), Some(day("2024-03-19")));
    }

    #[test]
    fn weeks_between_others_are_quiet() {
        let filled = |weeks: &[&str]| {
            let mut weeks: BTreeMap<String, u8> = weeks.iter().map(|week| ((*week).to_owned(), 1)).collect();
            with_quiet_weeks(&mut weeks, &0);
            weeks.into_iter().map(|(week, count)| format!("{week} {count}")).collect::<Vec<_>>()
        };
        assert_eq!(filled(&["2024-01-01", "2024-01-22"]), ["2024-01-01 1", "2024-01-08 0", "2024-01-15 0", "2024-01-22 1"]);
        assert_eq!(filled(&["2024-01-01", "2024-01-08"]), ["2024-01-01 1", "2024-01-08 1"]);
        // Names that are no weeks apart, or no days, and dates that cannot be.
        assert_eq!(filled(&["2024-01-01", "2024-01-17"]), ["2024-01-01 1", "2024-01-08 0", "2024-01-17 1"]);
        assert_eq!(filled(&["1970-01-05", "2024-01-01", "never"]).len(), 3);
    }
}
