//! Rows of the weekly summary and their metrics (rules 07, 5 and 6).

use anyhow::{Context, Result};

use crate::warehouse::columns::{columns, integer};

/// The ratio, whose values do not count for learners without attempts.
pub(crate) const RATIO: &str = "problem_attempts_per_completed";

/// The metrics in alphabetical order.
pub(crate) const METRICS: [&str; 6] =
    ["discussion_contributions", "problem_attempts", RATIO, "problems_attempted", "problems_completed", "videos_viewed"];

/// A row of the summary.
pub(crate) struct SummaryRow<'l> {
    /// The course.
    pub course_id: &'l [u8],
    /// The learner.
    pub username: &'l [u8],
    /// First day of the week.
    pub start_date: &'l [u8],
    /// Day behind the week.
    pub end_date: &'l [u8],
    /// Values of [`METRICS`], in their order.
    pub values: [f64; 6],
    /// Number of days with any action.
    pub days_active: i64,
}

impl<'l> SummaryRow<'l> {
    /// Reads a row.
    ///
    /// # Errors
    /// It has another number of columns, or a value is no number.
    pub(crate) fn read(line: &'l [u8]) -> Result<Self> {
        let row = columns::<11>(line).context("A row of module_engagement_summary has not eleven columns.")?;
        let [course_id, username, start_date, end_date, attempts, attempted, completed, ratio, videos, contributions, days] = row;
        let number = |column: &[u8]| -> Result<f64> {
            let number: Option<f64> = std::str::from_utf8(column).ok().and_then(|text| text.parse().ok());
            number.with_context(|| format!("A row of module_engagement_summary has the number {:?}.", String::from_utf8_lossy(column)))
        };
        let values = [number(contributions)?, number(attempts)?, number(ratio)?, number(attempted)?, number(completed)?, number(videos)?];
        let days_active = integer(days).context("A row of module_engagement_summary has no number of days.")?;
        Ok(Self { course_id, username, start_date, end_date, values, days_active })
    }

    /// Whether the learner tried any problem.
    pub(crate) fn has_attempts(&self) -> bool {
        let [_, attempts, ..] = self.values;
        attempts != 0.0
    }
}
