//! The errors of a task whose input another task has to make.

use std::fmt;

use chrono::NaiveDate;

/// Data that another task makes is not there: the run ends as `missing_data` (rules 01, 9). The text says what to run first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingData(pub String);

impl fmt::Display for MissingData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for MissingData {}

/// Days of a history are missing that the task may not make by itself: as [`MissingData`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingDays {
    /// Which days of what, and how to make them.
    pub text: String,
    /// The days, in order.
    pub days: Vec<NaiveDate>,
    /// What to do, in few words, where `backfill` cannot make them.
    pub what_to_do: Option<String>,
}

impl fmt::Display for MissingDays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl std::error::Error for MissingDays {}
