//! Records folded as they come: of those that a job's combiner would make one of, the buffer holds one from the start. So fewer are
//! kept and sorted, and none are combined afterwards.

use std::hash::BuildHasher;

use anyhow::Result;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use crate::streaming::record::{integer, prefix};
use crate::streaming::shape::Fold;

/// Finds the record in a buffer that another one is folded into.
#[derive(Debug)]
pub(crate) struct Folding {
    fold: Fold,
    /// Leading fields that records have in common which become one.
    fields: usize,
    hasher: RandomState,
    /// Records of the buffer: half of their hashes, which need not be computed again as the table grows, and their numbers.
    places: HashTable<(u32, u32)>,
    /// A sum under construction.
    sums: Vec<u8>,
}

impl Folding {
    /// Folds records that are cut by this layout.
    pub(crate) fn new(fold: Fold, layout: &Layout) -> Self {
        let fields = match fold {
            Fold::Sum | Fold::Distinct => layout.key_fields,
            // A combiner sees one group at a time.
            Fold::Latest { of } => of.max(layout.group_fields),
        };
        Self { fold, fields, hasher: RandomState::default(), places: HashTable::new(), sums: Vec::new() }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.places.allocation_size()
    }

    /// Forgets the records, which are about to be sorted.
    pub(crate) fn forget(&mut self) {
        self.places = HashTable::new();
    }

    /// Puts a record into the buffer, or folds it into one that is there. Records that cannot be folded are kept beside each other, for the
    /// reducer to judge.
    ///
    /// # Errors
    /// See [`RecordBuffer::push`].
    pub(crate) fn add(&mut self, records: &mut RecordBuffer, line: &[u8], partition: usize, key_length: usize) -> Result<()> {
        let common = prefix(line, self.fields);
        let half = half(self.hasher.hash_one(common));
        let is_same = |&(known_half, place): &(u32, u32)| {
            let known = if known_half == half { records.line_of(place) } else { return false };
            known.get(..common.len()) == Some(common) && known.get(common.len()) == Some(&b'\t')
        };
        let Some(&(_, place)) = self.places.find(spread(half), is_same) else {
            let number = records.push(line, partition, key_length)?;
            if let Some(number) = number {
                self.places.insert_unique(spread(half), (half, number), |(half, _)| spread(*half));
            }
            return Ok(());
        };
        match self.fold {
            Fold::Distinct => Ok(()),
            Fold::Latest { .. } => {
                if records.key_of(place) < line.get(..key_length).unwrap_or_default() {
                    records.replace(place, line, key_length)?;
                }
                Ok(())
            }
            Fold::Sum => {
                if added(records.line_of(place), line, key_length, &mut self.sums).is_some() {
                    return records.replace(place, &self.sums, key_length);
                }
                records.push(line, partition, key_length).map(drop)
            }
        }
    }
}

/// Half of a hash.
#[allow(clippy::cast_possible_truncation)] // the other half is dropped on purpose
const fn half(hash: u64) -> u32 {
    hash as u32
}

/// A hash from half of one: the table looks at its highest and its lowest bits.
const fn spread(half: u32) -> u64 {
    (half as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Writes the record whose numbers behind the key are the sums of those of two others; none if they are not as many, or no numbers.
fn added(known: &[u8], other: &[u8], key_length: usize, sums: &mut Vec<u8>) -> Option<()> {
    sums.clear();
    sums.extend_from_slice(known.get(..key_length)?);
    let mut others = other.get(key_length + 1..)?.split(|&byte| byte == b'\t');
    for number in known.get(key_length + 1..)?.split(|&byte| byte == b'\t') {
        let sum = integer(number).ok()?.checked_add(integer(others.next()?).ok()?)?;
        sums.push(b'\t');
        sums.extend_from_slice(itoa::Buffer::new().format(sum).as_bytes());
    }
    others.next().is_none().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::record_buffer::MemoryLines;
    use crate::streaming::record::Record;
    use crate::streaming::sides::run_reducer;
    use crate::streaming::{AnyJob, Counters, Job, JobArguments, Keys, NoOptions, Output};
    use proptest::prelude::*;

    const KEYS: Keys = Keys::of(3, 1);
    const SUMS: Job<NoOptions> = Job::over_rows("trial", "sums", "", |_, _| anyhow::bail!("It was not to run."))
        .summed(KEYS, |_, key, sums, output| output.row().raw(key.line()).integers(sums).end());
    const LATEST: Job<NoOptions> = Job::over_rows("trial", "latest", "", |_, _| anyhow::bail!("It was not to run.")).latest(
        KEYS,
        2,
        |_, last: &Record<'_>, output| output.line(last.line()),
    );
    const DISTINCT: Job<NoOptions> = Job::over_rows("trial", "distinct", "", |_, _| anyhow::bail!("It was not to run."))
        .distinct(KEYS, |_, group, count, output| output.row().raw(group.line()).integer(count).end());

    /// What the reducer makes of the records, folded as they come or not; or that it failed. And how many records were kept.
    fn reduced(job: &dyn AnyJob, records: &[String], folds: bool) -> (Option<Vec<Vec<u8>>>, usize) {
        let shape = job.shape();
        let layout = Layout { key_fields: shape.key_fields(), group_fields: shape.group_fields(), partitions: 1, seed: 5 };
        let (mut buffer, mut folding) = (RecordBuffer::default(), Folding::new(shape.fold.unwrap(), &layout));
        for record in records {
            let key = prefix(record.as_bytes(), layout.key_fields).len();
            if folds {
                folding.add(&mut buffer, record.as_bytes(), 0, key).unwrap();
            } else {
                buffer.push(record.as_bytes(), 0, key).unwrap();
            }
        }
        folding.forget();
        buffer.sort(layout.seed);
        let (mut rows, mut counters, mut kept) = (Vec::new(), Counters::default(), 0);
        let mut lines = MemoryLines::new(&buffer, 0);
        while lines.next_record().is_some() {
            kept += 1;
        }
        let mut reducer = job.reducer(&JobArguments::new(std::iter::empty::<String>())).unwrap();
        let outcome = run_reducer(
            reducer.as_mut(),
            &mut MemoryLines::new(&buffer, 0),
            layout.group_fields,
            &mut Output::new(&mut rows, &mut counters),
        );
        (outcome.ok().map(|()| rows), kept)
    }

    #[test]
    fn one_record_of_each_kind_is_kept() {
        let records = ["a\tb\t1\t9", "a\tb\t2\t1", "a\tb\t1\t7", "a\tbb\t1\t0", "a\tb\t2\t-4"].map(str::to_owned);
        let row = |text: &str| text.as_bytes().to_vec();
        assert_eq!(reduced(&SUMS, &records, true), (Some(vec![row("a\tb\t1\t16"), row("a\tb\t2\t-3"), row("a\tbb\t1\t0")]), 3));
        assert_eq!(reduced(&LATEST, &records[..4], true).1, 2);
        assert_eq!(reduced(&DISTINCT, &records, true), (Some(vec![row("a\t3")]), 3));
    }

    proptest! {
        #[test]
        fn the_result_is_that_of_records_which_are_not_folded(
            keys in prop::collection::vec(("[ab]{0,2}", "[ab]{0,2}", "[0-9]{1,2}"), 0..60),
            numbers in prop::collection::vec(prop_oneof![8 => "-?[1-9][0-9]{0,3}", 1 => "1\t2", 1 => "x?"], 60),
        ) {
            let with = |rest: &dyn Fn(usize) -> String| -> Vec<String> {
                keys.iter().enumerate().map(|(at, (a, b, c))| format!("{a}\t{b}\t{c}\t{}", rest(at))).collect()
            };
            let sums = with(&|at| numbers[at].clone());
            prop_assert_eq!(reduced(&SUMS, &sums, true).0.is_some(), reduced(&SUMS, &sums, false).0.is_some());
            if let (Some(folded), _) = reduced(&SUMS, &sums, true) {
                prop_assert_eq!(Some(folded), reduced(&SUMS, &sums, false).0);
            }
            let same = with(&|_| String::new());
            for job in [&LATEST as &dyn AnyJob, &DISTINCT] {
                prop_assert_eq!(reduced(job, &same, true).0, reduced(job, &same, false).0);
            }
        }
    }
}
