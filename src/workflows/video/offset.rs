//! Places in a video, in seconds (rules 06, 3, step 11).

use crate::tracking::json::strict::plain_number;
use crate::tracking::json::{Kind, Value};
use crate::tracking::json_text::float;
use crate::tracking::white_space::strip_cow;

/// Ten hours; no video is taken to be longer.
const LARGEST_OFFSET: f64 = 36_000.0;

/// A number, Boolean or text of a number from 0 to 36,000; none for anything else.
pub(crate) fn offset(value: &Value<'_>) -> Option<f64> {
    let seconds = match value.kind() {
        Kind::True => 1.0,
        Kind::False => 0.0,
        Kind::Number => float(plain_number(value.number()?))?,
        Kind::String => number(&strip_cow(value.text()?))?,
        Kind::Null | Kind::Array | Kind::Object => return None,
    };
    (0.0..=LARGEST_OFFSET).contains(&seconds).then_some(seconds)
}

/// Optional sign, digits with optional fraction, optional exponent.
fn number(text: &str) -> Option<f64> {
    let well_formed = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if well_formed { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;

    #[test]
    fn offsets_are_checked() {
        let of = |json: &str| offset(&Tape::default().parse(json).unwrap());
        for (json, seconds) in [
            ("5", 5.0),
            ("\"5\"", 5.0),
            ("\" 5 \"", 5.0),
            ("\"\\u001c5\"", 5.0),
            ("\"1e3\"", 1000.0),
            ("\".5\"", 0.5),
            ("\"5.\"", 5.0),
            ("true", 1.0),
            ("false", 0.0),
            ("36000.0", 36000.0),
            ("-0.0", 0.0),
        ] {
            assert_eq!(of(json), Some(seconds), "{json}");
        }
        // Of the zeros only the integer has no sign.
        let is_negative = |json| of(json).unwrap().is_sign_negative();
        assert_eq!(["-0", "-0.0", "\"-0\""].map(is_negative), [false, true, true]);
        for json in [
            "null",
            "\"\"",
            "\"abc\"",
            "\"0x10\"",
            "\"1_0\"",
            "[]",
            "{}",
            "36000.1",
            "-0.1",
            "NaN",
            "Infinity",
            "-Infinity",
            "\"nan\"",
            "\"inf\"",
            "\"Infinity\"",
            "1e999",
        ] {
            assert_eq!(of(json), None, "{json}");
        }
    }
}
