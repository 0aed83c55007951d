//! Unpaired surrogates in the text of strict JSON (rules 01, 1.1), for decoders that refuse them.

use std::borrow::Cow;

/// JSON with `\ufffd` in place of each escape of a surrogate without its other half; of the same length, so that places in it stay.
pub fn with_pairs_only(text: &[u8]) -> Cow<'_, [u8]> {
    let mut mended = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += found;
        match (unit(text, at), unit(text, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.extend_from_slice(text.get(copied..at).unwrap_or_default());
                mended.extend_from_slice(b"\\ufffd");
                at += 6;
                copied = at;
            }
            // Whatever is escaped, a backslash above all, begins no escape of its own.
            _ => at += 2,
        }
    }
    if copied == 0 {
        return text.into();
    }
    mended.extend_from_slice(text.get(copied..).unwrap_or_default());
    mended.into()
}

/// The code unit of an escape `\uXXXX` at a place.
fn unit(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracking::json::Tape;
    use proptest::prelude::*;

    #[test]
    fn only_halves_are_replaced() {
        for (text, expected) in [
            (r#""x \ud83d""#, "x \u{fffd}"),
            (r#""\ud83d\ude00""#, "😀"),
            (r#""\ud83dx\ude00\ud83d\u0041""#, "\u{fffd}x\u{fffd}\u{fffd}A"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\\ud83d \\\ud83d""#, "\\ud83d \\\u{fffd}"),
            (r#""plain""#, "plain"),
        ] {
            assert_eq!(serde_json::from_slice::<String>(&with_pairs_only(text.as_bytes())).unwrap(), expected, "{text}");
        }
        assert!(matches!(with_pairs_only(br#"{"a": "\ud83d\ude00\n"}"#), Cow::Borrowed(_)));
        for broken in [r#""\ud83"#, "\"\\", r#""\ud83d\"#] {
            assert_eq!(with_pairs_only(broken.as_bytes()).len(), broken.len());
        }
    }

    proptest! {
        #[test]
        fn as_the_reader_of_logs(body in r#"(x|\\\\|\\"|\\n|\\ud83d|\\uDE00|\\u0041|é){0,12}"#) {
            let text = format!("\"{body}\"");
            let mut tape = Tape::default();
            let expected = tape.parse(&text).unwrap().text().unwrap().into_owned();
            prop_assert_eq!(serde_json::from_slice::<String>(&with_pairs_only(text.as_bytes())).unwrap(), expected);
        }
    }
}
