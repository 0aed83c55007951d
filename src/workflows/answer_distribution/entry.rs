//! The row of a distinct answer (rules 02, 4.1).

use std::borrow::Cow;

use anyhow::{Context, Result};

use super::answer::{Markup, stringify};
use super::metadata::with_value;
use crate::streaming::wire::NULL;
use crate::streaming::{Record, record};
use crate::tracking::json::strict::write_text;
use crate::tracking::json::{Tape, Value};
use crate::tracking::json_text::{is_truthy, write_name, write_value};

/// Members of an answer that its row is made of, in the order of the record.
pub(super) const MEMBERS: [&str; 5] = ["answer_value_id", "answer", "variant", "question", "correct"];

/// What the newest value of a part decides for all its answers.
pub(super) struct Latest {
    /// Whether answers have a value id.
    pub uses_id: bool,
    /// JSON.
    pub problem_id: String,
    /// JSON.
    pub display_name: String,
}

impl Latest {
    /// Writes the JSON of one distinct answer of the part, by its newest value and both counts (rules 02, 4.1 step 5).
    pub(super) fn write_entry(&self, part_id: &str, newest: &[u8], counts: [i64; 2], json: &mut Vec<u8>) -> Result<()> {
        let [_, fields @ ..] = Record::new(newest).exactly::<{ 1 + MEMBERS.len() }>()?;
        let texts: Vec<_> = fields.iter().map(|field| optional(field)).collect::<Result<_>>()?;
        let mut tapes: [Tape; MEMBERS.len()] = Default::default();
        let mut members = [None; MEMBERS.len()];
        for ((text, tape), member) in texts.iter().zip(&mut tapes).zip(&mut members) {
            if let Some(text) = text {
                *member = Some(tape.parse(text).ok().context("A record holds broken JSON.")?);
            }
        }
        let [answer_value_id, answer, variant, question, correct] = members;
        let (value_id, answer) = if self.uses_id {
            let text = |value: Option<Value<'_>>, markup| value.map_or_else(String::new, |value| stringify(value, markup));
            let value_id = text(answer_value_id, Markup::Kept);
            let markup = if value_id.is_empty() { Markup::Kept } else { Markup::Removed };
            (value_id, text(answer, markup))
        } else {
            let answer = answer.or(answer_value_id);
            (String::new(), answer.map_or_else(|| "None".to_owned(), |value| stringify(value, Markup::Kept)))
        };
        let counts = counts.map(|count| count.to_string());
        let [first, last] = &counts;
        json.push(b'{');
        let mut member = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
            write_name(name, 1, json);
            write(json);
        };
        let text_or_empty = |value: Option<Value<'_>>, json: &mut Vec<u8>| match value {
            Some(value) if is_truthy(value) => write_value(value, json),
            _ => write_text("", json),
        };
        member("ModuleID", &|json| json.extend_from_slice(self.problem_id.as_bytes()));
        member("PartID", &|json| write_text(part_id, json));
        member("Correct Answer", &|json| write_text(if correct.is_some_and(is_truthy) { "1" } else { "0" }, json));
        member("First Response Count", &|json| json.extend_from_slice(first.as_bytes()));
        member("Last Response Count", &|json| json.extend_from_slice(last.as_bytes()));
        member("ValueID", &|json| write_text(&value_id, json));
        member("AnswerValue", &|json| write_text(&answer, json));
        member("Variant", &|json| text_or_empty(variant, json));
        member("Problem Display Name", &|json| {
            let _ = with_value(&self.display_name, |name| text_or_empty(Some(name), json));
        });
        member("Question", &|json| match question {
            Some(question) => write_value(question, json),
            None => write_text("", json),
        });
        json.push(b'}');
        Ok(())
    }
}

/// A wire field as text, none for null.
pub(super) fn optional(field: &[u8]) -> Result<Option<Cow<'_, str>>> {
    if field == NULL { Ok(None) } else { record::text(field).map(Some) }
}
