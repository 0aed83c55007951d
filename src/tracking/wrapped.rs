//! Lines inside other lines: collectors put what they read into an object of their own (rules 10, 2).

use super::json::{Kind, KnownMembers, Members};
use super::text_parser::TextParser;

/// The fields that a collector puts a line into, in the order in which they are asked.
const LINES: [&str; 3] = ["message", "log", "MESSAGE"];

/// The event inside a decoded line that is none itself: an object, or what a text yields. One level only.
pub(super) fn wrapped<'t, 'a>(line: &Members<'t>, parser: &'a mut TextParser, known: &'a mut KnownMembers) -> Option<Members<'a>>
where
    't: 'a,
{
    if line.present("event_type").is_some() {
        return None;
    }
    for inner in LINES.into_iter().filter_map(|name| line.present(name)) {
        match inner.kind() {
            Kind::Object => return Some(known.look_over(inner)),
            Kind::String if inner.text().is_some_and(|text| parser.keep(&text)) => return Some(parser.kept()),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::tracking::LineParser;

    /// The user of a line, and whether its context could be read.
    fn user_of(line: &str) -> Option<(String, bool)> {
        let mut parser = LineParser::default();
        let event = parser.parse(line.as_bytes())?;
        Some((event.username()?.into_owned(), event.context().is_some()))
    }

    fn as_text(json: &str) -> String {
        serde_json::to_string(json).unwrap()
    }

    const EVENT: &str = r#"{"event_type":"x","username":"u","context":{"user_id":1}}"#;

    #[test]
    fn a_line_inside_a_line_is_the_event() {
        let expected = Some(("u".to_owned(), true));
        let with_prefix = format!("2024-03-05 10:00:00,124 INFO 20 [tracking] - {EVENT}\n");
        for field in ["message", "log", "MESSAGE", r"m\u0065ssage"] {
            for value in [EVENT.to_owned(), as_text(EVENT), as_text(&with_prefix), as_text(EVENT).replace("username", r"usern\u0061me")] {
                for line in [
                    format!(r#"{{"time":"t","{field}":{value},"username":"outer"}}"#),
                    format!(r#"Mar 05 host shipper: {{"{field}":{value}}} "#),
                    format!(r#"{{"event_type":null,"{field}":{value}}}"#),
                ] {
                    assert_eq!(user_of(&line), expected, "{line}");
                }
            }
        }
    }

    #[test]
    fn fields_are_asked_in_order_and_texts_without_an_event_are_passed_over() {
        let other = EVENT.replace("\"u\"", "\"v\"");
        for (line, user) in [
            (format!(r#"{{"log":{other},"message":{EVENT}}}"#), "u"),
            (format!(r#"{{"message":"no event","log":{}}}"#, as_text(EVENT)), "u"),
            (format!(r#"{{"message":"[1]","log":null,"MESSAGE":{EVENT}}}"#), "u"),
            (r#"{"message":"started","username":"outer"}"#.to_owned(), "outer"),
            (r#"{"message":5,"username":"outer"}"#.to_owned(), "outer"),
            (format!(r#"{{"event_type":"y","username":"outer","message":{EVENT}}}"#), "outer"),
        ] {
            assert_eq!(user_of(&line).map(|(user, _)| user).as_deref(), Some(user), "{line}");
        }
    }

    #[test]
    fn one_level_only() {
        let once = format!(r#"{{"message":{}}}"#, as_text(EVENT));
        assert!(user_of(&once).is_some());
        let twice = format!(r#"{{"message":{}}}"#, as_text(&once));
        assert_eq!(user_of(&twice), None);
    }

    #[test]
    fn a_context_may_be_a_text() {
        let with = |context: &str| user_of(&format!(r#"{{"event_type":"x","username":"u","context":{context}}}"#)).unwrap().1;
        assert!(with(r#""{\"user_id\":1}""#));
        for context in [r#""""#, r#""x {\"user_id\":1}""#, r#""[1]""#, "[1]", "1", "null"] {
            assert!(!with(context), "{context}");
        }
        let wrapped = format!(r#"{{"message":{}}}"#, as_text(&EVENT.replace(r#"{"user_id":1}"#, r#""{\"user_id\":1}""#)));
        assert_eq!(user_of(&wrapped), Some(("u".to_owned(), true)));
    }
}
