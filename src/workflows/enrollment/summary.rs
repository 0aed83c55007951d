//! One row for each learner and course (spec 03, 5).

use anyhow::Result;
use chrono::NaiveDate;

use super::days::day_text;
use super::state::{Act, EnrollmentEvent, SUMMARY};
use crate::streaming::Output;

const GROUP: &str = "Enrollment Summary";
const LONGEST_MODE: usize = 100;
const LONGEST_COURSE_ID: usize = 255;

/// What is known of a learner's enrollment so far.
#[derive(Debug, Default)]
pub struct Summary {
    is_active: bool,
    mode: String,
    first: Option<(String, String)>,
    last_unenrollment: Option<String>,
    first_verified: Option<String>,
    first_credit: Option<String>,
}

impl Summary {
    /// Takes the next event.
    pub fn apply(&mut self, event: &EnrollmentEvent, output: &mut Output<'_>) {
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
    pub fn write(self, course_id: &str, user_id: &str, end: NaiveDate, output: &mut Output<'_>) -> Result<()> {
        let Some((first_mode, first_time)) = self.first else {
            output.count(GROUP, "Discard User_Course With Missing Enrollment Event");
            return Ok(());
        };
        let too_long = |text: &str, longest: usize| text.chars().count() > longest;
        if too_long(course_id, LONGEST_COURSE_ID) || too_long(&self.mode, LONGEST_MODE) || too_long(&first_mode, LONGEST_MODE) {
            output.count(GROUP, "Discard Value Too Long");
            return Ok(());
        }
        let Ok(user_id) = user_id.trim().parse::<i64>() else {
            output.count(GROUP, "Discard Malformed user_id");
            return Ok(());
        };
        let times = [Some(first_time), self.last_unenrollment, self.first_verified, self.first_credit];
        let mut columns: [Option<String>; 4] = Default::default();
        for (column, time) in columns.iter_mut().zip(times) {
            let Some(time) = time else { continue };
            *column = column_text(&time);
            if column.is_none() {
                output.count(GROUP, "Discard Malformed Timestamp");
                return Ok(());
            }
        }
        let mut row = output.file_row(SUMMARY).text(course_id).integer(user_id);
        row = row.text(&self.mode).integer(i64::from(self.is_active)).text(&first_mode);
        for column in &columns {
            row = row.optional(column.as_deref());
        }
        row.raw(&[&day_text(end)[..], b" 00:00:00.000000"].concat()).end()
    }
}

/// `YYYY-MM-DD HH:MM:SS.ffffff` from the digit runs of a timestamp. A fraction is read as a number of microseconds, as the
/// original has it (recorded so): `.5` becomes `.000005`.
fn column_text(timestamp: &str) -> Option<String> {
    let runs = timestamp.split(|character: char| !character.is_ascii_digit()).filter(|run| !run.is_empty());
    let numbers = runs.map(|run| run.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    let (&[year, month, day], time) = numbers.split_first_chunk::<3>()?;
    let mut parts = [0; 4];
    if time.len() > parts.len() {
        return None;
    }
    parts.iter_mut().zip(time).for_each(|(part, number)| *part = *number);
    let [hour, minute, second, microsecond] = parts;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    date.and_hms_opt(hour, minute, second)?;
    (microsecond < 1_000_000).then(|| format!("{date} {hour:02}:{minute:02}:{second:02}.{microsecond:06}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_a_number_of_microseconds() {
        assert_eq!(column_text("2014-05-01T10:00:00.5").unwrap(), "2014-05-01 10:00:00.000005");
        assert_eq!(column_text("2014-05-01T10:00:00.250000").unwrap(), "2014-05-01 10:00:00.250000");
        assert_eq!(column_text("2014-05-01").unwrap(), "2014-05-01 00:00:00.000000");
        for bad in ["2014-05-01T10:00:00.5-05:00", "2014-05-01T10:00:00.1234567", "2014-13-01T10:00:00", "", "2014-05-01T25:00:00"] {
            assert_eq!(column_text(bad), None, "{bad}");
        }
    }
}
