//! Hadoop's glob status: which files a path with wildcards stands for (rules 01, 4.4).

use anyhow::{Result, bail};

use crate::storage::{Entry, Location, store_for};
use crate::warehouse::glob::Glob;

/// More alternatives than this come from a broken line.
const MOST_ALTERNATIVES: usize = 10_000;

/// The files at a path, or at all paths that it matches; files below where it leads to a directory.
///
/// A file whose name is the very text of the pattern goes first: brackets and braces occur in names, too.
pub(super) fn expand(pattern: &Location) -> Result<Vec<Entry>> {
    let store = store_for(pattern)?;
    let existing = list(pattern)?;
    if !existing.is_empty() || !pattern.path().contains(['*', '?', '[', '{', '\\']) {
        return Ok(existing);
    }
    let mut found = Vec::new();
    for path in alternatives(pattern.path())? {
        let start = if path.starts_with('/') { pattern.join("/") } else { "./".parse()? };
        let mut places = vec![(start, true)];
        for component in path.split('/').filter(|component| !component.is_empty()) {
            let glob = Glob::hadoop_component(component)?;
            let mut next = Vec::new();
            for (place, _) in places.iter().filter(|(_, is_directory)| *is_directory) {
                if let Some(name) = glob.literal() {
                    let below = place.join(&name);
                    let is_directory = store.directory_exists(&below)?;
                    next.push((below, is_directory));
                    continue;
                }
                for child in store.children(place)? {
                    if glob.matches(&child.name) {
                        next.push((place.join(&child.name), child.is_directory));
                    }
                }
            }
            places = next;
        }
        for (place, _) in places {
            found.extend(list(&place)?);
        }
    }
    Ok(found)
}

/// The file, or all files below the directory; not what merely begins with the same text.
fn list(place: &Location) -> Result<Vec<Entry>> {
    let store = store_for(place)?;
    match store.entry(place)? {
        Some(entry) => Ok(vec![entry]),
        None => store.list(&place.directory_form()),
    }
}

/// Expands `{a,b}` from left to right, nested ones too; `\` escapes. A brace that is never closed is an error, as in Hadoop.
fn alternatives(path: &str) -> Result<Vec<String>> {
    let mut open = vec![path.to_owned()];
    let mut done = Vec::new();
    while let Some(text) = open.pop() {
        match first_group(&text)? {
            None => done.push(text),
            // Pushed backwards, so that they are popped in order.
            Some((before, options, after)) => open.extend(options.iter().rev().map(|option| format!("{before}{option}{after}"))),
        }
        if open.len() + done.len() > MOST_ALTERNATIVES {
            bail!("The path {path} stands for more than {MOST_ALTERNATIVES} alternatives.");
        }
    }
    Ok(done)
}

type Group<'a> = (&'a str, Vec<&'a str>, &'a str);

fn first_group(text: &str) -> Result<Option<Group<'_>>> {
    let mut escaped = false;
    let mut depth = 0_usize;
    let (mut before, mut option_start) = ("", 0);
    let mut options = Vec::new();
    for (at, next) in text.char_indices() {
        let part = text.get(option_start..at).unwrap_or_default();
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                depth += 1;
                if depth == 1 {
                    before = text.get(..at).unwrap_or_default();
                    option_start = at + 1;
                }
            }
            ',' if depth == 1 => {
                options.push(part);
                option_start = at + 1;
            }
            '}' if depth == 1 => {
                options.push(part);
                let after = text.get(at + 1..).unwrap_or_default();
                return Ok(Some((before, options, after)));
            }
            '}' if depth > 1 => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 {
        bail!("The path {text} opens a brace that it does not close.");
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::write_bytes;

    #[test]
    fn braces() {
        let cases = [
            ("a", vec!["a"]),
            ("{a,b}/c", vec!["a/c", "b/c"]),
            ("x{a,b{1,2},}", vec!["xa", "xb1", "xb2", "x"]),
            ("{a,b}{c,d}", vec!["ac", "ad", "bc", "bd"]),
            ("a\\{b,c\\}", vec!["a\\{b,c\\}"]),
            ("a}", vec!["a}"]),
        ];
        for (text, expected) in cases {
            assert_eq!(alternatives(text).unwrap(), expected, "{text}");
        }
        assert!(alternatives("{a,b").is_err());
        assert!(alternatives(&"{a,b}".repeat(40)).is_err());
    }

    #[test]
    fn wildcards_stay_within_a_component() {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap();
        for name in ["a1/x.gz", "a1/deep/y.gz", "a2/x.gz", "b1/x.gz", "a3"] {
            write_bytes(&root.join(name), b"").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let entries = expand(&root.join(pattern)).unwrap();
            let relative = |entry: &Entry| entry.location.relative_to(&root).unwrap().to_owned();
            entries.iter().map(relative).collect()
        };
        assert_eq!(found("a*/*.gz"), ["a1/x.gz", "a2/x.gz"]);
        assert_eq!(found("{b,a}1/x.gz"), ["b1/x.gz", "a1/x.gz"]);
        assert_eq!(found("a[^1]"), ["a2/x.gz", "a3"]);
        assert_eq!(found("*1/deep"), ["a1/deep/y.gz"]);
        assert!(found("*/none").is_empty() && found("a3/*").is_empty());
        let url: Location = format!("file://{root}/a?/x.gz").parse().unwrap();
        assert_eq!(expand(&url).unwrap()[0].location.as_str(), format!("file://{root}/a1/x.gz"));
    }
}
