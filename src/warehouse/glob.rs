//! Shell-style globs (rules 01, 4.1) and the globs of Hadoop paths (rules 01, 4.4).

use std::fmt;

use anyhow::{Result, bail};

/// A compiled glob. `*` also matches `/`; the whole text must match; case counts.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    AnyRun,
    AnyOne,
    Literal(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Python's `fnmatch`: `!` negates a class, nothing escapes.
    Shell,
    /// One component of a Hadoop path: `!` and `^` negate a class, `\` escapes.
    Hadoop,
}

impl Glob {
    /// A shell-style glob: `*`, `?`, `[seq]`, `[!seq]`. A `[` that is never closed stands for itself.
    ///
    /// # Errors
    /// A class has a range whose end lies before its start.
    pub(crate) fn shell(text: &str) -> Result<Self> {
        Self::compile(text, Dialect::Shell)
    }

    /// One component (between slashes, braces already expanded) of a Hadoop path.
    ///
    /// # Errors
    /// As [`Glob::shell`].
    pub(crate) fn hadoop_component(text: &str) -> Result<Self> {
        Self::compile(text, Dialect::Hadoop)
    }

    fn compile(text: &str, dialect: Dialect) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            let part = match next {
                '*' => Part::AnyRun,
                '?' => Part::AnyOne,
                '[' => {
                    let mut after = rest.clone();
                    match class(&mut after, dialect) {
                        Some(class) => {
                            rest = after;
                            class
                        }
                        None => Part::Literal('['),
                    }
                }
                '\\' if dialect == Dialect::Hadoop => Part::Literal(rest.next().unwrap_or('\\')),
                other => Part::Literal(other),
            };
            if let Part::Class { ranges, .. } = &part
                && let Some((from, to)) = ranges.iter().find(|(from, to)| from > to)
            {
                bail!("The glob {text} holds the range {from}-{to}, which runs backwards.");
            }
            parts.push(part);
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut parts = self.parts.as_slice();
        let mut rest = text.chars();
        // Where to go on when the text after the last `*` did not match: that run takes one character more.
        let mut retry: Option<(&[Part], std::str::Chars<'_>)> = None;
        loop {
            if let [Part::AnyRun, after @ ..] = parts {
                parts = after;
                retry = Some((after, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (parts, ahead.next()) {
                ([], None) => return true,
                ([part, after @ ..], Some(next)) if part.accepts(next) => {
                    parts = after;
                    rest = ahead;
                }
                _ => {
                    let Some((after, longer)) = &mut retry else {
                        return false;
                    };
                    if longer.next().is_none() {
                        return false;
                    }
                    parts = after;
                    rest = longer.clone();
                }
            }
        }
    }

    /// The one text that matches, when there is no wildcard.
    pub(crate) fn literal(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(literal) => Some(*literal),
                _ => None,
            })
            .collect()
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Part {
    fn accepts(&self, next: char) -> bool {
        match self {
            Self::AnyRun | Self::AnyOne => true,
            Self::Literal(literal) => *literal == next,
            Self::Class { negated, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&next)) != *negated,
        }
    }
}

/// Reads a class after its `[`; none when it is never closed. A `]` in first place belongs to the class.
fn class(rest: &mut std::str::Chars<'_>, dialect: Dialect) -> Option<Part> {
    let is_negation = |first: char| first == '!' || (first == '^' && dialect == Dialect::Hadoop);
    let negated = rest.clone().next().is_some_and(is_negation);
    if negated {
        rest.next();
    }
    let mut members = Vec::new();
    loop {
        match rest.next()? {
            ']' if !members.is_empty() => break,
            '\\' if dialect == Dialect::Hadoop => members.push((rest.next()?, true)),
            member => members.push((member, false)),
        }
    }
    let mut ranges = Vec::new();
    let mut members = members.as_slice();
    while let [(from, _), after @ ..] = members {
        if let [('-', false), (to, _), after @ ..] = after {
            ranges.push((*from, *to));
            members = after;
        } else {
            ranges.push((*from, *from));
            members = after;
        }
    }
    Some(Part::Class { negated, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shell(glob: &str, text: &str) -> bool {
        Glob::shell(glob).unwrap().matches(text)
    }

    #[test]
    fn shell_globs() {
        assert!(shell("*tracking.log*.gz", "host1/tracking.log-20140301.gz"));
        let cases = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a", "A", false),
            ("a?c", "a/c", true),
            ("a?c", "aéc", true),
            ("*.gz", "x.gz.bak", false),
            ("[abc]x", "bx", true),
            ("[!abc]x", "bx", false),
            ("[!abc]x", "dx", true),
            ("[a-c0-9]", "7", true),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[^a]", "^", true),
            ("[^a]", "b", false),
            ("[a-]", "-", true),
            ("[abc", "[abc", true),
            ("a\\*", "a\\b", true),
            ("a.c", "abc", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("{a,b}", "a", false),
        ];
        for (glob, text, expected) in cases {
            assert_eq!(shell(glob, text), expected, "{glob} on {text}");
        }
        assert!(Glob::shell("[z-a]").is_err());
    }

    #[test]
    fn hadoop_components() {
        let cases = [("[^a]", "b", true), ("[!a]", "b", true), ("\\*", "*", true), ("\\*", "a", false), ("[a\\]]", "]", true)];
        for (glob, text, expected) in cases {
            let glob = Glob::hadoop_component(glob).unwrap();
            assert_eq!(glob.matches(text), expected, "{glob} on {text}");
        }
        assert_eq!(Glob::hadoop_component("a\\*b").unwrap().literal(), Some("a*b".into()));
        assert_eq!(Glob::hadoop_component("a*b").unwrap().literal(), None);
    }

    proptest! {
        #[test]
        fn agrees_with_a_regex(glob in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let pattern = glob.replace('*', ".*").replace('?', ".");
            let regex = fancy_regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
            prop_assert_eq!(shell(&glob, &text), regex.is_match(&text).unwrap());
        }

        #[test]
        fn never_panics(glob in "\\PC{0,12}", text in "\\PC{0,12}") {
            for glob in [Glob::shell(&glob), Glob::hadoop_component(&glob)].into_iter().flatten() {
                let _ = glob.matches(&text);
            }
        }
    }
}
