//! A log line becomes an event, and an event answers questions (rules 01, 1; 10, 2).

use std::borrow::Cow;

use super::course_key::{CourseKeyRules, KnownCourses};
use super::json::{Kind, KnownMembers, Members, Tape, Value};
use super::json_text::is_truthy;
use super::text_parser::TextParser;
use super::time::{EventTime, Timestamp};
use super::white_space::strip_cow;
use super::wrapped::wrapped;

/// Reads lines into events; keeps its memory from line to line.
#[derive(Debug, Default)]
pub struct LineParser {
    outer: TextParser,
    inner: TextParser,
    context: PayloadParser,
    latin1: String,
    /// The members of an event that is an object inside another one.
    known: KnownMembers,
    courses: KnownCourses,
}

/// Reads payloads that are JSON inside a string; keeps its memory from event to event.
#[derive(Debug, Default)]
pub struct PayloadParser {
    tape: Tape,
    text: String,
}

/// One tracking-log record.
#[derive(Clone, Copy, Debug)]
pub struct Event<'t> {
    root: Members<'t>,
    /// The object in `context`, or decoded from a text there.
    context: Option<Members<'t>>,
    courses: &'t KnownCourses,
}

impl LineParser {
    /// The event of a line, or none if it is unparseable: the whole line as JSON, else one retry with the text from the
    /// first `{` to a `}` that ends the line (rules 01, 1.1). Bytes that are not UTF-8 make the line Latin-1. What a collector wrapped
    /// the event in is taken off (rules 10, 2).
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Option<Event<'a>> {
        let Self { outer, inner, context, latin1, known, courses } = self;
        let text = if let Ok(text) = simdutf8::basic::from_utf8(line) {
            text
        } else {
            latin1.clear();
            latin1.extend(line.iter().map(|&byte| char::from(byte)));
            latin1
        };
        let mut root = outer.object(text)?;
        if let Some(wrapped) = wrapped(&root, inner, known) {
            root = wrapped;
        }
        let inside = root.context().or_else(|| context.read(&root.present("context")?).then(|| context.members())?);
        Some(Event { root, context: inside, courses })
    }
}

impl PayloadParser {
    /// Takes the text of a string; false for other kinds.
    fn read(&mut self, value: &Value<'_>) -> bool {
        value.text_into(&mut self.text)
    }

    /// The object that the text is; no prefix is skipped here.
    fn object(&mut self) -> Option<Value<'_>> {
        self.members().map(|members| members.object())
    }

    /// [`Self::object`], and where its known members lie.
    fn members(&mut self) -> Option<Members<'_>> {
        self.tape.read(&self.text).ok()?;
        Some(self.tape.members(&self.text)).filter(|members| members.object().is_object())
    }
}

impl<'t> Event<'t> {
    /// A top-level field; null counts as missing.
    #[inline]
    pub fn field(&self, name: &str) -> Option<Value<'t>> {
        self.root.present(name)
    }

    /// A top-level text field; missing, null and other kinds give none.
    #[inline]
    pub fn text(&self, name: &str) -> Option<Cow<'t, str>> {
        self.field(name)?.text()
    }

    /// The non-empty text of `time`.
    #[inline]
    pub fn time(&self) -> Option<Cow<'t, str>> {
        self.text("time").filter(|time| !time.is_empty())
    }

    /// The event time as answer distribution takes it: none with an offset west of UTC (rules 02, 3.1), but fields may be short.
    pub fn timestamp(&self) -> Option<Timestamp> {
        let text = self.time()?;
        match EventTime::read(&text) {
            Some(time) => (!time.is_behind()).then(|| time.timestamp()),
            None => Timestamp::with_short_fields(&text),
        }
    }

    /// The username without surrounding white space, unless that leaves nothing.
    pub fn username(&self) -> Option<Cow<'t, str>> {
        Some(strip_cow(self.text("username")?)).filter(|name| !name.is_empty())
    }

    /// True if the top-level text field `name` reads exactly `expected`.
    #[inline]
    pub fn is(&self, name: &str, expected: &str) -> bool {
        self.field(name).is_some_and(|value| value.is_text(expected))
    }

    /// The context object; none if it is missing, null or neither an object nor the text of one.
    pub fn context(&self) -> Option<Value<'t>> {
        self.context.map(|context| context.object())
    }

    /// The learner's number, as it is told in the context; null counts as missing.
    #[inline]
    pub fn user_id(&self) -> Option<Value<'t>> {
        self.context?.present("user_id")
    }

    /// The event data: the object in `event`, or decoded from a string there (table in rules 01, 1.3).
    pub fn data<'a>(&self, payload: &'a mut PayloadParser) -> Option<Value<'a>>
    where
        't: 'a,
    {
        let value = self.field("event")?;
        match value.kind() {
            Kind::Object => Some(value),
            Kind::String => {
                if !payload.read(&value) {
                    return None;
                }
                let text = payload.text.as_str();
                if text.is_empty() {
                    return Some(Value::empty_object());
                }
                let cut_off = text.len() >= 512 && text.chars().count() == 512 && text.contains("POST");
                let form_encoded = !text.contains('{') && text.contains('=');
                if cut_off || form_encoded { None } else { payload.object() }
            }
            _ => None,
        }
    }

    /// The course id of the event: `context.course_id`, trimmed, if it is valid.
    pub fn course_id(&self, rules: &CourseKeyRules) -> Option<Cow<'t, str>> {
        self.given_course_id().filter(|id| !id.is_empty() && self.is_valid(id, rules))
    }

    /// [`Event::course_id`]; if the context has none, not even an invalid one, the course of the URL: `event_type` of server events, `page` of
    /// browser events.
    pub fn course_id_or_that_of_url(&self, rules: &CourseKeyRules) -> Option<Cow<'t, str>> {
        let id = self.given_course_id()?;
        if id.is_empty() { self.course_id_of_url(rules) } else { self.is_valid(&id, rules).then_some(id) }
    }

    fn is_valid(&self, id: &str, rules: &CourseKeyRules) -> bool {
        self.courses.is_valid(*rules, id)
    }

    /// What the context says, trimmed; empty if it says nothing, be it by an empty list. None if it is no text, or there is no context.
    fn given_course_id(&self) -> Option<Cow<'t, str>> {
        match self.context.as_ref()?.present("course_id").filter(|value| is_truthy(*value)) {
            Some(value) => Some(strip_cow(value.text()?)),
            None => Some(Cow::Borrowed("")),
        }
    }

    fn course_id_of_url(&self, rules: &CourseKeyRules) -> Option<Cow<'t, str>> {
        let url = match self.text("event_source")?.as_ref() {
            "server" => self.text("event_type")?,
            "browser" => self.text("page")?,
            _ => return None,
        };
        match url {
            Cow::Borrowed(url) => rules.from_url(url),
            Cow::Owned(url) => rules.from_url(&url).map(|id| Cow::Owned(id.into_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw_of(line: &[u8]) -> Option<String> {
        LineParser::default().parse(line).map(|event| event.root.object().raw().to_owned())
    }

    #[test]
    fn lines_become_events() {
        for (line, expected) in [
            (&br#"{"a":1}"#[..], Some(r#"{"a":1}"#)),
            (b"  {\"a\":1} \t", Some(r#"{"a":1}"#)),
            (b"{\"a\":1}\t", Some(r#"{"a":1}"#)),
            (b"Jan 3 10:00 host app: {\"a\":1}", Some(r#"{"a":1}"#)),
            (b"\xef\xbb\xbf{\"a\":1}", Some(r#"{"a":1}"#)),
            (b"{bad {\"a\":1}", None),
            (b"{\"a\":1} trailing", None),
            (b"{\"a\":1,\"b\":\"trunc", None),
            (b"", None),
            (b"12", None),
            (b"null", None),
            (b"[{\"a\":1}]", None),
            (b"x [{\"a\":1}]", None),
            (b"{\"a\":\"\0\"}", None),
            (b"\0{\"a\":1}", None),
            (b"{\"a\":\"\xff\"}", Some("{\"a\":\"ÿ\"}")),
            (b"{\"a\":\"\xc3\xa9\"}", Some("{\"a\":\"é\"}")),
            (b"{\"a\":\"\xc3\xa9\xff\"}", Some("{\"a\":\"Ã©ÿ\"}")),
        ] {
            assert_eq!(raw_of(line).as_deref(), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    fn with_event<T>(line: &str, look: impl FnOnce(Event<'_>) -> T) -> T {
        look(LineParser::default().parse(line.as_bytes()).unwrap())
    }

    fn data_of(event: &str) -> Option<String> {
        with_event(&format!("{{\"event\":{event}}}"), |event| event.data(&mut PayloadParser::default()).map(|data| data.raw().to_owned()))
    }

    #[test]
    fn event_data() {
        let cut_off = format!("\"{{\\\"POST\\\":\\\"{}\\\"}}\"", "x".repeat(512 - 11));
        assert_eq!(data_of(&cut_off), None);
        assert!(data_of(&cut_off.replace("xx\\", "x\\")).is_some());
        for (event, expected) in [
            ("null", None),
            (r#""""#, Some("{}")),
            (r#""a=b&c=d""#, None),
            (r#""{\"a\":\"x=y\"}""#, Some(r#"{"a":"x=y"}"#)),
            (r#""x {\"a\":1}""#, None),
            (r#""[1]""#, None),
            (r#""12""#, None),
            ("[1]", None),
            ("12", None),
            (r#"{"a":2}"#, Some(r#"{"a":2}"#)),
        ] {
            assert_eq!(data_of(event).as_deref(), expected, "{event}");
        }
        assert!(with_event("{}", |event| event.data(&mut PayloadParser::default()).is_none()));
    }

    #[test]
    fn usernames_are_stripped() {
        for (json, expected) in [(r#"" u\n""#, Some("u")), (r#""  ""#, None), ("null", None), ("5", None), (r#""\u00a0é ""#, Some("é"))] {
            with_event(&format!("{{\"username\":{json}}}"), |event| assert_eq!(event.username().as_deref(), expected, "{json}"));
        }
    }

    fn course(fields: &str, from_url: bool) -> Option<String> {
        with_event(&format!("{{{fields}}}"), |event| {
            let rules = CourseKeyRules::default();
            let id = if from_url { event.course_id_or_that_of_url(&rules) } else { event.course_id(&rules) };
            id.map(Cow::into_owned)
        })
    }

    #[test]
    fn course_ids() {
        let url = r#""event_source":"server","event_type":"/courses/a/b/c/x""#;
        assert_eq!(course(r#""context":{"course_id":" a/b/c\n"}"#, false).as_deref(), Some("a/b/c"));
        assert_eq!(course(&format!(r#""context":{{"course_id":"bad"}},{url}"#), true), None);
        assert_eq!(course(&format!(r#""context":{{"course_id":""}},{url}"#), true).as_deref(), Some("a/b/c"));
        assert_eq!(course(&format!(r#""context":{{"course_id":null}},{url}"#), true).as_deref(), Some("a/b/c"));
        assert_eq!(course(&format!(r#""context":{{}},{url}"#), false), None);
        assert_eq!(course(&format!(r#""context":null,{url}"#), true), None);
        assert_eq!(course(&format!(r#""context":[],{url}"#), true), None);
        for nothing in ["false", "0", "-0.0", "[]", "{}"] {
            assert_eq!(course(&format!(r#""context":{{"course_id":{nothing}}},{url}"#), true).as_deref(), Some("a/b/c"), "{nothing}");
            assert_eq!(course(&format!(r#""context":{{"course_id":{nothing}}},{url}"#), false), None, "{nothing}");
        }
        for wrong in ["5", "true", "NaN", "[1]", r#"{"a":1}"#] {
            assert_eq!(course(&format!(r#""context":{{"course_id":{wrong}}},{url}"#), true), None, "{wrong}");
        }
        let page = |source: &str| format!(r#""context":{{}},"event_source":"{source}","page":"https://x.org/courses/course-v1:a+b+c/y""#);
        assert_eq!(course(&page("browser"), true).as_deref(), Some("course-v1:a+b+c"));
        assert_eq!(course(&page("mobile"), true), None);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(line in prop::collection::vec(any::<u8>(), 0..300), json in "[{}\":,a-z0-9\\\\ ]{0,60}") {
            let mut parser = LineParser::default();
            for line in [line.as_slice(), json.as_bytes(), format!("{{\"time\":\"{json}\",\"event\":\"{json}\",\"context\":{json}}}").as_bytes()] {
                if let Some(event) = parser.parse(line) {
                    let mut payload = PayloadParser::default();
                    let _ = (event.time(), event.timestamp(), event.username(), event.data(&mut payload).is_some());
                    let _ = event.course_id_or_that_of_url(&CourseKeyRules::default());
                }
            }
        }
    }
}
