//! Job `roster-cohorts`: who is in which group of learners (rules 07, 8.1, stage 0).
//!
//! Record: `group_id | kind`: first the group with its course and name, then its members. Output rows
//! `user_id, course_id, group_id, cohort`.

use anyhow::Result;

use crate::lms::LmsRow;
use crate::lms::rows::{course_groups_courseusergroup as group_row, course_groups_courseusergroup_users as member_row};
use crate::streaming::{Group, InputTable, Job, Keys, Mapper, NoOptions, Output, Reducer};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::NAME, "roster-cohorts", "Members of the groups of learners of each course", |_, task| {
        Ok(Box::new(Inputs { table: task.input_table(&[GROUPS, MEMBERS]) }))
    })
    .reduced(Keys::of(2, 1), |_, _| Ok(Box::new(Members)));

/// LMS table of the groups of all courses; their type does not matter.
pub(crate) const GROUPS: &str = "course_groups_courseusergroup";
/// LMS table of their members.
pub(crate) const MEMBERS: &str = "course_groups_courseusergroup_users";

const GROUP: &str = "Module Engagement Roster";
const THE_GROUP: &str = "0";
const A_MEMBER: &str = "1";

struct Inputs {
    table: InputTable<'static>,
}

impl Mapper for Inputs {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = LmsRow::new(line);
        if self.table.name()? == GROUPS {
            let (Some(group_id), Some(course_id)) = (row.integer(group_row::ID), row.name(group_row::COURSE_ID)) else {
                output.count(GROUP, "Discard Malformed Group");
                return Ok(());
            };
            let record = output.record().integer(group_id).text(THE_GROUP).text(course_id);
            return record.optional(row.shown(group_row::NAME).as_deref()).end();
        }
        let (Some(group_id), Some(user_id)) = (row.integer(member_row::GROUP_ID), row.integer(member_row::USER_ID)) else {
            output.count(GROUP, "Discard Malformed Group Member");
            return Ok(());
        };
        output.record().integer(group_id).text(A_MEMBER).integer(user_id).end()
    }
}

struct Members;

impl Reducer for Members {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let group_id = group.key().integer(0)?;
        // A group has one row; should there be two, which one counts does not depend on their order.
        let mut course: Option<(Vec<u8>, Option<Vec<u8>>)> = None;
        while let Some(record) = group.next_row()? {
            if record.raw(1)? == THE_GROUP.as_bytes() {
                let owned = |index| record.bytes(index).map(|field| field.map(std::borrow::Cow::into_owned));
                course = course.max(Some((owned(2)?.unwrap_or_default(), owned(3)?)));
                continue;
            }
            // Members come behind their group: without one there is nothing more to find.
            let Some((course_id, cohort)) = &course else { return Ok(()) };
            let row = output.row().integer(record.integer(2)?).bytes(course_id).integer(group_id);
            row.optional_bytes(cohort.as_deref()).end()?;
        }
        Ok(())
    }
}
