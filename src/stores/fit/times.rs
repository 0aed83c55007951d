//! Days and times as columns read them (rules 08, 5): `2016-02-29`, or with ` 10:00:00`, `T10:00:00`, a fraction.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// `YYYY-MM-DD` of a day, or of a day with a time.
pub(super) fn date(text: &str) -> Option<Cow<'_, str>> {
    // Most dates: ten characters that every reader takes as they are.
    if text.len() == 10 && day(text).is_some() {
        return Some(text.into());
    }
    let (day, _, _) = day_and_time(text)?;
    Some(day.format("%Y-%m-%d").to_string().into())
}

/// `YYYY-MM-DD HH:MM:SS`, rounded to a whole second (rules 08, 3).
pub(super) fn date_time(text: &str) -> Option<String> {
    let (day, time, up) = day_and_time(text)?;
    let rounded = NaiveDateTime::new(day, time).checked_add_signed(TimeDelta::seconds(i64::from(up)));
    let text = rounded?.format("%Y-%m-%d %H:%M:%S").to_string();
    // There is no year of five digits.
    (text.len() == 19).then_some(text)
}

/// Day, time to the second, and whether the fraction rounds up.
fn day_and_time(text: &str) -> Option<(NaiveDate, NaiveTime, bool)> {
    let text = text.trim_matches(' ');
    let (day_text, time_text) = match text.split_once([' ', 'T']) {
        Some((day, time)) if text.get(day.len()..)?.starts_with(' ') => (day, Some(time.trim_start_matches(' '))),
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let (time, up) = time_text.map_or(Some((NaiveTime::MIN, false)), time_of_day)?;
    Some((day(day_text)?, time, up))
}

/// Four digits of a year, as servers guess the century of two; year 0 has no 29 February for them. Month and day may have one digit.
fn day(text: &str) -> Option<NaiveDate> {
    // Most days: ten bytes, read without splitting; the answer is the same.
    if let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() {
        let value_of = |digits: &[u8]| {
            let with_digit = |value: u32, digit: &u8| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'));
            digits.iter().try_fold(0, with_digit)
        };
        return day_of(value_of(&[y1, y2, y3, y4])?, value_of(&[m1, m2])?, value_of(&[d1, d2])?);
    }
    day_of_parts(text)
}

fn day_of_parts(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let mut part = |digits| number(parts.next()?, digits);
    let (year, month, day) = (part(4..=4)?, part(1..=2)?, part(1..=2)?);
    day_of(year, month, day)
}

fn day_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|_| year > 0)
}

fn time_of_day(text: &str) -> Option<(NaiveTime, bool)> {
    let (text, fraction) = text.split_once('.').map_or((text, None), |(text, fraction)| (text, Some(fraction)));
    let mut parts = text.splitn(3, ':');
    let mut part = || number(parts.next()?, 1..=2);
    // Not from 24 hours or 60 seconds on: servers know neither.
    let time = NaiveTime::from_hms_opt(part()?, part()?, part()?)?;
    let Some(fraction) = fraction else { return Some((time, false)) };
    let is_number = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| (time, fraction.bytes().next().is_some_and(|digit| digit >= b'5')))
}

fn number(text: &str, digits: RangeInclusive<usize>) -> Option<u32> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ten_bytes_are_read_like_any_day(text in prop_oneof!["[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]", "[0-9-]{10}", "\\PC{0,12}"]) {
            prop_assert_eq!(day(&text), day_of_parts(&text));
        }
    }

    #[test]
    fn each_notation_has_one_text() {
        for (text, expected) in [
            ("2020-01-01", "2020-01-01 00:00:00"),
            (" 2020-1-1 ", "2020-01-01 00:00:00"),
            ("2020-01-01T10:00:00.5", "2020-01-01 10:00:01"),
            ("2020-01-01  1:2:3.499999999999", "2020-01-01 01:02:03"),
            ("2020-12-31 23:59:59.999999", "2021-01-01 00:00:00"),
            ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
            ("9999-12-31 23:59:59.4", "9999-12-31 23:59:59"),
        ] {
            assert_eq!(date_time(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(date("2020-12-31 23:59:59.9").as_deref(), Some("2020-12-31"), "the day that is named");
        assert_eq!(date("2020-1-1").as_deref(), Some("2020-01-01"));
        assert!(matches!(date("2020-02-29"), Some(Cow::Borrowed(_))));
    }

    #[test]
    fn what_servers_guess_or_refuse_is_none() {
        for text in [
            "",
            "20-01-01",
            "70-01-01",
            "020-01-01",
            "02020-01-01",
            "0000-00-00",
            "0000-02-29",
            "0000-03-01",
            "2020- 1-01",
            "2020-+1-1",
            "+2020-01-01",
            "-001-01-01",
            "2020-001-1",
            "2020-01-00",
            "2019-02-29",
            "20200101",
            "2020/01/01",
            "2020-01-01T",
            "2020-01-01 10:00",
            "2020-01-01 10: 0:00",
            "2020-01-01\u{a0}10:00:00",
            "2020-01-01 24:00:00",
            "2020-01-01 10:00:60",
            "2020-01-01 10:00:00.",
            "2020-01-01 10:00:00,5",
            "2020-01-01 10:00:00Z",
            "2020-01-01T 10:00:00",
            "٢020-01-1",
        ] {
            assert_eq!((date(text), date_time(text)), (None, None), "{text}");
        }
        assert_eq!(date_time("9999-12-31 23:59:59.5"), None, "there is no such year");
    }
}
