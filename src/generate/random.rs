//! The generator's source of chance.

/// `SplitMix64` (Steele, Lea, Flood 2014), written out because its stream must never change: the same options have to give
/// the same bytes with every version of every dependency and on every platform. `fastrand` and `rand::StdRng` promise no
/// stable stream. For the same reason nothing here uses functions such as `powf`, whose last bit differs between platforms.
#[derive(Clone)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// A stream of its own for each part of the output: course 7 stays the same whatever else is generated.
    pub(super) fn for_part(seed: u64, part: &str, number: u64) -> Self {
        let mut stream = Self { state: seed };
        for byte in part.bytes() {
            stream.state = stream.next() ^ u64::from(byte);
        }
        stream.state = stream.next() ^ number;
        stream
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `limit`; 0 if the limit is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(limit);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// [`Self::below`] for positions and counts.
    pub(super) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let choices = high.saturating_sub(low).saturating_add(1).max(1).unsigned_abs();
        low.saturating_add_unsigned(self.below(choices))
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// From 0 to below 1, in steps of 2^-53.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what a float holds exactly")]
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A decimal fraction from `low` to below `high` with `decimals` places (0-6), as a log writes it.
    #[allow(clippy::cast_precision_loss, reason = "seconds with six decimals stay far below 2^53")]
    pub(super) fn decimal(&mut self, low: i64, high: i64, decimals: u32) -> f64 {
        let scale = 10_i64.pow(decimals);
        self.between(low * scale, (high * scale - 1).max(low * scale)) as f64 / scale as f64
    }

    /// One of the choices, which must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        *self.choose(choices)
    }

    /// [`Self::pick`] for what cannot be copied.
    pub(super) fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// [`Self::choose`] with more of the first ones: not everybody comes to the end.
    pub(super) fn choose_early<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let (one, other) = (self.index(choices.len()), self.index(choices.len()));
        &choices[one.min(other)]
    }

    /// Lower-case hexadecimal digits, as ids have them.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            let mut bits = self.next();
            for _ in 0..16 {
                text.push(char::from(b"0123456789abcdef"[(bits & 15) as usize]));
                bits >>= 4;
            }
        }
        text.truncate(digits);
        text
    }

    /// So many of the words, joined by blanks.
    pub(super) fn words(&mut self, words: &[&str], count: usize) -> String {
        let mut text = String::with_capacity(8 * count);
        for at in 0..count {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(self.pick(words));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // The published test vector for state 1234567.
        let mut random = Random { state: 1_234_567 };
        assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn parts_are_apart_and_bounds_hold() {
        let mut course = Random::for_part(1, "course", 7);
        assert_eq!(course.hex(32), Random::for_part(1, "course", 7).hex(32));
        assert_ne!(course.hex(32), Random::for_part(1, "learner", 7).hex(32));
        for _ in 0..1000 {
            assert!((-3..=4).contains(&course.between(-3, 4)));
            assert!((0.0..1.0).contains(&course.fraction()));
            assert!((1.0..2.0).contains(&course.decimal(1, 2, 3)));
        }
        assert_eq!(course.below(0), 0);
        assert_eq!(course.hex(24).len(), 24);
    }
}
