//! What an event of type `problem_check` is to the mapper: a submission, and the record that it sends (rules 02, 3.1).

use std::borrow::Cow;

use anyhow::Result;
use memchr::memchr2;

use super::GROUP;
use super::answer::plain_text;
use super::attempt::Facts;
use crate::calendar::interval::DateInterval;
use crate::streaming::Output;
use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME, MISSING_TIME};
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::tracking::json::{Kind, Value};
use crate::tracking::json_text::{is_truthy, write_value};
use crate::tracking::{CourseKeyRules, Event, EventTime};

/// Answers nested so deep are none that a learner gave (rules 02, 7); the original's decoder ended with an error at about as many. What else
/// the event holds may be as deep as it likes.
const DEEPEST: usize = 1000;
/// `2024-03-04`, with which a timestamp begins.
const DATE_LENGTH: usize = 10;

/// What counts of one event.
pub(super) struct Submission<'t> {
    course_id: Cow<'t, str>,
    problem_id: Value<'t>,
    username: Value<'t>,
    timestamp: String,
    facts: Facts<'t>,
}

impl<'t> Submission<'t> {
    /// Rules 4 to 10 of rules 02, 3.1; else group and name of the counter.
    pub(super) fn of(event: &Event<'t>, data: Value<'t>, rules: CourseKeyRules) -> Result<Self, (&'static str, &'static str)> {
        const UNUSABLE: (&str, &str) = (GROUP, "Discard Unusable Submission");
        let text = event.time().ok_or((EVENT, MISSING_TIME))?;
        let is_behind = || EventTime::read(&text).is_some_and(|time| time.is_behind());
        let timestamp = event.timestamp().ok_or_else(|| if is_behind() { UNUSABLE } else { (EVENT, MALFORMED_TIME) })?.iso();
        let context = event.context().ok_or(UNUSABLE)?;
        let username = event.field("username").ok_or(UNUSABLE)?;
        let course_id = event.course_id(&rules).ok_or(UNUSABLE)?;
        let problem_id = data.present("problem_id").ok_or(UNUSABLE)?;
        let answers = data.get("answers").filter(|answers| answers.is_object() && is_truthy(*answers)).ok_or(UNUSABLE)?;
        let submission = data.get("submission");
        if submission.is_some_and(|submission| !submission.is_object()) {
            return Err(UNUSABLE);
        }
        let all_names = answers.members().chain(submission.iter().flat_map(Value::members));
        if !all_names.map(|(name, _)| name).all(is_plain_name) {
            return Err(UNUSABLE);
        }
        if is_too_long(&course_id) {
            return Err((GROUP, DISCARD_LONG_COURSE_ID));
        }
        if is_too_long(&plain_text(problem_id)) {
            return Err((GROUP, "Discard Problem ID Too Long"));
        }
        let scalar = |name: &str| data.get(name).filter(|value| !matches!(value.kind(), Kind::Array | Kind::Object));
        let facts = Facts {
            submission,
            success: scalar("success"),
            grade: data.get("grade"),
            correct_map: data.present("correct_map"),
            attempts: scalar("attempts"),
            answers: Some(answers),
            seed: data.present("state").and_then(|state| state.get("seed")),
            max_grade: data.get("max_grade"),
            display_name: context.present("module").and_then(|module| module.get("display_name")),
        };
        if facts.in_order().into_iter().flatten().any(|fact| fact.depth() >= DEEPEST) {
            return Err((GROUP, "Discard Nested Too Deep"));
        }
        Ok(Self { course_id, problem_id, username, timestamp, facts })
    }

    /// Whether it was made on one of these days.
    pub(super) fn is_of(&self, days: &DateInterval) -> bool {
        self.timestamp.as_bytes().get(..DATE_LENGTH).is_some_and(|date| days.contains_text(date))
    }

    /// Sends its record.
    pub(super) fn write(&self, json: &mut Vec<u8>, output: &mut Output<'_>) -> Result<()> {
        let mut builder = output.record().text(&self.course_id);
        for part in [self.problem_id, self.username] {
            builder = builder.bytes(as_json(part, json));
        }
        // Of equal times those without a submission are the later ones.
        builder = builder.text(&self.timestamp).raw(if self.facts.submission.is_some() { b"0" } else { b"1" });
        for fact in self.facts.in_order() {
            builder = match fact {
                Some(value) => builder.bytes(as_json(value, json)),
                None => builder.null(),
            };
        }
        builder.end()
    }
}

/// The value's JSON, in a buffer that is used again.
fn as_json<'j>(value: Value<'_>, json: &'j mut Vec<u8>) -> &'j [u8] {
    json.clear();
    write_value(value, json);
    json
}

/// ASCII without TAB and LF (rules 02, 3.1, step 10).
fn is_plain_name(name: Value<'_>) -> bool {
    name.text().is_some_and(|name| name.is_ascii() && memchr2(b'\t', b'\n', name.as_bytes()).is_none())
}
