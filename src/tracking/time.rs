//! Event times: one reading for all jobs and for day files of earlier runs (rules 10, 1). They are kept as text, because text is
//! what jobs compare and write.

use std::borrow::Cow;

/// Length of `YYYY-MM-DDTHH:MM:SS`.
const WHOLE: usize = 19;
/// Digits of a fraction that count.
const MICROSECONDS: usize = 6;

/// A time as all jobs read it: `YYYY-MM-DD`, `T` or a blank, `HH:MM:SS`, a fraction of any length, and `Z`, `UTC` or an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTime<'t> {
    text: &'t str,
    timestamp: Timestamp,
    /// Digits of the fraction that count.
    digits: usize,
    /// Hours and minutes of an offset west of UTC. The original dropped the other zones, and left this one in the text.
    behind: Option<(u8, u8)>,
}

impl<'t> EventTime<'t> {
    /// Reads the time of an event; none if it is no time.
    pub fn read(text: &'t str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (whole, mut rest) = (Timestamp::whole_seconds(bytes)?, bytes.get(WHOLE..)?);
        let mut digits = 0;
        let mut microsecond = 0;
        if let [b'.', behind @ ..] = rest {
            let length = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits = length.min(MICROSECONDS);
            microsecond = microseconds(behind.get(..digits)?)?;
            rest = behind.get(length..)?;
        }
        let behind = Zone::read(rest)?.behind;
        Some(Self { text, timestamp: Timestamp { microsecond, ..whole }, digits, behind })
    }

    /// Reads a time out of a day file. The original appended a fraction behind a zone that it did not understand.
    pub fn read_row(text: &'t str) -> Option<Self> {
        Self::read(text).or_else(|| Self::read(text.strip_suffix(".000000")?))
    }

    /// The day, `YYYY-MM-DD`.
    pub fn date(&self) -> &'t str {
        self.text.get(..10).unwrap_or_default()
    }

    /// Date and time of day; offsets are dropped without conversion.
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Whether the time is told with an offset west of UTC.
    pub const fn is_behind(&self) -> bool {
        self.behind.is_some()
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffff`: text order is time order.
    pub fn sortable(&self) -> Cow<'t, str> {
        match self.text.get(..=WHOLE + MICROSECONDS) {
            Some(text) if self.digits == MICROSECONDS && self.has_letter() => Cow::Borrowed(text),
            _ => Cow::Owned(self.timestamp.sortable()),
        }
    }

    /// The form of day files (rules 01, 1.3, as recorded): the fraction as it came. `.000000` if there was none, which the original put
    /// behind an offset west of UTC, as that stays in the text.
    pub fn written(&self) -> Cow<'t, str> {
        match self.text.get(..=WHOLE + self.digits) {
            Some(text) if self.digits > 0 && self.has_letter() && self.behind.is_none() => Cow::Borrowed(text),
            _ => {
                let mut text = self.timestamp.sortable();
                let none = text.split_off(if self.digits > 0 { WHOLE + 1 + self.digits } else { WHOLE });
                if self.behind.is_some() {
                    text.push_str(self.zone());
                }
                if self.digits == 0 {
                    text.push_str(&none);
                }
                Cow::Owned(text)
            }
        }
    }

    /// What follows the fraction, as it came.
    fn zone(&self) -> &'t str {
        let behind = self.text.get(WHOLE..).unwrap_or_default();
        behind.strip_prefix('.').map_or(behind, |fraction| fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()))
    }

    /// The offset west of UTC, `-HH:MM`, and `+00:00` if it is none at all; nothing without such an offset.
    pub fn offset(&self) -> String {
        match self.behind {
            Some((0, 0)) => "+00:00".to_owned(),
            Some((hours, minutes)) => format!("-{hours:02}:{minutes:02}"),
            None => String::new(),
        }
    }

    /// The fraction as the original read it for columns of time stamps: as a number of microseconds, however many digits it had
    /// (recorded so). `.5` gives 5.
    pub fn microseconds_of_digits(&self) -> u32 {
        let dropped = MICROSECONDS.saturating_sub(self.digits);
        if self.digits == 0 { 0 } else { (0..dropped).fold(self.timestamp.microsecond, |number, _| number / 10) }
    }

    fn has_letter(&self) -> bool {
        self.text.as_bytes().get(10) == Some(&b'T')
    }
}

/// What may follow a time of day.
struct Zone {
    behind: Option<(u8, u8)>,
}

impl Zone {
    fn read(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b" ").filter(|zone| !zone.is_empty()).unwrap_or(text);
        let (hours, minutes) = match text {
            [] | b"Z" | b"UTC" => return Some(Self { behind: None }),
            // East of UTC it is cut off (rules 01, 1.3), and may be shorter or longer (rules 10, 1).
            [b'+', offset @ ..] => return is_offset(offset).then_some(Self { behind: None }),
            [b'-', h1, h2, b':', m1, m2] | [b'-', h1, h2, m1, m2] => (two_digits(*h1, *h2)?, two_digits(*m1, *m2)?),
            [b'-', h1, h2] => (two_digits(*h1, *h2)?, 0),
            _ => return None,
        };
        (hours < 24 && minutes < 60).then_some(Self { behind: Some((hours, minutes)) })
    }
}

/// An offset that a clock can have: hours of one digit or two, and minutes and seconds if any, with or without colons.
fn is_offset(text: &[u8]) -> bool {
    let (hours, mut rest) = match text {
        [hour, rest @ ..] if matches!(rest, [] | [b':', ..]) => (digit(*hour), rest),
        [high, low, rest @ ..] => (two_digits(*high, *low), rest),
        _ => return false,
    };
    for _ in 0..2 {
        rest = match rest.strip_prefix(b":").unwrap_or(rest) {
            [high, low, behind @ ..] if two_digits(*high, *low).is_some_and(|number| number < 60) => behind,
            _ => break,
        };
    }
    rest.is_empty() && hours.is_some_and(|hours| hours < 24)
}

fn two_digits(high: u8, low: u8) -> Option<u8> {
    Some(digit(high)? * 10 + digit(low)?)
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
    /// Reads what only answer distribution takes besides: the text up to `Z`, `UTC` or an offset east of it is `YYYY-MM-DDTHH:MM:SS`, with
    /// one to six fraction digits if any. As in the original's parser, the fields behind the year may have a single digit (recorded so), the
    /// `T` may be a small one or a blank, and a blank may fill up the day.
    pub fn with_short_fields(text: &str) -> Option<Self> {
        let (text, zone) = text.split_at(text.find(['+', 'Z', 'U']).unwrap_or(text.len()));
        Zone::read(zone.as_bytes())?;
        let text = if zone.is_empty() { text } else { text.strip_suffix(' ').unwrap_or(text) };
        let (date, time) = text.split_once(['T', 't']).or_else(|| text.rsplit_once(' '))?;
        let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
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

    fn whole_seconds(bytes: &[u8]) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = bytes.first_chunk::<WHOLE>()?
        else {
            return None;
        };
        let two = |high: &u8, low: &u8| two_digits(*high, *low);
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

    /// `YYYY-MM-DDTHH:MM:SS`, with `.ffffff` unless the fraction is zero (rules 01, 1.3).
    pub fn iso(self) -> String {
        let mut text = self.seconds_text('T');
        if self.microsecond != 0 {
            self.write_fraction(&mut text);
        }
        text
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffff`, always six digits, so that text order is time order.
    pub fn sortable(self) -> String {
        let mut text = self.seconds_text('T');
        self.write_fraction(&mut text);
        text
    }

    /// `YYYY-MM-DD HH:MM:SS`.
    pub fn seconds(self) -> String {
        self.seconds_text(' ')
    }

    fn seconds_text(self, between: char) -> String {
        let Self { year, month, day, hour, minute, second, .. } = self;
        let mut text = String::with_capacity(LONGEST_ISO);
        write_digits::<4>(year.into(), &mut text);
        for (before, number) in [('-', month), ('-', day), (between, hour), (':', minute), (':', second)] {
            text.push(before);
            write_digits::<2>(number.into(), &mut text);
        }
        text
    }

    fn write_fraction(self, text: &mut String) {
        text.push('.');
        write_digits::<6>(self.microsecond, text);
    }
}

/// `YYYY-MM-DDTHH:MM:SS.ffffff`
const LONGEST_ISO: usize = 26;

/// Writes the last digits of a number; the formatter took a thirteenth of the mapper of answers.
fn write_digits<const DIGITS: usize>(number: u32, text: &mut String) {
    let mut digits = ['0'; DIGITS];
    let mut rest = number;
    for place in digits.iter_mut().rev() {
        *place = char::from_digit(rest % 10, 10).unwrap_or('0');
        rest /= 10;
    }
    text.extend(digits);
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

#[cfg(test)]
mod tests;
