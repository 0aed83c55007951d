//! A look at raw bytes may only say that a line cannot matter: with it and without it, mappers write the same.

use proptest::prelude::*;

use super::WORKFLOWS;
use crate::streaming::job::SharedMapper;
use crate::streaming::job_trial::Lines;
use crate::streaming::lines::{LineReader, LineSource};
use crate::streaming::log_mapper::SeenLine;
use crate::streaming::sides::run_mapper;
use crate::streaming::{AnyJob, Counters, Input, JobArguments, LogMapper, Output, ParsedLine};
use crate::tracking::{Event, LineParser};

const EVENTS: [(&str, &str); 9] = [
    (
        "problem_check",
        r#"{"problem_id":"p","success":"correct","answers":{"p_2_1":"x"},"correct_map":{"p_2_1":{"correctness":"correct"}}}"#,
    ),
    ("play_video", r#""{\"id\":\"v\",\"currentTime\":1}""#),
    ("pause_video", r#"{"id":"v","currentTime":2}"#),
    ("edx.forum.thread.voted", r#"{"commentable_id":"c"}"#),
    ("edx.forum.created", r#"{"commentable_id":"c"}"#),
    ("edx.forum.thread.created", r#"{"commentable_id":"c"}"#),
    ("edx.course.enrollment.activated", r#"{"course_id":"c/o/r","user_id":7,"mode":"honor"}"#),
    ("page_close", "{}"),
    ("/courses/c/o/r/info", r#""{\"GET\":{}}""#),
];

fn event((event_type, payload): (&str, &str)) -> String {
    format!(
        r#"{{"username":"bob","event_type":"{event_type}","event_source":"server","ip":"192.0.2.1","time":"2014-05-02T10:00:00Z","context":{{"user_id":7,"course_id":"c/o/r"}},"event":{payload}}}"#
    )
}

/// The letters of texts at these places as `\u` escapes.
fn escaped(line: &str, places: &[prop::sample::Index]) -> String {
    let letters: Vec<usize> =
        line.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic() || *letter == '_').map(|(at, _)| at).collect();
    let chosen: Vec<usize> = if letters.is_empty() { Vec::new() } else { places.iter().map(|place| *place.get(&letters)).collect() };
    let spelled =
        |(at, letter): (usize, char)| if chosen.contains(&at) { format!("\\u{:04x}", u32::from(letter)) } else { letter.to_string() };
    line.char_indices().map(spelled).collect()
}

fn wrapped(line: &str, kind: usize) -> String {
    let text = serde_json::to_string(line).unwrap();
    match kind {
        0 => line.to_owned(),
        1 => format!(r#"{{"message":{text}}}"#),
        2 => format!(r#"{{"time":"2014-05-02T10:00:00Z","log":{}}}"#, serde_json::to_string(&format!("INFO - {line}\n")).unwrap()),
        3 => format!(r#"host shipper: {{"MESSAGE":{line}}}"#),
        4 => format!("<134>1 - {line}"),
        _ => format!(r#"{{"message":{}}}"#, serde_json::to_string(&format!(r#"{{"message":{text}}}"#)).unwrap()),
    }
}

fn written(mapper: &mut dyn LogMapper, line: &[u8], filtered: bool) -> Vec<Vec<u8>> {
    let (mut records, mut counters, mut parser) = (Vec::new(), Counters::default(), LineParser::default());
    let event = parser.parse(line);
    let time = event.as_ref().and_then(Event::time);
    if !filtered || mapper.filter().is_none_or(|filter| filter.passes(&ParsedLine::of(line, event.as_ref()))) {
        let line = SeenLine::of(event.as_ref(), time.as_deref());
        mapper.map_line(&line, &mut Output::new(&mut records, &mut counters)).unwrap();
    }
    records
}

fn log_mappers() -> Vec<(String, Box<dyn LogMapper>)> {
    let with_days = JobArguments::new(["--interval", "2014-05-01-2014-05-10"]);
    let jobs = WORKFLOWS.iter().flat_map(|workflow| workflow.jobs).filter(|job| job.shape().input == Input::TrackingLogs);
    let mappers = jobs.map(|job| {
        let mapper = job.shared_mapper(&with_days).or_else(|_| job.shared_mapper(&JobArguments::new(std::iter::empty::<String>())));
        match mapper.unwrap() {
            SharedMapper::Logs(mapper) => (format!("{} {}", job.shape().workflow, job.shape().name), mapper),
            SharedMapper::Lines(_) => panic!("{} takes lines", job.shape().name),
        }
    });
    mappers.collect()
}

/// What a job's mapper makes of lines, and what it counts.
fn mapped(job: &dyn AnyJob, lines: &mut dyn LineSource) -> (Vec<Vec<u8>>, Counters) {
    let (mut records, mut counters) = (Vec::new(), Counters::default());
    let with_days = JobArguments::new(["--interval", "2014-05-01-2014-05-10"]);
    let mapper = job.mapper(&with_days).or_else(|_| job.mapper(&JobArguments::new(std::iter::empty::<String>())));
    run_mapper(mapper.unwrap().as_mut(), lines, &mut Output::new(&mut records, &mut counters)).unwrap();
    (records, counters)
}

#[test]
fn wrapped_events_pass() {
    for (name, mut mapper) in log_mappers() {
        let rows = EVENTS.map(|event_of| written(mapper.as_mut(), event(event_of).as_bytes(), true)).concat();
        assert!(!rows.is_empty(), "{name}");
        for kind in 1..5 {
            let inside = EVENTS.map(|event_of| written(mapper.as_mut(), wrapped(&event(event_of), kind).as_bytes(), true)).concat();
            assert_eq!(inside, rows, "{name}, wrapped by {kind}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn lines_that_are_passed_over_change_nothing(
        lines in prop::collection::vec((0..EVENTS.len(), 0..6_usize, prop::collection::vec(any::<prop::sample::Index>(), 0..2)), 0..30),
        text in "(\\\\u00e9|\\\\u2014|\\\\n| )?",
        ending in "\n?",
    ) {
        let line = |(of, kind, places): &(usize, usize, Vec<_>)| {
            escaped(&wrapped(&event(EVENTS[*of]), *kind), places).replace("\"time\":", &format!("\"text\":\"{text}\",\"time\":"))
        };
        let lines: Vec<String> = lines.iter().map(line).collect();
        let log = format!("{}{ending}", lines.join("\n"));
        let lines: Vec<Vec<u8>> = log.lines().map(|line| line.as_bytes().to_vec()).collect();
        let jobs = WORKFLOWS.iter().flat_map(|workflow| workflow.jobs).filter(|job| job.shape().input == Input::TrackingLogs);
        for job in jobs {
            let together = mapped(*job, &mut LineReader::new(log.as_bytes()));
            prop_assert_eq!(together, mapped(*job, &mut Lines::new(lines.clone())), "{}", job.shape().name);
        }
    }

    #[test]
    fn filters_never_change_what_is_written(
        of in 0..EVENTS.len(),
        kind in 0..6_usize,
        inner in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        outer in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        bytes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let line = escaped(&wrapped(&escaped(&event(EVENTS[of]), &inner), kind), &outer);
        let mut line = line.into_bytes();
        for (at, byte) in bytes {
            *at.get_mut(&mut line) = byte;
        }
        for (name, mut mapper) in log_mappers() {
            // Of videos and submissions the rules themselves ask for plain letters in the line (rules 02, 3.1; rules 06, 3).
            let asks = ["video viewing", "answer-distribution first-last"].contains(&name.as_str());
            if !asks || memchr::memmem::find(&line, b"\\u").is_none() {
                prop_assert_eq!(written(mapper.as_mut(), &line, true), written(mapper.as_mut(), &line, false), "{}", name);
            }
        }
    }

    /// What a type tells about a line is what a search in the line would tell.
    #[test]
    fn parsed_lines_that_pass_are_found(
        of in 0..EVENTS.len(),
        source in "server|browser|",
        kind in 0..6_usize,
        inner in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        outer in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
        more in prop_oneof![Just(Vec::new()), Just(b"\xff".to_vec()), Just(vec![b'x'; 17_000])],
    ) {
        let event = event(EVENTS[of]).replace("server", &source);
        let mut line = escaped(&wrapped(&escaped(&event, &inner), kind), &outer).into_bytes();
        if let Some(at) = memchr::memmem::find(&line, b"bob") {
            line.splice(at..at, more);
        }
        let mut parser = LineParser::default();
        let event = parser.parse(&line);
        for (name, mut mapper) in log_mappers() {
            let is_found = mapper.filter().is_none_or(|filter| filter.find(&line).is_some());
            let passes = mapper.filter().is_none_or(|filter| filter.passes(&ParsedLine::of(&line, event.as_ref())));
            prop_assert!(is_found || !passes, "{}: {}", name, String::from_utf8_lossy(&line));
            if is_found && !passes {
                prop_assert_eq!(written(mapper.as_mut(), &line, false).len(), 0, "{}: {}", name, String::from_utf8_lossy(&line));
            }
        }
    }

    #[test]
    fn submissions_are_never_passed_over(
        of in 0..2_usize,
        source in "server|browser",
        kind in 0..6_usize,
        inner in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        outer in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
    ) {
        let event = event(EVENTS[of]).replace("server", &source);
        let line = escaped(&wrapped(&escaped(&event, &inner), kind), &outer);
        let mut parser = LineParser::default();
        let event = parser.parse(line.as_bytes());
        let is_submission = event.is_some_and(|event| event.is("event_source", "server") && event.is("event_type", "problem_check"));
        // The rule itself asks for plain letters in the line (rules 02, 3.1).
        if is_submission && line.contains("problem_check") {
            let job = WORKFLOWS.iter().flat_map(|workflow| workflow.jobs).find(|job| job.shape().name == "first-last").unwrap();
            let mapper = job.mapper(&JobArguments::new(std::iter::empty::<String>())).unwrap();
            prop_assert!(mapper.first_that_matters(line.as_bytes()).is_some(), "{}", line);
        }
    }
}
