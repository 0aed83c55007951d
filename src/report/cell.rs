//! Columns and cells of the tables of a page, and how their values are shown.

use std::borrow::Cow;

/// How the values of a column are shown and sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// Long texts, which need room.
    Prose,
    /// Long ids, which may be broken anywhere.
    Id,
    /// `YYYY-MM-DD`
    Day,
    /// Anything that is aligned at its right end.
    Number,
    /// Values over time, drawn as a small line.
    Trend,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its heading; also the name of its line or bar in a chart.
    pub title: Cow<'static, str>,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column of texts.
    pub(crate) fn text(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), kind: Kind::Text }
    }

    /// A column of long ids.
    pub(crate) fn id(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), kind: Kind::Id }
    }

    /// A column of long texts.
    pub(crate) fn prose(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), kind: Kind::Prose }
    }

    /// A column of days.
    pub(crate) fn day(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), kind: Kind::Day }
    }

    /// A column of numbers.
    pub(crate) fn number(title: impl Into<Cow<'static, str>>) -> Self {
        Self { title: title.into(), kind: Kind::Number }
    }
}

/// A value of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Nothing is known.
    Missing,
    /// A text or a day.
    Text(String),
    /// A text that leads to a page of the report, with a second line.
    Link {
        /// The text.
        text: String,
        /// Path relative to the page.
        target: String,
        /// Smaller, below.
        detail: String,
    },
    /// A count.
    Count(i64),
    /// A count that is always shown with its sign.
    Change(i64),
    /// A part of a whole, from 0 to 1.
    Share(f64),
    /// A number with up to two decimals.
    Decimal(f64),
    /// Values over time, oldest first.
    Trend(Vec<i64>),
}

impl Cell {
    /// The count, or nothing.
    pub(crate) fn count(count: Option<i64>) -> Self {
        count.map_or(Self::Missing, Self::Count)
    }

    /// The part that `part` is of `whole`; nothing of an empty whole.
    #[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
    pub(crate) fn share(part: i64, whole: i64) -> Self {
        if whole > 0 { Self::Share(part as f64 / whole as f64) } else { Self::Missing }
    }

    /// The value in full, where the table shows only a bound of it.
    pub(crate) fn exact(&self) -> Option<String> {
        let Self::Share(share) = self else { return None };
        bound(*share).map(|_| format!("{}%", (share * 1e8).round() / 1e6))
    }

    /// What the table shows.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Missing => "–".to_owned(),
            Self::Text(text) | Self::Link { text, .. } => text.clone(),
            Self::Change(count) if *count > 0 => format!("+{}", thousands(*count)),
            Self::Count(count) | Self::Change(count) => thousands(*count),
            Self::Share(share) => bound(*share).map_or_else(|| format!("{:.1}%", share * 100.0), str::to_owned),
            Self::Decimal(number) if number.is_infinite() => "∞".to_owned(),
            Self::Decimal(number) => decimal(*number),
            Self::Trend(values) => match (values.first(), values.last()) {
                (Some(first), Some(last)) => super::texts::from_to(&thousands(*first), &thousands(*last)),
                _ => "–".to_owned(),
            },
        }
    }
}

/// What is told of a share that would round to nothing, or to all, and is not.
fn bound(share: f64) -> Option<&'static str> {
    if share > 0.0 && share < 0.0005 {
        Some("<0.1%")
    } else if share < 0.0 && share > -0.0005 {
        Some(">-0.1%")
    } else if (0.9995..1.0).contains(&share) {
        Some(">99.9%")
    } else {
        None
    }
}

/// A number with up to two decimals, and commas between the thousands before them.
fn decimal(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    // Beyond 64 bits digits stay as they are; so does the sign of -0.5.
    let whole = whole.parse().ok().filter(|count| *count != 0).map_or_else(|| whole.to_owned(), thousands);
    fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}"))
}

/// A count with commas between its thousands.
pub(crate) fn thousands(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if count < 0 {
        text.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_so_that_the_page_can_read_them_back() {
        for (cell, shown) in [
            (Cell::Count(0), "0"),
            (Cell::Count(1_234_567), "1,234,567"),
            (Cell::Count(-1000), "-1,000"),
            (Cell::Change(12), "+12"),
            (Cell::Change(-12), "-12"),
            (Cell::Change(0), "0"),
            (Cell::share(1, 3), "33.3%"),
            (Cell::share(0, 0), "–"),
            (Cell::share(0, 7), "0.0%"),
            (Cell::share(7, 7), "100.0%"),
            (Cell::share(4, 10_000), "<0.1%"),
            (Cell::share(6, 10_000), "0.1%"),
            (Cell::share(9_996, 10_000), ">99.9%"),
            (Cell::share(9_990, 10_000), "99.9%"),
            (Cell::share(-4, 10_000), ">-0.1%"),
            (Cell::Decimal(2.0), "2"),
            (Cell::Decimal(2.345), "2.35"),
            (Cell::Decimal(10.0), "10"),
            (Cell::Decimal(12_345.678), "12,345.68"),
            (Cell::Decimal(-1000.5), "-1,000.5"),
            (Cell::Decimal(-0.5), "-0.5"),
            (Cell::Decimal(f64::INFINITY), "∞"),
        ] {
            assert_eq!(cell.shown(), shown);
        }
        assert_eq!(Cell::share(1, 3).exact(), None);
        assert_eq!(Cell::share(4, 10_000).exact().unwrap(), "0.04%");
        assert_eq!(Cell::share(29_999, 30_000).exact().unwrap(), "99.996667%");
    }
}
