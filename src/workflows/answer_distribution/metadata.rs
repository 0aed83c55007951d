//! The optional file of extra facts on answers (rules 02, 4.2).

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::{Context, Result};

use crate::tracking::json::strict::write_text;
use crate::tracking::json::{Kind, Tape, Value};
use crate::tracking::json_text::{is_truthy, last_members, write_value};

/// Some members of an answer as JSON texts: what it has and what the metadata adds to it.
#[derive(Debug)]
pub(crate) struct Members(Vec<(&'static str, Option<String>)>);

impl Members {
    /// Those members of an object that are named, of repeated names the last one; found in one look, as there is an object for each answer.
    pub(crate) fn of(object: Value<'_>, names: impl IntoIterator<Item = &'static str>) -> Self {
        let mut members = Self(names.into_iter().map(|name| (name, None)).collect());
        for (name, value) in object.members() {
            if let Some((_, place)) = members.0.iter_mut().find(|(known, _)| name.is_text(known)) {
                *place = Some(json_of_value(value));
            }
        }
        members
    }

    /// The JSON of a member.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name)?.1.as_deref()
    }

    /// Puts the JSON of a member; members that are not among those that are named do not count.
    fn put(&mut self, name: &str, json: String) {
        if let Some((_, place)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            *place = Some(json);
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.iter_mut().find(|(known, _)| *known == name)?.1.take()
    }
}

/// What the file says of one answer.
#[derive(Debug, Default)]
struct Facts {
    /// Text members, to fill gaps with.
    texts: Vec<(String, String)>,
    /// What is shown of monikers, as JSON; usually texts.
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
        let answers = last_members(root).into_iter().map(|(id, facts)| (id.into_owned(), Facts::of(facts))).collect();
        Ok(Self { answers })
    }

    /// Completes an answer's members.
    pub(crate) fn apply(&self, answer_id: &str, members: &mut Members) {
        let Some(facts) = self.answers.get(answer_id) else { return };
        for (name, text) in &facts.texts {
            let known = members.get(name).is_some_and(|json| with_value(json, is_truthy) == Some(true));
            if !known {
                members.put(name, json_of(text));
            }
        }
        if members.get("answer").is_some() {
            return;
        }
        let response_type =
            members.get("response_type").and_then(|json| with_value(json, |value| value.text().map(Cow::into_owned))).flatten();
        if matches!(response_type.as_deref(), Some("choiceresponse" | "multiplechoiceresponse")) {
            if let (Some(names), Some(id)) = (&facts.names, members.get("answer_value_id"))
                && let Some(Some(answer)) = with_value(id, |id| named(names, id))
            {
                members.put("answer", answer);
            }
        } else if let Some(id) = members.take("answer_value_id") {
            members.put("answer", id);
        }
    }
}

impl Facts {
    fn of(value: Value<'_>) -> Self {
        let mut facts = Self::default();
        for (name, member) in last_members(value) {
            match member.kind() {
                Kind::String => facts.texts.push((name.into_owned(), member.text().unwrap_or_default().into_owned())),
                Kind::Object if name == "answer_value_id_map" => {
                    let names = last_members(member).into_iter();
                    facts.names = Some(names.map(|(moniker, shown)| (moniker.into_owned(), json_of_value(shown))).collect());
                }
                _ => {}
            }
        }
        facts
    }
}

/// The JSON of what is shown of a moniker, or of the list of them; unknown monikers are empty texts.
fn named(names: &HashMap<String, String>, id: Value<'_>) -> Option<String> {
    let name = |moniker: Value<'_>| moniker.text().and_then(|moniker| names.get(moniker.as_ref())).map_or("\"\"", String::as_str);
    match id.kind() {
        Kind::String => Some(name(id).to_owned()),
        Kind::Array => {
            let elements: Vec<_> = id.elements().map(name).collect();
            Some(format!("[{}]", elements.join(",")))
        }
        _ => None,
    }
}

fn json_of_value(value: Value<'_>) -> String {
    let mut json = Vec::new();
    write_value(value, &mut json);
    // It is ASCII.
    String::from_utf8(json).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(metadata: &str, answer: &str) -> Vec<(String, String)> {
        let names = ["answer", "answer_value_id", "question", "response_type"];
        let mut members = with_value(answer, |answer| Members::of(answer, names)).unwrap();
        AnswerMetadata::parse(metadata).unwrap().apply("id1", &mut members);
        let mut members: Vec<_> = members.0.into_iter().filter_map(|(name, json)| Some((name.to_owned(), json?))).collect();
        members.sort();
        members
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, json)| ((*name).to_owned(), (*json).to_owned())).collect()
    }

    #[test]
    fn of_repeated_members_the_last_one_counts() {
        assert_eq!(
            applied("{}", r#"{"answer":1,"other":2,"\u0061nswer":"b","question":null}"#),
            pairs(&[("answer", r#""b""#), ("question", "null")])
        );
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
    fn what_is_shown_of_a_moniker_may_be_no_text() {
        let metadata = r#"{"id1":{"response_type":"choiceresponse","answer_value_id_map":{"c0":5,"c1":null,"c2":["a"]}}}"#;
        for (id, answer) in [("\"c0\"", "5"), ("\"c1\"", "null"), ("\"c2\"", r#"["a"]"#), (r#"["c0","c9","c1"]"#, r#"[5,"",null]"#)] {
            let members = applied(metadata, &format!(r#"{{"answer_value_id":{id}}}"#));
            assert_eq!(members[0], pairs(&[("answer", answer)])[0], "{id}");
        }
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
