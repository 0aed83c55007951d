//! A length of time in whole days, typed as `2 days` or as ISO 8601 (rules 01, 3).

use std::fmt;
use std::str::FromStr;

use anyhow::Context;

const ACCEPTED: &str = "write counts of weeks, days, hours, minutes and seconds, longest first, such as '2 days' or \
                        '1 week 2 days', or ISO 8601 such as 'P2D', 'P1W' or 'P1DT12H'";

/// A number of days by which a [`DateInterval`](super::interval::DateInterval) is moved or expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayDelta {
    days: u32,
}

/// The units, longest first: name and seconds.
const UNITS: [(&str, u64); 5] = [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

impl DayDelta {
    /// That many days.
    pub const fn from_days(days: u32) -> Self {
        Self { days }
    }

    /// The number of whole days.
    pub fn days(self) -> i64 {
        i64::from(self.days)
    }
}

impl FromStr for DayDelta {
    type Err = anyhow::Error;

    /// Hours, minutes and seconds count only as far as they make up whole days.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let seconds = match text.strip_prefix('P') {
            Some(rest) => iso_seconds(rest),
            None => simple_seconds(text),
        };
        let days = seconds.and_then(|seconds| u32::try_from(seconds / 86_400).ok());
        let days = days.with_context(|| format!("'{text}' is not a length of time; {ACCEPTED}."))?;
        Ok(Self { days })
    }
}

impl fmt::Display for DayDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.days, if self.days == 1 { "day" } else { "days" })
    }
}

/// `1 week 2 days`, `1w2d`: counts and units, each unit at most once and the longest first.
fn simple_seconds(text: &str) -> Option<u64> {
    let mut units = UNITS.iter();
    let mut rest = text.trim();
    let mut total = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (count, after) = leading_number(rest)?;
        let after = after.trim_start();
        let word = after.get(..after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len()))?;
        let (_, seconds) = units.find(|(name, _)| is_unit(word, name))?;
        total = total.checked_add(count.checked_mul(*seconds)?)?;
        rest = after.get(word.len()..)?.trim_start();
    }
    Some(total)
}

/// The text after `P`: `nW`, or `nD` and after a `T` `nH`, `nM`, `nS`.
fn iso_seconds(text: &str) -> Option<u64> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    if time.is_some_and(str::is_empty) || (date.is_empty() && time.is_none()) {
        return None;
    }
    if time.is_none() && date.ends_with('W') {
        return designated(date, &[('W', 604_800)]);
    }
    let days = designated(date, &[('D', 86_400)])?;
    days.checked_add(designated(time.unwrap_or_default(), &[('H', 3_600), ('M', 60), ('S', 1)])?)
}

/// Adds up `n` and designator pairs, each designator at most once and in the given order.
fn designated(mut text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut units = units.iter();
    let mut total = 0_u64;
    while !text.is_empty() {
        let (count, after) = leading_number(text)?;
        let designator = after.chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == designator)?;
        total = total.checked_add(count.checked_mul(*seconds)?)?;
        text = after.strip_prefix(designator)?;
    }
    Some(total)
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    Some((digits.parse().ok()?, rest))
}

/// `d`, `day` or `days`.
fn is_unit(word: &str, name: &str) -> bool {
    word == name || word.strip_suffix('s') == Some(name) || name.get(..1) == Some(word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_forms() {
        for (text, days) in [
            ("2 days", 2),
            ("1 day", 1),
            ("2d", 2),
            ("2 d", 2),
            ("1 week 2 days", 9),
            ("1w2d", 9),
            ("0 days", 0),
            ("1 h", 0),
            ("36 hours", 1),
            ("1 day 24 h", 2),
            ("86400 s", 1),
            ("1 s", 0),
            ("P2D", 2),
            ("P1W", 7),
            ("PT36H", 1),
            ("P1DT24H0M0S", 2),
            (" 3 days ", 3),
        ] {
            assert_eq!(text.parse::<DayDelta>().unwrap().days(), days, "{text}");
        }
    }

    #[test]
    fn anything_else_is_an_error_that_names_the_forms() {
        for text in [
            "",
            "2",
            "days",
            "2 dayz",
            "2 months",
            "-2 days",
            "2 days 1 week",
            "1 day 1 day",
            "P",
            "PT",
            "P1WT1H",
            "P1D1W",
            "P1H",
            "PT1D",
            "1.5 days",
            "99999999999999999999 days",
            "99999999999 days",
            "2 days,",
        ] {
            let error = text.parse::<DayDelta>().unwrap_err().to_string();
            assert!(error.contains("1 week 2 days"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn its_own_text_reads_back(days in any::<u32>()) {
            let delta = DayDelta::from_days(days);
            prop_assert_eq!(delta.to_string().parse::<DayDelta>().unwrap(), delta);
        }

        #[test]
        fn any_text_is_answered(text in "P?[0-9WDTHMS a-z]{0,12}|.*") {
            let _ = text.parse::<DayDelta>();
        }
    }
}
