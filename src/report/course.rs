//! Reading one course: which tables are there, and their rows of this course.

use std::collections::HashSet;

use anyhow::Result;
use chrono::{Days, NaiveDate};

use super::lens::{Lens, Reason};
use super::texts::reasons::Reasons;
use crate::stores::marker_table::MarkerTable;
use crate::stores::reading::{ReadRow, StoreReader};
use crate::stores::table::Table;
use crate::workflows::WORKFLOWS;
use crate::workflows::enrollment::tables::{
    COURSE_ENROLLMENT_BIRTH_YEAR_DAILY, COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY, COURSE_ENROLLMENT_GENDER_DAILY,
};

/// A store with the tables that it has.
pub(crate) struct Source {
    store: Box<dyn StoreReader>,
    present: HashSet<&'static str>,
    filled: HashSet<&'static str>,
    of_logs: bool,
    profiles: Option<bool>,
}

impl Source {
    /// Looks which tables are there; whether one run has made them from logs alone decides how a page says that one is empty.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn new(mut store: Box<dyn StoreReader>, of_logs: bool) -> Result<Self> {
        let mut present = HashSet::new();
        let mut filled = HashSet::new();
        for table in WORKFLOWS.iter().flat_map(|workflow| workflow.tables).map(|table| table.table) {
            if store.has_table(table.name)? {
                present.insert(table.name);
                if !store.rows(&format!("SELECT 1 FROM `{}` LIMIT 1", table.name), &[])?.is_empty() {
                    filled.insert(table.name);
                }
            }
        }
        Ok(Self { store, present, filled, of_logs, profiles: None })
    }

    /// Whether the store has any result table.
    pub(crate) fn has_tables(&self) -> bool {
        !self.present.is_empty()
    }

    /// Rows of a statement over this table; none if the table is not there or empty.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn rows(&mut self, table: &Table, sql: &str, parameters: &[&str]) -> Result<Vec<ReadRow>> {
        if self.filled.contains(table.name) { self.store.rows(sql, parameters) } else { Ok(Vec::new()) }
    }

    /// Whether a table has rows.
    pub(crate) fn has_rows(&self, table: &Table) -> bool {
        self.filled.contains(table.name)
    }

    /// The day on which a table was loaded the last time, as the table of markers notes it; none if it does not.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn loaded_on(&mut self, markers: &MarkerTable, table: &Table) -> Result<Option<NaiveDate>> {
        if !self.store.has_table(&markers.to_string())? {
            return Ok(None);
        }
        let rows = self.store.rows(&format!("SELECT MAX(inserted) FROM `{markers}` WHERE target_table = ?"), &[table.name])?;
        Ok(rows.first().and_then(|row| row.day(0)?.parse().ok()))
    }

    /// Whether the store knows the profile of anybody.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn has_profiles(&mut self) -> Result<bool> {
        if let Some(known) = self.profiles {
            return Ok(known);
        }
        let mut found = false;
        for (table, column) in [
            (&COURSE_ENROLLMENT_GENDER_DAILY, "gender"),
            (&COURSE_ENROLLMENT_BIRTH_YEAR_DAILY, "birth_year"),
            (&COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY, "education_level"),
        ] {
            let sql = format!("SELECT 1 FROM `{}` WHERE {column} IS NOT NULL LIMIT 1", table.name);
            found = found || !self.rows(table, &sql, &[])?.is_empty();
        }
        self.profiles = Some(found);
        Ok(found)
    }

    /// Why a course shows nothing of profiles, which the site may not have at all.
    pub(crate) fn reason_without_profiles(&self) -> Reason {
        let reasons = &super::texts::reasons::DEMOGRAPHICS;
        let text = if self.of_logs { reasons.logs } else { super::texts::reasons::NO_PROFILES };
        Reason { text: text.to_owned(), remedy: reasons.remedy.map(str::to_owned) }
    }

    /// Why there is nothing of a course: no table, nothing in it, or nothing of the course.
    pub(crate) fn reason(&self, table: &Table, reasons: &Reasons) -> Reason {
        let of_table = |remedy: String| Reason { text: reasons.site.to_owned(), remedy: Some(remedy) };
        let told = |text: &str| Reason { text: text.to_owned(), remedy: reasons.remedy.map(str::to_owned) };
        match (self.present.contains(table.name), self.filled.contains(table.name)) {
            (_, true) => told(reasons.course),
            _ if self.of_logs => told(reasons.logs),
            (false, _) => of_table(super::texts::no_table(table.name, reasons.workflow)),
            (true, _) => of_table(super::texts::empty_table(table.name, reasons.workflow)),
        }
    }
}

/// What the overview needs to know of a course.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Summary {
    /// Its id.
    pub id: String,
    /// Its title in the catalogue.
    pub title: Option<String>,
    /// Its availability in the catalogue.
    pub availability: Option<String>,
    /// First and last day.
    pub days: [Option<String>; 2],
    /// Learners with a passing grade.
    pub passing: Option<i64>,
    /// Learners enrolled at the end of each day, oldest first.
    pub enrolled: Vec<(String, i64)>,
    /// The day from which on enrollments of the site are counted.
    pub counted_from: Option<NaiveDate>,
    /// Learners that were ever enrolled.
    pub ever: Option<i64>,
    /// Active, video, problem and forum learners of each week (named by its Monday), oldest first.
    pub weeks: Vec<(String, [Option<i64>; 4])>,
}

impl Summary {
    /// What people call the course.
    pub(crate) fn name(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.id)
    }

    /// Learners enrolled on the last day.
    pub(crate) fn enrolled_now(&self) -> Option<i64> {
        self.enrolled.last().map(|(_, count)| *count)
    }

    /// Active, video, problem and forum learners of the week that begins on this Monday: the table has no rows of nobody.
    pub(crate) fn in_week(&self, monday: &str) -> [i64; 4] {
        let week = self.weeks.iter().find(|(week, _)| week == monday);
        week.map_or([0; 4], |(_, counts)| counts.map(|count| count.unwrap_or(0)))
    }

    /// Learners enrolled at the end of a day. Before the first row of a course that is nobody, if enrollments were counted then.
    fn enrolled_on(&self, day: NaiveDate) -> Option<i64> {
        let name = day.to_string();
        match self.enrolled.binary_search_by(|(known, _)| known.as_str().cmp(&name)) {
            Ok(place) => self.enrolled.get(place).map(|(_, count)| *count),
            Err(0) => self.counted_from.filter(|first| *first <= day).map(|_| 0),
            Err(_) => None,
        }
    }

    /// The change within the last seven days; nothing when the days do not reach that far.
    pub(crate) fn change(&self) -> Option<i64> {
        let (last, count) = self.enrolled.last()?;
        Some(count - self.enrolled_on(week_before(last)?)?)
    }

    /// Learners enrolled at the end of each of the last 26 weeks, oldest first. A younger course begins with nobody.
    pub(crate) fn trend(&self) -> Vec<i64> {
        let weeks: Vec<&(String, i64)> = self.enrolled.iter().rev().step_by(7).take(TREND).collect();
        let begin = weeks.last().filter(|_| weeks.len() < TREND).and_then(|(day, _)| self.enrolled_on(week_before(day)?));
        begin.into_iter().chain(weeks.iter().rev().map(|(_, count)| *count)).collect()
    }
}

/// Points of a trend: the ends of 26 weeks, and their begin.
const TREND: usize = 27;

fn week_before(day: &str) -> Option<NaiveDate> {
    day.parse::<NaiveDate>().ok()?.checked_sub_days(Days::new(7))
}

/// A course with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Course {
    /// Its figures.
    pub summary: Summary,
    /// Its lenses, in the order of the page.
    pub lenses: Vec<Lens>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(counts: impl IntoIterator<Item = i64>) -> Summary {
        let first: chrono::NaiveDate = "2024-02-20".parse().unwrap();
        let enrolled = counts.into_iter().enumerate().map(|(n, count)| ((first + chrono::Days::new(n as u64)).to_string(), count));
        Summary { enrolled: enrolled.collect(), ..Summary::default() }
    }

    #[test]
    fn change_is_that_of_exactly_seven_days() {
        assert_eq!(days([]).change(), None);
        assert_eq!(days([1, 2, 3, 4, 5, 6, 7]).change(), None);
        assert_eq!(days([1, 2, 3, 4, 5, 6, 7, 12]).change(), Some(11));
        assert_eq!(days((0..400).rev()).change(), Some(-7));
    }

    #[test]
    fn a_course_that_begins_while_others_are_counted_had_nobody() {
        let since = |first: &str, count: i64| Summary { counted_from: Some(first.parse().unwrap()), ..days(1..=count) };
        // The last day is 2024-02-25.
        assert_eq!((since("2024-02-01", 6).change(), since("2024-02-01", 6).trend()), (Some(6), vec![0, 6]));
        assert_eq!(since("2024-02-18", 6).change(), Some(6));
        assert_eq!(since("2024-02-18", 6).trend(), [0, 6]);
        // Nobody counted seven days before.
        assert_eq!((since("2024-02-19", 6).change(), since("2024-02-19", 6).trend()), (None, vec![6]));
        assert_eq!((since("2024-02-01", 15).change(), since("2024-02-01", 15).trend()), (Some(7), vec![0, 1, 8, 15]));
        let full = since("2020-01-01", 400);
        assert_eq!((full.trend().len(), full.trend().first()), (27, Some(&218)));
    }

    #[test]
    fn trend_goes_back_from_the_last_day() {
        assert_eq!(days(0..10).trend(), [2, 9]);
        let long = days(0..400).trend();
        assert_eq!((long.len(), long.first(), long.last()), (27, Some(&217), Some(&399)));
    }
}
