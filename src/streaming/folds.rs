//! The common ways to reduce: numbers that are added up, the latest of some records, distinct records that are counted. Each is its
//! own combiner.

use anyhow::{Context, Result, ensure};

use super::mapper_reducer::Reducer;
use super::record::{Record, integer, prefix};
use super::{Group, Output};

/// Writes what became of a key whose numbers were added up: the key, and the sums in the order of the numbers behind it.
pub type WriteSums<O> = fn(&O, &Record<'_>, &[i64], &mut Output<'_>) -> Result<()>;
/// Writes a record that is the latest of its kind.
pub type WriteLatest<O> = fn(&O, &Record<'_>, &mut Output<'_>) -> Result<()>;
/// Writes a group and how many distinct keys it has.
pub type WriteCount<O> = fn(&O, &Record<'_>, i64, &mut Output<'_>) -> Result<()>;

/// Adds up the numbers behind equal keys.
pub(super) struct Sum<W> {
    key_fields: usize,
    write: W,
    key: Option<Vec<u8>>,
    sums: Vec<i64>,
}

impl<W> Sum<W> {
    pub(super) fn new(key_fields: usize, write: W) -> Self {
        Self { key_fields, write, key: None, sums: Vec::new() }
    }
}

/// Adds a number of a record to a sum.
///
/// # Errors
/// The sum has no room: no count of events comes near 64 bits, and one that wrapped would look like any other.
pub fn add_to(sum: &mut i64, number: i64, key: &[u8]) -> Result<()> {
    *sum = sum.checked_add(number).with_context(|| too_large(key))?;
    Ok(())
}

fn too_large(key: &[u8]) -> String {
    let key = String::from_utf8_lossy(key);
    format!("The numbers of {key:?} add up to more than 64 bits hold. A table that this job reads is damaged: make it anew.")
}

/// A record of the key and its sums, as the mapper might have written it.
pub(super) fn record_of_sums(key: &Record<'_>, sums: &[i64], output: &mut Output<'_>) -> Result<()> {
    let record = output.record().raw(key.line());
    sums.iter().fold(record, |record, sum| record.integer(*sum)).end()
}

impl<W: Fn(&Record<'_>, &[i64], &mut Output<'_>) -> Result<()>> Reducer for Sum<W> {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        while let Some(record) = group.next_row()? {
            let of = prefix(record.line(), self.key_fields);
            let mut numbers = record.line().get(of.len() + 1..).into_iter().flat_map(|rest| Record::new(rest).fields());
            if self.key.as_deref() == Some(of) {
                for sum in &mut self.sums {
                    let number = integer(numbers.next().context("A record has fewer numbers than another of its key.")?)?;
                    add_to(sum, number, of)?;
                }
                ensure!(numbers.next().is_none(), "A record has more numbers than another of its key.");
                continue;
            }
            if let Some(key) = &mut self.key {
                (self.write)(&Record::new(key), &self.sums, output)?;
                key.clear();
                key.extend_from_slice(of);
            } else {
                self.key = Some(of.to_vec());
            }
            self.sums.clear();
            for number in numbers {
                self.sums.push(integer(number)?);
            }
        }
        self.key.take().map_or(Ok(()), |key| (self.write)(&Record::new(&key), &self.sums, output))
    }
}

/// Keeps the last record of those that agree in their first fields. The rest of the key says which one that is.
pub(super) struct Latest<W> {
    of: usize,
    write: W,
    last: Vec<u8>,
    /// Length of the first fields of the last one.
    common: usize,
}

impl<W> Latest<W> {
    pub(super) fn new(of: usize, write: W) -> Self {
        Self { of, write, last: Vec::new(), common: 0 }
    }
}

impl<W: Fn(&Record<'_>, &mut Output<'_>) -> Result<()>> Reducer for Latest<W> {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut is_open = false;
        while let Some(record) = group.next_row()? {
            let common = prefix(record.line(), self.of);
            if is_open && self.last.get(..self.common) != Some(common) {
                (self.write)(&Record::new(&self.last), output)?;
            }
            (is_open, self.common) = (true, common.len());
            self.last.clear();
            self.last.extend_from_slice(record.line());
        }
        if is_open { (self.write)(&Record::new(&self.last), output) } else { Ok(()) }
    }
}

/// Counts the distinct keys of a group. Equal keys stand beside each other, so that no set is needed.
pub(super) struct Distinct<W> {
    key_fields: usize,
    write: W,
}

impl<W> Distinct<W> {
    pub(super) fn new(key_fields: usize, write: W) -> Self {
        Self { key_fields, write }
    }
}

impl<W: Fn(&Record<'_>, i64, &mut Output<'_>) -> Result<()>> Reducer for Distinct<W> {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let mut count = 0;
        first_of_each(group, self.key_fields, |_| {
            count += 1;
            Ok(())
        })?;
        (self.write)(&group.key(), count, output)
    }
}

/// Passes on the first record of each key.
pub(super) struct OneOfEach {
    pub(super) key_fields: usize,
}

impl Reducer for OneOfEach {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        first_of_each(group, self.key_fields, |record| output.line(record.line()))
    }
}

fn first_of_each(group: &mut Group<'_, '_>, key_fields: usize, mut take: impl FnMut(&Record<'_>) -> Result<()>) -> Result<()> {
    let mut last: Option<Vec<u8>> = None;
    while let Some(record) = group.next_row()? {
        let key = prefix(record.line(), key_fields);
        if last.as_deref() == Some(key) {
            continue;
        }
        take(&record)?;
        let kept = last.get_or_insert_default();
        kept.clear();
        kept.extend_from_slice(key);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Counters;
    use crate::streaming::job_trial::Lines;
    use crate::streaming::sides::run_reducer;

    fn reduced(mut reducer: impl Reducer, lines: &[&str]) -> Vec<String> {
        let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
        run_reducer(&mut reducer, &mut Lines::new(lines), 1, &mut Output::new(&mut rows, &mut counters)).unwrap();
        rows.into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
    }

    #[test]
    fn numbers_of_equal_keys_are_added_up() {
        let lines = ["\t\t1\t2", "\t\t3\t4", "\tx\t1\t1", "a\tx\t1\t-1", "a\tx\t1\t1", "b\tx\t0\t0"];
        assert_eq!(reduced(Sum::new(2, record_of_sums), &lines), ["\t\t4\t6", "\tx\t1\t1", "a\tx\t2\t0", "b\tx\t0\t0"]);
        let mut sum = Sum::new(1, record_of_sums);
        for wrong in [["a\t1", "a\t1\t2"], ["a\t1\t2", "a\t1"], ["a\tx", "a\t1"]] {
            let lines = wrong.iter().map(|line| line.as_bytes().to_vec()).collect();
            let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
            let outcome = run_reducer(&mut sum, &mut Lines::new(lines), 1, &mut Output::new(&mut rows, &mut counters));
            assert!(outcome.is_err(), "{wrong:?}");
            sum = Sum::new(1, record_of_sums);
        }
    }

    #[test]
    fn sums_beyond_64_bits_are_none() {
        for most in [i64::MAX, i64::MIN] {
            let outcome = |last: i64| {
                let lines = [format!("c\tday\t1\t{most}"), format!("c\tday\t1\t{last}")].map(String::into_bytes).to_vec();
                let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
                let mut sum = Sum::new(2, record_of_sums);
                let outcome = run_reducer(&mut sum, &mut Lines::new(lines), 1, &mut Output::new(&mut rows, &mut counters));
                outcome.map(|()| rows)
            };
            assert_eq!(outcome(0).unwrap(), [format!("c\tday\t2\t{most}").into_bytes()]);
            let error = format!("{:#}", outcome(most.signum()).unwrap_err());
            assert!(error.contains("The numbers of \"c\\tday\" add up to more than 64 bits hold."), "{error}");
        }
    }

    #[test]
    fn the_last_record_counts() {
        let latest = Latest::new(2, |record: &Record<'_>, output: &mut Output<'_>| output.line(record.line()));
        assert_eq!(reduced(latest, &["\t\t1", "\t\t2", "a\tx\t1", "a\ty\t1", "a\ty\t2"]), ["\t\t2", "a\tx\t1", "a\ty\t2"]);
    }

    #[test]
    fn distinct_keys_are_counted() {
        let lines = ["\t\tp", "\t\tq", "a\tx\tp", "a\tx\tq", "a\ty\tp"];
        let write = |group: &Record<'_>, count: i64, output: &mut Output<'_>| output.record().raw(group.line()).integer(count).end();
        let counted = Distinct::new(2, write);
        assert_eq!(reduced(counted, &lines), ["\t1", "a\t2"]);
        assert_eq!(reduced(OneOfEach { key_fields: 2 }, &lines), ["\t\tp", "a\tx\tp", "a\ty\tp"]);
    }
}
