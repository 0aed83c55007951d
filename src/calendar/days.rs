//! Days as rows have them, `YYYY-MM-DD`: read and written digit by digit, as there are very many.

use chrono::{Datelike, NaiveDate};

/// A day that exists, written `YYYY-MM-DD`.
pub(crate) fn parse_day(text: &[u8]) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let number =
        |digits: &[&u8]| digits.iter().try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(**digit - b'0')));
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// The text of a day, `YYYY-MM-DD`; years are those of four digits.
pub(crate) fn day_text(day: NaiveDate) -> [u8; 10] {
    let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let (year, month, day) = (day.year().unsigned_abs(), day.month(), day.day());
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ]
}

/// The day behind; the last day of the calendar is its own.
pub(crate) fn next_day(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for text in ["2014-05-01", "2012-02-29", "0001-12-31", "9999-01-10"] {
            assert_eq!(day_text(parse_day(text.as_bytes()).unwrap()), text.as_bytes());
        }
        for text in ["2014-5-01", "2013-02-29", "2014-05-01T", "", "2014-13-01", "x014-05-01"] {
            assert_eq!(parse_day(text.as_bytes()), None, "{text}");
        }
    }
}
