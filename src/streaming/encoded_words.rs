//! Options of a job on a command line that is split at blanks, as Hadoop Streaming splits it: words that would not survive are
//! written with `%XX`.

use anyhow::{Context, Result, bail};

/// Flag of both programs of a job that combines: a mapper combines its records before it writes them, a reducer runs the combiner alone.
pub const COMBINE: &str = "--combine";
/// Says that the words behind it are encoded.
pub const PERCENT_ENCODED: &str = "--percent-encoded";

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./:=,+@".contains(&byte)
}

/// The options as they are if they survive, else all of them encoded, behind [`PERCENT_ENCODED`].
pub fn encoded_if_needed(options: &[String]) -> Vec<String> {
    if options.iter().all(|word| !word.is_empty() && word.bytes().all(is_plain)) {
        return options.to_vec();
    }
    std::iter::once(PERCENT_ENCODED.to_owned()).chain(options.iter().map(|word| encode(word))).collect()
}

fn encode(word: &str) -> String {
    if word.is_empty() {
        // An empty word would vanish; this stands for it.
        return "%".to_owned();
    }
    word.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The options that [`encoded_if_needed`] was given. Flags of the process may stand before them.
///
/// # Errors
/// A word is not encoded as it should be.
pub fn decoded(mut options: Vec<String>) -> Result<Vec<String>> {
    let Some(place) = options.iter().position(|word| word == PERCENT_ENCODED) else { return Ok(options) };
    let encoded = options.split_off(place);
    for word in encoded.iter().skip(1) {
        options.push(decode(word).with_context(|| format!("The option {word:?} is not percent-encoded."))?);
    }
    Ok(options)
}

fn decode(word: &str) -> Result<String> {
    if word == "%" {
        return Ok(String::new());
    }
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let Some((digits, behind)) = rest.split_at_checked(2) else { bail!("It ends in the middle of %XX.") };
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits)?, 16)?);
        rest = behind;
    }
    Ok(String::from_utf8(bytes)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_words_stay_readable() {
        let words = ["--interval", "2014-05-01-2014-05-06", "--ccx=true"].map(str::to_owned);
        assert_eq!(encoded_if_needed(&words), words);
        assert_eq!(encoded_if_needed(&["a b".to_owned(), String::new()]), ["--percent-encoded", "a%20b", "%"]);
        assert!(decoded(vec![PERCENT_ENCODED.to_owned(), "%4".to_owned()]).is_err());
        // The flag stands before what is encoded.
        let words = ["--combine", PERCENT_ENCODED, "--name", "a%20b"].map(str::to_owned);
        assert_eq!(decoded(words.to_vec()).unwrap(), ["--combine", "--name", "a b"]);
    }

    proptest! {
        #[test]
        fn every_word_comes_back(words in proptest::collection::vec(".*", 0..5)) {
            let encoded = encoded_if_needed(&words);
            prop_assert!(encoded.iter().all(|word| !word.is_empty() && !word.contains([' ', '\'', '"'])));
            prop_assert_eq!(decoded(encoded).unwrap(), words);
        }
    }
}
