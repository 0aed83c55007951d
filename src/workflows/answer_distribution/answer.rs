//! Answers as text: what learners see of an answer, and what makes two answers the same (rules 02, 4.3 and 4.4).

use std::borrow::Cow;

use super::html_text::text_of_html;
use crate::tracking::is_unicode_space;
use crate::tracking::json::strict::plain_number;
use crate::tracking::json::{Kind, Value};
use crate::tracking::json_text::{float, write_value};
use crate::tracking::python_text::write_float_12;

/// How texts inside an answer are cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// Surrounding white space is trimmed.
    Kept,
    /// Only the text of the HTML is kept.
    Removed,
}

/// The text of an answer.
pub(crate) fn stringify(value: Value<'_>, markup: Markup) -> String {
    match value.kind() {
        Kind::Array => {
            let element = |element: Value<'_>| match element.kind() {
                // As HTML it has no text.
                Kind::Null if markup == Markup::Removed => String::new(),
                _ => element_text(element, markup),
            };
            let elements: Vec<_> = value.elements().map(element).collect();
            format!("[{}]", elements.join("|"))
        }
        _ => element_text(value, markup),
    }
}

fn element_text(value: Value<'_>, markup: Markup) -> String {
    match value.text() {
        Some(text) if markup == Markup::Removed => text_of_html(&text),
        Some(text) => trim(&text).to_owned(),
        None => plain_text(value).into_owned(),
    }
}

/// The text form of any value, texts untouched: `None`, `True`, `False`, decimal integers, floats with 12 digits.
pub(crate) fn plain_text(value: Value<'_>) -> Cow<'_, str> {
    match value.kind() {
        Kind::Null => Cow::Borrowed("None"),
        Kind::True => Cow::Borrowed("True"),
        Kind::False => Cow::Borrowed("False"),
        Kind::String => value.text().unwrap_or_default(),
        Kind::Number if value.raw().bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'+') => {
            Cow::Borrowed(plain_number(value.raw()))
        }
        Kind::Number => {
            let mut text = Vec::new();
            write_float_12(float(value.raw()).unwrap_or(f64::NAN), &mut text);
            Cow::Owned(String::from_utf8_lossy(&text).into_owned())
        }
        Kind::Array | Kind::Object => {
            let mut text = Vec::new();
            write_value(value, &mut text);
            Cow::Owned(String::from_utf8_lossy(&text).into_owned())
        }
    }
}

/// Trims Unicode white space.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_unicode_space)
}

/// What makes answers of one part the same: the value id if there is one, else the answer, and the variant.
pub(crate) fn grouping_key(answer_value_id: Option<Value<'_>>, answer: Option<Value<'_>>, variant: Option<Value<'_>>) -> String {
    let text = answer_value_id.or(answer).map_or_else(|| "None".to_owned(), |value| stringify(value, Markup::Kept));
    let variant = variant.map_or(Cow::Borrowed(""), plain_text);
    let variant = if variant.is_empty() { "1" } else { &variant };
    format!("{text}_{variant}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;

    fn text(json: &str, markup: Markup) -> String {
        stringify(Tape::default().parse(json).unwrap(), markup)
    }

    #[test]
    fn answers_become_text() {
        for (json, expected) in [
            (r#"" a b ""#, "a b"),
            (r#"["choice_0","choice_2"]"#, "[choice_0|choice_2]"),
            (r#"["a",""]"#, "[a|]"),
            ("[]", "[]"),
            ("null", "None"),
            ("true", "True"),
            ("5", "5"),
            ("-0", "0"),
            ("5.0", "5.0"),
            ("0.30000000000000004", "0.3"),
            ("[1,null]", "[1|None]"),
        ] {
            assert_eq!(text(json, Markup::Kept), expected, "{json}");
        }
        assert_eq!(text(r#"["a <b>x</b>","b",null]"#, Markup::Removed), "[a x|b|]");
        assert_eq!(text("null", Markup::Removed), "None");
    }

    #[test]
    fn grouping_keys() {
        let key = |json: &str| {
            let mut tape = Tape::default();
            let value = tape.parse(json).unwrap();
            grouping_key(value.get("answer_value_id"), value.get("answer"), value.get("variant"))
        };
        for (json, expected) in [
            (r#"{"answer":"x"}"#, "x_1"),
            (r#"{"answer":"x","variant":""}"#, "x_1"),
            (r#"{"answer":"x","variant":1}"#, "x_1"),
            (r#"{"answer":"x","variant":"1"}"#, "x_1"),
            (r#"{"answer":"x","variant":null}"#, "x_None"),
            (r#"{"answer":"x","variant":0}"#, "x_0"),
            (r#"{"answer_value_id":["a"," b"],"variant":2}"#, "[a|b]_2"),
            (r#"{"answer_value_id":null,"answer":"x"}"#, "None_1"),
            ("{}", "None_1"),
        ] {
            assert_eq!(key(json), expected, "{json}");
        }
    }
}
