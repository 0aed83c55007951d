//! The text of a file of configuration or credentials: UTF-8, with or without the mark that some editors write at its beginning.

use anyhow::Result;

use crate::storage::{Location, read_bytes};
use crate::wrong_usage::wrong_usage;

/// The text of a file wherever it lies.
///
/// # Errors
/// It cannot be read, or is not UTF-8: wrong usage (rules 01, 9).
pub(super) fn read_text(place: &Location) -> Result<String> {
    as_text(read_bytes(place)?, place.as_str())
}

/// The text of these bytes of the file `name`.
///
/// # Errors
/// They are not UTF-8; none of them is shown.
fn as_text(bytes: Vec<u8>, name: &str) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        wrong_usage(format!("Line {line} of {name} is not UTF-8 text; save the file as UTF-8."))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrong_usage::WrongUsage;

    #[test]
    fn other_encodings_are_wrong_usage() {
        assert_eq!(as_text(b"\xef\xbb\xbfa\xc3\xa9".to_vec(), "x").unwrap(), "a\u{e9}");
        let error = as_text(b"[a]\nb = caf\xe9\n".to_vec(), "latin.cfg").unwrap_err();
        assert!(error.is::<WrongUsage>());
        assert_eq!(error.to_string(), "Line 2 of latin.cfg is not UTF-8 text; save the file as UTF-8.");
    }
}
