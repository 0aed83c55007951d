//! Job `enrollment-country`: the country of each enrollment (rules 04, 5).
//!
//! Record: `user_id | country first, course_id, is active`. Output rows `course_id, country_code, is active, has a learner`, to be added up.

use anyhow::Result;

use crate::lms::LmsRow;
use crate::lms::rows::student_courseenrollment::{COURSE_ID, IS_ACTIVE, USER_ID};
use crate::streaming::wire::decode;
use crate::streaming::{Group, InputTable, Job, Keys, Mapper, NoOptions, Output, Reducer};
use crate::warehouse::columns::{columns, integer, not_null};

/// The job.
pub(crate) const JOB: Job<NoOptions> = Job::over_rows(super::NAME, "enrollment-country", "Country of each enrollment", |_, task| {
    Ok(Box::new(Inputs { table: task.input_table(&[COUNTRIES, ENROLLMENTS]) }))
})
.reduced(Keys::of(4, 1), |_, _| Ok(Box::new(Join)));

const COUNTRIES: &str = "last_country_of_user_id";
const ENROLLMENTS: &str = "student_courseenrollment";
const GROUP: &str = "Enrollment Country";

struct Inputs {
    table: InputTable<'static>,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        if self.table.name()? == COUNTRIES {
            let row = columns::<3>(line).and_then(|[_, code, user_id]| Some((code, integer(user_id)?)));
            let Some((code, user_id)) = row else {
                output.count(GROUP, "Discard Malformed Row");
                return Ok(());
            };
            return output.record().integer(user_id).text("0").optional_bytes(not_null(code)).text("").text("").end();
        }
        let row = LmsRow::new(line);
        let Some(course_id) = row.text(COURSE_ID) else {
            output.count(GROUP, "Discard Missing Course ID");
            return Ok(());
        };
        let Ok(course_id) = std::str::from_utf8(course_id) else {
            output.count(GROUP, "Discard Malformed Course ID");
            return Ok(());
        };
        let record = match row.integer(USER_ID) {
            Some(user_id) => output.record().integer(user_id),
            None => output.record().null(),
        };
        record.text("1").text(course_id).integer(i64::from(row.boolean(IS_ACTIVE) == Some(true))).text("").end()
    }
}

struct Join;

impl Reducer for Join {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let has_learner = i64::from(decode(group.key().raw(0)?)?.is_some());
        let mut code: Option<Vec<u8>> = None;
        while let Some(record) = group.next_row()? {
            if record.raw(1)? == b"0" {
                code = record.bytes(2)?.map(std::borrow::Cow::into_owned);
                continue;
            }
            let row = output.row().text(&record.text(2)?).optional_bytes(code.as_deref());
            row.integer(record.integer(3)?).integer(has_learner).end()?;
        }
        Ok(())
    }
}
