//! One row for each learner and course (rules 03, 5).

use anyhow::Result;
use chrono::NaiveDate;

use super::enrollment_event::{Act, EnrollmentEvent};
use crate::calendar::days::day_text;
use crate::streaming::Output;
use crate::tracking::EventTime;
use crate::tracking::scalar_text::integer_of_text;

/// Rows as in rules 03, 5.
pub(crate) const SUMMARY: &str = "course_enrollment_summary/";

const GROUP: &str = "Enrollment Summary";
/// The summaries hold so many characters of a mode, fewer than the table by mode.
pub(super) const LONGEST_MODE: usize = 100;
const LONGEST_COURSE_ID: usize = 255;

/// What is known of a learner's enrollment so far.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    is_active: bool,
    mode: String,
    first: Option<(String, String)>,
    last_unenrollment: Option<String>,
    first_verified: Option<String>,
    first_credit: Option<String>,
}

impl Summary {
    /// Takes the next event.
    pub(crate) fn apply(&mut self, event: &EnrollmentEvent, output: &mut Output<'_>) {
        let same_mode = self.mode == event.mode;
        let counters: &[&'static str] = match (self.is_active, event.act) {
            (true, Act::Deactivated) => {
                self.is_active = false;
                self.last_unenrollment = Some(event.timestamp.clone());
                if same_mode { &["Subset Unenrollment"] } else { &["Subset Unenrollment", "Deactivation Mode Changed"] }
            }
            (false, Act::Activated) => {
                self.is_active = true;
                if self.first.is_none() {
                    self.first = Some((event.mode.clone(), event.timestamp.clone()));
                }
                self.enter(event);
                &["Subset Enrollment"]
            }
            (true, Act::ModeChanged) => {
                self.enter(event);
                if same_mode { &["Subset Unchanged", "Subset Unchanged Mode"] } else { &["Subset Mode Change"] }
            }
            (true, Act::Activated) if same_mode => &["Subset Unchanged", "Subset Unchanged Already Enrolled"],
            (true, Act::Activated) => &["Subset Unchanged", "Subset Unchanged Enrolled Activation Mode Change"],
            (false, Act::Deactivated) => &["Subset Unchanged", "Subset Unchanged Already Unenrolled"],
            (false, Act::ModeChanged) => &["Subset Unchanged", "Subset Unchanged Unenrolled Mode Change"],
        };
        for counter in counters {
            output.count(GROUP, counter);
        }
    }

    /// The learner is in the event's mode from here on.
    fn enter(&mut self, event: &EnrollmentEvent) {
        self.mode.clone_from(&event.mode);
        let first = match event.mode.as_str() {
            "verified" => &mut self.first_verified,
            "credit" => &mut self.first_credit,
            _ => return,
        };
        first.get_or_insert_with(|| event.timestamp.clone());
    }

    /// Writes the row, unless the learner was never enrolled.
    pub(crate) fn write(self, course_id: &str, user_id: &str, end: NaiveDate, output: &mut Output<'_>) -> Result<()> {
        let Some((first_mode, first_time)) = self.first else {
            output.count(GROUP, "Discard User_Course With Missing Enrollment Event");
            return Ok(());
        };
        let too_long = |text: &str, longest: usize| text.chars().count() > longest;
        if too_long(course_id, LONGEST_COURSE_ID) || too_long(&self.mode, LONGEST_MODE) || too_long(&first_mode, LONGEST_MODE) {
            output.count(GROUP, "Discard Value Too Long");
            return Ok(());
        }
        let Some(user_id) = integer_of_text(user_id) else {
            output.count(GROUP, "Discard Malformed user_id");
            return Ok(());
        };
        let times = [Some(first_time), self.last_unenrollment, self.first_verified, self.first_credit];
        let mut row = output.file_row(SUMMARY).text(course_id).integer(user_id);
        row = row.text(&self.mode).integer(i64::from(self.is_active)).text(&first_mode);
        for time in &times {
            row = row.optional(time.as_deref());
        }
        row.raw(&[&day_text(end)[..], b" 00:00:00.000000"].concat()).end()
    }
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`. A fraction is read as a number of microseconds, as the original has it (recorded so): `.5` becomes
/// `.000005`. Offsets are dropped.
pub(crate) fn column_text(time: &EventTime<'_>) -> String {
    format!("{}.{:06}", time.timestamp().seconds(), time.microseconds_of_digits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_a_number_of_microseconds() {
        for (text, column) in [
            ("2014-05-01T10:00:00.5", "2014-05-01 10:00:00.000005"),
            ("2014-05-01T10:00:00.250000", "2014-05-01 10:00:00.250000"),
            ("2014-05-01T10:00:00", "2014-05-01 10:00:00.000000"),
            ("2014-05-01T10:00:00.123456-05:00", "2014-05-01 10:00:00.123456"),
            ("2014-05-01T10:00:00Z.000000", "2014-05-01 10:00:00.000000"),
            ("2014-05-01T10:00:00.1234567", "2014-05-01 10:00:00.123456"),
        ] {
            assert_eq!(column_text(&EventTime::read_row(text).unwrap()), column, "{text}");
        }
    }
}
