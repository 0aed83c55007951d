//! When learners come: more by day than by night, more during the week than on its end.

use chrono::{DateTime, Datelike as _, Timelike as _};

const MICROS_PER_HOUR: i64 = 3_600_000_000;
/// How much happens in each hour of a day, from midnight UTC on.
const HOURS: [u64; 24] = [34, 26, 20, 16, 15, 17, 22, 32, 48, 62, 72, 78, 80, 82, 85, 88, 90, 92, 96, 100, 96, 84, 64, 46];
/// How much happens on each day of a week, from Monday on.
const DAYS: [u64; 7] = [112, 116, 113, 106, 90, 66, 84];

/// Turns time that passes evenly into time as learners spend it.
pub(super) struct Rhythm {
    start: i64,
    span: i64,
    /// Sums of the weights up to and including each hour from the start on.
    cumulated: Vec<u64>,
}

impl Rhythm {
    /// Of the time from `start` on, `span` long, both in microseconds.
    pub(super) fn new(start: i64, span: i64) -> Self {
        let hours = (start..start.saturating_add(span)).step_by(usize::try_from(MICROS_PER_HOUR).unwrap_or(1));
        let cumulated = hours.scan(0, |sum, hour| {
            *sum += weight(hour);
            Some(*sum)
        });
        Self { start, span, cumulated: cumulated.collect() }
    }

    /// The moment (microseconds since 1970) of a place in the span; later places have later moments.
    pub(super) fn moment(&self, place: i64) -> i64 {
        let total = self.cumulated.last().copied().unwrap_or(0);
        let scaled = i128::from(place.clamp(0, self.span)) * i128::from(total);
        let whole = i128::from(self.span.max(1));
        let point = u64::try_from(scaled / whole).unwrap_or(0);
        let hour = self.cumulated.partition_point(|&sum| sum <= point);
        let Some(&end) = self.cumulated.get(hour) else { return self.start.saturating_add(self.span) };
        let begin = hour.checked_sub(1).and_then(|before| self.cumulated.get(before)).copied().unwrap_or(0);
        let within = (scaled - i128::from(begin) * whole) * i128::from(MICROS_PER_HOUR) / (i128::from(end - begin).max(1) * whole);
        let hours = i64::try_from(hour).unwrap_or(0).saturating_mul(MICROS_PER_HOUR);
        self.start.saturating_add(hours).saturating_add(i64::try_from(within).unwrap_or(0))
    }
}

fn weight(micros: i64) -> u64 {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    let day = DAYS[time.weekday().num_days_from_monday() as usize % DAYS.len()];
    day * HOURS[time.hour() as usize % HOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * MICROS_PER_HOUR;

    #[test]
    fn moments_follow_each_other_and_fill_the_span() {
        // Two weeks from a Monday on.
        let start = 20_150 * DAY;
        let rhythm = Rhythm::new(start, 14 * DAY);
        let moments: Vec<i64> = (0..=10_000).map(|place| rhythm.moment(14 * DAY / 10_000 * place)).collect();
        assert!(moments.is_sorted());
        assert_eq!((moments.first(), moments.last()), (Some(&start), Some(&(start + 14 * DAY))));
        let of_day = |day: i64| moments.iter().filter(|&&moment| (moment - start) / DAY == day).count();
        let days: Vec<usize> = (0..14).map(of_day).collect();
        assert!(days[1] > days[5] * 3 / 2 && days[8] > days[12] * 3 / 2, "{days:?}");
        let of_hour = |hour: i64| moments.iter().filter(|&&moment| (moment - start) / MICROS_PER_HOUR % 24 == hour).count();
        assert!(of_hour(19) > of_hour(4) * 4);
    }
}
