//! Whether a column can hold a value (rules 10, 4), the same for every store: what MySQL in strict mode would refuse.
//!
//! [`fitted`] gives what the column will hold, or the [`Misfit`] that keeps the row out. [`ColumnLimits`] are those of the catalogue, or of
//! the table that a server has.
use super::table::{Column, ColumnKind, Table};
use chrono::{NaiveDate, NaiveDateTime, Timelike};
use std::borrow::Cow;
use std::fmt;

/// Why a row is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    /// NULL in a NOT NULL column.
    Null,
    /// Text beyond the width of its column.
    TooLong,
    /// No number in a column of numbers.
    NotANumber,
    /// A number beyond the column's range.
    OutOfRange,
    /// No date or time in a column of such.
    NotATime,
    /// A character that the column's character set lacks.
    NoSuchCharacter,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// Another number of values than the table has columns.
    Misaligned,
    /// A line that is no row.
    NoRow,
    /// The table has a unique key, which the pipeline did not make, and a row with the same values.
    Duplicate,
    /// Refused by the server for a reason of its own.
    Refused,
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "NULL in a NOT NULL column",
            Self::TooLong => "text beyond the width of its column",
            Self::NotANumber => "not a number",
            Self::OutOfRange => "number out of range",
            Self::NotATime => "not a date or time",
            Self::NoSuchCharacter => "a character that the column's character set lacks",
            Self::NotUtf8 => "not UTF-8",
            Self::Misaligned => "misaligned data",
            Self::NoRow => "not a row",
            Self::Duplicate => "duplicate of a unique key",
            Self::Refused => "refused by the server",
        })
    }
}

/// Which characters a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// All of Unicode.
    All,
    /// Those that take at most three bytes in UTF-8 (`utf8`, `utf8mb3`, `ucs2`).
    BasicPlane,
    /// Those of Windows-1252 (`latin1`).
    Latin1,
    /// The first 128.
    Ascii,
}

impl Characters {
    /// By the server's name of a character set; none where only the server knows.
    pub fn of_set(name: &str) -> Option<Self> {
        Some(match name {
            "utf8mb4" | "utf16" | "utf16le" | "utf32" => Self::All,
            "utf8" | "utf8mb3" | "ucs2" => Self::BasicPlane,
            "latin1" => Self::Latin1,
            "ascii" => Self::Ascii,
            _ => return None,
        })
    }

    fn hold(self, text: &str) -> bool {
        let beyond_latin1 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ";
        self == Self::All
            || text.is_ascii()
            || match self {
                Self::All => true,
                Self::BasicPlane => text.chars().all(|character| u32::from(character) <= 0xFFFF),
                Self::Latin1 => text.chars().all(|character| u32::from(character) <= 0xFF || beyond_latin1.contains(character)),
                Self::Ascii => false,
            }
    }
}

/// What a column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnLimits {
    /// Its type.
    pub kind: ColumnKind,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Which characters it takes.
    pub characters: Characters,
}

impl ColumnLimits {
    /// Those of the catalogue.
    pub fn of(column: &Column) -> Self {
        Self { kind: column.kind, nullable: column.nullable, characters: Characters::All }
    }

    /// Those of the catalogue for all columns of a table.
    pub fn of_table(table: &Table) -> Vec<Self> {
        table.columns.iter().map(Self::of).collect()
    }
}

/// What a column holds for a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Fitted<'t> {
    /// NULL
    Null,
    /// A text, or a date or time in its usual form.
    Text(Cow<'t, str>),
    /// A number of an integer column.
    Integer(i64),
    /// A number of a `FLOAT` or `DOUBLE` column.
    Real(f64),
}

/// The value that the column holds for this text.
///
/// # Errors
/// It can hold none.
pub fn fitted(limits: ColumnLimits, text: Option<&[u8]>) -> Result<Fitted<'_>, Misfit> {
    let Some(bytes) = text else {
        return if limits.nullable { Ok(Fitted::Null) } else { Err(Misfit::Null) };
    };
    let text = simdutf8::basic::from_utf8(bytes).map_err(|_| Misfit::NotUtf8)?;
    let fitted = match limits.kind {
        ColumnKind::LongText => Fitted::Text(text.into()),
        ColumnKind::Varchar(length) => Fitted::Text(varchar(text, length)?.into()),
        ColumnKind::Int | ColumnKind::Int11 => integer(text, i64::from(i32::MIN), i64::from(i32::MAX))?,
        ColumnKind::TinyInt => integer(text, i64::from(i8::MIN), i64::from(i8::MAX))?,
        ColumnKind::BigInt => integer(text, i64::MIN, i64::MAX)?,
        ColumnKind::Float => single(text)?,
        ColumnKind::Double => Fitted::Real(double(text)?),
        ColumnKind::Date => date(text)?,
        ColumnKind::DateTime => date_time(text)?,
    };
    if limits.kind.is_text() && !limits.characters.hold(text) {
        return Err(Misfit::NoSuchCharacter);
    }
    Ok(fitted)
}

fn varchar(text: &str, length: u16) -> Result<&str, Misfit> {
    let Some((end, _)) = text.char_indices().nth(usize::from(length)) else { return Ok(text) };
    let (kept, beyond) = text.split_at(end);
    // MySQL, too, cuts off spaces beyond the length without a complaint.
    if beyond.bytes().all(|byte| byte == b' ') { Ok(kept) } else { Err(Misfit::TooLong) }
}

fn integer(text: &str, least: i64, greatest: i64) -> Result<Fitted<'_>, Misfit> {
    let text = text.trim_matches(' ');
    let number = match text.parse::<i64>() {
        Ok(number) => number,
        Err(_) => rounded(double(text)?)?,
    };
    if (least..=greatest).contains(&number) { Ok(Fitted::Integer(number)) } else { Err(Misfit::OutOfRange) }
}

/// Half away from zero, as MySQL rounds decimal texts.
#[allow(clippy::cast_possible_truncation)] // the range is checked before
fn rounded(number: f64) -> Result<i64, Misfit> {
    let number = number.round();
    if number.abs() < 9.0e18 { Ok(number as i64) } else { Err(Misfit::OutOfRange) }
}

fn double(text: &str) -> Result<f64, Misfit> {
    let text = text.trim_matches(' ');
    // The words `nan` and `inf`, which Rust would read, have letters other than an exponent's.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = text.parse().ok().filter(|_| numeric).ok_or(Misfit::NotANumber)?;
    if number.is_finite() { Ok(number) } else { Err(Misfit::OutOfRange) }
}

/// Rounded to single precision, then the shortest decimal that names it: 0.1 stays 0.1.
fn single(text: &str) -> Result<Fitted<'_>, Misfit> {
    double(text)?;
    let number: f32 = text.trim_matches(' ').parse().map_err(|_| Misfit::NotANumber)?;
    if !number.is_finite() {
        return Err(Misfit::OutOfRange);
    }
    number.to_string().parse().map(Fitted::Real).map_err(|_| Misfit::NotANumber)
}

fn date(text: &str) -> Result<Fitted<'_>, Misfit> {
    if is_plain_date(text) {
        return Ok(Fitted::Text(text.into()));
    }
    // A date and time gives its date.
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().or_else(|| Some(parse_date_time(text)?.date()));
    let day = day.filter(|day| has_usual_year(*day)).ok_or(Misfit::NotATime)?;
    Ok(Fitted::Text(day.format("%Y-%m-%d").to_string().into()))
}

/// Most dates: ten characters that every reader takes as they are.
fn is_plain_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |range: std::ops::Range<usize>| {
        let digits = bytes.get(range)?;
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let dashes = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    match (bytes.len() == 10 && dashes, number(0..4), number(5..7), number(8..10)) {
        (true, Some(year), Some(month), Some(day)) => {
            i32::try_from(year).is_ok_and(|year| NaiveDate::from_ymd_opt(year, month, day).is_some())
        }
        _ => false,
    }
}

/// MySQL's years have four digits.
fn has_usual_year(day: NaiveDate) -> bool {
    (0..=9999).contains(&chrono::Datelike::year(&day))
}

fn date_time(text: &str) -> Result<Fitted<'_>, Misfit> {
    let time = parse_date_time(text).ok_or(Misfit::NotATime)?;
    // Whole seconds, rounded (rules 08, 3).
    let up = i64::from(time.nanosecond() >= 500_000_000);
    let time = time.checked_add_signed(chrono::TimeDelta::seconds(up));
    let time = time.filter(|time| has_usual_year(time.date())).ok_or(Misfit::NotATime)?;
    Ok(Fitted::Text(time.format("%Y-%m-%d %H:%M:%S").to_string().into()))
}

fn parse_date_time(text: &str) -> Option<NaiveDateTime> {
    let parsed = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"));
    parsed.or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(chrono::NaiveTime::MIN))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(kind: ColumnKind, text: &str) -> Result<Fitted<'_>, Misfit> {
        fitted(ColumnLimits { kind, nullable: false, characters: Characters::All }, Some(text.as_bytes()))
    }

    #[test]
    fn texts_become_what_mysql_makes_of_them() {
        let text = |text: &'static str| Ok(Fitted::Text(text.into()));
        assert_eq!(stored(ColumnKind::Varchar(3), "äöü"), text("äöü"));
        assert_eq!(stored(ColumnKind::Varchar(3), "abc  "), text("abc"));
        assert_eq!(stored(ColumnKind::Varchar(3), "abcd"), Err(Misfit::TooLong));
        assert_eq!(stored(ColumnKind::Varchar(3), ""), text(""));
        assert_eq!(stored(ColumnKind::Int, "7"), Ok(Fitted::Integer(7)));
        assert_eq!(stored(ColumnKind::Int, "-2.5"), Ok(Fitted::Integer(-3)));
        for refused in ["", "x", "nan", "1 2", "inf"] {
            assert_eq!(stored(ColumnKind::Int, refused), Err(Misfit::NotANumber), "{refused}");
        }
        assert_eq!(stored(ColumnKind::Int, "2147483648"), Err(Misfit::OutOfRange));
        assert_eq!(stored(ColumnKind::Int, "1e300"), Err(Misfit::OutOfRange));
        assert_eq!(stored(ColumnKind::TinyInt, "1"), Ok(Fitted::Integer(1)));
        assert_eq!(stored(ColumnKind::TinyInt, "128"), Err(Misfit::OutOfRange));
        assert_eq!(stored(ColumnKind::Float, "0.1"), Ok(Fitted::Real(0.1)));
        assert_eq!(stored(ColumnKind::Float, "16777217"), Ok(Fitted::Real(16_777_216.0)));
        assert_eq!(stored(ColumnKind::Float, "1e39"), Err(Misfit::OutOfRange));
        assert_eq!(stored(ColumnKind::Double, "1e3"), Ok(Fitted::Real(1000.0)));
        assert_eq!(stored(ColumnKind::Double, "1e400"), Err(Misfit::OutOfRange));
        assert_eq!(stored(ColumnKind::Double, "NaN"), Err(Misfit::NotANumber));
        assert_eq!(stored(ColumnKind::Date, "2016-02-29"), text("2016-02-29"));
        assert_eq!(stored(ColumnKind::Date, "2016-02-29 10:00:00"), text("2016-02-29"));
        assert_eq!(stored(ColumnKind::DateTime, "2016-02-29"), text("2016-02-29 00:00:00"));
        assert_eq!(stored(ColumnKind::DateTime, "2015-12-31 23:59:59.5"), text("2016-01-01 00:00:00"));
        assert_eq!(stored(ColumnKind::DateTime, "9999-12-31 23:59:59.5"), Err(Misfit::NotATime), "there is no such year");
        for refused in ["2015-02-29", "2016-13-01", "", "today", "12016-01-01", "2016-1x-01"] {
            assert_eq!(stored(ColumnKind::Date, refused), Err(Misfit::NotATime), "{refused}");
            assert_eq!(stored(ColumnKind::DateTime, refused), Err(Misfit::NotATime), "{refused}");
        }
    }

    #[test]
    fn null_and_bytes() {
        let limits = ColumnLimits { kind: ColumnKind::LongText, nullable: false, characters: Characters::All };
        assert_eq!(fitted(limits, None), Err(Misfit::Null));
        assert_eq!(fitted(ColumnLimits { nullable: true, ..limits }, None), Ok(Fitted::Null));
        assert_eq!(fitted(limits, Some(b"\xff")), Err(Misfit::NotUtf8));
    }

    #[test]
    fn character_sets() {
        for (set, held, not_held) in [
            ("utf8mb4", "😀é", None),
            ("utf8mb3", "日本é\u{ffff}", Some("😀")),
            ("utf8", "日", Some("a😀")),
            ("latin1", "é€ÿ", Some("日")),
            ("ascii", "abc", Some("é")),
        ] {
            let characters = Characters::of_set(set).unwrap();
            assert!(characters.hold(held) && !not_held.is_some_and(|text| characters.hold(text)), "{set}");
        }
        assert_eq!(Characters::of_set("gbk"), None);
    }
}
