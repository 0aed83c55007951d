//! Floats as the text that Python wrote into the warehouse (rules 01, 5.4).
//!
//! Two forms are needed. Ordinary columns hold Python 2 `str(float)`: 12 significant digits. Columns that come from the
//! percentile computation hold the shortest text that reads back as the same float.
//!
//! Python 2 switches to the exponent form at `1e11`, not at `1e12` as plain `%.12g` does: `str` keeps one of the 12
//! digits for the `.0` that it appends.

use std::io::Write as _;

/// Where the `str` form switches to an exponent: this many digits before the point still fit.
const FLOAT_12_INTEGER_DIGITS: i32 = 11;
/// The same for the shortest form: `1e16` is the first value with an exponent.
const SHORTEST_INTEGER_DIGITS: i32 = 16;

/// Appends `value` as Python 2 `str(float)` does: at most 12 significant digits, at least one decimal, an exponent of two
/// or more digits from `1e11` on and below `1e-4` in magnitude; `inf`, `-inf`, `nan`. Allocates nothing itself.
///
/// `13.0`, `0.333333333333`, `1e-05`, `1e+11`, `-0.0`.
pub fn write_float_12(value: f64, out: &mut Vec<u8>) {
    write_digits(value, Digits::Twelve, out);
}

/// [`write_float_12`] as a new string.
pub fn float_12(value: f64) -> String {
    text_of(value, write_float_12)
}

/// Appends the shortest text that reads back as `value`, as Python `repr` and numpy 1.14 write it: at least one decimal, an
/// exponent from `1e16` on and below `1e-4` in magnitude; `inf`, `-inf`, `nan`. Allocates nothing itself.
///
/// `13.0`, `0.44999999999999996`, `1e+16`, `5e-324`.
pub fn write_float_shortest(value: f64, out: &mut Vec<u8>) {
    write_digits(value, Digits::Shortest, out);
}

/// [`write_float_shortest`] as a new string.
pub fn float_shortest(value: f64) -> String {
    text_of(value, write_float_shortest)
}

#[derive(Clone, Copy)]
enum Digits {
    Twelve,
    Shortest,
}

fn text_of(value: f64, write: fn(f64, &mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(24);
    write(value, &mut out);
    out.into_iter().map(char::from).collect()
}

fn write_digits(value: f64, digits: Digits, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"nan");
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        out.extend_from_slice(b"inf");
        return;
    }
    let mut scratch = [0_u8; SCRATCH];
    match digits {
        Digits::Twelve => lay_out(exponent_form(magnitude, 12, &mut scratch), FLOAT_12_INTEGER_DIGITS, out),
        Digits::Shortest => {
            let mut even = [0_u8; SCRATCH];
            let form = shortest_form(magnitude, &mut scratch, &mut even);
            lay_out(form, SHORTEST_INTEGER_DIGITS, out);
        }
    }
}

/// The longest exponent form, 17 digits with a point and `e-308`, needs 23 bytes.
const SCRATCH: usize = 32;

/// Rust's own exponent form (`1.25e-7`) with so many digits: correctly rounded, half to even.
fn exponent_form(magnitude: f64, digits: usize, scratch: &mut [u8; SCRATCH]) -> &[u8] {
    let mut rest = &mut scratch[..];
    let written = write!(rest, "{magnitude:.*e}", digits - 1);
    debug_assert!(written.is_ok(), "a float in exponent form fits into {SCRATCH} bytes");
    let unused = rest.len();
    scratch.split_at(SCRATCH - unused).0
}

/// The shortest digits that read back. Where two of the same length are equally near, Python and numpy take the even one
/// and Rust the upper one: `2.9802322387695312e-08`, not `…313e-08`. Such a tie needs 15 digits or more.
fn shortest_form<'a>(magnitude: f64, scratch: &'a mut [u8; SCRATCH], even: &'a mut [u8; SCRATCH]) -> &'a [u8] {
    let mut rest = &mut scratch[..];
    let written = write!(rest, "{magnitude:e}");
    debug_assert!(written.is_ok(), "a float in exponent form fits into {SCRATCH} bytes");
    let unused = rest.len();
    let upper = scratch.split_at(SCRATCH - unused).0;
    let digits = upper.iter().take_while(|&&byte| byte != b'e').filter(|byte| byte.is_ascii_digit()).count();
    if digits < 15 {
        return upper;
    }
    let even = exponent_form(magnitude, digits, even);
    let reads_back = str::from_utf8(even).ok().and_then(|text| text.parse::<f64>().ok());
    if reads_back.is_some_and(|value| value.to_bits() == magnitude.to_bits()) { even } else { upper }
}

/// Appends the number given as `D.DDDeN` in Python's layout. `integer_digits` is the longest integer part without exponent.
fn lay_out(form: &[u8], integer_digits: i32, out: &mut Vec<u8>) {
    let mut halves = form.splitn(2, |&byte| byte == b'e');
    let mantissa = halves.next().unwrap_or_default();
    let exponent = exponent_of(halves.next().unwrap_or_default());
    let trailing = mantissa.iter().rev().take_while(|&&byte| byte == b'0').count();
    let (first, fraction) = match mantissa {
        [first, b'.', fraction @ ..] => (*first, fraction.split_at(fraction.len().saturating_sub(trailing)).0),
        [first, ..] => (*first, &[][..]),
        [] => (b'0', &[][..]),
    };
    if exponent < -4 || exponent >= integer_digits {
        write_with_exponent(first, fraction, exponent, out);
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend((1..-exponent).map(|_| b'0'));
        out.push(first);
        out.extend_from_slice(fraction);
    } else {
        let whole = usize::try_from(exponent).unwrap_or(0);
        let (integer, decimals) = fraction.split_at(whole.min(fraction.len()));
        out.push(first);
        out.extend_from_slice(integer);
        out.extend((integer.len()..whole).map(|_| b'0'));
        out.push(b'.');
        out.extend_from_slice(if decimals.is_empty() { b"0" } else { decimals });
    }
}

fn write_with_exponent(first: u8, fraction: &[u8], exponent: i32, out: &mut Vec<u8>) {
    out.push(first);
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction);
    }
    out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    out.extend_from_slice(itoa::Buffer::new().format(exponent.abs()).as_bytes());
}

/// Reads the exponent that the standard library wrote: an optional minus sign and at most three digits.
fn exponent_of(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let magnitude = digits.iter().fold(0, |sum, &digit| sum * 10 + i32::from(digit & 0x0f));
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn str_form_of_the_measured_values() {
        for (value, text) in [
            (1.0 / 3.0, "0.333333333333"),
            (0.1 + 0.2, "0.3"),
            (1e-7, "1e-07"),
            (100_000_000_000.0, "1e+11"),
            (99_999_999_999.0, "99999999999.0"),
            (99_999_999_999.99, "1e+11"),
            (123_456_789_012.0, "1.23456789012e+11"),
            (1e15, "1e+15"),
            (1e16, "1e+16"),
            (1e22, "1e+22"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (21.4, "21.4"),
            (14.234_121, "14.234121"),
            (36_000.0, "36000.0"),
            (1_234_567.890_123, "1234567.89012"),
            (12.345_678_901_234_567, "12.3456789012"),
            (50.0 / 3.0, "16.6666666667"),
            (9.999_999_999_999_9, "10.0"),
            (0.0001, "0.0001"),
            (0.000_099_999_999_999_99, "0.0001"),
            (1e-5, "1e-05"),
            (-2.5, "-2.5"),
            (5e-324, "4.94065645841e-324"),
        ] {
            assert_eq!(float_12(value), text);
        }
    }

    #[test]
    fn shortest_form_of_the_measured_values() {
        for (value, text) in [
            (1.0 / 3.0, "0.3333333333333333"),
            (1e16, "1e+16"),
            (9_999_999_999_999_998.0, "9999999999999998.0"),
            (13.0, "13.0"),
            (0.449_999_999_999_999_96, "0.44999999999999996"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.0001, "0.0001"),
            (0.000_099, "9.9e-05"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (100.0, "100.0"),
            // Halfway between two texts of equal length: the even one, even where Rust takes the other.
            (2_f64.powi(-25), "2.9802322387695312e-08"),
            (-27_865_173_921.351_563, "-27865173921.351562"),
            (2_f64.powi(-44), "5.684341886080802e-14"),
        ] {
            assert_eq!(float_shortest(value), text);
        }
    }

    #[test]
    fn appends_without_touching_what_is_there() {
        let mut out = b"a\t".to_vec();
        write_float_12(1.5, &mut out);
        out.push(b'\t');
        write_float_shortest(2.0, &mut out);
        assert_eq!(out, b"a\t1.5\t2.0");
    }

    /// The slow way: the exact decimal expansion, rounded by hand to 12 digits, laid out by the rule of C `%g` with 11.
    fn slow_float_12(value: f64) -> String {
        let exact = format!("{:.1100}", value.abs());
        let point = exact.find('.').unwrap();
        let all: Vec<u8> = exact.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        let sign = if value.is_sign_negative() { "-" } else { "" };
        let Some(start) = all.iter().position(|&digit| digit != 0) else {
            return format!("{sign}0.0");
        };
        let mut decimal_point = i32::try_from(point).unwrap() - i32::try_from(start).unwrap();
        let mut digits = all[start..].iter().copied().take(12).collect::<Vec<u8>>();
        digits.resize(12, 0);
        let tail = all.get(start + 12..).unwrap_or_default();
        let above = tail.iter().skip(1).any(|&digit| digit != 0);
        let first = tail.first().copied().unwrap_or(0);
        if first > 5 || (first == 5 && (above || digits[11] % 2 == 1)) {
            let mut at = 12;
            while at > 0 && digits[at - 1] == 9 {
                digits[at - 1] = 0;
                at -= 1;
            }
            if at == 0 {
                digits.insert(0, 1);
                decimal_point += 1;
            } else {
                digits[at - 1] += 1;
            }
        }
        let mut text: String = digits.iter().map(|&digit| char::from(b'0' + digit)).collect();
        text.truncate(text.trim_end_matches('0').len().max(1));
        if decimal_point <= -4 || decimal_point > 11 {
            let exponent = decimal_point - 1;
            let mantissa = if text.len() > 1 { format!("{}.{}", &text[..1], &text[1..]) } else { text };
            let exponent_sign = if exponent < 0 { '-' } else { '+' };
            format!("{sign}{mantissa}e{exponent_sign}{:02}", exponent.abs())
        } else if decimal_point <= 0 {
            format!("{sign}0.{}{text}", "0".repeat(usize::try_from(-decimal_point).unwrap()))
        } else {
            let whole = usize::try_from(decimal_point).unwrap();
            let padded = format!("{text:0<whole$}");
            let decimals = if padded.len() > whole { &padded[whole..] } else { "0" };
            format!("{sign}{}.{decimals}", &padded[..whole])
        }
    }

    fn finite() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("finite", |value| value.is_finite()),
            -1e13..1e13,
            -1e-3..1e-3,
            (-100_000_000_i32..100_000_000, 0..9).prop_map(|(number, scale)| f64::from(number) / 10_f64.powi(scale)),
            (0_i32..2_000_000).prop_map(|eighths| f64::from(eighths) / 8.0),
        ]
    }

    proptest! {
        #[test]
        fn str_form_equals_the_slow_reference(value in finite()) {
            prop_assert_eq!(float_12(value), slow_float_12(value));
        }

        #[test]
        fn str_form_is_stable_once_rounded(value in finite()) {
            let once = float_12(value);
            let read: f64 = once.parse().unwrap();
            if read.is_finite() {
                prop_assert_eq!(float_12(read), once);
            }
        }

        #[test]
        fn shortest_form_reads_back_and_is_no_longer_than_rusts(value in finite()) {
            let text = float_shortest(value);
            let read: f64 = text.parse().unwrap();
            prop_assert_eq!(read.to_bits(), value.to_bits());
            let mantissa = |text: &str| {
                let digits: String = text.split('e').next().unwrap_or("").chars().filter(char::is_ascii_digit).collect();
                digits.trim_matches('0').len()
            };
            let rust = format!("{value:?}");
            prop_assert!(mantissa(&text) <= mantissa(&rust));
            prop_assert!(text.contains('.') || text.contains('e'));
        }
    }
}
