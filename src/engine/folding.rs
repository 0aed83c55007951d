//! Records folded as they come: of those that a job's combiner would make one of, the buffer holds one from the start. So fewer are
//! kept and sorted, and none are combined afterwards.
//!
//! Where a record is folded into lies anywhere in memory, and the processor waits for it: for its place in the table, its entry, and its
//! bytes. So some records are collected, and looked for all at once, before they are folded one after the other.

use std::hash::BuildHasher;
use std::hint::black_box;

use anyhow::Result;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use crate::streaming::record::{integer, prefix_lengths};
use crate::streaming::shape::Fold;

/// So many records are looked for at once.
const AT_ONCE: usize = 16;
/// More bytes of records do not wait.
const MOST_TEXT: usize = 16 * 1024;

/// Finds the record in a buffer that another one is folded into.
#[derive(Debug)]
pub(crate) struct Folding {
    fold: Fold,
    layout: Layout,
    /// Leading fields that records have in common which become one.
    fields: usize,
    hasher: RandomState,
    /// Records of the buffer: half of their hashes, which need not be computed again as the table grows, and their numbers.
    places: HashTable<(u32, u32)>,
    /// The lines of those that wait.
    text: Vec<u8>,
    waiting: Vec<Waiting>,
    /// A sum under construction.
    sums: Vec<u8>,
}

/// A record that is about to be folded.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    start: usize,
    end: usize,
    /// Length of what records have in common which become one.
    common: usize,
    /// Length of the key.
    key: usize,
    /// Half of a hash of what they have in common.
    half: u32,
    /// A record of the buffer that may be the one.
    likely: Option<u32>,
}

impl Folding {
    /// Folds records that are cut by this layout.
    pub(crate) fn new(fold: Fold, layout: &Layout) -> Self {
        let fields = match fold {
            Fold::Sum | Fold::Distinct => layout.key_fields,
            // A combiner sees one group at a time.
            Fold::Latest { of } => of.max(layout.group_fields),
        };
        let (text, waiting) = (Vec::new(), Vec::with_capacity(AT_ONCE));
        let (hasher, places) = (RandomState::default(), HashTable::new());
        Self { fold, layout: *layout, fields, hasher, places, text, waiting, sums: Vec::new() }
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.places.allocation_size() + self.text.capacity()
    }

    /// Forgets the records, which are about to be sorted; those that wait are folded before.
    ///
    /// # Errors
    /// See [`RecordBuffer::push`].
    pub(crate) fn finish(&mut self, records: &mut RecordBuffer) -> Result<()> {
        self.settle(records)?;
        self.places.clear();
        Ok(())
    }

    /// Gives the room of its table to the system, as far as the records of the buffer do not need it.
    pub(crate) fn drop_idle_room(&mut self) {
        self.places.shrink_to_fit(|(half, _)| spread(*half));
    }

    /// Takes a record, to put it into the buffer, or fold it into one that is there. Records that cannot be folded are kept beside each
    /// other, for the reducer to judge. True if that may have changed the buffer.
    ///
    /// # Errors
    /// See [`RecordBuffer::push`].
    pub(crate) fn add(&mut self, records: &mut RecordBuffer, line: &[u8]) -> Result<bool> {
        let [common, key] = prefix_lengths(line, [self.fields, self.layout.key_fields]);
        self.layout.check(line, key)?;
        let half = half(self.hasher.hash_one(line.get(..common).unwrap_or_default()));
        let start = self.text.len();
        self.text.extend_from_slice(line);
        self.waiting.push(Waiting { start, end: self.text.len(), common, key, half, likely: None });
        let is_full = self.waiting.len() >= AT_ONCE || self.text.len() >= MOST_TEXT;
        if is_full {
            self.settle(records)?;
        }
        Ok(is_full)
    }

    /// Folds the records that wait.
    fn settle(&mut self, records: &mut RecordBuffer) -> Result<()> {
        self.look_for(records);
        let (mut waiting, text) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.text));
        let folded =
            waiting.iter().try_for_each(|record| self.fold(records, record, text.get(record.start..record.end).unwrap_or_default()));
        waiting.clear();
        (self.waiting, self.text) = (waiting, text);
        self.text.clear();
        if self.text.capacity() > MOST_TEXT {
            self.text.shrink_to(MOST_TEXT);
        }
        folded
    }

    /// Looks for all that wait, one kind of memory after the other, so that the processor need not wait for one before it asks for the
    /// next. Only a hint is kept of it.
    fn look_for(&mut self, records: &RecordBuffer) {
        for record in &mut self.waiting {
            let half = record.half;
            record.likely = self.places.find(spread(half), |&(known, _)| known == half).map(|&(_, number)| number);
        }
        let starts = self.waiting.iter().map(|record| record.likely.map_or(0, |number| records.place_of(number)));
        let mut lines = [0; AT_ONCE];
        lines.iter_mut().zip(starts).for_each(|(place, start)| *place = start);
        black_box(lines.iter().fold(0, |bytes, &start| bytes | records.byte_at(start)));
    }

    fn fold(&mut self, records: &mut RecordBuffer, record: &Waiting, line: &[u8]) -> Result<()> {
        let (half, key_length) = (record.half, record.key);
        let common = line.get(..record.common).unwrap_or_default();
        let is_same = |number: u32| {
            let known = records.line_of(number);
            known.get(..common.len()) == Some(common) && known.get(common.len()) == Some(&b'\t')
        };
        let known = record.likely.filter(|&number| is_same(number)).or_else(|| {
            let found = self.places.find(spread(half), |&(known, number)| known == half && is_same(number));
            found.map(|&(_, number)| number)
        });
        let push = |records: &mut RecordBuffer| records.push(line, self.layout.partition(line), key_length);
        let Some(place) = known else {
            if let Some(number) = push(records)? {
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
                push(records).map(drop)
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
    use crate::streaming::record::{Record, prefix};
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
        let layout = Layout::of(shape, 1, 5);
        let (mut buffer, mut folding) = (RecordBuffer::default(), Folding::new(shape.fold.unwrap(), &layout));
        for record in records {
            let key = prefix(record.as_bytes(), layout.key_fields).len();
            if folds {
                folding.add(&mut buffer, record.as_bytes()).unwrap();
            } else {
                buffer.push(record.as_bytes(), 0, key).unwrap();
            }
        }
        folding.finish(&mut buffer).unwrap();
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
