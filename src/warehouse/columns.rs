//! Reading rows of warehouse tables: columns separated by TAB, `\N` for null, no escapes (rules 01, 5.2).

use memchr::memchr3;

/// Exactly `N` columns of a line without its line end; trailing CRs are not part of the last.
pub(crate) fn columns<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    let mut line = line;
    while let [before @ .., b'\r'] = line {
        line = before;
    }
    let mut found = [&[][..]; N];
    let mut columns = line.split(|byte| *byte == b'\t');
    for place in &mut found {
        *place = columns.next()?;
    }
    columns.next().is_none().then_some(found)
}

/// A column, unless it is null.
pub(crate) fn not_null(column: &[u8]) -> Option<&[u8]> {
    (column != b"\\N").then_some(column)
}

/// Whether a text can be a column as it is: it neither breaks the row nor reads as null.
pub(crate) fn is_writable(text: &str) -> bool {
    memchr3(b'\t', b'\r', b'\n', text.as_bytes()).is_none() && text != "\\N"
}

/// A column as an integer; null and other text give none.
pub(crate) fn integer(column: &[u8]) -> Option<i64> {
    std::str::from_utf8(column).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_columns_must_be_right() {
        assert_eq!(columns::<3>(b"a\t\tc\r"), Some([&b"a"[..], b"", b"c"]));
        assert_eq!(columns::<2>(b"a\rb\t\r\r"), Some([&b"a\rb"[..], b""]));
        assert_eq!(columns::<3>(b"a\tb"), None);
        assert_eq!(columns::<1>(b"a\tb"), None);
        assert_eq!(["a b", "", "a\tb", "a\r", "\n", "\\N"].map(is_writable), [true, true, false, false, false, false]);
        assert_eq!((not_null(b"\\N"), integer(b"-7"), integer(b"\\N")), (None, Some(-7), None));
    }
}
