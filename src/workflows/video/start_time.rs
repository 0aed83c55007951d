//! The start of a viewing as the original wrote it: the play event's time text, parsed and printed (spec 06, 4.4).
//!
//! The original's parser is lenient, and so is this one: separators, minute and second may be missing, and what follows the time
//! or its zone is not looked at. So the `.000000` appended behind a zone does no harm.

use std::fmt::Write as _;

use chrono::NaiveDate;

const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// `YYYY-MM-DDTHH:MM:SS`, plus `.ffffff` unless the fraction is zero, plus a zone if the text had one. None if the text is no time.
pub fn start_time(text: &str) -> Option<String> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.number::<2>()? * 100 + rest.number::<2>()?;
    rest.skip(b"-");
    let month = rest.number::<2>()?;
    rest.skip(b"-");
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, rest.number::<2>()?)?;
    let (mut clock, mut microseconds) = ([0; 3], 0);
    if rest.skip(b"T ") {
        clock = [rest.number::<2>()?, rest.part_of_clock()?, rest.part_of_clock()?];
        microseconds = if rest.skip(b".,") { rest.microseconds() } else { 0 };
    }
    let [hour, minute, second] = clock;
    let whole = date.and_hms_opt(hour, minute, second)?;
    let mut written = whole.format("%Y-%m-%dT%H:%M:%S").to_string();
    if microseconds != 0 {
        write!(written, ".{microseconds:06}").ok()?;
    }
    if let Some((sign, minutes)) = rest.zone() {
        // The original ended here with an error.
        if minutes >= MINUTES_OF_A_DAY {
            return None;
        }
        write!(written, "{sign}{:02}:{:02}", minutes / 60, minutes % 60).ok()?;
    }
    Some(written)
}

/// What has not been parsed yet.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    /// Passes over one of these characters, if it is next.
    fn skip(&mut self, any_of: &[u8]) -> bool {
        let Some((_, behind)) = self.0.split_first().filter(|(first, _)| any_of.contains(first)) else { return false };
        self.0 = behind;
        true
    }

    fn digit(&mut self) -> Option<u32> {
        let (first, behind) = self.0.split_first().filter(|(first, _)| first.is_ascii_digit())?;
        self.0 = behind;
        Some(u32::from(first - b'0'))
    }

    /// A number of exactly so many digits.
    fn number<const DIGITS: usize>(&mut self) -> Option<u32> {
        (0..DIGITS).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// Minute or second: two digits or none.
    fn part_of_clock(&mut self) -> Option<u32> {
        self.skip(b":");
        if self.0.first().is_some_and(u8::is_ascii_digit) { self.number::<2>() } else { Some(0) }
    }

    /// Digits behind the point; those behind the sixth are cut.
    fn microseconds(&mut self) -> u32 {
        let six = (0..6).fold(0, |number, _| number * 10 + self.digit().unwrap_or(0));
        while self.digit().is_some() {}
        six
    }

    /// Sign and minutes of a zone. Hours and minutes have at most two digits.
    fn zone(&mut self) -> Option<(char, u32)> {
        let up_to_two = |rest: &mut Self| (0..2).map_while(|_| rest.digit()).fold(0, |number, digit| number * 10 + digit);
        if self.skip(b"Z") {
            return Some(('+', 0));
        }
        let sign = if self.skip(b"-") {
            '-'
        } else if self.skip(b"+") {
            '+'
        } else {
            return None;
        };
        let hours = up_to_two(self);
        self.skip(b":");
        let minutes = hours * 60 + up_to_two(self);
        Some((if minutes == 0 { '+' } else { sign }, minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_printed_anew() {
        for (text, printed) in [
            ("2014-05-02T16:44:41.000000", "2014-05-02T16:44:41"),
            ("2014-05-02T16:44:41.901775", "2014-05-02T16:44:41.901775"),
            ("2014-05-02T16:44:41.123", "2014-05-02T16:44:41.123000"),
            ("2014-05-02T16:44:41.1234567", "2014-05-02T16:44:41.123456"),
            ("2013-12-17T00:00:00Z.000000", "2013-12-17T00:00:00+00:00"),
            ("2013-12-17T00:00:00.5Z", "2013-12-17T00:00:00.500000+00:00"),
            ("2013-12-17T00:00:00.5-05:00", "2013-12-17T00:00:00.500000-05:00"),
            ("2013-12-17T00:00:00-05:00.000000", "2013-12-17T00:00:00-05:00"),
            ("2013-12-17T00:00:00-0500.000000", "2013-12-17T00:00:00-05:00"),
        ] {
            assert_eq!(start_time(text).as_deref(), Some(printed), "{text}");
        }
    }

    #[test]
    fn times_that_the_original_takes_in_other_forms() {
        for (behind_the_day, printed) in [
            ("", "T00:00:00"),
            (".000000", "T00:00:00"),
            ("-05:00.000000", "T00:00:00-05:00"),
            (" 10:30", "T10:30:00"),
            ("T10.5", "T10:00:00.500000"),
            ("T10::30", "T10:00:30"),
            ("T10:30:.5", "T10:30:00.500000"),
            ("T103040,5", "T10:30:40.500000"),
            ("T10:30-05:00", "T10:30:00-05:00"),
            ("T10:30:40xyz.5", "T10:30:40"),
            ("T10:30:40.5é", "T10:30:40.500000"),
            ("T10:30:40..5", "T10:30:40"),
            ("T10:30:40-00:00", "T10:30:40+00:00"),
            ("T10:30:40-00:30", "T10:30:40-00:30"),
            ("T10:30:40-5:30", "T10:30:40-05:30"),
            ("T10:30:40-05:60", "T10:30:40-06:00"),
            ("T10:30:40-x", "T10:30:40+00:00"),
            ("T10:30:40-23:59", "T10:30:40-23:59"),
        ] {
            assert_eq!(start_time(&format!("2014-05-02{behind_the_day}")), Some(format!("2014-05-02{printed}")), "{behind_the_day}");
        }
        for text in ["", "x", "2013-12", "2013-13-17T00:00:00", "2014-02-30T10:00:00", "2013-12-17T25:00:00.5", "2013-12-17T24:00:00"] {
            assert_eq!(start_time(text), None, "{text}");
        }
        for time in ["", "1", "10:3", "10:0:0.0", "10:00:0.5", "10:60:00", "23:59:60", "10:30:40-24", "10:30:40-23:60", "10:30:4٣"] {
            assert_eq!(start_time(&format!("2014-05-02T{time}")), None, "{time}");
        }
    }
}
