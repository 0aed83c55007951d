//! List parameters: JSON lists, or what a shell leaves of them (rules 01, 7).

use std::fmt;
use std::str::FromStr;

use crate::wrong_usage::wrong_usage;

/// A list of texts, from `["s3://a", "s3://b"]`, from `[s3://a, s3://b]`, whose quotes a shell has stripped, or from a text a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringList(pub Vec<String>);

/// Whether the values of an argument are lists.
pub(crate) fn is_list(argument: &clap::Arg) -> bool {
    argument.get_value_parser().type_id() == std::any::TypeId::of::<StringList>()
}

impl StringList {
    /// One list out of several.
    pub(crate) fn joined<'l>(parts: impl IntoIterator<Item = &'l Self>) -> Self {
        Self(parts.into_iter().flat_map(|part| part.0.iter().cloned()).collect())
    }
}

/// As JSON, which is read back.
impl fmt::Display for StringList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", serde_json::Value::from(self.0.clone()))
    }
}

impl FromStr for StringList {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if let Ok(values) = serde_json::from_str(text) {
            return Ok(Self(values));
        }
        // One text in JSON's quotes is meant as such a list.
        if let Some(value) = serde_json::from_str(text).ok().filter(|value: &String| !value.is_empty()) {
            return Ok(Self(vec![value]));
        }
        let Some(bare) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
            let lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
            if !lines.is_empty() && lines.iter().all(|line| is_one_path(line)) {
                return Ok(Self(lines));
            }
            return Err(wrong_usage(
                "The value is not a list; write a JSON list of texts such as [\"s3://bucket/logs/\"], or one text a line without quotes.",
            ));
        };
        if bare.trim().is_empty() {
            return Ok(Self::default());
        }
        let words: Vec<String> = split_at_top_level(bare).iter().map(|word| (*word).trim().to_owned()).collect();
        // A double quote means that this was to be JSON, so the words would not be what was meant.
        if words.iter().any(|word| word.is_empty() || word.contains('"')) {
            if let Some(corrected) = with_doubled_backslashes(text) {
                return Err(wrong_usage(format!("The list is not valid JSON: a backslash is doubled there. Write it as {corrected}.")));
            }
            return Err(wrong_usage("The list is not valid JSON; write it as [\"first\", \"second\"] with every text in double quotes."));
        }
        Ok(Self(words))
    }
}

/// A plain path or pattern is a list of one, also with blanks in it. Several paths with blanks between them are none.
fn is_one_path(text: &str) -> bool {
    let is_list_like = text.starts_with(['[', '{', '"']) || text.ends_with([']', '}', '"']) || text.contains(',');
    let begins_anew = |word: &str| word.starts_with(['/', '.', '~']) || word.contains("://");
    !text.is_empty() && !is_list_like && !text.split_whitespace().skip(1).any(begins_anew)
}

/// The list with each backslash doubled that stands alone, if it is JSON then.
fn with_doubled_backslashes(text: &str) -> Option<String> {
    let mut corrected = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        corrected.push(letter);
        if letter == '\\' {
            let next = letters.next_if(|next| matches!(next, '\\' | '"'));
            corrected.push(next.unwrap_or('\\'));
        }
    }
    serde_json::from_str::<Vec<String>>(&corrected).ok().map(|_| corrected)
}

/// Splits at commas that stand outside round brackets and braces, as the regex `\d{4,8}` is one word.
fn split_at_top_level(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|c: char| {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Option<Vec<String>> {
        text.parse::<StringList>().ok().map(|list| list.0)
    }

    #[test]
    fn json_and_bare_words() {
        for (text, expected) in [
            (r#"["s3://a", "s3://b"]"#, vec!["s3://a", "s3://b"]),
            ("[s3://a, s3://b]", vec!["s3://a", "s3://b"]),
            (" [s3://a] ", vec!["s3://a"]),
            (r#"["a\"b", "c,d", ""]"#, vec!["a\"b", "c,d", ""]),
            (r"[.*log-(?P<date>\d{4,8}).*\.gz,x]", vec![r".*log-(?P<date>\d{4,8}).*\.gz", "x"]),
            ("[\n\"a\",\n\"b\"]", vec!["a", "b"]),
            ("/a\n s3://b/c d\n", vec!["/a", "s3://b/c d"]),
            ("s3://a/", vec!["s3://a/"]),
            (r#""*""#, vec!["*"]),
            (" tracking.log ", vec!["tracking.log"]),
            (r".*log-(?P<date>\d+)", vec![r".*log-(?P<date>\d+)"]),
            ("/data/site one/tracking", vec!["/data/site one/tracking"]),
            ("[]", vec![]),
            ("[ ]", vec![]),
        ] {
            assert_eq!(list(text), Some(expected.iter().map(|word| (*word).to_owned()).collect()), "{text}");
        }
    }

    #[test]
    fn lists_are_joined_and_read_back() {
        let lists: [StringList; 2] = ["[a\\d, b]", "c d"].map(|text| text.parse().unwrap());
        let joined = StringList::joined(&lists);
        assert_eq!(joined.0, ["a\\d", "b", "c d"]);
        assert_eq!(joined.to_string().parse::<StringList>().unwrap(), joined);
    }

    #[test]
    fn a_single_backslash_is_shown_doubled() {
        let error = r#"[".*log-(?P<date>\d{8}).*\.gz", "a\\b"]"#.parse::<StringList>().unwrap_err().to_string();
        assert!(error.ends_with(r#"Write it as [".*log-(?P<date>\\d{8}).*\\.gz", "a\\b"]."#), "{error}");
        let error = r#"["a", "b]"#.parse::<StringList>().unwrap_err().to_string();
        assert!(!error.contains("backslash"), "{error}");
    }

    #[test]
    fn what_is_neither_is_an_error() {
        for text in [
            "",
            r#""""#,
            "/a /b",
            "s3://a s3://b",
            ".*a .*b",
            "/a\n[event-logs]",
            "/a\n/b /c",
            "\"a\",\n\"b\"",
            "a,b",
            "[a,,b]",
            "[a",
            r#"["a", "b]"#,
            r#"["a",]"#,
            r#"{"a": 1}"#,
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
