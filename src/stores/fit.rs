//! Whether a column can hold a value (rules 10, 4), the same for every store: what MySQL in strict mode would refuse.
//!
//! [`fitted`] gives what the column will hold, or the [`Misfit`] that keeps the row out. [`ColumnLimits`] are those of the catalogue, or of
//! the table that a server has. No store reads a notation in its own way: it gets the one text of [`Fitted::rewritten`] (rules 08, 5).

mod numbers;
mod times;

pub use super::misfit::Misfit;

use std::borrow::Cow;

use super::table::{Column, ColumnKind, Table};

/// Which characters a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// All of Unicode.
    All,
    /// Those that take at most three bytes in UTF-8 (`utf8`, `utf8mb3`, `ucs2`).
    BasicPlane,
    /// Those of Windows-1252 (`latin1`), and the controls in the five places that it leaves empty.
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
        let windows_1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u{81}\u{8d}\u{8f}\u{90}\u{9d}";
        let in_latin1 = |character| matches!(character, '\0'..='\u{7f}' | '\u{a0}'..='\u{ff}') || windows_1252.contains(character);
        self == Self::All
            || text.is_ascii()
            || match self {
                Self::All => true,
                Self::BasicPlane => text.chars().all(|character| u32::from(character) <= 0xFFFF),
                Self::Latin1 => text.chars().all(in_latin1),
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

/// [`Fitted`] without its text, beside which it is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Held {
    /// NULL
    Null,
    /// The text.
    Text,
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
        ColumnKind::Float => Fitted::Real(numbers::single(text)?),
        ColumnKind::Double => Fitted::Real(numbers::double(text)?),
        ColumnKind::Date => Fitted::Text(times::date(text).ok_or(Misfit::NotATime)?),
        ColumnKind::DateTime => Fitted::Text(times::date_time(text).ok_or(Misfit::NotATime)?.into()),
    };
    if limits.kind.is_text() && !limits.characters.hold(text) {
        return Err(Misfit::NoSuchCharacter);
    }
    Ok(fitted)
}

fn varchar(text: &str, length: u16) -> Result<&str, Misfit> {
    // A character has at least one byte.
    if text.len() <= usize::from(length) {
        return Ok(text);
    }
    let Some((end, _)) = text.char_indices().nth(usize::from(length)) else { return Ok(text) };
    let (kept, beyond) = text.split_at(end);
    // MySQL, too, cuts off spaces beyond the length without a complaint.
    if beyond.bytes().all(|byte| byte == b' ') { Ok(kept) } else { Err(Misfit::TooLong) }
}

fn integer(text: &str, least: i64, greatest: i64) -> Result<Fitted<'_>, Misfit> {
    let number = numbers::integer(text)?;
    if (least..=greatest).contains(&number) { Ok(Fitted::Integer(number)) } else { Err(Misfit::OutOfRange) }
}

impl Fitted<'_> {
    /// What is kept beside the one text for the value.
    pub(super) const fn held(&self) -> Held {
        match self {
            Self::Null => Held::Null,
            Self::Text(_) => Held::Text,
            Self::Integer(number) => Held::Integer(*number),
            Self::Real(number) => Held::Real(*number),
        }
    }

    /// The one text for the value, if the given one is another that a store might read in its own way.
    pub(super) fn rewritten(&self, given: &[u8]) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => (text.as_bytes() != given).then(|| text.as_ref().to_owned()),
            Self::Integer(number) => (!numbers::is_plain_integer(given)).then(|| number.to_string()),
            // Of the given text, not of the value: a `FLOAT` is shown by fewer digits than it has.
            Self::Real(_) if numbers::is_plain_decimal(given) => None,
            Self::Real(_) => numbers::double(std::str::from_utf8(given).ok()?).ok().map(|number| format!("{number:e}")),
        }
    }
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
            ("latin1", "é€ÿ\u{81}\u{a0}", Some("日")),
            ("latin1", "\u{7f}", Some("x\u{85}y")),
            ("ascii", "abc", Some("é")),
        ] {
            let characters = Characters::of_set(set).unwrap();
            assert!(characters.hold(held) && !not_held.is_some_and(|text| characters.hold(text)), "{set}");
        }
        assert_eq!(Characters::of_set("gbk"), None);
    }
}
