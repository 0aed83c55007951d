//! Job `enrollment-rows`: the last state of each learner in each course, as columns of `student_courseenrollment` (rules 10, 8).
//!
//! Records are those of the job `state`, and the state is its, too. `id` is null: the logs do not tell it, and nobody reads it.

use anyhow::Result;

use super::super::enrollment_event::{Act, EnrollmentEvent};
use super::super::state::EventRows;
use crate::streaming::{Group, Job, Keys, NoOptions, Output, Reducer};

/// The job.
pub(crate) const JOB: Job<NoOptions> =
    Job::over_rows(super::super::NAME, "enrollment-rows", "Last state of each learner and course", |_, _| Ok(Box::new(EventRows)))
        .reduced(Keys::of(6, 2), |_, _| Ok(Box::new(LastState)));

const GROUP: &str = "Enrollment Rows";

struct LastState;

impl Reducer for LastState {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let (course_id, user_id) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        let (mut created, mut is_active, mut mode) = (None, false, String::new());
        while let Some(row) = group.next_row()? {
            let event = EnrollmentEvent::of(&row)?;
            is_active = match event.act {
                Act::Activated => true,
                Act::Deactivated => false,
                Act::ModeChanged => is_active,
            };
            created.get_or_insert(event.timestamp);
            mode = event.mode;
        }
        let Ok(user_id) = user_id.trim().parse::<i64>() else {
            output.count(GROUP, "Discard Malformed user_id");
            return Ok(());
        };
        let row = output.row().null().integer(user_id).text(&course_id).optional(created.as_deref());
        row.text(if is_active { "true" } else { "false" }).text(&mode).end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::job_trial::run_job;

    #[test]
    fn the_last_state_counts() {
        let event = |user_id: &str, time: &str, act: &str, mode: &str| {
            format!("c/o/r\t{user_id}\t2014-05-{time}\tedx.course.enrollment.{act}\t{mode}")
        };
        let lines = [
            event("7", "02T10:00:00", "deactivated", "verified"),
            event("7", "01T10:00:00", "activated", "honor"),
            event("7", "01T11:00:00", "mode_changed", "verified"),
            event("8", "01T10:00:00", "activated", "honor"),
            event("8", "03T10:00:00", "mode_changed", "audit"),
            event("9", "01T10:00:00", "deactivated", "honor"),
            event("x", "01T10:00:00", "activated", "honor"),
        ];
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let (rows, counters) = run_job(&JOB, &[], &lines);
        assert_eq!(
            rows,
            [
                "\\N\t7\tc/o/r\t2014-05-01 10:00:00.000000\tfalse\tverified",
                "\\N\t8\tc/o/r\t2014-05-01 10:00:00.000000\ttrue\taudit",
                "\\N\t9\tc/o/r\t2014-05-01 10:00:00.000000\tfalse\thonor",
            ]
        );
        assert_eq!(counters.get(GROUP, "Discard Malformed user_id"), 1);
    }
}
