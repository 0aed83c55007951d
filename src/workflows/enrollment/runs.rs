//! Rows of `course_enrollment` folded into runs of days on which nothing changes.
//!
//! The job `state` writes a learner's days one after the other, so that a mapper that sees the rows in that order passes on one
//! record per change of state instead of one per day. In any other order the runs are only shorter; sums over them are the same.

use anyhow::Result;
use chrono::NaiveDate;

use super::days::{next_day, parse_day};
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
        let Some([date, course_id, user_id, at_end, _, mode]) = columns::<6>(line) else { return Taken::Malformed };
        let Some(day) = parse_day(date) else { return Taken::Malformed };
        let (user_id, at_end) = (integer(user_id), integer(at_end).unwrap_or_default());
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
