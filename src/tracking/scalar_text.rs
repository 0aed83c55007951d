//! The original's text of a JSON scalar, for fields that it passed on unchecked (recorded so).

use std::borrow::Cow;

use memchr::memchr3;

use super::json::strict::plain_number;
use super::json::{Kind, Value};
use super::json_text::{float, is_integer};
use super::white_space::{is_unicode_space, strip_cow};
use crate::tracking::python_text::float_12;

/// A string as it is, a number or Boolean as Python 2 writes it; none for null, objects and arrays, and for strings that would break
/// a row.
pub fn scalar_text<'t>(value: &Value<'t>) -> Option<Cow<'t, str>> {
    match value.kind() {
        Kind::String => value.text().filter(|text| memchr3(b'\t', b'\n', b'\r', text.as_bytes()).is_none()),
        Kind::True => Some(Cow::Borrowed("True")),
        Kind::False => Some(Cow::Borrowed("False")),
        Kind::Number => {
            let raw = plain_number(value.number()?);
            if is_integer(raw) {
                return Some(Cow::Borrowed(raw));
            }
            Some(Cow::Owned(float_12(float(raw)?)))
        }
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

/// A scalar as the original's integer of it: numbers are truncated, `true` is 1, strings as in [`integer_of_text`]. None for anything
/// else, and for more than 38 digits.
pub fn scalar_integer(value: &Value<'_>) -> Option<i128> {
    match value.kind() {
        Kind::True => Some(1),
        Kind::False => Some(0),
        Kind::Number => {
            let raw = plain_number(value.number()?);
            if is_integer(raw) {
                return raw.parse().map(i64::into).ok().or_else(|| within_digits(raw));
            }
            let number = float(raw)?.trunc();
            #[allow(clippy::cast_possible_truncation)] // checked
            (number.abs() < 1e38).then_some(number as i128)
        }
        Kind::String => integer_of_digits(&strip_cow(value.text()?)),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

/// The original's integer of a text: there may be a sign, white space around it, and single underscores between digits (recorded so).
pub fn integer_of_text(text: &str) -> Option<i128> {
    integer_of_digits(text.trim_matches(is_unicode_space))
}

fn integer_of_digits(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let well_formed = digits.split('_').all(|run| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit()));
    if !well_formed {
        return None;
    }
    within_digits(&text.replace('_', ""))
}

/// An integer of no more than 38 digits (rules 01, 1.3).
fn within_digits(integer: &str) -> Option<i128> {
    if integer.trim_start_matches(['+', '-']).len() > 38 { None } else { integer.parse().ok() }
}

/// Whether a value is a scalar that the original takes for false: null, `false`, 0 or an empty string. Lists and objects are malformed where
/// this is asked, empty ones too (rules 04, 2; rules 05, 3).
pub fn is_falsy(value: &Value<'_>) -> bool {
    !matches!(value.kind(), Kind::Array | Kind::Object) && !super::json_text::is_truthy(*value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;

    #[test]
    fn texts_and_integers_of_scalars() {
        let cases = [
            ("5", Some("5"), Some(5)),
            ("\"6\"", Some("6"), Some(6)),
            ("\" 8 \"", Some(" 8 "), Some(8)),
            ("\"\\u001c7\\u3000\"", Some("\u{1c}7\u{3000}"), Some(7)),
            ("9.7", Some("9.7"), Some(9)),
            ("10.0", Some("10.0"), Some(10)),
            ("true", Some("True"), Some(1)),
            ("\"1_0\"", Some("1_0"), Some(10)),
            ("\"1__0\"", Some("1__0"), None),
            ("\"1e3\"", Some("1e3"), None),
            ("\"+4\"", Some("+4"), Some(4)),
            ("\"\"", Some(""), None),
            ("+17", Some("17"), Some(17)),
            ("-0", Some("0"), Some(0)),
            ("12345678901234567890", Some("12345678901234567890"), Some(12_345_678_901_234_567_890)),
            ("\"-12345678901234567890\"", Some("-12345678901234567890"), Some(-12_345_678_901_234_567_890)),
            // An ASCII text without escapes loses C white space only.
            ("\"\u{1c}7\"", Some("\u{1c}7"), None),
            ("99999999999999999999999999999999999999", Some("99999999999999999999999999999999999999"), Some(10_i128.pow(38) - 1)),
            ("100000000000000000000000000000000000000", Some("100000000000000000000000000000000000000"), None),
            ("\"000000000000000000000000000000000000007\"", Some("000000000000000000000000000000000000007"), None),
            ("1e22", Some("1e+22"), Some(10_i128.pow(22))),
            ("1e39", Some("1e+39"), None),
            ("NaN", Some("nan"), None),
            ("[1]", None, None),
            ("[]", None, None),
            ("null", None, None),
            ("\"a\\tb\"", None, None),
        ];
        for (json, text, integer) in cases {
            let mut tape = Tape::default();
            let value = tape.parse(json).unwrap();
            assert_eq!((scalar_text(&value).as_deref(), scalar_integer(&value)), (text, integer), "{json}");
        }
    }

    #[test]
    fn only_scalars_are_falsy() {
        for (json, expected) in
            [("null", true), ("false", true), ("0", true), ("-0.0", true), ("\"\"", true), ("[]", false), ("{}", false), ("\"0\"", false)]
        {
            assert_eq!(is_falsy(&Tape::default().parse(json).unwrap()), expected, "{json}");
        }
    }
}
