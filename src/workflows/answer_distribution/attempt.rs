//! An attempt of a learner at a problem, and the rows that it becomes: one for each part that was answered (rules 02, 3.2).

use anyhow::Result;

use super::GROUP;
use super::lookup::Lookup;
use crate::streaming::Output;
use crate::tracking::course_key::is_too_long;
use crate::tracking::json::strict::write_text;
use crate::tracking::json::{Kind, Value};
use crate::tracking::json_text::{copy_member, last_members, same_value, write_name};

/// Parts with these endings hold no answers of learners.
const HIDDEN: [&str; 2] = ["_dynamath", "_comment"];

/// A submission's facts, in the order of the record: that in which the original compared those of equal times. On the reduce side null
/// stands for what was missing.
pub(super) struct Facts<'t> {
    /// What was answered, with more about each part; older events have none.
    pub submission: Option<Value<'t>>,
    /// Whether all of it was right, for the order only.
    pub success: Option<Value<'t>>,
    /// Points that were given.
    pub grade: Option<Value<'t>>,
    /// What became of each part.
    pub correct_map: Option<Value<'t>>,
    /// How often the learner has tried, for the order only.
    pub attempts: Option<Value<'t>>,
    /// What was answered, by part.
    pub answers: Option<Value<'t>>,
    /// Which variant of the problem it was.
    pub seed: Option<Value<'t>>,
    /// Points that there are.
    pub max_grade: Option<Value<'t>>,
    /// The problem's.
    pub display_name: Option<Value<'t>>,
}

/// How many facts there are.
pub(super) const FACTS: usize = 9;

/// One attempt of a learner at a problem (rules 02, 3.2).
pub(super) struct Attempt<'t> {
    /// The problem's.
    pub problem_id: Value<'t>,
    /// `first` or `last`.
    pub category: &'static str,
    /// What is known of it.
    pub facts: Facts<'t>,
}

/// What is looked up for each part of an attempt.
struct Known<'t> {
    answers: Lookup<'t>,
    correct_map: Lookup<'t>,
}

impl<'t> Facts<'t> {
    /// Of a record's values.
    pub(super) const fn of(values: &[Option<Value<'t>>; FACTS]) -> Self {
        let [submission, success, grade, correct_map, attempts, answers, seed, max_grade, display_name] = *values;
        Self { submission, success, grade, correct_map, attempts, answers, seed, max_grade, display_name }
    }

    /// The values of a record.
    pub(super) const fn in_order(&self) -> [Option<Value<'t>>; FACTS] {
        let Self { submission, success, grade, correct_map, attempts, answers, seed, max_grade, display_name } = *self;
        [submission, success, grade, correct_map, attempts, answers, seed, max_grade, display_name]
    }
}

impl Attempt<'_> {
    /// A row for each part.
    pub(super) fn write(&self, course_id: &str, timestamp: &str, json: &mut Vec<u8>, output: &mut Output<'_>) -> Result<()> {
        let Facts { answers, submission, correct_map, .. } = self.facts;
        let Some(parts) = submission.or(answers) else { return Ok(()) };
        let parts = last_members(parts);
        let known = Known {
            answers: Lookup::of(answers.filter(|_| submission.is_some()), parts.len()),
            correct_map: Lookup::of(correct_map, parts.len()),
        };
        for (answer_id, part) in parts {
            if HIDDEN.iter().any(|ending| answer_id.ends_with(ending)) {
                continue;
            }
            if is_too_long(&answer_id) {
                output.count(GROUP, "Discard Part ID Too Long");
                continue;
            }
            json.clear();
            json.push(b'{');
            let told = if submission.is_some() {
                new_style(&known, &answer_id, part, json)
            } else {
                self.old_style(&known, &answer_id, part, json)
            };
            if told {
                self.finish(json);
                output.row().text(course_id).text(&answer_id).text(timestamp).raw(json).end()?;
            }
        }
        Ok(())
    }

    /// Events from before submissions were told: only what the correct map knows counts.
    fn old_style(&self, known: &Known<'_>, answer_id: &str, value: Value<'_>, json: &mut Vec<u8>) -> bool {
        let Some(correctness) = known.correct_map.get(answer_id) else { return false };
        copy_member("answer_value_id", value, 1, json);
        write_name("correct", 1, json);
        let correct = correctness.get("correctness").is_some_and(|word| word.is_text("correct"));
        json.extend_from_slice(if correct { b"true" } else { b"false" });
        write_optional("variant", self.facts.seed, json);
        copy_member("answer_correct_map", correctness, 1, json);
        true
    }

    fn finish(&self, json: &mut Vec<u8>) {
        copy_member("problem_id", self.problem_id, 1, json);
        write_optional("problem_display_name", self.facts.display_name, json);
        write_name("attempt_category", 1, json);
        write_text(self.category, json);
        write_optional("grade", self.facts.grade, json);
        write_optional("max_grade", self.facts.max_grade, json);
        json.push(b'}');
    }
}

/// The submission's own members, and the value id where it says more than the answer.
fn new_style(known: &Known<'_>, answer_id: &str, part: Value<'_>, json: &mut Vec<u8>) -> bool {
    const OVERWRITTEN: [&str; 6] = ["answer_correct_map", "problem_id", "problem_display_name", "attempt_category", "grade", "max_grade"];
    if !part.is_object() {
        return false;
    }
    let Some(value) = known.answers.get(answer_id) else { return false };
    // To the original a missing answer is null.
    let differs = part.get("answer").map_or(value.kind() != Kind::Null, |answer| !same_value(answer, value));
    for (name, member) in last_members(part) {
        let replaced = OVERWRITTEN.contains(&&*name) || (differs && name == "answer_value_id");
        if !replaced {
            copy_member(&name, member, 1, json);
        }
    }
    if differs {
        copy_member("answer_value_id", value, 1, json);
    }
    write_optional("answer_correct_map", known.correct_map.get(answer_id), json);
    true
}

fn write_optional(name: &str, value: Option<Value<'_>>, json: &mut Vec<u8>) {
    if let Some(value) = value {
        copy_member(name, value, 1, json);
    } else {
        write_name(name, 1, json);
        json.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::super::first_last::JOB;
    use crate::streaming::job_trial::run_job;

    /// Whether the row of an event with one answer says more than the submission.
    fn has_value_id(answers: &str, submission: &str) -> bool {
        let event = format!(
            r#"{{"event_type":"problem_check","event_source":"server","username":"u","time":"2014-05-02T10:00:00.5+00:00","context":{{"course_id":"c/o/r"}},"event":{{"problem_id":"p","answers":{{"p_2_1":{answers}}},"submission":{{"p_2_1":{submission}}}}}}}"#
        );
        let (rows, _) = run_job(&JOB, &[], &[&event]);
        assert!(!rows.is_empty());
        rows[0].contains("answer_value_id")
    }

    #[test]
    fn the_value_id_stands_where_it_differs_from_the_answer() {
        assert!(has_value_id("\"choice_1\"", r#"{"answer":"Yes"}"#));
        assert!(!has_value_id("\"Yes\"", r#"{"answer":"Yes"}"#));
        assert!(has_value_id("\"choice_1\"", "{}"));
        assert!(!has_value_id("null", "{}"), "a missing answer is null");
        assert!(!has_value_id("null", r#"{"answer":null}"#));
        assert!(has_value_id("12345678901234567891", r#"{"answer":12345678901234567890}"#));
    }
    #[test]
    fn equal_times_come_in_the_order_of_the_original() {
        let event = |more: &str| {
            format!(
                r#"{{"event_type":"problem_check","event_source":"server","username":"u","time":"2014-05-02T10:00:00+00:00","context":{{"course_id":"c/o/r"}},"event":{{"problem_id":"p",{more}}}}}"#
            )
        };
        let of = |choice: &str, text: &str, success: &str| {
            let (answers, told) = (format!(r#"{{"p_2_1":"{choice}"}}"#), format!(r#"{{"p_2_1":{{"answer":"{text}"}}}}"#));
            event(&format!(r#""success":"{success}","answers":{answers},"submission":{told}"#))
        };
        let first = |events: [&str; 2]| run_job(&JOB, &[], &events).0.remove(0);
        let (zebra, apple) = (of("choice_1", "Zebra", "incorrect"), of("choice_2", "Apple", "incorrect"));
        assert!(first([&zebra, &apple]).contains("choice_2") && first([&apple, &zebra]).contains("choice_2"), "the text before the id");
        let (right, wrong) = (of("choice_1", "A", "correct"), of("choice_2", "A", "incorrect"));
        assert!(first([&wrong, &right]).contains("choice_1"));
        let old = event(r#""answers":{"p_2_1":"choice_0"},"correct_map":{"p_2_1":{"correctness":"correct"}}"#);
        assert!(first([&old, &zebra]).contains("choice_1"), "one without a submission is the later one");
    }
}
