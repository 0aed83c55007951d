//! Answers to problems: the server's full record, and the copies that browsers and handlers leave in the log.

use anyhow::Result;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::activity::{Activity, Details, Visit};
use super::courses::{Part, Problem, Response, WORDS};
use super::event::{Event, Module, Pairs, Payload, json_text};
use super::random::Random;

/// The payload of a server-side `problem_check`.
#[derive(Serialize)]
struct ProblemCheck {
    problem_id: String,
    state: State,
    answers: Pairs<Answer>,
    grade: usize,
    max_grade: usize,
    attempts: i64,
    success: &'static str,
    correct_map: Pairs<Correctness>,
    /// Missing in old logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<Pairs<Submission>>,
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names that the log has")]
struct State {
    student_answers: Pairs<Answer>,
    seed: i64,
    done: Option<bool>,
    correct_map: Empty,
    input_state: Pairs<Empty>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Answer {
    One(String),
    Many(Vec<String>),
}

impl Answer {
    fn joined(&self) -> String {
        match self {
            Self::One(text) => text.clone(),
            Self::Many(texts) => texts.concat(),
        }
    }
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the names that the log has")]
struct Correctness {
    hint: &'static str,
    hintmode: Option<&'static str>,
    correctness: &'static str,
    msg: &'static str,
    npoints: Option<i64>,
    queuestate: Option<&'static str>,
}

#[derive(Serialize)]
struct Submission {
    input_type: String,
    question: String,
    response_type: &'static str,
    answer: Answer,
    variant: Variant,
    correct: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Variant {
    None(&'static str),
    Number(u64),
}

/// Between an attempt and the next one, in microseconds.
const THINKING: i64 = 90_000_000;

/// Work at a problem: one attempt or two.
pub(super) fn events<'a>(activity: &mut Activity<'a>, visit: Visit<'a>) -> Result<Vec<Event<'a>>> {
    let problem = activity.random.choose_early(&visit.course.problems);
    let mut check = attempt(activity, problem, visit, 0);
    let solved = check.success == "correct";
    let mut events = events_of(activity, visit, problem, &check)?;
    if !solved && activity.random.percent(60) {
        // What was wrong helps.
        let again = Visit { micros: visit.micros + THINKING, ..visit };
        let attempts = check.attempts + 1;
        check = attempt(activity, problem, again, 30);
        check.attempts = attempts;
        events.extend(events_of(activity, again, problem, &check)?);
    }
    Ok(events)
}

/// One attempt: up to four events.
fn events_of<'a>(activity: &mut Activity<'a>, visit: Visit<'a>, problem: &Problem, check: &ProblemCheck) -> Result<Vec<Event<'a>>> {
    let course = visit.course;
    let form: Vec<String> = check.answers.0.iter().map(|(id, answer)| format!("input_{id}={}", answer.joined())).collect();
    let form = form.join("&");
    let mut events = Vec::with_capacity(4);
    if activity.random.percent(80) {
        let page = activity.page_url(course);
        let details = Details::browser("problem_check", Payload::Text(form.clone()), page);
        events.push(activity.event(visit, details));
    }
    if activity.random.percent(80) {
        let path = handler_path(&course.id, &problem.id, "problem_check");
        let payload = Payload::Text(posted(&check.answers)?);
        events.push(activity.event(visit, Details::server(path, payload)));
    }
    let details = Details {
        event_type: "problem_check".to_owned(),
        source: "server",
        payload: Payload::Written(RawValue::from_string(json_text(check)?)?),
        page: Some("x_module".to_owned()),
        module: Some(Module { display_name: problem.display_name.clone(), usage_key: problem.id.clone() }),
    };
    events.push(activity.event(visit, details));
    if activity.random.percent(50) {
        let rendered = format!("<div class=\"problem\">{}</div>", activity.random.words(&WORDS, 60));
        let page = activity.page_url(course);
        let details = Details::browser("problem_graded", Payload::Lines(vec![form, rendered]), page);
        events.push(activity.event(visit, details));
    }
    Ok(events)
}

/// The path of a block's handler, slashes of the block's key escaped as the LMS does.
pub(super) fn handler_path(course_id: &str, block: &str, handler: &str) -> String {
    format!("/courses/{course_id}/xblock/{}/handler/xmodule_handler/{handler}", block.replace('/', ";_"))
}

/// The request as the LMS logs it: cut off after 512 characters, mostly in the middle of the JSON.
fn posted(answers: &Pairs<Answer>) -> Result<String> {
    let fields = answers.0.iter().map(|(id, answer)| (format!("input_{id}"), [answer.joined()]));
    let post = Pairs(fields.collect());
    let mut text = json_text(&Pairs(vec![("POST".to_owned(), post)]))?;
    text.truncate(text.len().saturating_sub(1));
    text.push_str(", \"GET\": {}}");
    text.truncate(512);
    Ok(text)
}

/// The learner's skill counts, the problem's difficulty counts more; `hint` is what the learner knows of it by now.
fn attempt(activity: &mut Activity<'_>, problem: &Problem, visit: Visit<'_>, hint: u64) -> ProblemCheck {
    let records_submission = visit.micros >= activity.upgrade || activity.random.percent(50);
    let random = &mut activity.random;
    let solves = random.percent(5 + 35 * visit.learner.skill / 100 + 55 * (100 - problem.difficulty) / 100 + hint);
    let mut answers = Vec::new();
    let mut submissions = Vec::new();
    let mut correctness = Vec::new();
    for part in &problem.parts {
        let correct = solves || random.percent(if problem.parts.len() > 1 { 30 } else { 0 });
        let (value, text) = answer(random, part, correct);
        answers.push((part.id.clone(), value));
        if part.response == Response::Formula {
            let math = "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mstyle displaystyle=\"true\"><mi>x</mi></mstyle></math>";
            answers.push((format!("{}_dynamath", part.id), Answer::One(math.to_owned())));
        }
        let verdict = if correct { "correct" } else { "incorrect" };
        let entry = Correctness { hint: "", hintmode: None, correctness: verdict, msg: "", npoints: None, queuestate: None };
        correctness.push((part.id.clone(), entry));
        let submission = Submission {
            input_type: part.response.name().replace("response", "group"),
            question: part.question.clone(),
            response_type: part.response.name(),
            answer: text,
            variant: if part.variant == 0 { Variant::None("") } else { Variant::Number(part.variant) },
            correct,
        };
        submissions.push((part.id.clone(), submission));
    }
    let grade = correctness.iter().filter(|(_, entry)| entry.correctness == "correct").count();
    let max_grade = correctness.len();
    let answers = Pairs(answers);
    ProblemCheck {
        problem_id: problem.id.clone(),
        state: State {
            student_answers: answers.clone(),
            seed: random.pick(&[1, 1, 1, 629]),
            done: random.pick(&[None, Some(true)]),
            correct_map: Empty {},
            input_state: Pairs(answers.0.iter().map(|(id, _)| (id.clone(), Empty {})).collect()),
        },
        answers,
        grade,
        max_grade,
        attempts: random.between(1, 4),
        success: if grade == max_grade { "correct" } else { "incorrect" },
        correct_map: Pairs(correctness),
        submission: records_submission.then_some(Pairs(submissions)),
    }
}

/// What is sent and what the learner saw.
fn answer(random: &mut Random, part: &Part, correct: bool) -> (Answer, Answer) {
    let same = |text: &str| (Answer::One(text.to_owned()), Answer::One(text.to_owned()));
    match part.response {
        Response::MultipleChoice | Response::Option => {
            let choice = if correct { 0 } else { 1 + random.index(part.choices.len() - 1).min(random.index(part.choices.len() - 1)) };
            let (value, text) = &part.choices[choice];
            let sent = if part.response == Response::Option { text } else { value };
            (Answer::One(sent.clone()), Answer::One(text.clone()))
        }
        Response::Choice => {
            let mask = if correct { 0b0011 } else { random.below(16) };
            let chosen = part.choices.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
            let (values, texts) = chosen.map(|(_, (value, text))| (value.clone(), text.clone())).unzip();
            (Answer::Many(values), Answer::Many(texts))
        }
        Response::Numerical if correct => same(random.pick(&["42", "42.0", " 42"])),
        Response::Numerical => same(random.pick(&["41", "-1", "3e4", "NaN", "1/2", "", "999999999999"])),
        Response::Formula if correct => same(random.pick(&["x^2+1", "x^2+1", "x**2 + 1"])),
        Response::Formula => same(random.pick(&["x^2", "R_1*R_2/R_3", "<x>"])),
        Response::Text | Response::Custom if correct => same(random.pick(&["Paris", "Paris", "Paris", "paris "])),
        Response::Text | Response::Custom => {
            let texts = ["London", "London", "été", "日本", "a\tb", "say \"hi\", ok", "back\\slash", "two\nlines", "<b>x</b>"];
            same(random.pick(&texts))
        }
    }
}

/// A handler call that has nothing to do with answers.
pub(super) fn position_request(random: &mut Random) -> serde_json::Value {
    json!({"POST": {"position": [random.below(9).to_string()]}, "GET": {}})
}
