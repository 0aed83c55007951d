//! What of an address or an answer may stand in a message: never a key, a password or a token.

use std::collections::BTreeSet;
use std::fmt;

const HIDDEN: &str = "(hidden)";

/// An address without user, query and fragment, as keys travel there.
pub(crate) fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    match bare.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => bare.to_owned(),
    }
}

/// Texts that must not be told. `Debug` shows none of them.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Remembers a text. One that is too short to be a secret is part of other words and stays.
    pub(crate) fn add(&mut self, secret: &str) {
        const SHORTEST: usize = 4;
        if secret.len() >= SHORTEST && !self.0.iter().any(|known| known == secret) {
            self.0.push(secret.to_owned());
            // So that a secret that is the beginning of another leaves nothing of it.
            self.0.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// The text without any of them, also where a server repeats them as an address, a form or JSON spells them.
    pub(crate) fn hide(&self, text: &str) -> String {
        let (mut told, mut hidden_to) = (String::with_capacity(text.len()), 0);
        for (at, character) in text.char_indices() {
            let rest = text.get(at..).unwrap_or_default();
            if let Some(length) = self.0.iter().filter_map(|secret| spelled_length(rest, secret)).max() {
                if at >= hidden_to {
                    told.push_str(HIDDEN);
                }
                hidden_to = hidden_to.max(at + length);
            }
            if at >= hidden_to {
                told.push(character);
            }
        }
        told
    }
}

/// How many bytes of the text's beginning spell the secret, if they do. Each character may be spelled in a way of its own: encoders differ
/// in what they leave as it is.
fn spelled_length(text: &str, secret: &str) -> Option<usize> {
    let spellings: [fn(&str, char) -> Option<usize>; 4] = [as_it_is, in_percents, in_a_form, in_json];
    let mut ends = BTreeSet::from([0]);
    for character in secret.chars() {
        let behind = |end: usize| {
            let rest = text.get(end..).unwrap_or_default();
            spellings.into_iter().filter_map(move |spelling| Some(end + spelling(rest, character)?))
        };
        ends = ends.into_iter().flat_map(behind).collect();
        if ends.is_empty() {
            return None;
        }
    }
    ends.last().copied()
}

fn as_it_is(text: &str, character: char) -> Option<usize> {
    text.starts_with(character).then(|| character.len_utf8())
}

/// `%C3%A9`
fn in_percents(text: &str, character: char) -> Option<usize> {
    let mut rest = text;
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let (digits, behind) = rest.strip_prefix('%')?.split_at_checked(2)?;
        rest = behind;
        is_hex(digits, byte.into()).then_some(())?;
    }
    Some(text.len() - rest.len())
}

/// A blank of a form is a plus.
fn in_a_form(text: &str, character: char) -> Option<usize> {
    (character == ' ' && text.starts_with('+')).then_some(1)
}

/// `\"` or `\u00e9`
fn in_json(text: &str, character: char) -> Option<usize> {
    let escaped = text.strip_prefix('\\')?;
    if matches!(character, '"' | '\\' | '/') && escaped.starts_with(character) {
        return Some(2);
    }
    let mut rest = text;
    for unit in character.encode_utf16(&mut [0; 2]) {
        let (digits, behind) = rest.strip_prefix("\\u")?.split_at_checked(4)?;
        rest = behind;
        is_hex(digits, (*unit).into()).then_some(())?;
    }
    Some(text.len() - rest.len())
}

fn is_hex(digits: &str, number: u32) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && u32::from_str_radix(digits, 16) == Ok(number)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_keys() {
        for (url, expected) in [
            ("https://user:word@host:8/a/b?key=x#y", "https://host:8/a/b"),
            ("http://host?key=x", "http://host"),
            ("http://host/@a", "http://host/@a"),
            ("no address?key=x", "no address"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn secrets_are_hidden_whole() {
        let mut secrets = Secrets::default();
        for secret in ["", "abc", "hunter", "hunter2", "hunter2"] {
            secrets.add(secret);
        }
        assert_eq!(secrets.hide("abc hunter2 and hunter3"), "abc (hidden) and (hidden)3");
        assert_eq!(format!("{secrets:?}"), "2 secrets");
    }

    #[test]
    fn secrets_are_hidden_however_a_server_spells_them() {
        let mut secrets = Secrets::default();
        secrets.add("S3CR3T\"&+ x/é😀");
        for spelling in [
            "S3CR3T\"&+ x/é😀",
            "S3CR3T%22%26%2B+x%2F%C3%A9%F0%9F%98%80",
            "S3CR3T%22%26%2b%20x/%c3%a9%f0%9f%98%80",
            "S3CR3T\\\"&+ x/é😀",
            "S3CR3T\\\"\\u0026+ x\\/\\u00e9\\ud83d\\uDE00",
        ] {
            assert_eq!(secrets.hide(&format!("a {spelling}{spelling} b")), "a (hidden)(hidden) b", "{spelling}");
        }
        for other in ["S3CR3T%22%26%2", "S3CR3T%+2", "S3CR3T\\u+022", "S3CR3T\\u00é", "S3CR3T", "%", "\\"] {
            assert_eq!(secrets.hide(other), other);
        }
        secrets.add("😀 more");
        assert_eq!(secrets.hide("S3CR3T\"&+ x/é😀 more or less"), "(hidden) or less");
    }
}
