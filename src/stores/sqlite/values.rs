//! Texts into SQLite values: SQLite takes any text into any column, so the checks that MySQL makes are made here.
use crate::stores::table::{Column, ColumnKind};
use anyhow::{Context, Result, bail, ensure};
use chrono::{NaiveDate, NaiveDateTime, Timelike};
use rusqlite::types::Value;

/// The value that the column holds for this text; an error where MySQL in strict mode gives one.
pub(super) fn convert(column: &Column, text: Option<&[u8]>) -> Result<Value> {
    let Some(bytes) = text else {
        ensure!(column.nullable, "The column {} cannot be NULL.", column.name);
        return Ok(Value::Null);
    };
    let text = std::str::from_utf8(bytes).with_context(|| format!("The value of the column {} is not UTF-8.", column.name))?;
    match column.kind {
        ColumnKind::LongText => Ok(Value::Text(text.to_owned())),
        ColumnKind::Varchar(length) => varchar(text, length),
        ColumnKind::Int | ColumnKind::Int11 => integer(text, i64::from(i32::MIN), i64::from(i32::MAX)),
        ColumnKind::TinyInt => integer(text, i64::from(i8::MIN), i64::from(i8::MAX)),
        ColumnKind::BigInt => integer(text, i64::MIN, i64::MAX),
        ColumnKind::Float => single(text),
        ColumnKind::Double => double(text).map(Value::Real),
        ColumnKind::Date => date(text),
        ColumnKind::DateTime => date_time(text),
    }
    .with_context(|| {
        let kind = column.kind.sql();
        format!("The value {text:?} does not fit the column {} ({kind}).", column.name)
    })
}

fn varchar(text: &str, length: u16) -> Result<Value> {
    let characters = text.chars().count();
    // MySQL, too, cuts off spaces beyond the length without a complaint.
    if characters <= usize::from(length) {
        return Ok(Value::Text(text.to_owned()));
    }
    let end = text.char_indices().nth(usize::from(length)).map_or(text.len(), |(at, _)| at);
    let (kept, beyond) = text.split_at(end);
    ensure!(beyond.bytes().all(|byte| byte == b' '), "it has {characters} characters");
    Ok(Value::Text(kept.to_owned()))
}

fn integer(text: &str, least: i64, greatest: i64) -> Result<Value> {
    let text = text.trim_matches(' ');
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        Err(_) => rounded(double(text)?)?,
    };
    ensure!((least..=greatest).contains(&number), "it is out of range");
    Ok(Value::Integer(number))
}

/// Half away from zero, as MySQL rounds decimal texts.
#[allow(clippy::cast_possible_truncation)] // the range is checked before
fn rounded(number: f64) -> Result<i64> {
    let number = number.round();
    ensure!(number.abs() < 9.0e18, "it is out of range");
    Ok(number as i64)
}

fn double(text: &str) -> Result<f64> {
    let text = text.trim_matches(' ');
    // The words `nan` and `inf`, which Rust would read, have letters other than an exponent's.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !numeric {
        bail!("it is not a number");
    }
    let number: f64 = text.parse().context("it is not a number")?;
    ensure!(number.is_finite(), "it is out of range");
    Ok(number)
}

/// Rounded to single precision, then the shortest decimal that names it: 0.1 stays 0.1.
fn single(text: &str) -> Result<Value> {
    double(text)?;
    let number: f32 = text.trim_matches(' ').parse().context("it is not a number")?;
    ensure!(number.is_finite(), "it is out of range");
    Ok(Value::Real(number.to_string().parse()?))
}

fn date(text: &str) -> Result<Value> {
    let day = match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => day,
        // A date and time gives its date.
        Err(_) => parse_date_time(text)?.date(),
    };
    Ok(Value::Text(day.format("%Y-%m-%d").to_string()))
}

fn date_time(text: &str) -> Result<Value> {
    let time = parse_date_time(text)?;
    // Whole seconds, rounded (spec 08, 3).
    let up = i64::from(time.nanosecond() >= 500_000_000);
    let time = time + chrono::TimeDelta::seconds(up);
    Ok(Value::Text(time.format("%Y-%m-%d %H:%M:%S").to_string()))
}

fn parse_date_time(text: &str) -> Result<NaiveDateTime> {
    let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"));
    match parsed {
        Ok(time) => Ok(time),
        Err(_) => Ok(NaiveDate::parse_from_str(text, "%Y-%m-%d").context("it is not a date and time")?.and_time(chrono::NaiveTime::MIN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(kind: ColumnKind, text: &str) -> Option<Value> {
        let column = Column { name: "x", kind, nullable: false };
        convert(&column, Some(text.as_bytes())).ok()
    }

    #[test]
    fn texts_become_what_mysql_makes_of_them() {
        let text = |text: &str| Some(Value::Text(text.into()));
        assert_eq!(stored(ColumnKind::Varchar(3), "äöü"), text("äöü"));
        assert_eq!(stored(ColumnKind::Varchar(3), "abc  "), text("abc"));
        assert_eq!(stored(ColumnKind::Varchar(3), "abcd"), None);
        assert_eq!(stored(ColumnKind::Varchar(3), ""), text(""));
        assert_eq!(stored(ColumnKind::Int, "7"), Some(Value::Integer(7)));
        assert_eq!(stored(ColumnKind::Int, "-2.5"), Some(Value::Integer(-3)));
        for refused in ["", "x", "2147483648", "nan", "1 2"] {
            assert_eq!(stored(ColumnKind::Int, refused), None, "{refused}");
        }
        assert_eq!(stored(ColumnKind::TinyInt, "1"), Some(Value::Integer(1)));
        assert_eq!(stored(ColumnKind::TinyInt, "128"), None);
        assert_eq!(stored(ColumnKind::Float, "0.1"), Some(Value::Real(0.1)));
        assert_eq!(stored(ColumnKind::Float, "16777217"), Some(Value::Real(16_777_216.0)));
        assert_eq!(stored(ColumnKind::Double, "1e3"), Some(Value::Real(1000.0)));
        for refused in ["nan", "inf", "1e400", "0x10"] {
            assert_eq!(stored(ColumnKind::Double, refused), None, "{refused}");
        }
        assert_eq!(stored(ColumnKind::Date, "2016-02-29"), text("2016-02-29"));
        assert_eq!(stored(ColumnKind::Date, "2015-02-29"), None);
        let times = ["2016-12-31 23:59:59.600000", "2016-01-01", "2016-01-01T10:00:00"];
        let expected = ["2017-01-01 00:00:00", "2016-01-01 00:00:00", "2016-01-01 10:00:00"];
        for (given, expected) in times.into_iter().zip(expected) {
            assert_eq!(stored(ColumnKind::DateTime, given), text(expected));
        }
    }

    #[test]
    fn null_needs_a_nullable_column() {
        let mut column = Column { name: "x", kind: ColumnKind::Int, nullable: true };
        assert_eq!(convert(&column, None).ok(), Some(Value::Null));
        column.nullable = false;
        assert!(convert(&column, None).is_err());
    }
}
