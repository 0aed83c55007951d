//! Job `changes`: when each group of learners grows or shrinks (rules 03, 6.1 to 6.4).
//!
//! Record: `user_id | profile first, course_id, first day, last day`, then the rest of a run of days; or the profile. The reducer
//! holds one learner's profile and writes, for each run, its beginning and its end in every table: `table, course_id, value, day,
//! rows, learners, enrolled`, with negative numbers behind the end.

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate};

use super::runs::{Run, Runs};
use crate::calendar::days::{day_text, next_day, parse_day};
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::lms::LmsRow;
use crate::lms::rows::auth_userprofile::{GENDER, LEVEL_OF_EDUCATION, USER_ID, YEAR_OF_BIRTH};
use crate::streaming::record::{integer, text};
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};

/// The job.
pub(crate) const JOB: Job<Options> = Job::over_rows(
    super::NAME,
    "changes",
    "When each group of learners grows or shrinks, by mode, gender, birth year and education",
    |_, arguments| Ok(Box::new(Inputs { table: arguments.input_table(&[ENROLLMENT, PROFILE]), runs: Runs::default() })),
)
// The profile comes before the runs of days; the runs are ordered, so that a rerun gives the same bytes.
.reduced(Keys::of(5, 1), reducer);

/// Learners by course and day.
pub(crate) const DAILY: &str = "course_enrollment_daily";
/// By mode.
pub(crate) const MODE: &str = "course_enrollment_mode_daily";
/// By gender.
pub(crate) const GENDERS: &str = "course_enrollment_gender_daily";
/// By birth year, last day only.
pub(crate) const BIRTH_YEAR: &str = "course_enrollment_birth_year_daily";
/// By education level, last day only.
pub(crate) const EDUCATION: &str = "course_enrollment_education_level_daily";

const ENROLLMENT: &str = "course_enrollment";
const PROFILE: &str = "auth_userprofile";
const GROUP: &str = "Enrollment Changes";

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Its last day is the only one of the tables by birth year and education
        #[arg(long)]
        pub interval: DateInterval,
    }
}

fn reducer(Options { interval }: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    let query_date = interval.end().checked_sub_days(Days::new(1)).context("The interval ends with the calendar.")?;
    Ok(Box::new(Changes { query_date }))
}

struct Inputs {
    table: InputTable<'static>,
    runs: Runs,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.table.name()? == PROFILE {
            let row = LmsRow::new(line);
            let Some(user_id) = row.integer(USER_ID) else {
                output.count(GROUP, "Discard Malformed Profile");
                return Ok(());
            };
            let record =
                output.record().integer(user_id).text("0").optional(row.shown(GENDER).filter(|gender| !gender.is_empty()).as_deref());
            let record = match row.integer(YEAR_OF_BIRTH) {
                Some(year) => record.integer(year),
                None => record.null(),
            };
            return record.optional_bytes(education(row.text(LEVEL_OF_EDUCATION)).map(str::as_bytes)).text("").end();
        }
        self.runs.fold(line, GROUP, output, pass_on)
    }

    fn finish(&mut self, output: &mut Output<'_>) -> Result<()> {
        self.runs.finish(output, pass_on)
    }
}

fn pass_on(run: &Run, output: &mut Output<'_>) -> Result<()> {
    let record = match run.user_id {
        Some(user_id) => output.record().integer(user_id),
        None => output.record().null(),
    };
    let record = record.text("1").bytes(&run.course_id).raw(&day_text(run.first)).raw(&day_text(run.last));
    record.integer(run.at_end).bytes(&run.mode).end()
}

/// The level of education of a code (rules 03, 6.3).
fn education(code: Option<&[u8]>) -> Option<&'static str> {
    Some(match code? {
        b"el" => "primary",
        b"jhs" => "junior_secondary",
        b"hs" => "secondary",
        b"a" => "associates",
        b"b" => "bachelors",
        b"m" => "masters",
        b"p" | b"p_se" | b"p_oth" => "doctorate",
        b"none" => "none",
        b"other" => "other",
        _ => return None,
    })
}

struct Changes {
    query_date: NaiveDate,
}

/// A learner's values, null where unknown.
#[derive(Default)]
struct Profile {
    gender: Option<Vec<u8>>,
    birth_year: Option<Vec<u8>>,
    education: Option<Vec<u8>>,
}

/// A run of days that counts in one group of one table.
struct Change<'c> {
    table: &'static str,
    course_id: &'c [u8],
    value: Option<&'c [u8]>,
    learners: i64,
    enrolled: i64,
}

impl Change<'_> {
    /// `rows, learners, enrolled` are added on the first day and taken away behind the last.
    fn write(&self, first: NaiveDate, last: NaiveDate, output: &mut Output<'_>) -> Result<()> {
        for (day, sign) in [(first, 1), (next_day(last), -1)] {
            let row = output.row().raw(self.table.as_bytes()).bytes(self.course_id).optional_bytes(self.value).raw(&day_text(day));
            row.integer(sign).integer(sign * self.learners).integer(sign * self.enrolled).end()?;
        }
        Ok(())
    }
}

impl Reducer for Changes {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let learners = i64::from(decode(group.key().raw(0)?)?.is_some());
        let mut profile = Profile::default();
        while let Some(record) = group.next_row()? {
            if record.raw(1)? == b"0" {
                profile = Profile::of(&record)?;
            } else {
                self.change(&record, &profile, learners, output)?;
            }
        }
        Ok(())
    }
}

impl Profile {
    fn of(record: &Record<'_>) -> Result<Self> {
        let value = |index| Ok::<_, anyhow::Error>(record.bytes(index)?.map(std::borrow::Cow::into_owned));
        Ok(Self { gender: value(2)?, birth_year: value(3)?, education: value(4)? })
    }
}

impl Changes {
    fn change(&self, record: &Record<'_>, profile: &Profile, learners: i64, output: &mut Output<'_>) -> Result<()> {
        let [_, _, course_id, first, last, enrolled, mode] = record.exactly()?;
        let day = |field: &[u8]| parse_day(field).context("A run of days has no day.");
        let (first, last, enrolled) = (day(first)?, day(last)?, integer(enrolled)?);
        let (course_id, mode) = (text(course_id)?, decode(mode)?);
        let course_id = course_id.as_bytes();
        let of = |table, value| Change { table, course_id, value, learners, enrolled };
        of(DAILY, None).write(first, last, output)?;
        of(MODE, mode.as_deref()).write(first, last, output)?;
        of(GENDERS, profile.gender.as_deref()).write(first, last, output)?;
        let day = self.query_date;
        if first <= day && day <= last {
            of(BIRTH_YEAR, profile.birth_year.as_deref()).write(day, day, output)?;
            of(EDUCATION, profile.education.as_deref()).write(day, day, output)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of one learner must not come in the order of their arrival: a rerun would give other bytes.
    #[test]
    fn the_key_orders_the_runs_of_a_learner() {
        assert_eq!(crate::streaming::AnyJob::shape(&JOB).keys, Some(Keys::of(5, 1)));
    }

    #[test]
    fn levels_of_education_are_compared_exactly() {
        for (code, level) in [("el", "primary"), ("p_oth", "doctorate"), ("none", "none"), ("hs", "secondary")] {
            assert_eq!(education(Some(code.as_bytes())), Some(level));
        }
        for unknown in ["", "HS", "zz", " b"] {
            assert_eq!(education(Some(unknown.as_bytes())), None, "{unknown:?}");
        }
        assert_eq!(education(None), None);
    }
}
