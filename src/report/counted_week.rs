//! A week of which some days may not be counted.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::calendar::stretches::{of_stretch, stretches};

/// The days of a week that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedWeek {
    /// The Monday by which tables name it.
    pub monday: NaiveDate,
    /// The first day that the report reaches.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
    /// Of its days from Monday on, which the report reaches and have events.
    counted: [bool; 7],
}

impl CountedWeek {
    /// The week of a report from one day to another, without the days that have no events.
    pub(crate) fn new(monday: NaiveDate, first: Option<NaiveDate>, last: Option<NaiveDate>, without_events: &BTreeSet<NaiveDate>) -> Self {
        let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
        let first = first.map_or(monday, |first| first.max(monday));
        let last = last.map_or(sunday, |last| last.min(sunday));
        let mut counted = [false; 7];
        for (is_counted, day) in counted.iter_mut().zip(monday.iter_days()) {
            *is_counted = first <= day && day <= last && !without_events.contains(&day);
        }
        Self { monday, first, last, counted }
    }

    /// Whether all its days are counted.
    pub(crate) fn is_whole(&self) -> bool {
        self.days() == 7
    }

    /// Whether none is: there were no events.
    pub(crate) fn is_empty(&self) -> bool {
        self.days() == 0
    }

    /// How many days are counted.
    pub(crate) fn days(&self) -> usize {
        self.counted.iter().filter(|is_counted| **is_counted).count()
    }

    /// How many days within the report have no events.
    pub(crate) fn days_without_events(&self) -> usize {
        let reached = usize::try_from((self.last - self.first).num_days() + 1).unwrap_or(0);
        reached.saturating_sub(self.days())
    }

    /// Whether the report begins within it.
    pub(crate) fn is_cut_at_first(&self) -> bool {
        self.first > self.monday
    }

    /// Whether the report ends within it.
    pub(crate) fn is_cut_at_last(&self) -> bool {
        (self.last - self.monday).num_days() < 6
    }

    /// The days that are counted, for people: `2024-03-04, 2024-03-06 to 2024-03-10`.
    pub(crate) fn told(&self) -> String {
        let days = self.monday.iter_days().zip(self.counted).filter(|(_, is_counted)| *is_counted).map(|(day, _)| day);
        stretches(days).into_iter().map(of_stretch).collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beyond_the_report_and_without_events_do_not_count() {
        let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
        let week = |first, last, without: &[&str]| {
            let without = without.iter().map(|text| day(text)).collect();
            let week = CountedWeek::new(day("2024-03-11"), Some(day(first)), Some(day(last)), &without);
            (week.told(), week.days(), week.days_without_events(), week.is_whole(), week.is_empty())
        };
        assert_eq!(week("2024-03-01", "2024-03-20", &["2024-03-10"]), ("2024-03-11 to 2024-03-17".to_owned(), 7, 0, true, false));
        assert_eq!(week("2024-03-12", "2024-03-16", &["2024-03-14"]).0, "2024-03-12 to 2024-03-13 and 2024-03-15 to 2024-03-16");
        assert_eq!(week("2024-03-17", "2024-03-20", &[]), ("2024-03-17".to_owned(), 1, 0, false, false));
        let (told, days, without, whole, empty) = week("2024-03-16", "2024-03-17", &["2024-03-16", "2024-03-17"]);
        assert_eq!((told.as_str(), days, without, whole, empty), ("", 0, 2, false, true));
        // A week that the report does not reach.
        assert_eq!(week("2024-03-20", "2024-03-25", &[]).2, 0);
    }
}
