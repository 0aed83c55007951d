//! A log line becomes an event, and an event answers questions (rules 01, 1; 10, 2).

use std::borrow::Cow;

use super::course_key::{CourseKeyRules, KnownCourses};
use super::json::{Kind, KnownMembers, Members, Tape, Value};
use super::text_parser::TextParser;
use super::time::{EventTime, Timestamp};
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

    /// The course id of the event: `context.course_id`, trimmed, if it is valid. If it is empty or missing and `from_url`
    /// is set, the course of the URL: `event_type` of server events, `page` of browser events.
    pub fn course_id(&self, rules: &CourseKeyRules, from_url: bool) -> Option<Cow<'t, str>> {
        let id = match self.context.as_ref()?.present("course_id") {
            Some(value) => strip_cow(value.text()?),
            None => Cow::Borrowed(""),
        };
        if !id.is_empty() {
            return self.courses.is_valid(*rules, &id).then_some(id);
        }
        if !from_url {
            return None;
        }
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

/// What the original's Unicode text type takes for white space: today's Unicode white space, the four ASCII separators, and the
/// Mongolian vowel separator, which was white space in its edition of Unicode (measured).
pub fn is_unicode_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}' | '\u{180e}')
}

/// Whether a text begins and ends with ASCII characters that are no white space.
fn is_tight(text: &str) -> bool {
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    matches!(ends, (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic())
}

/// Removes white space at both ends the way the original's text type does: ASCII texts lose C white space, others what
/// Unicode calls white space, and the separators U+001C to U+001F.
pub fn strip(text: &str) -> &str {
    if is_tight(text) {
        text
    } else if text.is_ascii() {
        text.trim_matches(|character: char| u8::try_from(character).is_ok_and(super::json::is_space))
    } else {
        text.trim_matches(is_unicode_space)
    }
}

/// [`strip`] of a text from JSON, that keeps borrowing. An owned one had escapes; the original then took it for a Unicode text, even
/// if it is ASCII.
pub fn strip_cow(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(strip(text)),
        Cow::Owned(text) if is_tight(&text) => Cow::Owned(text),
        Cow::Owned(text) => {
            let stripped = text.trim_matches(is_unicode_space);
            if stripped.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(stripped.to_owned()) }
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
    fn texts_with_escapes_lose_unicode_white_space() {
        let username = |json: &str| {
            let line = format!(r#"{{"username":"{json}"}}"#);
            let mut parser = LineParser::default();
            parser.parse(line.as_bytes()).and_then(|event| event.username().map(Cow::into_owned))
        };
        assert_eq!(username(r" \u001cbob\u00a0"), Some("bob".to_owned()));
        assert_eq!(username(r"\u001cbob"), Some("bob".to_owned()), "even if they are ASCII");
        assert_eq!(username("\u{1c}bob"), Some("\u{1c}bob".to_owned()));
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
        with_event(&format!("{{{fields}}}"), |event| event.course_id(&CourseKeyRules::default(), from_url).map(Cow::into_owned))
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
        assert_eq!(course(&format!(r#""context":{{"course_id":5}},{url}"#), true), None);
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
                    let _ = event.course_id(&CourseKeyRules::default(), true);
                }
            }
        }
    }
}
