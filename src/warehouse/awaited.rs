//! What days of a table wait for: log files that were not there when the days were made (rules 10, 6).
//!
//! A day is made from the files of the days around it. How many there were is kept beside the day, where it is none, and where the site
//! has several files of a day (of several hosts, or hours); once there are more, the day counts as made without them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How many log files there were, by the days that they are called by.
pub type LogsSeen = BTreeMap<NaiveDate, u32>;

/// Days of a table, and how many log files of the days around were there when each was made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Awaited(BTreeMap<NaiveDate, LogsSeen>);

impl Awaited {
    /// Whether nothing is known of any day.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether some day was made where there was no file of a day around it.
    pub fn lacks_days(&self) -> bool {
        self.0.values().flat_map(BTreeMap::values).any(|number| *number == 0)
    }

    /// With a day that was made from so many files; of which nothing is known, if there are none.
    pub fn add(&mut self, day: NaiveDate, logs: LogsSeen) {
        if !logs.is_empty() {
            self.0.insert(day, logs);
        }
    }

    /// How many files a day was made from that are called by another day, if that is known.
    pub fn seen(&self, day: NaiveDate, log: NaiveDate) -> Option<u32> {
        self.0.get(&day)?.get(&log).copied()
    }

    /// What a day was made from, as far as it is known.
    pub fn of(&self, day: NaiveDate) -> impl Iterator<Item = (NaiveDate, u32)> + '_ {
        self.0.get(&day).into_iter().flatten().map(|(log, number)| (*log, *number))
    }

    /// With the days of another table: those of both wait for what either lacks.
    pub fn extend(&mut self, other: &Self) {
        for (day, logs) in &other.0 {
            let known = self.0.entry(*day).or_default();
            for (log, number) in logs {
                known.entry(*log).and_modify(|known| *known = (*known).min(*number)).or_insert(*number);
            }
        }
    }

    /// `DAY=DAY,DAY:2` for each day of which something is known.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        self.0.keys().filter_map(|day| Some(format!("{day}={}", self.text_of(*day)?)))
    }

    /// What is known of a day: `DAY,DAY:2`, without a number for none.
    pub(super) fn text_of(&self, day: NaiveDate) -> Option<String> {
        let text = |(log, number): (&NaiveDate, &u32)| if *number == 0 { log.to_string() } else { format!("{log}:{number}") };
        Some(self.0.get(&day)?.iter().map(text).collect::<Vec<_>>().join(","))
    }

    /// What such a text says; what is no day is left out.
    pub(super) fn logs_of(text: &str) -> LogsSeen {
        text.split(',').filter_map(log_word).collect()
    }
}

/// What is known of a day that was made from one or the other: what both lack.
pub(super) fn lacked_by_both(one: &LogsSeen, other: &LogsSeen) -> LogsSeen {
    one.iter().filter_map(|(log, number)| Some((*log, (*number).max(*other.get(log)?)))).collect()
}

/// `DAY` or `DAY:2`
fn log_word(word: &str) -> Option<(NaiveDate, u32)> {
    let (day, number) = word.split_once(':').unwrap_or((word, "0"));
    Some((day.parse().ok()?, number.parse().ok()?))
}

/// A word of a command line: `DAY=DAY,DAY:2`.
///
/// # Errors
/// It is of another form.
pub fn awaited_word(text: &str) -> Result<(NaiveDate, LogsSeen)> {
    let form = || format!("{text:?} is not of the form DAY=DAY,DAY.");
    let (day, logs) = text.split_once('=').with_context(form)?;
    let logs = logs.split(',').map(log_word).collect::<Option<_>>().with_context(form)?;
    Ok((day.parse().with_context(form)?, logs))
}

impl FromIterator<(NaiveDate, LogsSeen)> for Awaited {
    fn from_iter<I: IntoIterator<Item = (NaiveDate, LogsSeen)>>(days: I) -> Self {
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
    fn a_day_knows_how_many_files_it_was_made_from() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let words = ["2014-05-08=2014-05-09,2014-05-10:2", "2014-05-09=2014-05-10:3"].map(str::to_owned).to_vec();
        let awaited = Awaited::from(words.clone());
        let seen = |of: &str, log: &str| awaited.seen(day(of), day(log));
        assert_eq!(
            (seen("2014-05-08", "2014-05-09"), seen("2014-05-08", "2014-05-10"), seen("2014-05-09", "2014-05-09")),
            (Some(0), Some(2), None)
        );
        assert_eq!(awaited.of(day("2014-05-08")).collect::<Vec<_>>(), [(day("2014-05-09"), 0), (day("2014-05-10"), 2)]);
        assert_eq!(awaited.of(day("2014-05-10")).next(), None);
        assert!(awaited.lacks_days() && !Awaited::from(words[1..].to_vec()).lacks_days());
        assert_eq!(Vec::from(awaited.clone()), words);
        let mut both = awaited;
        both.extend(&Awaited::from(vec!["2014-05-09=2014-05-10:1,2014-05-11".to_owned()]));
        assert_eq!(Vec::from(both)[1], "2014-05-09=2014-05-10:1,2014-05-11");
        let [one, other] = ["2014-05-08,2014-05-09:1,2014-05-10", "2014-05-09:4,2014-05-10"].map(Awaited::logs_of);
        assert_eq!(lacked_by_both(&one, &other), Awaited::logs_of("2014-05-09:4,2014-05-10"));
        assert!(Awaited::from(vec!["2014-05-08=".to_owned(), "x".to_owned()]).is_empty());
        assert!(awaited_word("2014-05-08=x").unwrap_err().to_string().contains("DAY=DAY,DAY"));
    }
}
