//! Job `roster-learners`: each learner that was ever enrolled in a course, with account, profile and cohort (rules 07, 8.1, stage 1).
//!
//! Record: `user_id | kind, course_id, what`, then values. The account comes first, then the profile, then course by course the days
//! enrolled, the cohorts and the state on the last day, which writes the row.

use std::borrow::Cow;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;

use super::enrolled_rows::{COURSE, DAY_ENROLLED, EnrolledRows, GROUP, LAST_DAY};
use crate::job_options;
use crate::lms::LmsRow;
use crate::lms::rows::{auth_user, auth_userprofile};
use crate::streaming::record::prefix;
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};
use crate::warehouse::columns::{columns, integer, not_null};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "roster-learners", "Learners of each course with account, profile and cohort", mapper)
        .reduced(Keys::of(KEY_FIELDS, 1), |options, _| Ok(Box::new(Learners { without_profiles: options.without_profiles })))
        .combined(|_, _| Ok(Box::new(FirstDays)));

/// Table of the days enrolled, made by the workflow of enrollment.
pub(crate) const ENROLLMENT: &str = "course_enrollment";
/// LMS table of accounts.
pub(crate) const ACCOUNTS: &str = "auth_user";
/// LMS table of profiles.
pub(crate) const PROFILES: &str = "auth_userprofile";
/// Output of the job `roster-cohorts`.
pub(crate) const COHORTS: &str = "module_engagement_roster_cohorts";

/// Longer texts of a profile are cut (rules 07, 2).
pub(crate) const MAX_FIELD_LENGTH: usize = 20_000;

// Kinds of records, beside `COURSE`.
const ACCOUNT: &[u8] = b"0";
const PROFILE: &[u8] = b"1";
// What a record of a course tells, between `DAY_ENROLLED` and `LAST_DAY`.
const COHORT: &[u8] = b"b";
const KEY_FIELDS: usize = 4;

/// Columns of a profile in the order of the roster: the name, and those at its end (rules 07, 8).
const PROFILE_TEXTS: [usize; 10] = [
    auth_userprofile::NAME,
    auth_userprofile::LANGUAGE,
    auth_userprofile::LOCATION,
    auth_userprofile::YEAR_OF_BIRTH,
    auth_userprofile::LEVEL_OF_EDUCATION,
    auth_userprofile::GENDER,
    auth_userprofile::MAILING_ADDRESS,
    auth_userprofile::CITY,
    auth_userprofile::COUNTRY,
    auth_userprofile::GOALS,
];

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// The day behind the roster's week
        #[arg(long)]
        pub date: NaiveDate,
        /// Longest text of a profile, in characters; 0 for no limit
        #[arg(long, default_value_t = MAX_FIELD_LENGTH)]
        pub max_field_length: usize,
        /// Learners need no profile: there is no LMS database (rules 10, 8)
        #[arg(long)]
        pub without_profiles: bool,
    }
}

fn mapper(Options { date, max_field_length, .. }: Options, arguments: &JobArguments) -> Result<Box<dyn Mapper>> {
    Ok(Box::new(Inputs {
        table: arguments.input_table(&[ENROLLMENT, ACCOUNTS, PROFILES, COHORTS]),
        longest: if max_field_length == 0 { usize::MAX } else { max_field_length },
        enrolled: EnrolledRows::before(date)?,
    }))
}

struct Inputs {
    table: InputTable<'static>,
    longest: usize,
    enrolled: EnrolledRows,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        match self.table.name()? {
            ACCOUNTS => {
                let row = LmsRow::new(line);
                let (Some(user_id), Some(username)) = (row.integer(auth_user::ID), row.name(auth_user::USERNAME)) else {
                    output.count(GROUP, "Discard Malformed Account");
                    return Ok(());
                };
                let record = output.record().integer(user_id).bytes(ACCOUNT).text("").text("").text(username);
                record.optional(row.shown(auth_user::EMAIL).as_deref()).end()
            }
            PROFILES => self.profile(LmsRow::new(line), output),
            COHORTS => {
                let [user_id, course_id, group_id, cohort] = columns::<4>(line).context("A row of a cohort has not four columns.")?;
                let user_id = integer(user_id).context("A row of a cohort has no learner.")?;
                let record = output.record().integer(user_id).bytes(COURSE).bytes(course_id).bytes(COHORT);
                record.bytes(group_id).optional_bytes(not_null(cohort)).end()
            }
            _ => self.enrolled.map(line, output),
        }
    }
}

impl Inputs {
    fn profile(&self, row: LmsRow<'_>, output: &mut Output<'_>) -> Result<()> {
        let Some(user_id) = row.integer(auth_userprofile::USER_ID) else {
            output.count(GROUP, "Discard Malformed Profile");
            return Ok(());
        };
        let mut record = output.record().integer(user_id).bytes(PROFILE).text("").text("");
        for column in PROFILE_TEXTS {
            if column == auth_userprofile::YEAR_OF_BIRTH {
                record = match row.integer(column) {
                    Some(year) => record.integer(year),
                    None => record.null(),
                };
            } else {
                record = record.optional(row.text(column).map(|text| clean(text, self.longest)).as_deref());
            }
        }
        record.end()
    }
}

/// A text that cannot break a row (rules 07, 8): spaces for TAB, LF and CR, no backslashes, and not too long.
fn clean(text: &[u8], longest: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let spaced = text.chars().map(|character| if matches!(character, '\t' | '\n' | '\r') { ' ' } else { character });
    spaced.filter(|character| *character != '\\').take(longest).collect()
}

/// Combiner: of the days that a learner was enrolled in a course only the first.
struct FirstDays;

impl Reducer for FirstDays {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut first: Option<Vec<u8>> = None;
        while let Some(record) = group.next_row()? {
            let line = record.line();
            if record.raw(1)? != COURSE || record.raw(3)? != DAY_ENROLLED {
                // What a combiner writes stays in the order of the keys.
                if let Some(ended) = first.take() {
                    output.line(&ended)?;
                }
                output.line(line)?;
                continue;
            }
            // Key and day together: the smaller line of two with one key has the earlier day.
            match &mut first {
                Some(open) if prefix(open, KEY_FIELDS) == prefix(line, KEY_FIELDS) => {
                    if line < open.as_slice() {
                        line.clone_into(open);
                    }
                }
                _ => {
                    if let Some(ended) = first.replace(line.to_vec()) {
                        output.line(&ended)?;
                    }
                }
            }
        }
        first.map_or(Ok(()), |ended| output.line(&ended))
    }
}

/// Values of a record behind its key.
type Values = Vec<Option<Vec<u8>>>;

fn values(record: &Record<'_>) -> Result<Values> {
    let fields = record.fields().skip(KEY_FIELDS);
    fields.map(|field| Ok(decode(field)?.map(Cow::into_owned))).collect()
}

struct Learners {
    without_profiles: bool,
}

/// What is known of a learner's course before the row of the last day comes.
#[derive(Default)]
struct OpenCourse {
    id: Vec<u8>,
    first_day: Option<Vec<u8>>,
    cohort: Option<(i64, Option<Vec<u8>>)>,
}

impl Reducer for Learners {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let user_id = group.key().integer(0)?;
        let (mut account, mut profile): (Option<Values>, Option<Values>) = (None, None);
        if self.without_profiles {
            profile = Some(vec![None; PROFILE_TEXTS.len()]);
        }
        let mut course = OpenCourse::default();
        while let Some(record) = group.next_row()? {
            // The LMS has one row for each learner; should there be two, which one counts does not depend on their order.
            match record.raw(1)? {
                ACCOUNT => {
                    account = account.max(Some(values(&record)?));
                    continue;
                }
                PROFILE => {
                    profile = profile.max(Some(values(&record)?));
                    continue;
                }
                COURSE => {}
                other => bail!("A record has the unknown kind {:?}.", String::from_utf8_lossy(other)),
            }
            let (Some(account), Some(profile)) = (&account, &profile) else {
                output.count(GROUP, "Discard Learner Without Account Or Profile");
                return Ok(());
            };
            let course_id = record.bytes(2)?.context("A record has no course.")?;
            if course.id != *course_id {
                course = OpenCourse { id: course_id.into_owned(), ..OpenCourse::default() };
            }
            match record.raw(3)? {
                DAY_ENROLLED => {
                    let day = record.bytes(4)?.context("A record has no day.")?.into_owned();
                    let is_earlier = course.first_day.as_ref().is_none_or(|first| day < *first);
                    course.first_day = if is_earlier { Some(day) } else { course.first_day };
                }
                COHORT => {
                    let cohort = (record.integer(4)?, record.bytes(5)?.map(Cow::into_owned));
                    // A learner in several groups of a course: the one with the smallest id counts (rules 07, 8).
                    course.cohort = match course.cohort.take() {
                        None => Some(cohort),
                        Some(other) => {
                            output.count(GROUP, "Discard Further Cohort");
                            Some(other.min(cohort))
                        }
                    };
                }
                LAST_DAY => course.write(user_id, account, profile, &record, output)?,
                other => bail!("A record of a course tells the unknown {:?}.", String::from_utf8_lossy(other)),
            }
        }
        Ok(())
    }
}

impl OpenCourse {
    /// Columns: `course_id, username, email, name, enrollment_mode, enrollment_date, cohort, is enrolled, user_id`, then the profile.
    fn write(&self, user_id: i64, account: &Values, profile: &Values, last: &Record<'_>, output: &mut Output<'_>) -> Result<()> {
        let (name, texts) = profile.split_first().context("A profile has no name.")?;
        let mut row = output.row().bytes(&self.id);
        for value in account.iter().chain([name]) {
            row = row.optional_bytes(value.as_deref());
        }
        row = row.optional_bytes(last.bytes(5)?.as_deref()).optional_bytes(self.first_day.as_deref());
        row = row.optional_bytes(self.cohort.as_ref().and_then(|(_, cohort)| cohort.as_deref()));
        row = row.integer(last.integer(4)?).integer(user_id);
        for value in texts {
            row = row.optional_bytes(value.as_deref());
        }
        row.end()
    }
}
