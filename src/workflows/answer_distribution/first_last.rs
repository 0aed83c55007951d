//! Job `first-last`: the first and the last submission of each learner to each problem (rules 02, 3).
//!
//! Record: `course_id, problem_id, username | timestamp, facts…`; all facts travel as JSON. Only the smallest and the
//! largest record of a group count, and the timestamp stands first in them, so the combiner is the same fold.

use std::borrow::Cow;

use anyhow::Result;
use memchr::memchr2;

use super::answer::plain_text;
use super::lookup::Lookup;
use crate::calendar::interval::DateInterval;
use crate::job_options;
use crate::streaming::log_mapper::{EVENT, MALFORMED_TIME, MISSING_TIME, SeenLine, UNPARSEABLE};
use crate::streaming::{EventFilter, EventTypes, Group, Job, JobArguments, Keys, LogMapper, Output, Record, Reducer, TypeFinder, record};
use crate::tracking::course_key::{DISCARD_LONG_COURSE_ID, is_too_long};
use crate::tracking::json::strict::write_text;
use crate::tracking::json::{Kind, Tape, Value};
use crate::tracking::json_text::{copy_member, is_truthy, last_members, same_value, write_name, write_value};
use crate::tracking::{CourseKeyRules, Event, EventTime, PayloadParser};

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_logs(super::NAME, "first-last", "First and last submission of each learner to each problem", mapper)
        // The rows of a problem, which are much alike, come together, at the price of larger parts where a site has few problems.
        .reduced(Keys::of(3, 3).spread_by(2), |_, _| Ok(Box::new(FirstLastReducer::default())))
        .combined(|_, _| Ok(Box::new(Extremes::default())));

const GROUP: &str = "Answer Distribution";
/// Answers nested deeper are none that a learner gave (rules 10, 4); the original's decoder ended with an error at about as many.
const DEEPEST: usize = 1000;
/// The type of events that count.
const EVENT_TYPE: &str = "problem_check";
/// Their source.
const SOURCE: &str = "server";
/// `2024-03-04`, with which a timestamp begins.
const DATE_LENGTH: usize = 10;
/// Parts with these endings hold no answers of learners.
const HIDDEN: [&str; 2] = ["_dynamath", "_comment"];

job_options! {
    /// Options of the job.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Days whose submissions count; default: all
        #[arg(long)]
        pub interval: Option<DateInterval>,
        /// Which course ids count.
        #[command(flatten)]
        pub rules: CourseKeyRules,
    }
}

fn mapper(Options { interval, rules }: Options, _arguments: &JobArguments) -> Result<Box<dyn LogMapper>> {
    // The rule itself asks for the type in the raw line (rules 02, 3.1).
    let finder = TypeFinder::in_plain_letters(EventTypes::beginning(EVENT_TYPE).beside(SOURCE));
    let filter = EventFilter::new(finder, |event_type| event_type == EVENT_TYPE);
    Ok(Box::new(Submissions { payload: PayloadParser::default(), interval, rules, json: Vec::new(), filter }))
}

struct Submissions {
    payload: PayloadParser,
    interval: Option<DateInterval>,
    rules: CourseKeyRules,
    json: Vec<u8>,
    filter: EventFilter,
}

impl LogMapper for Submissions {
    fn filter(&self) -> Option<&EventFilter> {
        Some(&self.filter)
    }

    fn map_line(&mut self, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()> {
        let Some(event) = line.event() else {
            output.count(EVENT, UNPARSEABLE);
            return Ok(());
        };
        if !event.is("event_source", SOURCE) || !event.is("event_type", EVENT_TYPE) {
            return Ok(());
        }
        let Some(data) = event.data(&mut self.payload) else {
            output.count(GROUP, "Discard Missing Event Data");
            return Ok(());
        };
        match Submission::of(event, data, self.rules) {
            Ok(submission) if self.interval.is_some_and(|days| !submission.is_of(&days)) => Ok(()),
            Ok(submission) => {
                output.count(GROUP, "Submissions");
                submission.write(&mut self.json, output)
            }
            Err((group, discard)) => {
                output.count(group, discard);
                Ok(())
            }
        }
    }
}

/// What counts of one event.
struct Submission<'t> {
    course_id: Cow<'t, str>,
    problem_id: Value<'t>,
    username: Value<'t>,
    timestamp: String,
    /// See [`Facts`] for the order.
    facts: [Option<Value<'t>>; 7],
}

impl<'t> Submission<'t> {
    /// Rules 4 to 10 of rules 02, 3.1; else group and name of the counter.
    fn of(event: &Event<'t>, data: Value<'t>, rules: CourseKeyRules) -> Result<Self, (&'static str, &'static str)> {
        const UNUSABLE: (&str, &str) = (GROUP, "Discard Unusable Submission");
        let text = event.time().ok_or((EVENT, MISSING_TIME))?;
        let is_behind = || EventTime::read(&text).is_some_and(|time| time.is_behind());
        let timestamp = event.timestamp().ok_or_else(|| if is_behind() { UNUSABLE } else { (EVENT, MALFORMED_TIME) })?.iso();
        let context = event.context().ok_or(UNUSABLE)?;
        let username = event.field("username").ok_or(UNUSABLE)?;
        let course_id = event.course_id(&rules, false).ok_or(UNUSABLE)?;
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
        if data.depth() > DEEPEST {
            return Err((GROUP, "Discard Nested Too Deep"));
        }
        let facts = [
            Some(answers),
            submission,
            data.present("correct_map"),
            data.present("state").and_then(|state| state.get("seed")),
            context.present("module").and_then(|module| module.get("display_name")),
            data.get("grade"),
            data.get("max_grade"),
        ];
        Ok(Self { course_id, problem_id, username, timestamp, facts })
    }

    fn is_of(&self, days: &DateInterval) -> bool {
        self.timestamp.as_bytes().get(..DATE_LENGTH).is_some_and(|date| days.contains_text(date))
    }

    fn write(&self, json: &mut Vec<u8>, output: &mut Output<'_>) -> Result<()> {
        let mut builder = output.record().text(&self.course_id);
        for part in [self.problem_id, self.username] {
            builder = builder.bytes(as_json(part, json));
        }
        builder = builder.text(&self.timestamp);
        for fact in self.facts {
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

/// The smallest and the largest record of a group, without the group's key.
#[derive(Default)]
struct Extremes {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Extremes {
    fn read(&mut self, group: &mut Group<'_, '_>) -> Result<()> {
        let key = group.key().line().len() + 1;
        self.first.clear();
        self.last.clear();
        let mut any = false;
        while let Some(row) = group.next_row()? {
            let rest = row.line().get(key..).unwrap_or_default();
            if !any || rest < self.first.as_slice() {
                rest.clone_into(&mut self.first);
            }
            if !any || rest > self.last.as_slice() {
                rest.clone_into(&mut self.last);
            }
            any = true;
        }
        Ok(())
    }
}

impl Reducer for Extremes {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        self.read(group)?;
        output.record().raw(group.key().line()).raw(&self.first).end()?;
        if self.first != self.last {
            output.record().raw(group.key().line()).raw(&self.last).end()?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct FirstLastReducer {
    extremes: Extremes,
    tapes: [Tape; 8],
    json: Vec<u8>,
}

impl Reducer for FirstLastReducer {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        self.extremes.read(group)?;
        let key = group.key();
        let (course_id, problem_id) = (key.text(0)?, key.text(1)?);
        let [problem_tape, fact_tapes @ ..] = &mut self.tapes;
        let Ok(problem_id) = problem_tape.parse(&problem_id) else { return Ok(()) };
        let Extremes { first, last } = &self.extremes;
        // Most learners submit once: what is the first and the last as well is read once.
        let attempts: &[_] = if first == last { &[(&["first", "last"][..], first)] } else { &[(&["first"], first), (&["last"], last)] };
        for (categories, line) in attempts {
            let [timestamp, facts @ ..] = Record::new(line).exactly::<8>()?;
            let timestamp = record::text(timestamp)?;
            let texts: Vec<_> = facts.iter().map(|fact| record::decode(fact)).collect::<Result<_>>()?;
            let mut values = [None; 7];
            for ((text, tape), value) in texts.iter().zip(&mut *fact_tapes).zip(&mut values) {
                if let Some(text) = text {
                    *value = tape.parse(std::str::from_utf8(text)?).ok();
                }
            }
            for category in *categories {
                let answers = Answers { problem_id, category, facts: Facts::of(values) };
                answers.write(&course_id, &timestamp, &mut self.json, output)?;
            }
        }
        Ok(())
    }
}

/// A submission's facts on the reduce side; null stands for what was missing.
struct Facts<'t> {
    answers: Option<Value<'t>>,
    submission: Option<Value<'t>>,
    correct_map: Option<Value<'t>>,
    seed: Option<Value<'t>>,
    display_name: Option<Value<'t>>,
    grade: Option<Value<'t>>,
    max_grade: Option<Value<'t>>,
}

impl<'t> Facts<'t> {
    const fn of([answers, submission, correct_map, seed, display_name, grade, max_grade]: [Option<Value<'t>>; 7]) -> Self {
        Self { answers, submission, correct_map, seed, display_name, grade, max_grade }
    }
}

/// One attempt of a learner at a problem (rules 02, 3.2).
struct Answers<'t> {
    problem_id: Value<'t>,
    category: &'static str,
    facts: Facts<'t>,
}

/// What is looked up for each part of an attempt.
struct Known<'t> {
    answers: Lookup<'t>,
    correct_map: Lookup<'t>,
}

impl Answers<'_> {
    fn write(&self, course_id: &str, timestamp: &str, json: &mut Vec<u8>, output: &mut Output<'_>) -> Result<()> {
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
    use crate::streaming::job_trial::run_job;

    /// Whether the row of an event with one answer says more than the submission.
    fn has_value_id(answers: &str, submission: &str) -> bool {
        let event = format!(
            r#"{{"event_type":"problem_check","event_source":"server","username":"u","time":"2014-05-02T10:00:00.5+00:00","context":{{"course_id":"c/o/r"}},"event":{{"problem_id":"p","answers":{{"p_2_1":{answers}}},"submission":{{"p_2_1":{submission}}}}}}}"#
        );
        let (rows, _) = run_job(&super::JOB, &[], &[&event]);
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
}
