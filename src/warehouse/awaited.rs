//! What days of a table wait for: log files that were not there when the days were made (rules 10, 6).
//!
//! A day is made from the files of the days around it. Those of them that had no file are kept beside the day; once there is one, the day
//! counts as made without it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Days of a table, and the days by which the log files are called that each waits for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Awaited(BTreeMap<NaiveDate, BTreeSet<NaiveDate>>);

impl Awaited {
    /// Whether no day waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With a day that waits for files of other days; for none it does not wait.
    pub fn add(&mut self, day: NaiveDate, logs: BTreeSet<NaiveDate>) {
        if !logs.is_empty() {
            self.0.insert(day, logs);
        }
    }

    /// Whether a day waits for files that are called by another day.
    pub fn waits(&self, day: NaiveDate, log: NaiveDate) -> bool {
        self.0.get(&day).is_some_and(|logs| logs.contains(&log))
    }

    /// What a day waits for.
    pub fn of(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> + '_ {
        self.0.get(&day).into_iter().flatten().copied()
    }

    /// With the days of another table: those that wait in both wait for what either lacks.
    pub fn extend(&mut self, other: &Self) {
        other.0.iter().for_each(|(day, logs)| self.0.entry(*day).or_default().extend(logs));
    }

    /// `DAY=DAY,DAY` for each day that waits.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        self.0.keys().filter_map(|day| Some(format!("{day}={}", self.text_of(*day)?)))
    }

    /// What a day waits for: `DAY,DAY`.
    pub(super) fn text_of(&self, day: NaiveDate) -> Option<String> {
        let logs = self.0.get(&day)?;
        Some(logs.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
    }

    /// The days of such a text; what is no day is left out.
    pub(super) fn days_of(text: &str) -> BTreeSet<NaiveDate> {
        text.split(',').filter_map(|day| day.parse().ok()).collect()
    }
}

/// A word of a command line: `DAY=DAY,DAY`.
///
/// # Errors
/// It is of another form.
pub fn awaited_word(text: &str) -> Result<(NaiveDate, BTreeSet<NaiveDate>)> {
    let form = || format!("{text:?} is not of the form DAY=DAY,DAY.");
    let (day, logs) = text.split_once('=').with_context(form)?;
    let logs = logs.split(',').map(str::parse).collect::<Result<_, _>>().with_context(form)?;
    Ok((day.parse().with_context(form)?, logs))
}

impl FromIterator<(NaiveDate, BTreeSet<NaiveDate>)> for Awaited {
    fn from_iter<I: IntoIterator<Item = (NaiveDate, BTreeSet<NaiveDate>)>>(days: I) -> Self {
        let mut awaited = Self::default();
        days.into_iter().for_each(|(day, logs)| awaited.add(day, logs));
        awaited
    }
}

impl From<Vec<String>> for Awaited {
    fn from(words: Vec<String>) -> Self {
        words.iter().filter_map(|word| awaited_word(word).ok()).collect()
    }
}

impl From<Awaited> for Vec<String> {
    fn from(awaited: Awaited) -> Self {
        awaited.words().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_waits_for_files_of_other_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let words = ["2014-05-08=2014-05-09,2014-05-10", "2014-05-09=2014-05-10"].map(str::to_owned).to_vec();
        let awaited = Awaited::from(words.clone());
        assert!(awaited.waits(day("2014-05-08"), day("2014-05-10")) && !awaited.waits(day("2014-05-09"), day("2014-05-09")));
        assert_eq!(awaited.of(day("2014-05-08")).collect::<Vec<_>>(), [day("2014-05-09"), day("2014-05-10")]);
        assert_eq!(awaited.of(day("2014-05-10")).next(), None);
        assert_eq!(Vec::from(awaited), words);
        assert!(Awaited::from(vec!["2014-05-08=".to_owned(), "x".to_owned()]).is_empty());
        assert!(awaited_word("2014-05-08=x").unwrap_err().to_string().contains("DAY=DAY,DAY"));
    }
}
