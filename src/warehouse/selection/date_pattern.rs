//! Regexes for the URLs of log files, and the dates that they find there (rules 01, 4.2).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{DateTime, NaiveDate};
use fancy_regex::{Captures, Regex};

use super::log_listings::Dated;
use crate::wrong_usage::wrong_usage;

/// A regex for the URLs of log files, and where in them the date stands.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As it was written.
    pub text: String,
    regex: Regex,
    date: DateGroup,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DateGroup {
    /// `(?P<date>…)`, read with the date pattern.
    Date,
    /// `(?P<timestamp>…)`, Unix seconds.
    Timestamp,
    /// Neither: the URL is taken without a date check.
    None,
}

impl Pattern {
    /// Compiled once in a process: many tasks of a run choose their logs by the same few patterns, and to compile one takes longer than
    /// to plan a task.
    pub(super) fn of(text: &str) -> Result<Self> {
        static COMPILED: Mutex<BTreeMap<String, Pattern>> = Mutex::new(BTreeMap::new());
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = compiled.get(text) {
            return Ok(pattern.clone());
        }
        let pattern = Self::compile(text)?;
        compiled.insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }

    /// Anchored at the start, not at the end, as Python's `re.match`.
    fn compile(text: &str) -> Result<Self> {
        let regex = Regex::new(&format!(r"\A(?:{text})"))
            .map_err(|error| wrong_usage(format!("The pattern {text} cannot be used as a regular expression: {error}")))?;
        let has = |name| regex.capture_names().flatten().any(|found| found == name);
        let date = if has("date") {
            DateGroup::Date
        } else if has("timestamp") {
            DateGroup::Timestamp
        } else {
            DateGroup::None
        };
        Ok(Self { text: text.to_owned(), regex, date })
    }

    /// What it says of a file, as the pattern of that number; none if it does not match.
    pub(super) fn dated(&self, number: usize, url: &str, date_pattern: &str) -> Result<Option<Dated>> {
        let found = self.regex.captures(url);
        let found = found.with_context(|| format!("The pattern {} takes too many steps on {url}. Make it simpler.", self.text))?;
        let Some(groups) = found else { return Ok(None) };
        let date = match self.date {
            DateGroup::None => return Ok(Some(Dated::Never(number))),
            DateGroup::Date => group(&groups, "date").and_then(|text| parse_date(text, date_pattern)),
            DateGroup::Timestamp => group(&groups, "timestamp").and_then(parse_timestamp),
        }
        .with_context(|| {
            format!(
                "Cannot tell the date of {url}, which the pattern {} matches. Correct the pattern or the date pattern ({date_pattern}), or move the file away.",
                self.text
            )
        })?;
        Ok(Some(Dated::On(number, date)))
    }
}

fn group<'a>(groups: &Captures<'a, str>, name: &str) -> Result<&'a str> {
    let found = groups.name(name).map(|found| found.as_str());
    found.with_context(|| format!("The group {name} matched nothing."))
}

/// Fields that the pattern lacks are those of 1900-01-01, as in Python.
fn parse_date(text: &str, date_pattern: &str) -> Result<NaiveDate> {
    let what = || format!("The text {text} is no date of the form {date_pattern}.");
    let mut parsed = Parsed::new();
    parse(&mut parsed, text, StrftimeItems::new(date_pattern)).with_context(what)?;
    parsed
        .to_naive_date()
        .or_else(|error| {
            // Only what is missing may be filled in; what is impossible stays an error.
            let year_missing = parsed.year().is_none() && parsed.year_mod_100().is_none();
            if year_missing {
                parsed.set_year(1900)?;
            }
            for set in [Parsed::set_month, Parsed::set_day] {
                let _ = set(&mut parsed, 1);
            }
            parsed.to_naive_date().map_err(|_| error)
        })
        .with_context(what)
}

/// Unix seconds, UTC; a fraction is ignored.
fn parse_timestamp(text: &str) -> Result<NaiveDate> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(seconds) = seconds.parse()
        && let Some(time) = DateTime::from_timestamp(seconds, 0)
    {
        return Ok(time.date_naive());
    }
    Err(anyhow!("The text {text} is no count of seconds since 1970."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_does_not_parse_is_fatal() {
        let patterns =
            [(r".*-(?P<date>\d{8})", "/log-20140231"), (r".*(?P<date>\d{8})?x", "/logx"), (r".*-(?P<timestamp>.*)", "/log-1.2.3")];
        for (pattern, url) in patterns {
            let error = Pattern::of(pattern).unwrap().dated(0, url, "%Y%m%d").unwrap_err();
            let message = error.to_string();
            assert!(message.contains(pattern) && message.contains(url), "{message}");
        }
    }

    #[test]
    fn date_patterns() {
        let date = |text, pattern| parse_date(text, pattern).unwrap().to_string();
        assert_eq!(date("2014-05-10", "%Y-%m-%d"), "2014-05-10");
        assert_eq!(date("201405", "%Y%m"), "2014-05-01");
        assert_eq!(date("2014", "%Y"), "2014-01-01");
        assert_eq!(date("05-10", "%m-%d"), "1900-05-10");
        assert_eq!(date("2014130", "%Y%j"), "2014-05-10");
        assert_eq!(date("20140510T2359", "%Y%m%dT%H%M"), "2014-05-10");
        assert!(parse_date("20140230", "%Y%m%d").is_err());
        assert!(parse_date("20140510x", "%Y%m%d").is_err());
    }
}
