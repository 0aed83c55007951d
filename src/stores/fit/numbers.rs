//! Numbers as columns read them (rules 08, 5): `7`, `-2.5`, `1e3`, with blanks around.

use crate::stores::misfit::Misfit;

/// More digits than any `BIGINT` has.
const MOST_DIGITS: i64 = 19;
/// A text with fewer bytes that is a sign and digits is read alike everywhere.
const LONGEST_PLAIN: usize = 40;

/// The integer next to a number, half away from zero, by its decimal digits: no binary fraction is exact enough.
pub(super) fn integer(text: &str) -> Result<i64, Misfit> {
    let text = text.trim_matches(' ');
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) => rounded(text),
    }
}

fn rounded(text: &str) -> Result<i64, Misfit> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (is_negative, unsigned) = without_sign(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(is_digit) {
        return Err(Misfit::NotANumber);
    }
    let shift = exponent.map_or(Some(0), shift_of).ok_or(Misfit::NotANumber)?;
    let all = whole.bytes().chain(fraction.bytes());
    let zeros = all.clone().take_while(|digit| *digit == b'0').count();
    let mut digits = all.skip(zeros).map(|digit| i128::from(digit - b'0')).peekable();
    if digits.peek().is_none() {
        return Ok(0);
    }
    let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    // How many digits stand before the point once the exponent has moved it.
    let before = length(whole.len()).saturating_sub(length(zeros)).saturating_add(shift);
    if before > MOST_DIGITS {
        return Err(Misfit::OutOfRange);
    }
    if before < 0 {
        return Ok(0);
    }
    let number = (0..before).fold(0, |number, _| number * 10 + digits.next().unwrap_or_default());
    let number = number + i128::from(digits.next().is_some_and(|digit| digit >= 5));
    i64::try_from(if is_negative { -number } else { number }).map_err(|_| Misfit::OutOfRange)
}

/// The value of an exponent, or the end of the range that it is beyond.
fn shift_of(exponent: &str) -> Option<i64> {
    let (is_negative, digits) = without_sign(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shift = digits.parse().unwrap_or(i64::MAX);
    Some(if is_negative { -shift } else { shift })
}

fn without_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The nearest number of a `DOUBLE` column. Zero has no sign, as SQLite keeps none.
pub(super) fn double(text: &str) -> Result<f64, Misfit> {
    let text = text.trim_matches(' ');
    // The words `nan` and `inf`, which Rust would read, have letters other than an exponent's.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = text.parse().ok().filter(|_| numeric).ok_or(Misfit::NotANumber)?;
    if number.is_finite() { Ok(number + 0.0) } else { Err(Misfit::OutOfRange) }
}

/// Rounded to single precision by way of double, as servers do, then the shortest decimal that names it: 0.1 stays 0.1.
#[allow(clippy::cast_possible_truncation)] // what a FLOAT holds
pub(super) fn single(text: &str) -> Result<f64, Misfit> {
    let number = double(text)?;
    // A number just beyond the largest one is none, even if rounding would lead back to it.
    if number.abs() > f64::from(f32::MAX) {
        return Err(Misfit::OutOfRange);
    }
    (number as f32).to_string().parse().map_err(|_| Misfit::NotANumber)
}

/// Digits, perhaps behind a minus.
pub(super) fn is_plain_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    text.len() <= LONGEST_PLAIN && !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// Digits, perhaps with a point between them and behind a minus; no zero with a sign.
pub(super) fn is_plain_decimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let is_signed_zero = digits.len() < text.len() && digits.iter().all(|byte| matches!(byte, b'0' | b'.'));
    text.len() <= LONGEST_PLAIN && !is_signed_zero && parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_are_rounded_by_their_digits() {
        for (text, expected) in [
            ("0.49999999999999999999", 0),
            ("1.4999999999999999999999999", 1),
            ("0.5", 1),
            ("-0.5", -1),
            ("-2.5", -3),
            (" +.5 ", 1),
            ("5.", 5),
            ("1e3", 1000),
            ("25e-1", 3),
            ("49e-2", 0),
            ("5e-1", 1),
            ("4e-2", 0),
            ("1e-400", 0),
            ("9E-99999999999999999999", 0),
            ("0e99999999999999999999", 0),
            ("0.0000000000000000000000000000001e31", 1),
            ("1e0000000000000000000001", 10),
            ("9223372036854775807.4", i64::MAX),
            ("-9223372036854775808.4", i64::MIN),
            ("00000000000000000000000000000000000000000000007", 7),
        ] {
            assert_eq!(integer(text), Ok(expected), "{text}");
        }
        for text in ["9223372036854775807.5", "-9223372036854775808.5", "1e19", "1e99999999999999999999", "99999999999999999999"] {
            assert_eq!(integer(text), Err(Misfit::OutOfRange), "{text}");
        }
        for text in ["", ".", "-", "+-7", "1e", "e1", "1e5.5", "1.2.3", "1e+", "0x10", "1_0", "7\u{a0}", "nan", "1ee2", "١"] {
            assert_eq!(integer(text), Err(Misfit::NotANumber), "{text}");
        }
    }

    #[test]
    fn single_precision_has_an_end() {
        assert_eq!(
            single("3.4028234663852886e38").map(|number| number.to_string()),
            single("3.4028234e38").map(|number| number.to_string())
        );
        for text in ["3.4028235e38", "-3.4028235e38", "3.40282347e38", "3.40282356e38", "1e39"] {
            assert_eq!(single(text), Err(Misfit::OutOfRange), "{text}");
        }
        assert!(single("-0.0").is_ok_and(|zero| zero == 0.0 && zero.is_sign_positive()));
    }

    #[test]
    fn plain_notations() {
        for plain in ["7", "-7", "007"] {
            assert!(is_plain_integer(plain.as_bytes()) && is_plain_decimal(plain.as_bytes()), "{plain}");
        }
        assert!(is_plain_decimal(b"-12.50"));
        for other in ["", "-", "+7", " 7", "5.", ".5", "1e3", "1.2.3", "-0.0"] {
            assert!(!is_plain_integer(other.as_bytes()) && !is_plain_decimal(other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_a_double_holds_exactly_is_rounded_alike(quarters in -4_000_000_i64..4_000_000, exponent in -3_i32..3) {
            #[allow(clippy::cast_precision_loss, reason = "small")]
            let number = quarters as f64 / 4.0;
            let text = format!("{number}e0");
            #[allow(clippy::cast_possible_truncation, reason = "small")]
            let expected = number.round() as i64;
            prop_assert_eq!(integer(&text), Ok(expected));
            let moved = format!("{quarters}e{exponent}");
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small")]
            let expected = if exponent < 0 { quarters as f64 / 10_f64.powi(-exponent) } else { quarters as f64 * 10_f64.powi(exponent) };
            #[allow(clippy::cast_possible_truncation, reason = "small")]
            let expected = expected.round() as i64;
            prop_assert_eq!(integer(&moved), Ok(expected));
        }

        #[test]
        fn a_number_is_one_for_both(text in "[+-]?[0-9]{0,3}\\.?[0-9]{0,3}([eE][+-]?[0-9]{0,2})?") {
            prop_assert_eq!(integer(&text).err() == Some(Misfit::NotANumber), double(&text).err() == Some(Misfit::NotANumber));
        }
    }
}
