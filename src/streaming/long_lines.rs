//! Lines beyond a limit among others that were read with them (rules 01, 1.1).

use memchr::memchr_iter;

/// Start and end, its LF included, of each line beyond a limit in whole lines. In a text that is no longer than that none is looked for.
pub(super) fn long_lines(text: &[u8], limit: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut start = 0;
    let searched = if text.len() > limit { text } else { &[] };
    memchr_iter(b'\n', searched).filter_map(move |at| {
        let line = (start, at + 1);
        start = line.1;
        (at - line.0 > limit).then_some(line)
    })
}

/// Takes lines beyond a limit out of whole lines. Says how many.
pub(super) fn drop_long_lines(text: &mut Vec<u8>, limit: usize) -> u64 {
    let long: Vec<_> = long_lines(text, limit).collect();
    for &(start, end) in long.iter().rev() {
        text.drain(start..end);
    }
    long.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_beyond_the_limit_go() {
        for (text, kept, count) in
            [("", "", 0), ("abc\n", "abc\n", 0), ("abcd\n", "", 1), ("\nabcd\nabc\nabcde\n", "\nabc\n", 2), ("abcd\nabcd\na\n", "a\n", 2)]
        {
            let mut lines = text.as_bytes().to_vec();
            assert_eq!((drop_long_lines(&mut lines, 3), lines.as_slice()), (count, kept.as_bytes()), "{text:?}");
        }
    }
}
