//! Why a row cannot be loaded (rules 10, 4).

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
    /// Of another day than the one that is loaded.
    OtherDay,
    /// The table has a unique key, which the pipeline did not make, and a row with the same values.
    Duplicate,
    /// More bytes than the store takes in one row.
    RowTooLong,
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
            Self::OtherDay => "of another day",
            Self::Duplicate => "duplicate of a unique key",
            Self::RowTooLong => "row beyond what the store takes at once",
            Self::Refused => "refused by the server",
        })
    }
}
