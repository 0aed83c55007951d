//! Rows of `course_enrollment` folded into runs of days on which nothing changes.
//!
//! The job `state` writes a learner's days one after the other, so that a mapper that sees the rows in that order passes on one
//! record per change of state instead of one per day. In any other order the runs are only shorter; sums over them are the same.

use anyhow::Result;
use chrono::NaiveDate;

use crate::calendar::days::{next_day, parse_day};
use crate::streaming::Output;
use crate::warehouse::columns::{columns, integer};

/// Days on which a learner has the same state in a course. Columns as in the table, null as `\N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// First day.
    pub first: NaiveDate,
    /// Last day, included.
    pub last: NaiveDate,
    /// The course.
    pub course_id: Vec<u8>,
    /// The learner, none if the column is no integer.
    pub user_id: Option<i64>,
    /// 1 if enrolled at the end of the day, else 0.
    pub at_end: i64,
    /// The mode.
    pub mode: Vec<u8>,
}

/// Writes a run for the reducer.
type PassOn = fn(&Run, &mut Output<'_>) -> Result<()>;

/// Folds rows into runs.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    open: Option<Run>,
    /// The last row behind its date, if it belongs to the open run: most rows are the same but for the date.
    behind_date: Vec<u8>,
}

/// What a row did.
enum Taken {
    /// It belongs to the open run, or begins the first.
    Kept,
    /// It began a new run; here is the old one.
    Ended(Run),
    /// It is no row of the table.
    Malformed,
}

impl Runs {
    /// Folds a row; a run that ends is passed on. What is no row of the table is counted in this group.
    ///
    /// # Errors
    /// The run cannot be passed on.
    pub(crate) fn fold(&mut self, line: &[u8], group: &'static str, output: &mut Output<'_>, pass_on: PassOn) -> Result<()> {
        match self.take(line) {
            Taken::Kept => Ok(()),
            Taken::Ended(run) => pass_on(&run, output),
            Taken::Malformed => {
                output.count(group, "Discard Malformed Row");
                Ok(())
            }
        }
    }

    /// Passes on the last run.
    ///
    /// # Errors
    /// It cannot be passed on.
    pub(crate) fn finish(&mut self, output: &mut Output<'_>, pass_on: PassOn) -> Result<()> {
        self.open.take().map_or(Ok(()), |run| pass_on(&run, output))
    }

    fn take(&mut self, line: &[u8]) -> Taken {
        if self.continues(line) {
            return Taken::Kept;
        }
        let Some([date, course_id, user_id, at_end, _, mode]) = columns::<6>(line) else { return Taken::Malformed };
        let Some(day) = parse_day(date) else { return Taken::Malformed };
        let (user_id, at_end) = (integer(user_id), integer(at_end).unwrap_or_default());
        self.behind_date.clear();
        if user_id.is_some() {
            self.behind_date.extend_from_slice(line.get(date.len()..).unwrap_or_default());
        }
        if let Some(open) = &mut self.open
            && next_day(open.last) == day
            && open.user_id == user_id
            && open.at_end == at_end
            && open.mode == mode
            && open.course_id == course_id
            // Rows without a learner are counted row by row.
            && user_id.is_some()
        {
            open.last = day;
            return Taken::Kept;
        }
        let run = Run { first: day, last: day, course_id: course_id.to_vec(), user_id, at_end, mode: mode.to_vec() };
        match self.open.replace(run) {
            Some(ended) => Taken::Ended(ended),
            None => Taken::Kept,
        }
    }

    /// Whether the row is the last one but for its date, which is the next; the open run has that day then.
    fn continues(&mut self, line: &[u8]) -> bool {
        let (Some(open), Some((date, rest))) = (&mut self.open, line.split_first_chunk::<10>()) else { return false };
        let next = next_day(open.last);
        let continues = !rest.is_empty() && rest == self.behind_date && parse_day(date) == Some(next);
        if continues {
            open.last = next;
        }
        continues
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The runs of rows, and how many rows are none.
    fn runs_of(rows: &[String], looks_back: bool) -> (Vec<Run>, usize) {
        let (mut runs, mut ended, mut malformed) = (Runs::default(), Vec::new(), 0);
        for row in rows {
            if !looks_back {
                runs.behind_date.clear();
            }
            match runs.take(row.as_bytes()) {
                Taken::Kept => {}
                Taken::Ended(run) => ended.push(run),
                Taken::Malformed => malformed += 1,
            }
        }
        ended.extend(runs.open.take());
        (ended, malformed)
    }

    proptest! {
        #[test]
        fn looking_back_changes_no_run(
            rows in prop::collection::vec((0_u32..6, "[cd]", "(7|8|\\\\N)", "[01]", "(0|1|-1)", "(audit|honor)\r?", 0_u32..9), 0..80),
        ) {
            let mut day = 1;
            let rows: Vec<_> = rows.into_iter().map(|(step, course, user, end, change, mode, shape)| {
                // Most days follow each other.
                day = if step < 4 { day % 28 + 1 } else { (day + step) % 30 + 1 };
                match shape {
                    0 => format!("2014-02-{day:02}\t{course}\t{user}"),
                    1..4 => format!("2014-02-{day:02}\t{course}\t{user}\t{end}\t{change}\t{mode}"),
                    _ => format!("2014-02-{day:02}\tc\t7\t1\t0\taudit"),
                }
            }).collect();
            prop_assert_eq!(runs_of(&rows, true), runs_of(&rows, false));
        }
    }

    #[test]
    fn days_without_change_are_one_run() {
        let mut runs = Runs::default();
        let mut ended = Vec::new();
        for row in [
            "2014-05-01\tc\t7\t1\t1\taudit",
            "2014-05-02\tc\t7\t1\t0\taudit",
            "2014-05-03\tc\t7\t0\t-1\taudit",
            "2014-05-03\tc\tx\t0\t0\taudit",
        ] {
            if let Taken::Ended(run) = runs.take(row.as_bytes()) {
                ended.push((run.first.to_string(), run.last.to_string(), run.user_id, run.at_end));
            }
        }
        let last = runs.open.take().unwrap();
        assert_eq!(ended, [("2014-05-01".into(), "2014-05-02".into(), Some(7), 1), ("2014-05-03".into(), "2014-05-03".into(), Some(7), 0)]);
        assert_eq!(last.user_id, None);
        assert!(matches!(runs.take(b"2014-05-xx\tc\t7\t1\t1\taudit"), Taken::Malformed));
        assert!(matches!(runs.take(b"a\tb"), Taken::Malformed));
    }
}
