//! What the job `roster-learners` makes of the days enrolled, most of which say nothing new (rules 07, 8.1, stage 1).

use anyhow::{Context, Result};
use chrono::NaiveDate;

use crate::calendar::interval::is_date_shaped;
use crate::streaming::Output;
use crate::warehouse::columns::{columns, integer, not_null};

/// Of the job's counters.
pub(super) const GROUP: &str = "Module Engagement Roster";
/// The kind of a course's records.
pub(super) const COURSE: &[u8] = b"2";
/// Says that the record tells a day enrolled.
pub(super) const DAY_ENROLLED: &[u8] = b"a";
/// Says that the record tells the state on the last day.
pub(super) const LAST_DAY: &[u8] = b"c";

/// Takes the rows of the days enrolled, one after the other.
pub(super) struct EnrolledRows {
    /// The day behind the roster's week.
    end: String,
    last_day: String,
    /// The day enrolled that was written last: the table has a learner's days one after the other, and only the first matters.
    written: Option<DayEnrolled>,
    /// The last row of the table that was looked at.
    last: LastRow,
}

/// A row of the days enrolled: most that follow are the same but for a later day, and say nothing new.
#[derive(Default)]
struct LastRow {
    day: Vec<u8>,
    behind_day: Vec<u8>,
}

struct DayEnrolled {
    course_id: Vec<u8>,
    user_id: i64,
    day: Vec<u8>,
}

impl EnrolledRows {
    /// For the roster of the week before a day.
    ///
    /// # Errors
    /// There is no day before it.
    pub(super) fn before(date: NaiveDate) -> Result<Self> {
        let last_day = date.pred_opt().context("The roster lies at the begin of the calendar.")?;
        Ok(Self { end: date.to_string(), last_day: last_day.to_string(), written: None, last: LastRow::default() })
    }

    /// Sends the records of a row, if it says something.
    pub(super) fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.repeats(line) {
            return Ok(());
        }
        let row = columns::<6>(line).filter(|[day, ..]| is_date_shaped(day));
        let Some([day, course_id, user_id, at_end, _, mode]) = row else {
            output.count(GROUP, "Discard Malformed Enrollment");
            return Ok(());
        };
        day.clone_into(&mut self.last.day);
        line.get(day.len()..).unwrap_or_default().clone_into(&mut self.last.behind_day);
        // Rows without a learner join with nobody.
        let Some(user_id) = integer(user_id) else { return Ok(()) };
        let is_enrolled = at_end == b"1";
        if is_enrolled && day < self.end.as_bytes() && self.is_news(course_id, user_id, day) {
            output.record().integer(user_id).bytes(COURSE).bytes(course_id).bytes(DAY_ENROLLED).bytes(day).end()?;
        }
        if day == self.last_day.as_bytes() {
            let record = output.record().integer(user_id).bytes(COURSE).bytes(course_id).bytes(LAST_DAY);
            record.integer(i64::from(is_enrolled)).optional_bytes(not_null(mode)).end()?;
        }
        Ok(())
    }

    /// Whether the row is the last one that was looked at but for a later day, which is not the roster's last.
    fn repeats(&self, line: &[u8]) -> bool {
        let Some((day, rest)) = line.split_at_checked(self.last.day.len()) else { return false };
        !rest.is_empty() && rest == self.last.behind_day && is_date_shaped(day) && *day >= *self.last.day && day != self.last_day.as_bytes()
    }

    /// False for a later day of the learner and course written last.
    fn is_news(&mut self, course_id: &[u8], user_id: i64, day: &[u8]) -> bool {
        let known = |written: &DayEnrolled| written.user_id == user_id && written.course_id == course_id && *written.day <= *day;
        if self.written.as_ref().is_some_and(known) {
            return false;
        }
        self.written = Some(DayEnrolled { course_id: course_id.to_vec(), user_id, day: day.to_vec() });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Counters;
    use proptest::prelude::*;

    /// The records that rows become.
    fn records_of(rows: &[String], looks_back: bool) -> (Vec<Vec<u8>>, u64) {
        let mut enrolled = EnrolledRows::before(NaiveDate::from_ymd_opt(2014, 2, 20).unwrap()).unwrap();
        let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        for row in rows {
            if !looks_back {
                enrolled.last = LastRow::default();
            }
            enrolled.map(row.as_bytes(), &mut Output::new(&mut records, &mut counters)).unwrap();
        }
        (records, counters.get(GROUP, "Discard Malformed Enrollment"))
    }

    proptest! {
        #[test]
        fn looking_back_changes_no_record(
            rows in prop::collection::vec((0_u32..30, "[cd]", "(7|8|\\\\N)", "[01]", "(audit|\\\\N)\r?", 0_u32..9), 0..80),
        ) {
            let mut day = 1;
            let rows: Vec<_> = rows.into_iter().map(|(other, course, user, end, mode, shape)| {
                // Most days follow each other.
                day = if other < 25 { day % 28 + 1 } else { other };
                match shape {
                    0 => format!("2014-02-{day:02}\t{course}\t{user}"),
                    1 => format!("2014-02-{day}\tc\t7\t1\t0\taudit"),
                    2..4 => format!("2014-02-{day:02}\t{course}\t{user}\t{end}\t0\t{mode}"),
                    _ => format!("2014-02-{day:02}\tc\t7\t1\t0\taudit"),
                }
            }).collect();
            prop_assert_eq!(records_of(&rows, true), records_of(&rows, false));
        }
    }
}
