//! Reads the operators' ini files by the rules of Python 2's `ConfigParser` (rules 01, 7).
//!
//! Written here because ready parsers differ where existing files notice it: they fold the case of sections, cut values at
//! every `;` and `#` (so a URL with a fragment is lost), and know neither interpolation nor the line a value stands in.

use anyhow::{Context, bail};

use super::catalogue::is_known_section;

/// The section that stands in for what others leave out.
pub(super) const DEFAULT_SECTION: &str = "DEFAULT";

/// One option of a file, its value not yet interpolated.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub section: String,
    /// In lower case.
    pub key: String,
    /// The key as the file has it: names of Hadoop's properties are told apart by case.
    pub spelling: String,
    pub value: String,
    /// Counted from 1.
    pub line: usize,
    /// The first line that goes on with the value and looks as if it were to begin a section, which is its name.
    pub swallowed: Option<(usize, String)>,
}

/// All options in the order of the file. An error names the line but never shows it: it may hold a secret.
pub(super) fn parse(text: &str) -> anyhow::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section: Option<&str> = None;
    // A section header ends the option before it, so that an indented line after it continues nothing.
    let mut continues = false;
    for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) || is_rem(line) {
            continue;
        }
        if line.starts_with(char::is_whitespace) && continues {
            if let Some(entry) = entries.last_mut() {
                if entry.swallowed.is_none() {
                    entry.swallowed = swallowed_section(&entry.value, content).map(|name| (number, name.to_owned()));
                }
                entry.value.push('\n');
                entry.value.push_str(content);
            }
        } else if let Some(header) = content.strip_prefix('[') {
            let end = header.find(']').filter(|end| *end > 0);
            let end = end.with_context(|| format!("Line {number} starts a section but does not end it with ']'."))?;
            section = header.get(..end);
            continues = false;
        } else {
            let Some(section) = section else {
                bail!("Line {number} comes before the first section, such as [hive].");
            };
            let (key, value) = content
                .split_once(['=', ':'])
                .filter(|(key, _)| !key.is_empty())
                .with_context(|| format!("Line {number} is neither 'name = value' nor a section nor a comment."))?;
            entries.push(Entry {
                section: section.to_owned(),
                key: key.trim().to_lowercase(),
                spelling: key.trim().to_owned(),
                value: first_line_of_value(value).to_owned(),
                line: number,
                swallowed: None,
            });
            continues = true;
        }
    }
    Ok(entries)
}

/// The name of the section that a line which goes on with a value was probably to begin; a list may go on with a line in brackets.
fn swallowed_section<'l>(value: &str, line: &'l str) -> Option<&'l str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
    let is_meant = is_known_section(name) || !value.is_empty() && !value.starts_with('[');
    (is_name && is_meant).then_some(name)
}

/// A comment after a value needs blank space before its `;`. A `#` is part of the value.
fn first_line_of_value(value: &str) -> &str {
    let value = value.trim();
    let before = value.split_once(';').map(|(before, _)| before);
    let value = before.filter(|before| before.is_empty() || before.ends_with(char::is_whitespace)).unwrap_or(value).trim();
    if value == "\"\"" { "" } else { value }
}

/// `REM` at the start of a line is a comment, as in batch files.
fn is_rem(line: &str) -> bool {
    line.starts_with(['r', 'R']) && line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("rem"))
}

/// How often a value may refer to a value that refers further.
const DEPTH: usize = 10;

/// Replaces `%%` by `%` and `%(name)s` by what `lookup` says; other percent signs stay. `Err` names what is not set.
pub(super) fn interpolate<'a>(value: &str, lookup: &impl Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    interpolate_within(value, lookup, DEPTH)
}

fn interpolate_within<'a>(value: &str, lookup: &impl Fn(&str) -> Option<&'a str>, depth: usize) -> Result<String, String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|after| after.split_once(")s")) {
            let Some(inner) = depth.checked_sub(1) else {
                return Err(format!("refers to itself through %({name})s"));
            };
            let value = lookup(&name.to_lowercase()).ok_or_else(|| format!("refers to %({name})s, which is not set"))?;
            out.push_str(&interpolate_within(value, lookup, inner)?);
            rest = after;
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<(String, String, String)> {
        parse(text).unwrap().into_iter().map(|entry| (entry.section, entry.key, entry.value)).collect()
    }

    fn value(line: &str) -> String {
        read(&format!("[s]\n{line}")).remove(0).2
    }

    #[test]
    fn options_with_either_separator_and_any_case() {
        let text = "# comment\n[hive]\nWarehouse_Path : s3://b/w/\n; comment\nrem comment\n[Job-conf]\nmapred.X = a=b:c\n";
        let expected = [("hive", "warehouse_path", "s3://b/w/"), ("Job-conf", "mapred.x", "a=b:c")];
        assert_eq!(read(text), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    }

    #[test]
    fn values() {
        assert_eq!(value("k = http://x/#top"), "http://x/#top");
        assert_eq!(value("k = a;b"), "a;b");
        assert_eq!(value("k = a ; comment"), "a");
        assert_eq!(value("k ="), "");
        assert_eq!(value("k = \"\""), "");
        assert_eq!(value("k = [\n    \"a\",\n\n  # comment\n\t\"b\"]\r\n"), "[\n\"a\",\n\"b\"]");
    }

    #[test]
    fn an_indented_section_is_noticed() {
        let swallowed = |text: &str| parse(text).unwrap().remove(0).swallowed;
        assert_eq!(swallowed("[s]\nk = /a\n  b\n [mine]\n [other]\n"), Some((4, "mine".to_owned())));
        assert_eq!(swallowed("[s]\nk =\n [hive]\n"), Some((3, "hive".to_owned())));
        assert_eq!(swallowed("[s]\nk = [\n [hive]\n"), Some((3, "hive".to_owned())));
        for list in ["[s]\nk =\n  [logs]\n", "[s]\nk = [\n  [logs]\n", "[s]\nk = a\n  [\"b\"]\n", "[s]\nk = a\n[hive]\n"] {
            assert_eq!(swallowed(list), None, "{list}");
        }
    }

    #[test]
    fn errors_name_the_line_and_not_its_content() {
        for text in ["k = secret", "[s]\nsecret", "[s]\n= secret", "[secret\n", "[]\n"] {
            let error = parse(text).err().unwrap().to_string();
            assert!(error.contains("Line ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn interpolation() {
        let lookup = |name: &str| match name {
            "root" => Some("s3://b"),
            "logs" => Some("%(root)s/logs"),
            "loop" => Some("%(loop)s"),
            _ => None,
        };
        assert_eq!(interpolate("%(Logs)s/%%Y", &lookup).unwrap(), "s3://b/logs/%Y");
        assert_eq!(interpolate("100% of %d %(open", &lookup).unwrap(), "100% of %d %(open");
        assert!(interpolate("%(gone)s", &lookup).unwrap_err().contains("gone"));
        assert!(interpolate("%(loop)s", &lookup).unwrap_err().contains("itself"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(\\[|\\]|=|:|;|%|\\(|\\)s|\n| |a|é){0,40}") {
            if let Ok(entries) = parse(&text) {
                for entry in entries {
                    let _ = interpolate(&entry.value, &|_| Some("%(a)s"));
                }
            }
        }
    }
}
