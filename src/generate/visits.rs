//! What learners do: one visit gives a few events of one kind.

use anyhow::Result;

use super::activity::{Activity, Visit};
use super::attendance::Attendance;
use super::event::Event;
use super::{enrollments, pages, problems, videos};

/// Between enrolling and what the learner came for, in microseconds.
const ENROLLING: i64 = 40_000_000;

/// The events of one visit that begins at `micros`; at least one, in the order in which they happened.
pub(super) fn events<'a>(activity: &mut Activity<'a>, attendance: &Attendance, micros: i64) -> Result<Vec<Event<'a>>> {
    let (learner, course) = attendance.draw(&mut activity.random, activity.learners, micros);
    let visit = Visit { learner: &activity.learners.all[learner], course: &activity.courses[course], micros };
    match activity.enrollments.get(&(visit.learner.id, visit.course.id.as_str())) {
        // Nobody does anything in a course without being enrolled.
        None => {
            let mut events = vec![enrollments::event(activity, visit)?];
            events.extend(of_enrolled(activity, Visit { micros: micros + ENROLLING, ..visit })?);
            Ok(events)
        }
        Some((false, _)) => Ok(vec![enrollments::event(activity, visit)?]),
        Some((true, _)) => of_enrolled(activity, visit),
    }
}

fn of_enrolled<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Result<Vec<Event<'a>>> {
    match activity.random.below(100) {
        0..24 => problems::events(activity, visit),
        24..42 => videos::events(activity, visit),
        42..47 => Ok(vec![pages::forum_event(activity, visit)]),
        47..51 => Ok(vec![enrollments::event(activity, visit)?]),
        _ => Ok(vec![pages::event(activity, visit)?]),
    }
}
