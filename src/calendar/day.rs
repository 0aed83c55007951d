//! Days and intervals as people type them (rules 01, 3): besides the forms that jobs know, `today`, `yesterday` and days ago.
//!
//! Today is the day in UTC, as in the logs, on which the program began. Jobs get days that are written out, so that what ran once can be run
//! again.

use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use chrono::{NaiveDate, Utc};

use super::day_delta::DayDelta;
use super::interval::DateInterval;

const DAY_FORMS: &str = "write a day as 2024-03-18, or as today, yesterday, or days or weeks ago such as -3d or -2w";
const INTERVAL_FORMS: &str = "write days as 2024-03-04..2024-03-11 (the second is not included), 2024-03-04, 2024-W10, 2024-03 or 2024; an end may \
                              also be today, yesterday, or days or weeks ago such as -3d or -2w";

/// The day (UTC) on which this program began; midnight does not move it.
pub fn today() -> NaiveDate {
    static TODAY: OnceLock<NaiveDate> = OnceLock::new();
    *TODAY.get_or_init(|| Utc::now().date_naive())
}

/// A day as it is typed.
///
/// # Errors
/// It is none.
pub fn day(text: &str) -> Result<NaiveDate> {
    day_from(text, today())
}

/// An interval as it is typed.
///
/// # Errors
/// It is none, or there is no day in it.
pub fn interval(text: &str) -> Result<DateInterval> {
    interval_from(text, today())
}

/// Whether a text means another day tomorrow.
pub fn is_relative(text: &str) -> bool {
    text.split("..").any(|end| days_ago(end.trim()).is_some())
}

/// An interval from a day up to another one.
///
/// # Errors
/// There is no day in it.
pub fn between(start: NaiveDate, end: NaiveDate) -> Result<DateInterval> {
    let rule = "The end is not included";
    ensure!(start != end, "There is no day from {start} to {end}. {rule}: write {start} for that day alone, or a later end.");
    ensure!(start < end, "The interval from {start} to {end} ends before it begins. {rule}: write the earlier day first.");
    Ok(DateInterval::new(start, end))
}

fn day_from(text: &str, today: NaiveDate) -> Result<NaiveDate> {
    let absolute = || NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok().filter(|_| text.trim().len() == 10);
    relative(text.trim(), today).or_else(absolute).with_context(|| format!("'{text}' is no day; {DAY_FORMS}"))
}

fn interval_from(text: &str, today: NaiveDate) -> Result<DateInterval> {
    let explained = || format!("'{text}' is no interval; {INTERVAL_FORMS}");
    if let Some((start, end)) = text.split_once("..") {
        return between(first_day(start.trim(), today).with_context(explained)?, first_day(end.trim(), today).with_context(explained)?);
    }
    if let Some(day) = relative(text.trim(), today) {
        return Ok(DateInterval::of_day(day));
    }
    let interval: DateInterval = text.trim().parse().ok().with_context(explained)?;
    if interval.is_empty() { between(interval.start(), interval.end()) } else { Ok(interval) }
}

/// The day itself, or the first one of a week, month or year.
fn first_day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    // Two dates are longer.
    let interval = || text.parse::<DateInterval>().ok().filter(|_| text.len() <= 10);
    relative(text, today).or_else(|| interval().map(|interval| interval.start()))
}

fn relative(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    today.checked_sub_days(chrono::Days::new(days_ago(text)?))
}

/// `today`, `yesterday`, `-3`, `-3d`, `-3 days`, `-2w`.
fn days_ago(text: &str) -> Option<u64> {
    match text {
        "today" => Some(0),
        "yesterday" => Some(1),
        _ => {
            let length = text.strip_prefix('-')?.trim_start();
            let days = length.parse::<u32>().map(DayDelta::from_days).or_else(|_| length.parse::<DayDelta>()).ok()?;
            u64::try_from(days.days()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days() {
        let today = date("2024-03-01");
        for (text, expected) in [
            ("today", "2024-03-01"),
            ("yesterday", "2024-02-29"),
            ("-3", "2024-02-27"),
            ("-3d", "2024-02-27"),
            ("-2w", "2024-02-16"),
            ("-1 week 2 days", "2024-02-21"),
            ("2024-03-18", "2024-03-18"),
        ] {
            assert_eq!(day_from(text, today).unwrap(), date(expected), "{text}");
        }
        for text in ["tomorrow", "18.03.2024", "2024-3-18", "2024-02-30", "", "--overwrite", "-x", "2024-03", "-99999999999"] {
            let error = day_from(text, today).unwrap_err().to_string();
            assert!(error.contains("write a day as 2024-03-18"), "{text}: {error}");
        }
    }

    #[test]
    fn intervals() {
        let today = date("2024-03-01");
        for (text, expected) in [
            ("yesterday", "2024-02-29"),
            ("-7d..today", "2024-02-23-2024-03-01"),
            ("2024-02-01..-1", "2024-02-01-2024-02-29"),
            ("2024-01..2024-03", "2024-01-01-2024-03-01"),
            ("2024-W02..2024-W03", "2024-01-08-2024-01-15"),
            ("2023..2024", "2023-01-01-2024-01-01"),
            ("2024-05", "2024-05"),
            ("2024-05-10-2024-05-20", "2024-05-10-2024-05-20"),
        ] {
            assert_eq!(interval_from(text, today).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "..", "2024..", "tomorrow..today", "2024-05-10-2024-05-20..2024-06", "2024-13"] {
            let error = interval_from(text, today).unwrap_err().to_string();
            assert!(error.contains("2024-03-04..2024-03-11"), "{text}: {error}");
        }
    }

    #[test]
    fn an_interval_without_a_day_tells_the_rule() {
        let error = |text: &str| interval_from(text, date("2024-03-01")).unwrap_err().to_string();
        assert!(error("2024-05-20-2024-05-10").contains("ends before it begins. The end is not included"));
        assert!(error("today..-3d").contains("ends before it begins"));
        let empty = error("2024-05-10..2024-05-10");
        assert!(
            empty.contains("There is no day from 2024-05-10 to 2024-05-10") && empty.contains("write 2024-05-10 for that day"),
            "{empty}"
        );
    }

    #[test]
    fn what_moves_with_the_days() {
        assert!(["today", "-3d", "2024-01-01..yesterday", "-2..2024-01-01"].into_iter().all(is_relative));
        assert!(["2024-01-01", "2024-01-01..2024-02-01", "answers"].into_iter().all(|text| !is_relative(text)));
    }
}
