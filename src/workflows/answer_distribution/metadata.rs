//! The optional file of extra facts on answers (rules 02, 4.2).

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::{Context, Result};

use crate::tracking::json::{Kind, Tape, Value};
use crate::tracking::json_text::{is_truthy, last_members, write_text, write_value};

/// Members of an answer as JSON texts; what an answer has and what the metadata adds to it.
pub(crate) type Members = HashMap<String, String>;

/// What the file says of one answer.
#[derive(Debug, Default)]
struct Facts {
    /// Text members, to fill gaps with.
    texts: Vec<(String, String)>,
    /// Display texts by moniker.
    names: Option<HashMap<String, String>>,
}

/// The whole file, by answer id.
#[derive(Debug, Default)]
pub(crate) struct AnswerMetadata {
    answers: HashMap<String, Facts>,
}

impl AnswerMetadata {
    /// Reads the file's text; it must be a JSON object of objects.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut tape = Tape::default();
        let root = tape.parse(text).ok().filter(Value::is_object).context("The answer metadata is not a JSON object.")?;
        let answers = last_members(root).into_iter().map(|(id, facts)| (id, Facts::of(facts))).collect();
        Ok(Self { answers })
    }

    /// Completes an answer's members.
    pub(crate) fn apply(&self, answer_id: &str, members: &mut Members) {
        let Some(facts) = self.answers.get(answer_id) else { return };
        for (name, text) in &facts.texts {
            let known = members.get(name).is_some_and(|json| with_value(json, is_truthy) == Some(true));
            if !known {
                members.insert(name.clone(), json_of(text));
            }
        }
        if members.contains_key("answer") {
            return;
        }
        let response_type =
            members.get("response_type").and_then(|json| with_value(json, |value| value.text().map(Cow::into_owned))).flatten();
        if matches!(response_type.as_deref(), Some("choiceresponse" | "multiplechoiceresponse")) {
            if let (Some(names), Some(id)) = (&facts.names, members.get("answer_value_id"))
                && let Some(Some(answer)) = with_value(id, |id| named(names, id))
            {
                members.insert("answer".to_owned(), answer);
            }
        } else if let Some(id) = members.remove("answer_value_id") {
            members.insert("answer".to_owned(), id);
        }
    }
}

impl Facts {
    fn of(value: Value<'_>) -> Self {
        let mut facts = Self::default();
        for (name, member) in last_members(value) {
            match member.kind() {
                Kind::String => facts.texts.push((name, member.text().unwrap_or_default().into_owned())),
                Kind::Object if name == "answer_value_id_map" => {
                    let names = last_members(member).into_iter();
                    facts.names = Some(names.map(|(moniker, text)| (moniker, text.text().unwrap_or_default().into_owned())).collect());
                }
                _ => {}
            }
        }
        facts
    }
}

/// The display text of a moniker, or the list of them; unknown monikers are empty.
fn named(names: &HashMap<String, String>, id: Value<'_>) -> Option<String> {
    let name = |moniker: Value<'_>| moniker.text().and_then(|moniker| names.get(moniker.as_ref())).map_or("", String::as_str);
    match id.kind() {
        Kind::String => Some(json_of(name(id))),
        Kind::Array => {
            let elements: Vec<_> = id.elements().map(|element| json_of(name(element))).collect();
            Some(format!("[{}]", elements.join(",")))
        }
        _ => None,
    }
}

fn json_of(text: &str) -> String {
    let mut json = Vec::new();
    write_text(text, &mut json);
    String::from_utf8_lossy(&json).into_owned()
}

/// Looks at a value given as JSON text.
pub(crate) fn with_value<T>(json: &str, look: impl FnOnce(Value<'_>) -> T) -> Option<T> {
    Tape::default().parse(json).ok().map(look)
}

/// Those members of an object that are named, as JSON texts.
pub(crate) fn members_of(object: Value<'_>, names: &[&str]) -> Members {
    let json = |value: Value<'_>| {
        let mut json = Vec::new();
        write_value(value, &mut json);
        String::from_utf8_lossy(&json).into_owned()
    };
    names.iter().filter_map(|name| Some(((*name).to_owned(), json(object.get(name)?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(metadata: &str, answer: &str) -> Vec<(String, String)> {
        let names = ["answer", "answer_value_id", "question", "response_type"];
        let mut members = with_value(answer, |answer| members_of(answer, &names)).unwrap();
        AnswerMetadata::parse(metadata).unwrap().apply("id1", &mut members);
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort();
        members
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned())).collect()
    }

    #[test]
    fn fills_gaps_and_names_monikers() {
        let metadata = r#"{"id1":{"response_type":"choiceresponse","question":"MQ","answer_value_id_map":{"c1":"One"}}}"#;
        assert_eq!(
            applied(metadata, r#"{"answer_value_id":["c1","c9"]}"#),
            pairs(&[
                ("answer", r#"["One",""]"#),
                ("answer_value_id", r#"["c1","c9"]"#),
                ("question", "\"MQ\""),
                ("response_type", "\"choiceresponse\"")
            ])
        );
        assert_eq!(
            applied(metadata, r#"{"answer_value_id":"c1","question":"Q","response_type":""}"#),
            pairs(&[("answer", "\"One\""), ("answer_value_id", "\"c1\""), ("question", "\"Q\""), ("response_type", "\"choiceresponse\"")])
        );
    }

    #[test]
    fn other_types_turn_the_id_into_the_answer() {
        assert_eq!(applied(r#"{"id1":{}}"#, r#"{"answer_value_id":5}"#), pairs(&[("answer", "5")]));
        assert_eq!(applied(r#"{"id2":{}}"#, r#"{"answer_value_id":5}"#), pairs(&[("answer_value_id", "5")]));
        assert_eq!(
            applied(r#"{"id1":{}}"#, r#"{"answer":null,"answer_value_id":5}"#),
            pairs(&[("answer", "null"), ("answer_value_id", "5")])
        );
        assert!(AnswerMetadata::parse("[]").is_err());
    }
}
