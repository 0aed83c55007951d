//! A tracking event and its JSON line, written as the LMS writes it: blanks after `:` and `,`, all text in ASCII.

use std::io::{self, Write};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Datelike as _, Timelike as _};
use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;
use serde_json::value::RawValue;

/// One line of a tracking log.
#[allow(clippy::struct_field_names, reason = "the names that the log has")]
#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) username: &'a str,
    pub(super) event_type: String,
    pub(super) ip: &'a str,
    pub(super) agent: &'a str,
    pub(super) host: &'a str,
    pub(super) session: &'a str,
    pub(super) event_source: &'static str,
    pub(super) context: Context<'a>,
    pub(super) time: String,
    #[serde(rename = "event")]
    pub(super) payload: Payload,
    pub(super) page: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) referer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) accept_language: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// When it happened, in microseconds since 1970.
    #[serde(skip)]
    pub(super) micros: i64,
}

/// Who and where.
#[derive(Serialize)]
pub(super) struct Context<'a> {
    pub(super) user_id: i64,
    pub(super) course_id: &'a str,
    pub(super) org_id: &'a str,
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) course_user_tags: Option<Pairs<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) module: Option<Module>,
}

/// The problem that an event is about.
#[derive(Serialize)]
pub(super) struct Module {
    pub(super) display_name: String,
    pub(super) usage_key: String,
}

/// What the event says: an object, a list, or text (which is mostly JSON again).
pub(super) enum Payload {
    Text(String),
    Lines(Vec<String>),
    Object(serde_json::Value),
    /// An object that is written already.
    Written(Box<RawValue>),
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Lines(lines) => lines.serialize(serializer),
            Self::Object(value) => value.serialize(serializer),
            Self::Written(text) => text.serialize(serializer),
        }
    }
}

/// A JSON object with keys made at run time, in this order.
#[derive(Clone)]
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<T: Serialize> Serialize for Pairs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The `time` of an event: `2014-05-01T09:00:00.000012+00:00`.
pub(super) fn time_text(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let fraction = time.timestamp_subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}+00:00")
}

/// Appends a value as one line of JSON, without the line end.
pub(super) fn write_json(value: &impl Serialize, out: &mut Vec<u8>) -> Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, PythonFormatter);
    value.serialize(&mut serializer).context("A generated event could not be written as JSON; please report this.")
}

/// [`write_json`] as text of its own, for JSON inside of JSON.
pub(super) fn json_text(value: &impl Serialize) -> Result<String> {
    let mut out = Vec::with_capacity(256);
    write_json(value, &mut out)?;
    String::from_utf8(out).context("Generated JSON is not UTF-8; please report this.")
}

/// JSON in the form of Python's `json.dumps`.
struct PythonFormatter;

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|character: char| !character.is_ascii()) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = tail.chars();
            let mut units = [0; 2];
            for unit in characters.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_form_that_python_writes() {
        let value = serde_json::json!({"é": ["a\t\"", "李😀"], "n": 1.5, "o": {}});
        let text = json_text(&value).unwrap();
        assert_eq!(text, r#"{"\u00e9": ["a\t\"", "\u674e\ud83d\ude00"], "n": 1.5, "o": {}}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn time_has_six_decimals_and_a_zone() {
        assert_eq!(time_text(1_398_902_400_000_012), "2014-05-01T00:00:00.000012+00:00");
        assert_eq!(time_text(-1), "1969-12-31T23:59:59.999999+00:00");
    }
}
