//! Damage to the text of a line.

use crate::case::Damage::{Set, Text};
use crate::case::Of::{Action, Address, Answer, Enrollment, Page, Video};
use crate::case::Outcome::{AsSound, Counted, Gives, NotMeant};
use crate::case::{COURSE, Case};

const UNPARSEABLE: &str = "Event: Discard Unparseable Event";

/// The rows of the table.
pub(crate) const CASES: &[Case] = &[
    Case("the line is empty", Page, Text(|_| Vec::new()), Counted(UNPARSEABLE)),
    Case("the line is no JSON", Page, Text(|_| b"not a json line".to_vec()), Counted(UNPARSEABLE)),
    Case("the line is cut off in the middle", Page, Text(|line| line.as_bytes()[..line.len() / 2].to_vec()), Counted(UNPARSEABLE)),
    Case("the line lacks its last brace", Answer, Text(|line| line.as_bytes()[..line.len() - 1].to_vec()), Counted(UNPARSEABLE)),
    Case("only the end of the line is there", Page, Text(|line| line.as_bytes()[line.len() / 2..].to_vec()), Counted(UNPARSEABLE)),
    Case(
        "syslog's prefix before the object",
        Page,
        Text(|line| format!("Feb 28 10:00:00 ip-10-0-0-1 [tracking] - {line}").into()),
        AsSound,
    ),
    Case("a prefix with a brace in it", Page, Text(|line| format!("{{x}} {line}").into()), Counted(UNPARSEABLE)),
    Case("text behind the object", Page, Text(|line| format!("{line} trailing").into()), Counted(UNPARSEABLE)),
    Case("blanks around the object", Page, Text(|line| format!(" \t{line}  ").into()), AsSound),
    Case("CR before the line end", Page, Text(|line| format!("{line}\r").into()), AsSound),
    Case("a byte order mark before the object", Page, Text(|line| format!("\u{feff}{line}").into()), AsSound),
    Case("two objects on a line", Page, Text(|line| format!("{line}{line}").into()), Counted(UNPARSEABLE)),
    Case("an array around the object", Page, Text(|line| format!("[{line}]").into()), Counted(UNPARSEABLE)),
    Case("a text instead of an object", Page, Text(|_| b"\"text\"".to_vec()), Counted(UNPARSEABLE)),
    Case("a number instead of an object", Page, Text(|_| b"12".to_vec()), Counted(UNPARSEABLE)),
    Case("null instead of an object", Page, Text(|_| b"null".to_vec()), Counted(UNPARSEABLE)),
    Case("an empty object", Page, Text(|_| b"{}".to_vec()), Counted("Event: Discard Missing Time Field")),
    Case("single quotes, as Python prints", Page, Text(|line| line.replace('"', "'").into()), Counted(UNPARSEABLE)),
    Case(
        "a comma behind the last member",
        Page,
        Text(|line| line.replacen("\"page\":\"x\"}", "\"page\":\"x\",}", 1).into()),
        Counted(UNPARSEABLE),
    ),
    Case("a NUL byte in a text", Page, Text(|line| line.replace("\"x\"", "\"\0\"").into()), Counted(UNPARSEABLE)),
    Case("NUL bytes before the line, as a crash leaves them", Page, Text(|line| format!("\0\0\0\0{line}").into()), Counted(UNPARSEABLE)),
    Case("a TAB in a text", Page, Text(|line| line.replace("\"x\"", "\"\t\"").into()), AsSound),
    Case("bytes that are no UTF-8", Page, Text(|line| in_agent(line, b"\xff\xfe\xc3")), AsSound),
    Case("Latin-1 in a user name", Action, Text(|line| spliced(line, "bob", b"J\xfcrgen")), Gives("Jürgen")),
    Case("half of a surrogate pair", Page, Set("agent", r#""\ud83d""#), AsSound),
    Case("half of a surrogate pair in a user name", Action, Set("username", r#""b\ud83d""#), Gives("b\u{fffd}")),
    Case("a surrogate pair in a user name", Action, Set("username", r#""b\ud83d\ude00""#), Gives("b😀")),
    Case("an unknown escape", Page, Set("agent", r#""\x41""#), AsSound),
    Case("escaped slashes", Page, Text(|line| line.replace("\"/\"", r#""\/""#).into()), AsSound),
    Case("the event type written with escapes", Enrollment, Text(|line| line.replace("edx.course", r"\u0065dx.course").into()), AsSound),
    Case("escapes that steer a terminal", Action, Set("username", r#""\u001b[2Jbob""#), Gives("bob")),
    Case(
        "one name twice: the last counts",
        Address,
        Text(|line| line.replacen("\"ip\":", "\"ip\":\"1.2.3.4\",\"ip\":", 1).into()),
        AsSound,
    ),
    Case(
        "one name twice, null at last",
        Address,
        Text(|line| line.replacen("\"page\":", "\"ip\":null,\"page\":", 1).into()),
        Counted("User Location: Discard Missing Address"),
    ),
    Case("12,000 arrays in each other", Page, Text(|line| nested(line, 12_000, "[", "]")), AsSound),
    Case("200,000 objects in each other", Page, Text(|line| nested(line, 200_000, "{\"a\":", "}")), AsSound),
    Case("12,000 arrays that never end", Page, Text(|line| nested(line, 12_000, "[", "")), Counted(UNPARSEABLE)),
    Case("NaN where a number stands", Page, Set("event.x", "NaN"), AsSound),
    Case(
        "a number of 100,000 digits",
        Page,
        Text(|line| line.replace("\"event\":{}", &format!("\"event\":{{\"x\":{}}}", "9".repeat(100_000))).into()),
        AsSound,
    ),
    Case("a text of a megabyte", Page, Text(|line| in_agent(line, &vec![b'a'; 1_000_000])), AsSound),
    Case("wrapped by a collector, as a text", Page, Text(|line| wrapped("message", &serde_json::json!(line).to_string())), AsSound),
    Case("wrapped by a collector, as an object", Page, Text(|line| wrapped("log", line)), AsSound),
    Case(
        "wrapped by a journal, with a prefix",
        Page,
        Text(|line| wrapped("MESSAGE", &serde_json::json!(format!("INFO - {line}")).to_string())),
        AsSound,
    ),
    Case(
        "wrapped twice",
        Page,
        Text(|line| wrapped("log", &String::from_utf8(wrapped("message", line)).unwrap())),
        Counted("Event: Discard Missing Time Field"),
    ),
    Case("wrapped, and the text in it is no event", Page, Set("message", "\"x\""), AsSound),
    Case("a context that is the text of an object", Page, Text(context_as_text), AsSound),
    Case("a payload that is the text of an object", Video, Text(payload_as_text), AsSound),
    Case(
        "a payload that is the text of half an object",
        Video,
        Set("event", r#""{\"id\": \"v\", ""#),
        Counted("Video Events: Discard Missing Event Data"),
    ),
    Case("a payload of a form", Video, Set("event", r#""a=b&c=d""#), Counted("Video Events: Discard Missing Event Data")),
    Case("a payload that is an array", Enrollment, Set("event", "[1]"), Counted("Enrollment Events: Discard Enroll Missing Event Data")),
    Case("a payload that is null", Answer, Set("event", "null"), Counted("Answer Distribution: Discard Missing Event Data")),
    Case("a context that is an array", Page, Set("context", "[]"), Counted("UserActivity: Discard Missing User ID")),
    Case(
        "an event of a type that nobody counts",
        Enrollment,
        Set("event_type", "\"edx.course.enrollment.upgrade.clicked\""),
        Counted("Enrollment Events: Discard Non-Enrollment Event Type"),
    ),
    Case("an event from a worker", Page, Set("event_source", "\"task\""), NotMeant("a worker is no learner")),
];

fn spliced(line: &str, text: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, behind) = line.split_once(text).unwrap();
    [before.as_bytes(), bytes, behind.as_bytes()].concat()
}

fn in_agent(line: &str, bytes: &[u8]) -> Vec<u8> {
    spliced(line, "\"agent\":\"x", &[b"\"agent\":\"", bytes].concat())
}

fn nested(line: &str, depth: usize, open: &str, close: &str) -> Vec<u8> {
    line.replace("\"event\":{}", &format!("\"event\":{{\"x\":{}1{}}}", open.repeat(depth), close.repeat(depth))).into()
}

fn wrapped(name: &str, text: &str) -> Vec<u8> {
    format!("{{\"host\":\"h\",\"{name}\":{text}}}").into()
}

fn with_text_of(line: &str, name: &str) -> Vec<u8> {
    let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
    event[name] = serde_json::json!(event[name].to_string());
    event.to_string().into()
}

fn context_as_text(line: &str) -> Vec<u8> {
    assert!(line.contains(COURSE));
    with_text_of(line, "context")
}

fn payload_as_text(line: &str) -> Vec<u8> {
    with_text_of(line, "event")
}
