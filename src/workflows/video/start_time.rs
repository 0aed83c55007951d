//! The start of a viewing as the original wrote it: the play event's time text, parsed and printed (spec 06, 4.4).

use chrono::NaiveDate;

/// `YYYY-MM-DDTHH:MM:SS`, plus `.ffffff` unless the fraction is zero, plus a zone if the text had one. None if the text is no time.
///
/// The text is an event time string, so a zone may stand before the `.000000` that was appended.
pub fn start_time(text: &str) -> Option<String> {
    let (date, time) = text.split_at_checked(10)?;
    let time = time.strip_prefix(['T', ' '])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let whole = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(hour, minute, second)?;
    let (fraction, rest) = fraction(rest);
    let (zone, rest) = zone(rest)?;
    let (appended, rest) = if fraction.is_empty() { self::fraction(rest) } else { ("", rest) };
    if !rest.is_empty() {
        return None;
    }
    let digits = if fraction.is_empty() { appended } else { fraction };
    let microseconds: String = digits.chars().chain(std::iter::repeat('0')).take(6).collect();
    let mut written = whole.format("%Y-%m-%dT%H:%M:%S").to_string();
    if microseconds != "000000" {
        written.push('.');
        written.push_str(&microseconds);
    }
    written.push_str(&zone);
    Some(written)
}

fn numbers(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut next = || {
        let part = parts.next()?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let found = [next()?, next()?, next()?];
    parts.next().is_none().then_some(found)
}

/// The digits behind a point, and what follows.
fn fraction(text: &str) -> (&str, &str) {
    let Some(behind) = text.strip_prefix('.') else { return ("", text) };
    behind.split_at(behind.find(|character: char| !character.is_ascii_digit()).unwrap_or(behind.len()))
}

/// A zone as it is printed, and what follows.
fn zone(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(("+00:00".to_owned(), rest));
    }
    let Some(digits) = text.strip_prefix(['+', '-']) else { return Some((String::new(), text)) };
    let sign = text.get(..1)?;
    let (hours, behind) = digits.split_at_checked(2)?;
    let behind = behind.strip_prefix(':').unwrap_or(behind);
    let is_minutes = behind.len() >= 2 && behind.bytes().take(2).all(|byte| byte.is_ascii_digit());
    let (minutes, rest) = if is_minutes { behind.split_at(2) } else { ("00", behind) };
    let fits = hours.bytes().all(|byte| byte.is_ascii_digit()) && hours < "24" && minutes < "60";
    fits.then(|| (format!("{sign}{hours}:{minutes}"), rest))
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
        ] {
            assert_eq!(start_time(text).as_deref(), Some(printed), "{text}");
        }
        for text in ["", "2013-12-17", "2013-13-17T00:00:00", "2013-12-17T00:00:00x", "2013-12-17T25:00:00.5", "2013-12-17T00:00:00.5é"] {
            assert_eq!(start_time(text), None, "{text}");
        }
    }
}
