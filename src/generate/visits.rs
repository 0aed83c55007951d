//! What learners do: one visit gives a few events of one kind.

use anyhow::Result;

use super::activity::{Activity, Visit};
use super::event::Event;
use super::{enrollments, pages, problems, videos};

/// The events of one visit that begins at `micros`; at least one, in the order in which they happened.
pub(super) fn events<'a>(activity: &mut Activity<'a>, micros: i64) -> Result<Vec<Event<'a>>> {
    let learners = activity.learners;
    let learner = &learners.all[learners.draw(&mut activity.random)];
    let shift = activity.random.pick(&[0_u64, 0, 0, 1, 2]);
    let number = learner.id.unsigned_abs().wrapping_add(shift) % activity.courses.len() as u64;
    let course = &activity.courses[usize::try_from(number).unwrap_or(0)];
    let visit = Visit { learner, course, micros };
    match activity.random.below(100) {
        0..22 => problems::events(activity, visit),
        22..38 => videos::events(activity, visit),
        38..44 => Ok(vec![pages::forum_event(activity, visit)]),
        44..52 => Ok(vec![enrollments::event(activity, visit)?]),
        _ => Ok(vec![pages::event(activity, visit)?]),
    }
}
