//! A URL or plain path.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result};

/// A URL or plain path. [`Display`](fmt::Display) gives what the operator typed; order is bytewise on that text.
///
/// Nothing is percent-decoded, as in Hadoop: `file:///a%20b` is the file whose name holds a percent sign.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    text: String,
    /// Length of the scheme at the start of the text; 0 for a plain path.
    scheme_length: usize,
    /// Where the path begins in the text, after scheme and authority.
    path_start: usize,
}

/// Why a text is no location. Never repeats a text that may hold a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocationError {
    /// The text is empty.
    Empty,
    /// The text holds a NUL byte.
    NulByte,
    /// `scheme://name:password@…`
    Credentials {
        /// The scheme of the URL.
        scheme: String,
    },
    /// `file://` with the name of another machine, or without a path.
    NotLocal(String),
    /// An object-store URL without a bucket.
    NoBucket(String),
}

impl fmt::Display for LocationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(formatter, "A path or URL is empty."),
            Self::NulByte => write!(formatter, "A path or URL holds a NUL byte."),
            Self::Credentials { scheme } => write!(
                formatter,
                "A {scheme}:// URL holds a password. Remove it from the URL and put it into the environment or a credentials file."
            ),
            Self::NotLocal(text) => write!(formatter, "{text} does not name a local file. Write file:///path or a plain path."),
            Self::NoBucket(text) => write!(formatter, "{text} names no bucket."),
        }
    }
}

impl std::error::Error for LocationError {}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if text.contains('\0') {
            return Err(LocationError::NulByte);
        }
        let of = |scheme_length, path_start| Self { text: text.to_owned(), scheme_length, path_start };
        let Some((scheme, rest)) = text.split_once("://").filter(|(name, _)| is_scheme(name)) else {
            // Hadoop prints local files as `file:/path`.
            return Ok(if text.starts_with("file:/") { of(4, 5) } else { of(0, 0) });
        };
        let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
        if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            return Err(LocationError::Credentials { scheme: scheme.to_owned() });
        }
        let path_start = scheme.len() + 3 + authority.len();
        if scheme == "file" && (!matches!(authority, "" | "localhost") || path_start == text.len()) {
            return Err(LocationError::NotLocal(text.to_owned()));
        }
        if scheme.starts_with("s3") && authority.is_empty() {
            return Err(LocationError::NoBucket(text.to_owned()));
        }
        Ok(of(scheme.len(), path_start))
    }
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl Location {
    /// The location of a local path.
    ///
    /// # Errors
    /// The path is empty or not UTF-8.
    pub fn from_path(path: &Path) -> Result<Self> {
        let text = path.to_str().with_context(|| format!("The path {} is not UTF-8.", path.display()))?;
        Ok(text.parse()?)
    }

    /// What the operator typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The scheme: `file` also for plain paths.
    pub fn scheme(&self) -> &str {
        match self.text.get(..self.scheme_length) {
            Some(scheme) if !scheme.is_empty() => scheme,
            _ => "file",
        }
    }

    /// Host (with port) or bucket; empty for plain paths.
    pub fn authority(&self) -> &str {
        self.text.get(..self.path_start).and_then(|prefix| prefix.split_once("://")).map_or("", |(_, authority)| authority)
    }

    /// The path part: what follows scheme and authority.
    pub fn path(&self) -> &str {
        self.text.get(self.path_start..).unwrap_or_default()
    }

    /// The local path, without trailing slashes; none for the other schemes.
    pub fn as_local_path(&self) -> Option<&Path> {
        if self.scheme() != "file" {
            return None;
        }
        let trimmed = self.path().trim_end_matches('/');
        Some(Path::new(if trimmed.is_empty() { "/" } else { trimmed }))
    }

    /// Whether the text ends in a slash and so names a directory (rules 01, 4.5).
    pub fn is_directory_form(&self) -> bool {
        self.text.ends_with('/')
    }

    /// The same place with exactly one trailing slash.
    #[must_use]
    pub fn directory_form(&self) -> Self {
        self.with_path(&format!("{}/", self.path().trim_end_matches('/')))
    }

    /// Appends a relative path with exactly one slash between (rules 01, 6.1). A trailing slash of `relative` is kept. An
    /// absolute path replaces the path part (rules 01, 4.5).
    #[must_use]
    pub fn join(&self, relative: &str) -> Self {
        if relative.starts_with('/') {
            return self.with_path(relative);
        }
        self.with_path(&format!("{}/{relative}", self.path().trim_end_matches('/')))
    }

    /// The directory that holds this place, in directory form; none for a root.
    pub fn parent(&self) -> Option<Self> {
        let trimmed = self.path().trim_end_matches('/');
        match self.name()? {
            "." | ".." => Some(self.join("../")),
            name => Some(match trimmed.len() - name.len() {
                0 => self.with_path("./"),
                end => self.with_path(trimmed.get(..end).unwrap_or_default()),
            }),
        }
    }

    /// The last part of the path, without slashes; none for a root.
    pub fn name(&self) -> Option<&str> {
        self.path().trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The path from a directory down to this place, without leading slash; none when it does not lie below.
    pub fn relative_to(&self, directory: &Self) -> Option<&str> {
        self.text.strip_prefix(directory.as_str().trim_end_matches('/'))?.strip_prefix('/').map(|relative| relative.trim_start_matches('/'))
    }

    fn with_path(&self, path: &str) -> Self {
        let prefix = self.text.get(..self.path_start).unwrap_or_default();
        Self { text: format!("{prefix}{path}"), ..*self }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Location {
        text.parse().unwrap()
    }

    #[test]
    fn parts_of_a_location() {
        let cases = [
            ("/a/b", "file", "", "/a/b", Some("/a/b")),
            ("a/b/", "file", "", "a/b/", Some("a/b")),
            ("file:///a/b/", "file", "", "/a/b/", Some("/a/b")),
            ("file:/a", "file", "", "/a", Some("/a")),
            ("file://localhost/a", "file", "localhost", "/a", Some("/a")),
            ("/", "file", "", "/", Some("/")),
            ("hdfs://h:9000/a//b", "hdfs", "h:9000", "/a//b", None),
            ("hdfs:///a", "hdfs", "", "/a", None),
            ("s3+https://b", "s3+https", "b", "", None),
            ("a b:/c://d", "file", "", "a b:/c://d", Some("a b:/c://d")),
        ];
        for (text, scheme, authority, path, local) in cases {
            let location = at(text);
            assert_eq!(location.to_string(), text);
            assert_eq!(location.scheme(), scheme, "{text}");
            assert_eq!(location.authority(), authority, "{text}");
            assert_eq!(location.path(), path, "{text}");
            assert_eq!(location.as_local_path(), local.map(Path::new), "{text}");
        }
    }

    #[test]
    fn joining_leaves_exactly_one_slash() {
        assert_eq!(at("a").join("b/").as_str(), "a/b/");
        assert_eq!(at("a//").join("b").as_str(), "a/b");
        assert_eq!(at("/").join("b").as_str(), "/b");
        assert_eq!(at("s3://b").join("k").as_str(), "s3://b/k");
        assert_eq!(at("hdfs://h/x/").join("/y/z").as_str(), "hdfs://h/y/z");
        assert_eq!(at("a").directory_form().as_str(), "a/");
        assert_eq!(at("s3://b").directory_form().as_str(), "s3://b/");
    }

    #[test]
    fn parents_and_names() {
        let cases = [
            ("/a/b/", Some("/a/"), Some("b")),
            ("/a", Some("/"), Some("a")),
            ("/", None, None),
            ("a", Some("./"), Some("a")),
            ("./", Some("./../"), Some(".")),
            ("s3://b/k", Some("s3://b/"), Some("k")),
            ("s3://b/", None, None),
            ("s3://b", None, None),
        ];
        for (text, parent, name) in cases {
            assert_eq!(at(text).parent(), parent.map(at), "{text}");
            assert_eq!(at(text).name(), name, "{text}");
        }
    }

    #[test]
    fn relative_paths_stop_at_part_boundaries() {
        assert_eq!(at("/a/b/c").relative_to(&at("/a/")), Some("b/c"));
        assert_eq!(at("/a/b/c").relative_to(&at("/")), Some("a/b/c"));
        assert_eq!(at("/ab/c").relative_to(&at("/a")), None);
        assert_eq!(at("s3://b/k").relative_to(&at("s3://b")), Some("k"));
    }

    #[test]
    fn refused_texts() {
        assert_eq!("".parse::<Location>(), Err(LocationError::Empty));
        assert_eq!("a\0b".parse::<Location>(), Err(LocationError::NulByte));
        for text in ["file://host/a", "file://"] {
            assert_eq!(text.parse::<Location>(), Err(LocationError::NotLocal(text.into())));
        }
        assert!("s3:///key".parse::<Location>().is_err());
        let refusal = "s3n://AKIA:geheim@bucket/x".parse::<Location>().unwrap_err();
        assert!(!format!("{refusal} {refusal:?}").contains("geheim"));
    }

    proptest! {
        #[test]
        fn a_joined_name_is_found_again(base in "(/|file:///|s3://b/|)[a-z/.]{1,8}", name in "[a-zé.]{1,6}") {
            prop_assume!(name != "." && name != "..");
            let Ok(base) = base.parse::<Location>() else { return Ok(()) };
            let joined = base.join(&name);
            prop_assert_eq!(joined.name(), Some(name.as_str()));
            prop_assert_eq!(joined.relative_to(&base), Some(name.as_str()));
            prop_assert_eq!(joined.to_string().parse::<Location>().unwrap(), joined);
        }
    }
}
