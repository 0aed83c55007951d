//! Enrolling, leaving and changing the mode.

use anyhow::Result;
use serde_json::json;

use super::activity::{Activity, Details, Visit, text_payload};
use super::event::{Event, Payload};

/// Modes of a first enrollment, and modes that learners change to.
const FIRST_MODES: [&str; 8] = ["audit", "audit", "audit", "audit", "audit", "honor", "honor", "verified"];
const MODES: [&str; 10] =
    ["honor", "audit", "verified", "verified", "verified", "verified", "verified", "professional", "no-id-professional", "credit"];

/// The next step of the learner's enrollment in the course; now and then one that makes no sense.
pub(super) fn event<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Result<Event<'a>> {
    let (learner, course) = (visit.learner, visit.course);
    let key = (learner.id, course.id.as_str());
    let random = &mut activity.random;
    let (step, mode) = match activity.enrollments.get(&key) {
        None => ("activated", random.pick(&FIRST_MODES)),
        Some(&(active, mode)) => {
            let steps: &[&str] = if active {
                &["deactivated", "deactivated", "mode_changed", "mode_changed", "mode_changed", "mode_changed", "activated"]
            } else {
                &["activated", "activated", "deactivated", "mode_changed"]
            };
            let step = random.pick(steps);
            (step, if step == "mode_changed" || random.percent(10) { random.pick(&MODES) } else { mode })
        }
    };
    let was_active = activity.enrollments.get(&key).is_some_and(|&(active, _)| active);
    let is_active = step == "activated" || (step == "mode_changed" && was_active);
    // Who enrolled before the first day does so again: logs of the days alone tell who is enrolled.
    if visit.micros >= activity.first_day {
        activity.enrollments.insert(key, (is_active, mode));
    }
    let payload = json!({"course_id": course.id, "user_id": learner.id, "mode": mode});
    let payload = if activity.random.percent(30) { text_payload(&payload)? } else { Payload::Object(payload) };
    let mut event = activity.event(visit, Details::server(format!("edx.course.enrollment.{step}"), payload));
    if activity.random.percent(20) {
        event.context.course_id = "";
    }
    Ok(event)
}
