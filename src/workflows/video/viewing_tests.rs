//! The rules of sections 3 and 4, line by line.

use super::*;
use crate::streaming::job_trial::{Lines, run_job};
use crate::streaming::sides::run_mapper;
use crate::streaming::{AnyJob, Counters};

fn texts(lines: Vec<Vec<u8>>) -> Vec<String> {
    lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect()
}

/// The records of log lines.
fn mapped(lines: &[String], counters: &mut Counters) -> Vec<Vec<u8>> {
    let arguments = JobArguments::new(["--interval", "2014-05-02"]);
    let mut records = Vec::new();
    let lines = lines.iter().map(|line| line.clone().into_bytes()).collect();
    run_mapper(JOB.mapper(&arguments).unwrap().as_mut(), &mut Lines::new(lines), &mut Output::new(&mut records, counters)).unwrap();
    records
}

/// The rows that log lines lead to.
fn rows(lines: &[String]) -> Vec<String> {
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    run_job(&JOB, &["--interval", "2014-05-02"], &lines).0
}

fn line_at(time: &str, event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"time":"{time}","event_type":"{event_type}","event_source":"browser","context":{{"user_id":7,"course_id":"c/o/r"}},"event":{{{payload}}}}}"#
    )
}

/// Events as in 4.6: `SECONDS TYPE CURRENT [OLD]`.
fn events(duration: &str, text: &str) -> Vec<String> {
    let line = |event: &str| {
        let words: Vec<_> = event.split_whitespace().collect();
        let time = format!("2014-05-02T10:00:{:0>9}+00:00", format!("{:.6}", words[0].parse::<f64>().unwrap()));
        let places = match words[1] {
            "seek" => format!(r#""new_time":{},"old_time":{}"#, words[2], words[3]),
            _ => format!(r#""currentTime":{}"#, words[2]),
        };
        line_at(&time, &format!("{}_video", words[1]), &format!(r#""id":"m","duration":{duration},{places}"#))
    };
    text.split(',').map(line).collect()
}

/// Start, end and ending type of each row.
fn offsets(lines: &[String]) -> Vec<String> {
    rows(lines).iter().map(|row| row.split('\t').skip(5).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn examples_of_the_specification() {
    let of = |duration: &str, text: &str| offsets(&events(duration, text));
    let first = "0 play 0, 5 seek 50 5, 6 seek 90 50, 7 play 5, 20 pause 100";
    assert_eq!(of("-1", first), ["0.0 5.0 seek_video", "50.0 100.0 pause_video"]);
    assert_eq!(rows(&events("-1", first))[0], "7\tc/o/r\tm\t-1\t2014-05-02T10:00:00\t0.0\t5.0\tseek_video");
    assert_eq!(of("-1", "0 play 10, 1 seek 50 5, 7 play 5, 20 pause 60.5"), ["50.0 60.5 pause_video"]);
    let restarted = events("-1", "0 play 0, 0.1 play 1, 0.2 play 2, 3 pause 9");
    assert_eq!(offsets(&restarted), ["2.0 9.0 pause_video"]);
    assert!(rows(&restarted)[0].contains("\t2014-05-02T10:00:00.200000\t"));
    assert!(of("-1", "0 play 10, 0 pause 15").is_empty());
    assert_eq!(of("-1", "0 play 0, 3 pause 3, 7 pause 1"), ["0.0 3.0 pause_video"]);
    assert_eq!(of("62", "0 play 0, 3 pause 63.0"), ["0.0 63.0 pause_video"]);
    assert!(of("62", "0 play 0, 3 pause 63.1").is_empty());
    assert_eq!(of("62", "0 play 1, 3 pause 1.25"), ["1.0 1.25 pause_video"]);
    assert!(of("62", "0 play 1, 3 pause 1.24").is_empty());
    assert!(of("-1", "0 play 1").is_empty(), "it is still open");
    assert_eq!(of("-1", "0 play 1, 9 stop 36000"), ["1.0 36000.0 stop_video"]);
}

#[test]
fn a_play_event_without_a_time_changes_nothing() {
    let mut lines = events("-1", "0 play 0, 5 seek 50 5, 7 play 5, 20 pause 100");
    // No zone is a day away. The first sorts between the seek and the play behind it, the other while that viewing is open.
    for time in ["2014-05-02T10:00:05-24:00", "2014-05-02T10:00:07.5-24:00"] {
        lines.push(line_at(time, "play_video", r#""id":"m","currentTime":99"#));
    }
    assert_eq!(offsets(&lines), ["0.0 5.0 seek_video", "50.0 100.0 pause_video"]);
}

#[test]
fn durations_are_kept_as_they_are_or_unknown() {
    let of = |member: &str| {
        let play = line_at("2014-05-02T10:00:00", "play_video", &format!(r#""id":"m",{member}"currentTime":0"#));
        let pause = line_at("2014-05-02T10:00:01", "pause_video", r#""id":"m","currentTime":0.5,"duration":77"#);
        let found = rows(&[play, pause]);
        assert!(found.len() <= 1, "{found:?}");
        found.first().map(|row| row.split('\t').nth(3).unwrap().to_owned())
    };
    for (duration, written) in [
        ("888", "888"),
        ("888.0", "888.0"),
        ("100.5", "100.5"),
        ("100000000", "100000000"),
        ("1e15", "1e+15"),
        ("12.345678901234567", "12.3456789012"),
        ("-1", "-1"),
        ("null", "-1"),
        ("0", "-1"),
        ("0.0", "-1"),
        ("\"\"", "-1"),
        ("false", "-1"),
        ("\"60\"", "-1"),
        ("[60]", "-1"),
        ("{}", "-1"),
        ("NaN", "-1"),
        ("Infinity", "-1"),
        ("-Infinity", "-1"),
        ("1e999", "-1"),
    ] {
        assert_eq!(of(&format!(r#""duration":{duration},"#)).as_deref(), Some(written), "{duration}");
    }
    assert_eq!(of("").as_deref(), Some("-1"));
    // No sign check: every end lies behind such an end.
    assert_eq!(of(r#""duration":-5,"#), None);
}

#[test]
fn places_and_ids_that_drop_an_event() {
    let pause = line_at("2014-05-02T10:00:09", "pause_video", r#""id":"m","currentTime":36000"#);
    for payload in [
        r#""id":"m""#,
        r#""id":"m","currentTime":null"#,
        r#""id":"m","currentTime":-0.1"#,
        r#""id":"m","currentTime":36000.1"#,
        r#""id":"m","currentTime":NaN"#,
        r#""id":"m","currentTime":Infinity"#,
        r#""id":"m","currentTime":"inf""#,
        r#""id":"m","currentTime":"""#,
        r#""id":"m","currentTime":[1]"#,
        r#""id":"m","currentTime":{}"#,
        r#""currentTime":1"#,
        r#""id":"","currentTime":1"#,
        r#""id":" \n ","currentTime":1"#,
        r#""id":null,"currentTime":1"#,
        r#""id":5,"currentTime":1"#,
        r#""id":"a\tb","currentTime":1"#,
    ] {
        let play = line_at("2014-05-02T10:00:00", "play_video", payload);
        assert!(rows(&[play, pause.clone()]).is_empty(), "{payload}");
    }
    let play = line_at("2014-05-02T10:00:00", "play_video", r#""id":" \nm ","currentTime":"35999""#);
    assert_eq!(offsets(&[play, pause]), ["35999.0 36000.0 pause_video"]);
    // A pause without a place is at 0, one with null is none; a seek needs both places.
    let after = |event_type: &str, payload: &str| {
        let play = line_at("2014-05-02T10:00:00", "play_video", r#""id":"m","currentTime":-0.0"#);
        let first = line_at("2014-05-02T10:00:01", event_type, payload);
        let last = line_at("2014-05-02T10:00:02", "stop_video", r#""id":"m","currentTime":5"#);
        offsets(&[play, first, last])
    };
    assert!(after("pause_video", r#""id":"m""#).is_empty(), "it ends at 0, too early");
    assert_eq!(after("pause_video", r#""id":"m","currentTime":null"#), ["-0.0 5.0 stop_video"]);
    assert_eq!(after("seek_video", r#""id":"m","new_time":3"#), ["-0.0 5.0 stop_video"]);
    assert_eq!(after("seek_video", r#""id":"m","new_time":3,"old_time":2"#), ["-0.0 2.0 seek_video"]);
}

#[test]
fn users_types_and_days_that_drop_an_event() {
    let play = |user: &str, event_type: &str, time: &str| {
        format!(
            r#"{{"time":"{time}","event_type":{event_type},"context":{{"user_id":{user},"course_id":"c/o/r"}},"event":{{"id":"m","currentTime":0,"x":"_video"}}}}"#
        )
    };
    let number = |line: String| mapped(&[line], &mut Counters::default()).len();
    for (user, kept) in [("7", 1), ("\" 7 \"", 1), ("7.9", 1), ("null", 0), ("0", 0), ("\"\"", 0), ("\"seven\"", 0), ("[7]", 0)] {
        assert_eq!(number(play(user, "\"play_video\"", "2014-05-02T10:00:00")), kept, "{user}");
    }
    let [learner] = &texts(mapped(&[play("true", "\"play_video\"", "2014-05-02T10:00:00")], &mut Counters::default()))[..] else {
        panic!()
    };
    assert!(learner.starts_with("True\tc/o/r\tm\t"), "{learner}");
    for event_type in ["\"play_video2\"", "\"load_video\"", "\"PLAY_VIDEO\""] {
        assert_eq!(number(play("7", event_type, "2014-05-02T10:00:00")), 0, "{event_type}");
    }
    for time in ["2014-05-01T23:59:59", "2014-05-03T00:00:00", "2014-05-02 10:00", ""] {
        assert_eq!(number(play("7", "\"play_video\"", time)), 0, "{time}");
    }
    let mut counters = Counters::default();
    assert!(mapped(&[play("7", "null", "2014-05-02T10:00:00")], &mut counters).is_empty());
    assert_eq!(counters.iter().map(|(_, name, count)| (name, count)).collect::<Vec<_>>(), [("Discard Missing Event Type", 1)]);
}

#[test]
fn only_codes_of_youtube_are_kept() {
    let id = |code: &str| {
        let play = line_at("2014-05-02T10:00:00", "play_video", &format!(r#""id":"m","currentTime":0{code}"#));
        let record = texts(mapped(&[play], &mut Counters::default())).remove(0);
        record.split('\t').nth(7).unwrap().to_owned()
    };
    assert_eq!(id(r#","code":"3_yD_cEKoCk""#), "3_yD_cEKoCk");
    for code in ["", r#","code":null"#, r#","code":"""#, r#","code":"html5""#, r#","code":"mobile""#, r#","code":"hls""#, r#","code":5"#] {
        assert_eq!(id(code), "", "{code}");
    }
}

#[test]
fn times_of_all_forms_start_viewings() {
    for (time, start) in [
        ("2014-05-02T10:00:00Z", "2014-05-02T10:00:00"),
        ("2014-05-02 10:00:00.5 UTC", "2014-05-02T10:00:00.500000"),
        ("2014-05-02T10:00:00.123456789Z", "2014-05-02T10:00:00.123456"),
        ("2014-05-02T10:00:00.5-05:00", "2014-05-02T10:00:00.500000-05:00"),
        ("2014-05-02T10:00:00-0500", "2014-05-02T10:00:00-05:00"),
        ("2014-05-02T10:00:00+09:00", "2014-05-02T10:00:00"),
    ] {
        let play = line_at(time, "play_video", r#""id":"m","currentTime":0"#);
        let pause = line_at("2014-05-02T10:00:09Z", "pause_video", r#""id":"m","currentTime":9"#);
        assert_eq!(rows(&[play, pause])[0].split('\t').nth(4).unwrap(), start, "{time}");
    }
}

#[test]
fn events_of_equal_time_come_in_the_order_of_their_values() {
    // Whatever their order in the log: a play with the greatest place is the one that counts, and the first pause ends it.
    let at = |event_type: &str, payload: &str| line_at("2014-05-02T10:00:00Z", event_type, &format!(r#""id":"m",{payload}"#));
    let plays = ["9.5", "10", "2", "-0.0"].map(|place| at("play_video", &format!(r#""currentTime":{place}"#)));
    let later =
        ["30", "100", "20"].map(|place| line_at("2014-05-02T10:00:01", "pause_video", &format!(r#""id":"m","currentTime":{place}"#)));
    let mut lines = [plays.to_vec(), later.to_vec()].concat();
    for _ in 0..lines.len() {
        lines.rotate_left(1);
        assert_eq!(offsets(&lines), ["10.0 20.0 pause_video"]);
    }
}

#[test]
fn ids_that_no_table_can_hold_are_counted() {
    let (mut counters, fits) = (Counters::default(), "é".repeat(255 - "c/o/r|".len()));
    let play = |id: &str| line_at("2014-05-02T10:00:00", "play_video", &format!(r#""id":"{id}","currentTime":0"#));
    assert_eq!(mapped(&[play(&fits), play(&format!("{fits}x"))], &mut counters).len(), 1);
    assert_eq!(counters.get(GROUP, "Discard Video ID Too Long"), 1);
}
