//! A week of which some days may not be counted.
use chrono::NaiveDate;

/// The days of a week that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedWeek {
    /// The Monday by which tables name it.
    pub monday: NaiveDate,
    /// The first day that is counted.
    pub first: NaiveDate,
    /// The last one.
    pub last: NaiveDate,
}

impl CountedWeek {
    /// Whether all its days are.
    pub(crate) fn is_whole(&self) -> bool {
        (self.last - self.first).num_days() == 6
    }
}
