//! A member of a course run becomes a column of a table: types, lengths, times (rules 01, 5; rules 09, 6.3).

use std::borrow::Cow;
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

/// Why a course cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// A text is longer than its column; the sentence names both.
    TooLong(String),
    /// A required member is missing, or a value is of another type.
    Wrong(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TooLong(text) | Self::Wrong(text)) = self;
        formatter.write_str(text)
    }
}

/// A column: none is null.
pub(crate) type Column<'v> = Option<Cow<'v, str>>;

/// A text of at most `longest` characters. What would break the row becomes a blank.
pub(crate) fn text<'v>(from: &'v Value, name: &str, longest: usize) -> Result<Column<'v>, Unfit> {
    let Some(text) = plain_text(from, name)? else { return Ok(None) };
    fitting(Cow::Owned(text.replace(['\t', '\n', '\r'], " ")), name, longest).map(Some)
}

/// As [`text`], each run of white space one blank.
pub(crate) fn title<'v>(from: &'v Value, name: &str, longest: usize) -> Result<Column<'v>, Unfit> {
    let Some(text) = plain_text(from, name)? else { return Ok(None) };
    fitting(Cow::Owned(one_blank(text)), name, longest).map(Some)
}

/// A column that must not be null.
pub(crate) fn required<'v>(column: Column<'v>, name: &str) -> Result<Column<'v>, Unfit> {
    if column.is_none() {
        return Err(Unfit::Wrong(format!("The member {name} is missing.")));
    }
    Ok(column)
}

/// A whole number.
pub(crate) fn integer<'v>(from: &'v Value, name: &str) -> Result<Column<'v>, Unfit> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64() {
            Some(number) => Ok(Some(Cow::Owned(number.to_string()))),
            None => Err(Unfit::Wrong(format!("The member {name} is no whole number."))),
        },
    }
}

/// A time as `YYYY-MM-DD HH:MM:SS.ffffff`: the numbers in the text are year, month, day, and maybe hour, minute, second, microsecond.
pub(crate) fn time<'v>(from: &'v Value, name: &str) -> Result<Column<'v>, Unfit> {
    let Some(text) = plain_text(from, name)? else { return Ok(None) };
    match written_time(text) {
        Some(written) => Ok(Some(Cow::Owned(written))),
        None => Err(Unfit::Wrong(format!("The member {name} is no UTC time such as 2016-09-01T00:00:00Z, without an offset."))),
    }
}

fn written_time(text: &str) -> Option<String> {
    let digits = text.split(|character: char| !character.is_ascii_digit()).filter(|run| !run.is_empty());
    let numbers: Vec<u32> = digits.map(|run| run.parse().ok()).collect::<Option<_>>()?;
    let (date, clock) = numbers.split_at_checked(3)?;
    let [year, month, day] = <[u32; 3]>::try_from(date).ok()?;
    let mut parts = [0; 4];
    if clock.len() > parts.len() {
        return None;
    }
    parts.iter_mut().zip(clock).for_each(|(part, number)| *part = *number);
    let [hour, minute, second, microsecond] = parts;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|date| (1900..=9999).contains(&date.year()))?;
    let time = date.and_hms_micro_opt(hour, minute, second, microsecond).filter(|_| second < 60 && microsecond < 1_000_000)?;
    Some(time.format("%Y-%m-%d %H:%M:%S%.6f").to_string())
}

fn plain_text<'v>(from: &'v Value, name: &str) -> Result<Option<&'v str>, Unfit> {
    match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Unfit::Wrong(format!("The member {name} is no text."))),
    }
}

fn fitting<'v>(text: Cow<'v, str>, name: &str, longest: usize) -> Result<Cow<'v, str>, Unfit> {
    let length = text.chars().count();
    if length > longest {
        return Err(Unfit::TooLong(format!("The member {name} has {length} characters; its column holds {longest}.")));
    }
    Ok(text)
}

/// Ends are not trimmed.
fn one_blank(text: &str) -> String {
    let is_blank = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        if !is_blank(character) {
            written.push(character);
        } else if !written.ends_with(' ') {
            written.push(' ');
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_and_titles() {
        let from = json!({"a": "x\ty", "t": " Demo \t\n course\u{b}\u{c}  ", "n": null, "i": 3, "e": "ééé"});
        assert_eq!(text(&from, "a", 3).unwrap().as_deref(), Some("x y"));
        assert_eq!(title(&from, "t", 99).unwrap().as_deref(), Some(" Demo course "));
        assert_eq!((text(&from, "n", 1).unwrap(), text(&from, "missing", 1).unwrap()), (None, None));
        assert_eq!(text(&from, "e", 3).unwrap().as_deref(), Some("ééé"), "characters count, not bytes");
        assert!(matches!(text(&from, "e", 2), Err(Unfit::TooLong(why)) if why.contains("member e has 3")));
        assert!(matches!(text(&from, "i", 9), Err(Unfit::Wrong(_))));
        assert!(required(None, "key").is_err());
    }

    #[test]
    fn whole_numbers() {
        let from = json!({"a": 15, "b": -1, "c": 1.5, "d": "15", "e": true, "f": null});
        assert_eq!(integer(&from, "a").unwrap().as_deref(), Some("15"));
        assert_eq!(integer(&from, "b").unwrap().as_deref(), Some("-1"));
        assert_eq!(integer(&from, "f").unwrap(), None);
        for wrong in ["c", "d", "e"] {
            assert!(integer(&from, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_the_numbers_in_a_text() {
        for (text, written) in [
            ("2016-09-01T00:00:00Z", "2016-09-01 00:00:00.000000"),
            ("2013-01-01", "2013-01-01 00:00:00.000000"),
            ("2014-01-02T03:04:05.000006Z", "2014-01-02 03:04:05.000006"),
            ("2014-01-02T03:04:05.5Z", "2014-01-02 03:04:05.000005"),
        ] {
            assert_eq!(written_time(text).as_deref(), Some(written), "{text}");
        }
        for text in [
            "",
            "2016-09",
            "2016-13-01",
            "1899-12-31",
            "10000-01-01",
            "2016-09-01T00:00:00+00:00",
            "2016-09-01T00:00:00.1234567Z",
            "2016-09-01T25:00",
        ] {
            assert_eq!(written_time(text), None, "{text}");
        }
    }
}
