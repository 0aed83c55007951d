//! Values of the LMS database as the import writes them (rules 09, 3).

use super::rows::SEPARATOR;
use super::tables::Kind;

/// Appends a value that the server gave as text; none is NULL.
pub(crate) fn write_value(kind: Kind, value: Option<&[u8]>, line: &mut Vec<u8>) {
    match (kind, value) {
        (Kind::Time, Some(text)) if !text.starts_with(b"0000-00-00") => write_time(text, line),
        // Zero dates are no dates.
        (_, None) | (Kind::Time, Some(_)) => line.extend_from_slice(b"\\N"),
        (Kind::Integer, Some(text)) => line.extend_from_slice(text),
        (Kind::Boolean, Some(text)) => line.extend_from_slice(if text == b"0" { b"false" } else { b"true" }),
        (Kind::Double, Some(text)) => match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
            Some(number) => line.extend_from_slice(java_double(number).as_bytes()),
            None => line.extend_from_slice(text),
        },
        (Kind::Text, Some(text)) => {
            line.extend(text.iter().map(|byte| if matches!(byte, b'\n' | b'\r' | &SEPARATOR) { b' ' } else { *byte }));
        }
    }
}

/// Zeros at the end of a fraction are left away, but for one digit.
fn write_time(text: &[u8], line: &mut Vec<u8>) {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().unwrap_or_default();
    line.extend_from_slice(whole);
    if whole.len() == 10 {
        line.extend_from_slice(b" 00:00:00");
    }
    let fraction = parts.next().unwrap_or_default();
    let kept = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    line.push(b'.');
    line.extend_from_slice(fraction.get(..kept).filter(|kept| !kept.is_empty()).unwrap_or(b"0"));
}

/// Plain from 0.001 to below ten million, else with an exponent.
fn java_double(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, value: Option<&str>) -> String {
        let mut line = Vec::new();
        write_value(kind, value.map(str::as_bytes), &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn forms_of_the_specification() {
        for (kind, value, expected) in [
            (Kind::Time, "2014-06-27 16:02:38", "2014-06-27 16:02:38.0"),
            (Kind::Time, "2014-06-27 16:02:38.250000", "2014-06-27 16:02:38.25"),
            (Kind::Time, "2014-06-27 16:02:38.000000", "2014-06-27 16:02:38.0"),
            (Kind::Time, "0000-00-00 00:00:00", "\\N"),
            (Kind::Boolean, "1", "true"),
            (Kind::Boolean, "0", "false"),
            (Kind::Integer, "-7", "-7"),
            (Kind::Text, "a\nb\r\u{1}c\td\\", "a b  c\td\\"),
            (Kind::Double, "0.7", "0.7"),
            (Kind::Double, "1", "1.0"),
            (Kind::Double, "1e10", "1.0E10"),
            (Kind::Double, "0.00012", "1.2E-4"),
            (Kind::Double, "1234567.5", "1234567.5"),
        ] {
            assert_eq!(written(kind, Some(value)), expected, "{value}");
        }
        for kind in [Kind::Time, Kind::Boolean, Kind::Integer, Kind::Text, Kind::Double] {
            assert_eq!(written(kind, None), "\\N");
        }
        assert_eq!(written(Kind::Text, Some("")), "");
    }
}
