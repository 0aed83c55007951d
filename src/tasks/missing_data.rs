//! The error of a task whose input another task has to make.

use std::fmt;

/// Data that another task makes is not there: the run ends as `missing_data` (rules 01, 9). The text says what to run first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingData(pub String);

impl fmt::Display for MissingData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for MissingData {}
