//! What somebody typed that cannot be: the error that ends a program with exit code 2 (rules 01, 9), and the name that was meant.

use std::error::Error;
use std::fmt;

/// Likeness from which on a name is taken for a slip of another one; 1 is equality.
const ALIKE: f64 = 0.75;

/// The command line or the configuration is wrong, and nothing was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrongUsage(pub(crate) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for WrongUsage {}

/// The error with this text.
pub(crate) fn wrong_usage(text: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(WrongUsage(text.into()))
}

/// The known name that was probably meant.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_lowercase();
    let likeness = |other: &str| strsim::jaro_winkler(&name, &other.to_lowercase());
    let nearest = known.into_iter().map(|other| (likeness(other), other)).max_by(|one, other| one.0.total_cmp(&other.0));
    nearest.filter(|(likeness, _)| *likeness > ALIKE).map(|(_, other)| other)
}

/// `. Did you mean x? There are: x, y.`, for the end of a sentence that says that there is no such name.
pub(crate) fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    format!("{} There are: {}.", guess(name, known.iter().copied()), known.join(", "))
}

/// `. Did you mean x?`, or only the full stop where no name is near.
pub(crate) fn guess<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map_or_else(|| ".".to_owned(), |other| format!(". Did you mean {other}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_said_before_what_there_is() {
        let known = ["daily-counts", "events"];
        assert_eq!(did_you_mean("Event", known), ". Did you mean events? There are: daily-counts, events.");
        assert_eq!(did_you_mean("xyz", known), ". There are: daily-counts, events.");
        assert_eq!(nearest("dayly-count", known), Some("daily-counts"));
    }
}
