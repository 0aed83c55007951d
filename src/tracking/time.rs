//! Event times (spec 01, 1.3): kept as text, because text is what jobs compare and write.

use std::borrow::Cow;
use std::fmt::Write;

/// The text before the first `+`, with `.000000` appended if it has no point.
pub fn time_text(time: &str) -> Cow<'_, str> {
    let text = time.split_once('+').map_or(time, |(before, _)| before);
    if text.contains('.') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}.000000")) }
}

/// The text before the first `T`, or all of it.
pub fn date_text(time: &str) -> &str {
    time.split_once('T').map_or(time, |(date, _)| date)
}

/// A date and time of day without zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
}

impl Timestamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS.f` with one to six fraction digits and nothing behind them. As in the original's parser, the
    /// fields behind the year may have a single digit (recorded so), the `T` may be a small one, and a blank may fill up the day.
    pub fn strict(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't'])?;
        let (whole, fraction) = time.split_once('.')?;
        let (year, month, day) = three(date, '-')?;
        let (hour, minute, second) = three(whole, ':')?;
        let year = (year.len() == 4).then(|| short_number(year)).flatten()?;
        let short = |text: &str| (text.len() <= 2).then(|| short_number(text)).flatten().and_then(|number| u8::try_from(number).ok());
        let digits = (fraction.len() <= 6).then_some(fraction.as_bytes())?;
        Self {
            year,
            month: short(month)?,
            day: short(day.strip_prefix(' ').filter(|digit| digit.len() == 1).unwrap_or(day))?,
            hour: short(hour)?,
            minute: short(minute)?,
            second: short(second)?,
            microsecond: microseconds(digits)?,
        }
        .checked()
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS`, then optionally a fraction, then optionally a zone (`Z`, `+hh:mm`, `-hh:mm`) that is
    /// dropped without conversion. The fraction is padded or cut to six digits (spec 03, 3.1).
    pub fn lenient(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (whole, mut rest) = (Self::whole_seconds(bytes)?, bytes.get(19..)?);
        let mut microsecond = 0;
        if let [b'.', behind @ ..] = rest {
            let length = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, zone) = behind.split_at_checked(length)?;
            microsecond = microseconds(digits.get(..length.min(6))?)?;
            rest = zone;
        }
        is_zone(rest).then_some(Self { microsecond, ..whole })
    }

    fn whole_seconds(bytes: &[u8]) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] = bytes.first_chunk::<19>()? else {
            return None;
        };
        let two = |high: &u8, low: &u8| Some(digit(*high)? * 10 + digit(*low)?);
        Self {
            year: u16::from(two(y1, y2)?) * 100 + u16::from(two(y3, y4)?),
            month: two(m1, m2)?,
            day: two(d1, d2)?,
            hour: two(h1, h2)?,
            minute: two(n1, n2)?,
            second: two(s1, s2)?,
            microsecond: 0,
        }
        .checked()
    }

    /// Itself, if there is such a time.
    fn checked(self) -> Option<Self> {
        let fits =
            self.year >= 1 && (1..=self.days_in_month()).contains(&self.day) && self.hour < 24 && self.minute < 60 && self.second < 60;
        fits.then_some(self)
    }

    const fn days_in_month(self) -> u8 {
        match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if self.year.is_multiple_of(400) || (self.year.is_multiple_of(4) && !self.year.is_multiple_of(100)) => 29,
            2 => 28,
            _ => 0,
        }
    }

    /// `YYYY-MM-DDTHH:MM:SS`, with `.ffffff` unless the fraction is zero (spec 01, 1.3).
    pub fn iso(self) -> String {
        let mut text = self.seconds_text('T');
        if self.microsecond != 0 {
            // Writing to a string cannot fail.
            let _ = write!(text, ".{:06}", self.microsecond);
        }
        text
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffff`, always six digits, so that text order is time order.
    pub fn sortable(self) -> String {
        format!("{}.{:06}", self.seconds_text('T'), self.microsecond)
    }

    /// `YYYY-MM-DD HH:MM:SS.ffffff`, the form of warehouse columns (spec 01, 5.1).
    pub fn column(self) -> String {
        format!("{}.{:06}", self.seconds_text(' '), self.microsecond)
    }

    fn seconds_text(self, between: char) -> String {
        let Self { year, month, day, hour, minute, second, .. } = self;
        format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{minute:02}:{second:02}")
    }
}

/// The three texts between two separators.
fn three(text: &str, separator: char) -> Option<(&str, &str, &str)> {
    let (first, rest) = text.split_once(separator)?;
    let (second, third) = rest.split_once(separator)?;
    Some((first, second, third))
}

/// One to four digits.
fn short_number(text: &str) -> Option<u16> {
    let fits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

/// One to six digits read as a decimal fraction of a second.
fn microseconds(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    (0..6).try_fold(0_u32, |sum, place| {
        let digit = digits.get(place).map_or(Some(0), |&byte| digit(byte))?;
        Some(sum * 10 + u32::from(digit))
    })
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        [] | [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].into_iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_times_as_text() {
        for (time, expected) in [
            ("2014-09-25T20:20:04.123456+00:00", "2014-09-25T20:20:04.123456"),
            ("2014-09-25T20:20:04+00:00", "2014-09-25T20:20:04.000000"),
            ("2014-09-25T20:20:04.5+00:00", "2014-09-25T20:20:04.5"),
            ("2014-09-25T20:20:04Z", "2014-09-25T20:20:04Z.000000"),
            ("2014-09-25T20:20:04.5-04:00", "2014-09-25T20:20:04.5-04:00"),
        ] {
            assert_eq!(time_text(time), expected);
        }
        assert_eq!(date_text("2014-05-20T23:59:59-08:00"), "2014-05-20");
        assert_eq!(date_text("2014-05-20 23"), "2014-05-20 23");
    }

    #[test]
    fn strict_times() {
        let iso = |text: &str| Timestamp::strict(text).map(Timestamp::iso);
        assert_eq!(iso("2014-03-01T10:00:00.000000").unwrap(), "2014-03-01T10:00:00");
        assert_eq!(iso("2014-03-01T10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
        assert_eq!(iso("2016-02-29T23:59:59.000001").unwrap(), "2016-02-29T23:59:59.000001");
        assert_eq!(iso("2014-5-1T9:0:0.000002").unwrap(), "2014-05-01T09:00:00.000002");
        assert_eq!(iso("2014-03-01t10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
        assert_eq!(iso("2014-03- 1T10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
        for wrong in [
            "2014-003-01T10:00:00.0",
            "2014-03- 11T10:00:00.0",
            "2014- 3-01T10:00:00.0",
            "2014-03- 0T10:00:00.0",
            "14-03-01T10:00:00.0",
            "2014-+3-01T10:00:00.0",
            "2014-03-01T10:00:00",
            "2014-03-01T10:00:00.",
            "2014-03-01T10:00:00.1234567",
            "2014-03-01T10:00:00Z.000000",
            "2015-02-29T10:00:00.0",
            "2014-13-01T10:00:00.0",
            "2014-00-01T10:00:00.0",
            "2014-01-00T10:00:00.0",
            "2014-01-01T24:00:00.0",
            "2014-01-01T00:60:00.0",
            "2014-01-01T00:00:60.0",
            "2014-01-01 00:00:00.0",
            "",
            "0000-01-01T00:00:00.0",
            "2014-03-01T10:00:00.5-04:00",
        ] {
            assert!(iso(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn lenient_times() {
        let sortable = |text: &str| Timestamp::lenient(text).map(Timestamp::sortable);
        for (text, expected) in [
            ("2024-03-02T08:00:00+00:00", "2024-03-02T08:00:00.000000"),
            ("2024-03-02T08:00:00.5", "2024-03-02T08:00:00.500000"),
            ("2024-03-02T08:00:00.12345678Z", "2024-03-02T08:00:00.123456"),
            ("2024-03-02T08:00:00-05:00", "2024-03-02T08:00:00.000000"),
            ("2024-03-02T08:00:00.25+01:30", "2024-03-02T08:00:00.250000"),
        ] {
            assert_eq!(sortable(text).unwrap(), expected);
        }
        for wrong in [
            "2024-03-02",
            "2024-03-02T08:00",
            "2024-03-02T08:00:00.",
            "2024-03-02T08:00:00 ",
            "2024-03-02T08:00:00+0000",
            "2024-03-02 08:00:00",
        ] {
            assert!(sortable(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Timestamp::lenient("2024-03-02T08:00:00.25").unwrap().column(), "2024-03-02 08:00:00.250000");
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = (Timestamp::strict(&text), Timestamp::lenient(&text), time_text(&text), date_text(&text));
        }

        #[test]
        fn order_of_text_is_order_of_time(a in 0u32..86400, b in 0u32..86400, fa in 0u32..1_000_000, fb in 0u32..1_000_000) {
            let time = |s: u32, f: u32| Timestamp::lenient(&format!("2024-02-29T{:02}:{:02}:{:02}.{f:06}", s / 3600, s / 60 % 60, s % 60)).unwrap();
            let (x, y) = (time(a, fa), time(b, fb));
            prop_assert_eq!(x.cmp(&y), x.sortable().cmp(&y.sortable()));
        }
    }
}
