//! Job `passing`: the mode under which each learner passes (rules 03, 6.5).
//!
//! Record: `course_id, user_id | grade first, first day`, then the grade, or a run of days. Output rows `course_id, mode, 0 or 1`: a
//! row with 0 for each mode that occurs, so that modes without a passing learner are in the table too.

use std::borrow::Cow;

use anyhow::{Context, Result};
use chrono::NaiveDate;

use super::runs::{Run, Runs};
use crate::calendar::days::{day_text, parse_day};
use crate::lms::LmsRow;
use crate::lms::rows::grades_persistentcoursegrade::{COURSE_ID, LETTER_GRADE, MODIFIED, PASSED_TIMESTAMP, USER_ID};
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, Keys, Mapper, NoOptions, Output, Record, Reducer};

/// The job.
pub(crate) const JOB: Job<NoOptions> = Job::over_rows(super::NAME, "passing", "Under which mode each learner passes", |_, task| {
    Ok(Box::new(Inputs { table: task.input_table(&[ENROLLMENT, GRADES]), runs: Runs::default() }))
})
.reduced(Keys::of(4, 2), |_, _| Ok(Box::new(Passing)));

const ENROLLMENT: &str = "course_enrollment";
const GRADES: &str = "grades_persistentcoursegrade";
const GROUP: &str = "Enrollment Grades";
const DISCARD_MALFORMED_GRADE: &str = "Discard Malformed Grade";

struct Inputs {
    table: InputTable<'static>,
    runs: Runs,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.table.name()? == GRADES {
            let row = LmsRow::new(line);
            let (Some(course_id), Some(user_id)) = (row.name(COURSE_ID), row.integer(USER_ID)) else {
                output.count(GROUP, DISCARD_MALFORMED_GRADE);
                return Ok(());
            };
            // A grade that was never changed belongs to no day (rules 03, 6.5).
            if row.is_null(MODIFIED) {
                return Ok(());
            }
            let Some(modified) = row.timestamp(MODIFIED) else {
                output.count(GROUP, DISCARD_MALFORMED_GRADE);
                return Ok(());
            };
            let record = output.record().text(course_id).integer(user_id).text("0").text("").raw(&day_text(modified.date()));
            let record = record.integer(i64::from(row.timestamp(PASSED_TIMESTAMP).is_some()));
            return record.integer(i64::from(row.text(LETTER_GRADE).is_some_and(|grade| !grade.is_empty()))).end();
        }
        self.runs.fold(line, GROUP, output, pass_on)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<()> {
        self.runs.finish(output, pass_on)
    }
}

fn pass_on(run: &Run, output: &mut Output<'_>) -> Result<()> {
    let record = output.record().bytes(&run.course_id);
    let record = match run.user_id {
        Some(user_id) => record.integer(user_id),
        None => record.null(),
    };
    record.text("1").raw(&day_text(run.first)).raw(&day_text(run.last)).bytes(&run.mode).end()
}

/// A row of the grades of one learner in one course; normally there is one.
struct Grade {
    modified: NaiveDate,
    has_passed: bool,
    has_letter: bool,
}

impl Grade {
    fn of(record: &Record<'_>) -> Result<Self> {
        let [_, _, _, _, modified, passed, letter] = record.exactly()?;
        let modified = parse_day(modified).context("A grade has no day.")?;
        Ok(Self { modified, has_passed: passed == b"1", has_letter: letter == b"1" })
    }
}

struct Passing;

impl Reducer for Passing {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let course_id = decode(group.key().raw(0)?)?.map(Cow::into_owned);
        let write = |mode: Option<&[u8]>, passing: i64, output: &mut Output<'_>| {
            output.row().optional_bytes(course_id.as_deref()).optional_bytes(mode).integer(passing).end()
        };
        let mut grades: Vec<Grade> = Vec::new();
        let mut last_mode: Option<Vec<u8>> = None;
        // The last day on which the learner has a row and that is not behind the grade, and the modes of that day.
        let mut counted: Option<(NaiveDate, Vec<Vec<u8>>)> = None;
        let mut is_first = true;
        while let Some(record) = group.next_row()? {
            if record.raw(2)? == b"0" {
                grades.push(Grade::of(&record)?);
                continue;
            }
            let [_, _, _, first, last, mode] = record.exactly()?;
            let day = |field: &[u8]| parse_day(field).context("A run of days has no day.");
            let (first, last, mode) = (day(first)?, day(last)?, decode(mode)?.unwrap_or_default());
            if std::mem::take(&mut is_first) {
                // Grades from before the learner's first day pair with nothing.
                grades.retain(|grade| grade.modified >= first);
            }
            if last_mode.as_deref() != Some(&mode) {
                write(Some(&mode), 0, output)?;
                last_mode = Some(mode.to_vec());
            }
            let Some(latest) = grades.iter().map(|grade| grade.modified).max().filter(|latest| first <= *latest) else { continue };
            let day = last.min(latest);
            match &mut counted {
                Some((best, modes)) if *best == day => modes.push(mode.into_owned()),
                Some((best, _)) if *best > day => {}
                _ => counted = Some((day, vec![mode.into_owned()])),
            }
        }
        let passes = grades.iter().any(|grade| grade.has_passed) && grades.iter().any(|grade| grade.has_letter);
        let modes = counted.filter(|_| passes).map(|(_, modes)| modes).unwrap_or_default();
        modes.iter().try_for_each(|mode| write(Some(mode), 1, output))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Counters, JobArguments};

    #[test]
    fn a_grade_that_was_never_changed_is_no_malformed_one() {
        let input_file = Some(format!("/w/{GRADES}/dt=2014-05-02/part-0"));
        let arguments = JobArguments { input_file, ..JobArguments::default() };
        let mut mapper = JOB.mapper(&arguments).unwrap();
        let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        for (user_id, modified) in [("1", "2014-05-01 10:00:00"), ("2", "\\N"), ("3", "yesterday"), ("x", "\\N")] {
            let row = ["9", user_id, "c/o/r", "\\N", "v", "h", "0.9", "A", "\\N", "\\N", modified].join("\u{1}");
            mapper.map(row.as_bytes(), &mut Output::new(&mut records, &mut counters)).unwrap();
        }
        assert_eq!((records.len(), counters.get(GROUP, DISCARD_MALFORMED_GRADE)), (1, 2), "{records:?}");
    }
}
