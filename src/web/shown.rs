//! What of an address or an answer may stand in a message: never a key, a password or a token.

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

    /// The text without any of them.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }
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
}
