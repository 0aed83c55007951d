//! Job `metric-ranges`: what is low, normal and high in a course (rules 07, 6).
//!
//! Record: `course_id, metric | kind, value`, then how often, and the dates. The number of values comes first, then the values in order,
//! so that percentiles are exact and nothing is collected.

use anyhow::{Context, Result, ensure};

use super::metric::{METRICS, RATIO, SummaryRow};
use crate::job_options;
use crate::streaming::folds::add_to;
use crate::streaming::record::{integer, prefix, text};
use crate::streaming::sortable::{float_of_sortable, sortable_float};
use crate::streaming::{Group, Job, JobArguments, Keys, Mapper, Output, Record, Reducer};
use crate::tracking::python_text::float_shortest;
use crate::wrong_usage::wrong_usage;

/// The job.
pub(crate) const JOB: Job<Options> =
    Job::over_rows(super::NAME, "metric-ranges", "What is low, normal and high in a course", |_, _| Ok(Box::new(Values)))
        .reduced(Keys::of(4, 2), reducer)
        .combined(|_, _| Ok(Box::new(CountEqual)));

/// How many values there are.
const COUNT: &str = "0";
/// A value.
const VALUE: &str = "1";

job_options! {
    /// Options of the job, and of its task.
    #[derive(Copy)]
    pub(crate) struct Options {
        /// Up to this percentile a value is low
        #[arg(long, default_value_t = Self::default().low_percentile, value_parser = percentile)]
        pub low_percentile: f64,
        /// From this percentile on a value is high
        #[arg(long, default_value_t = Self::default().high_percentile, value_parser = percentile)]
        pub high_percentile: f64,
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { low_percentile: 15.0, high_percentile: 85.0 }
    }
}

/// A percentile as typed or configured.
///
/// # Errors
/// It is none.
pub(crate) fn percentile(text: &str) -> Result<f64> {
    let number = text.trim().parse().ok().filter(|number| (0.0..=100.0).contains(number));
    number.with_context(|| format!("{text:?} is no percentile; write a number from 0 to 100."))
}

impl Options {
    /// Whether the two can be used together.
    ///
    /// # Errors
    /// Values would be low and high.
    pub(crate) fn check(&self) -> Result<()> {
        let Self { low_percentile: low, high_percentile: high } = self;
        if low <= high {
            return Ok(());
        }
        Err(wrong_usage(format!("The low percentile {low} lies above the high one {high}; it must be at most the high one.")))
    }
}

fn reducer(options: Options, _arguments: &JobArguments) -> Result<Box<dyn Reducer>> {
    options.check()?;
    let Options { low_percentile, high_percentile } = options;
    Ok(Box::new(Ranges { low: low_percentile / 100.0, high: high_percentile / 100.0 }))
}

struct Values;

impl Mapper for Values {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        let row = SummaryRow::read(line)?;
        // A course without active learners has no ranges.
        if row.days_active == 0 {
            return Ok(());
        }
        for (metric, value) in METRICS.iter().zip(row.values) {
            let counts = (*metric != RATIO || row.has_attempts()) && !value.is_nan();
            let record = output.record().bytes(row.course_id).text(metric).text(COUNT).text("").integer(i64::from(counts));
            record.bytes(row.start_date).bytes(row.end_date).end()?;
            if counts {
                let record = output.record().bytes(row.course_id).text(metric).text(VALUE).text(&sortable(value)).integer(1);
                record.bytes(row.start_date).bytes(row.end_date).end()?;
            }
        }
        Ok(())
    }
}

/// Text that sorts as the number; 0 and -0 are one value.
fn sortable(value: f64) -> String {
    sortable_float(value + 0.0)
}

/// Combiner: one record for each value.
struct CountEqual;

impl Reducer for CountEqual {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut open: Option<(Vec<u8>, i64, Vec<u8>)> = None;
        let write = |(key, count, dates): (Vec<u8>, i64, Vec<u8>), output: &mut Output<'_>| {
            output.record().raw(&key).integer(count).raw(&dates).end()
        };
        while let Some(record) = group.next_row()? {
            let [_, _, _, _, count, start, end] = record.exactly()?;
            let key = prefix(record.line(), 4);
            match &mut open {
                Some((same, sum, _)) if same == key => add_to(sum, integer(count)?, key)?,
                _ => {
                    if let Some(ended) = open.replace((key.to_vec(), integer(count)?, [start, b"\t", end].concat())) {
                        write(ended, output)?;
                    }
                }
            }
        }
        open.map_or(Ok(()), |ended| write(ended, output))
    }
}

/// The two values around a percentile, found while values go by in order.
struct Percentile {
    position: f64,
    below: u64,
    above: u64,
    at_below: f64,
    at_above: f64,
}

impl Percentile {
    /// For so many values, at least one.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers of learners
    fn new(part: f64, count: u64) -> Self {
        let position = part * (count - 1) as f64;
        let below = position.floor() as u64;
        Self { position, below, above: (below + 1).min(count - 1), at_below: f64::NAN, at_above: f64::NAN }
    }

    /// Takes a value that stands from one place up to another.
    fn take(&mut self, value: f64, places: &std::ops::Range<u64>) {
        if places.contains(&self.below) {
            self.at_below = value;
        }
        if places.contains(&self.above) {
            self.at_above = value;
        }
    }

    /// In the original's order of operations; infinity times 0 makes the result infinite (rules 07, 6).
    fn value(&self) -> f64 {
        let weight = self.position - self.position.floor();
        let value = self.at_below * (1.0 - weight) + self.at_above * weight;
        if value.is_nan() { f64::INFINITY } else { value }
    }
}

struct Ranges {
    low: f64,
    high: f64,
}

impl Reducer for Ranges {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let (course_id, metric) = (group.key().text(0)?.into_owned(), group.key().text(1)?.into_owned());
        let mut dates = [String::new(), String::new()];
        let (mut count, mut behind) = (0_i64, 0_i64);
        let mut percentiles: Option<[Percentile; 2]> = None;
        while let Some(record) = group.next_row()? {
            let [_, _, kind, value, number, start, end] = Record::exactly(&record)?;
            let number = integer(number)?;
            ensure!(number >= 0, "A value occurs a negative number of times.");
            if dates[0].is_empty() {
                dates = [text(start)?.into_owned(), text(end)?.into_owned()];
            }
            if kind == COUNT.as_bytes() {
                add_to(&mut count, number, prefix(record.line(), 2))?;
                continue;
            }
            let value = float_of_sortable(&text(value)?)?;
            let before = behind;
            add_to(&mut behind, number, prefix(record.line(), 2))?;
            let places = before.unsigned_abs()..behind.unsigned_abs();
            let count = count.unsigned_abs().max(1);
            let both = percentiles.get_or_insert_with(|| [Percentile::new(self.low, count), Percentile::new(self.high, count)]);
            for percentile in both {
                percentile.take(value, &places);
            }
        }
        let mut write = |range: &str, low: &str, high: &str| {
            let row = output.row().text(&course_id).text(&dates[0]).text(&dates[1]).text(&metric).text(range);
            row.text(low).text(high).end()
        };
        let Some([low, high]) = percentiles.map(|both| both.map(|percentile| percentile.value())) else {
            return write("normal", "0", "inf");
        };
        let (low_text, high_text) = (float_shortest(low), float_shortest(high));
        if low > 0.0 {
            write("low", "0", &low_text)?;
        }
        #[allow(clippy::float_cmp)] // the rule
        if low == high {
            return write("normal", &low_text, "inf");
        }
        write("normal", &low_text, &high_text)?;
        write("high", &high_text, "inf")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentiles(values: &[f64]) -> (f64, f64) {
        let of = |part| {
            let mut percentile = Percentile::new(part, values.len() as u64);
            values.iter().zip(0..).for_each(|(value, place)| percentile.take(*value, &(place..place + 1)));
            percentile.value()
        };
        (of(0.15), of(0.85))
    }

    #[test]
    #[allow(clippy::float_cmp)] // exact on purpose
    fn percentiles_of_the_specification() {
        let inf = f64::INFINITY;
        assert_eq!(percentiles(&[0.0, 0.0, 0.0, 1.0]), (0.0, 0.549_999_999_999_999_8));
        assert_eq!(percentiles(&[0.0, 3.0]), (0.449_999_999_999_999_96, 2.55));
        assert_eq!(percentiles(&[1.0, 2.0, 3.0]), (1.299_999_999_999_999_8, 2.699_999_999_999_999_7));
        assert_eq!(percentiles(&[1.0, 2.0, 3.0, inf, inf]), (1.6, inf));
        assert_eq!(percentiles(&[inf]), (inf, inf));
        assert_eq!(percentiles(&[1.0, inf, inf, inf]), (inf, inf));
        let many: Vec<f64> = [vec![1.0; 4], vec![2.0; 14], vec![inf; 3]].concat();
        assert_eq!(percentiles(&many), (1.0, inf));
        let spread: Vec<f64> = [vec![4.0], vec![13.0; 3], vec![15.0; 4], vec![50.0; 11], vec![154.0]].concat();
        assert_eq!(percentiles(&spread), (13.0, 50.0));
    }

    #[test]
    #[allow(clippy::float_cmp)] // exact on purpose
    fn sortable_texts_sort_as_numbers() {
        let numbers = [f64::NEG_INFINITY, -2.5, -1.0, 0.0, 1e-300, 0.5, 1.0, 10.0, 1e300, f64::INFINITY];
        let texts = numbers.map(sortable);
        assert!(texts.is_sorted());
        assert_eq!(texts.map(|text| float_of_sortable(&text).unwrap()), numbers);
        assert_eq!(sortable(-0.0), sortable(0.0));
    }
}
