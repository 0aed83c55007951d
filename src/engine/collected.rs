//! The records of one mapper or worker in memory, of which one is made of several: as they come, or by the job's combiner once they are
//! sorted.

use anyhow::Result;

use super::arena::FreeBlocks;
use super::folding::Folding;
use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use crate::streaming::Reducer;
use crate::streaming::record::prefix_lengths;
use crate::streaming::shape::Fold;

/// So many times records are not combined, behind a time that has left more than seven of eight of them.
const LEFT_OUT: u8 = 7;

/// Records of one job.
pub(crate) struct Collected<'s> {
    layout: Layout,
    combiner: Option<&'s mut dyn Reducer>,
    /// So many times the records are sorted without it: where nearly each is left, all that it does is to copy them.
    left_out: u8,
    /// Does the combiner's work before it.
    folding: Option<Folding>,
    records: RecordBuffer,
}

impl<'s> Collected<'s> {
    /// No records yet. What can be folded as it comes needs no combiner.
    pub(crate) fn new(layout: Layout, fold: Option<Fold>, combiner: Option<&'s mut dyn Reducer>) -> Self {
        let folding = fold.map(|fold| Folding::new(fold, &layout));
        let combiner = combiner.filter(|_| folding.is_none());
        Self { layout, combiner, left_out: 0, folding, records: RecordBuffer::default() }
    }

    /// Before the first record: takes its memory from what others share.
    pub(crate) fn sharing(self, free: &FreeBlocks) -> Self {
        Self { records: RecordBuffer::sharing(free), ..self }
    }

    /// Takes a record; true if it may take more memory now.
    ///
    /// # Errors
    /// The record has no field behind its key, or see [`RecordBuffer::push`].
    pub(crate) fn add(&mut self, line: &[u8]) -> Result<bool> {
        if let Some(folding) = &mut self.folding {
            return folding.add(&mut self.records, line);
        }
        let [spread, key] = prefix_lengths(line, [self.layout.spread_fields, self.layout.key_fields]);
        self.layout.check(line, key)?;
        self.records.push(line, self.layout.partition_of(line.get(..spread).unwrap_or_default()), key)?;
        Ok(true)
    }

    /// Bytes that the records take.
    pub(crate) fn bytes(&self) -> usize {
        self.records.bytes() + self.folding.as_ref().map_or(0, Folding::bytes)
    }

    /// Bytes that the records take, and if they are to be combined as much again.
    pub(crate) fn bytes_while_sorted(&self) -> usize {
        self.bytes() * if self.combiner.is_some() && self.left_out == 0 { 2 } else { 1 }
    }

    /// The records, without those that wait to be folded.
    pub(crate) const fn records(&self) -> &RecordBuffer {
        &self.records
    }

    /// Sorts the records, and combines them where that makes fewer of them.
    ///
    /// # Errors
    /// The combiner failed.
    pub(crate) fn sort(&mut self) -> Result<()> {
        self.fold()?;
        self.records.sort(self.layout.seed);
        if self.left_out > 0 {
            self.left_out -= 1;
        } else if let Some(combiner) = &mut self.combiner {
            let combined = self.records.combined(*combiner, &self.layout)?;
            let hardly_fewer = combined.count() * 8 > self.records.count() * 7;
            self.left_out = if hardly_fewer { LEFT_OUT } else { 0 };
            self.records = combined;
        }
        Ok(())
    }

    /// Combines the records where that makes fewer of them, and sorts them only if that needs it.
    ///
    /// # Errors
    /// The combiner failed.
    pub(crate) fn combine(&mut self) -> Result<()> {
        if self.combiner.is_some() && self.left_out == 0 {
            return self.sort();
        }
        self.left_out = self.left_out.saturating_sub(1);
        self.fold()
    }

    fn fold(&mut self) -> Result<()> {
        self.folding.iter_mut().try_for_each(|folding| folding.finish(&mut self.records))
    }

    /// Forgets the records. Room stays for those that come next, unless it is more than half of the memory that they may take: few of
    /// them would fill the rest.
    pub(crate) fn clear(&mut self, memory: usize) {
        self.records.clear();
        if self.bytes() > memory / 2 {
            self.drop_idle_room();
        }
    }

    /// Gives room to the system that is left from records which were forgotten; whether there was any.
    pub(crate) fn drop_idle_room(&mut self) -> bool {
        let is_idle = self.records.has_idle_room();
        if is_idle {
            self.records.drop_idle_room();
            self.folding.iter_mut().for_each(Folding::drop_idle_room);
        }
        is_idle
    }

    /// Gives all room to the system that the records do not fill: no more come.
    pub(crate) fn close(&mut self) {
        self.records.drop_idle_room();
    }

    /// The records, of which none are left here.
    pub(crate) fn take(&mut self) -> RecordBuffer {
        self.records.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{Group, Output};

    const LAYOUT: Layout = Layout { partitions: 1, group_fields: 1, key_fields: 1, spread_fields: 1, seed: 0 };

    /// Keeps the first row of a group.
    struct First;

    impl Reducer for First {
        fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
            group.next_row()?.map_or(Ok(()), |row| output.line(row.line()))
        }
    }

    #[test]
    fn a_combiner_that_leaves_nearly_all_is_left_out_for_some_times() {
        let mut first = First;
        let mut collected = Collected::new(LAYOUT, None, Some(&mut first));
        // Records of a time, how many groups they are, and how many are left.
        let mut time = |groups: usize, left: usize| {
            for record in 0..100 {
                collected.add(format!("{}\tx", record % groups).as_bytes()).unwrap();
            }
            let doubles = collected.bytes_while_sorted() > collected.bytes();
            collected.sort().unwrap();
            let sorted: Vec<_> = collected.records().lines().map(<[u8]>::to_vec).collect();
            assert!(sorted.is_sorted() && sorted.len() == left, "{}", sorted.len());
            collected.clear(usize::MAX);
            assert!(collected.records().is_empty());
            doubles
        };
        assert!(time(80, 80) && time(87, 87) && time(20, 20) && time(88, 88), "memory is kept free for the combiner");
        for _ in 0..LEFT_OUT {
            assert!(!time(2, 100), "all memory is for records");
        }
        assert!(time(2, 2) && time(1, 1));
    }

    #[test]
    fn room_that_records_have_left_goes_when_it_is_not_used() {
        let mut collected = Collected::new(LAYOUT, Some(Fold::Distinct), None);
        let add = |collected: &mut Collected<'_>, records: usize| {
            for record in 0..records {
                collected.add(format!("{record}\tx").as_bytes()).unwrap();
            }
            collected.sort().unwrap();
            collected.bytes()
        };
        let all = add(&mut collected, 10_000);
        assert!(!collected.drop_idle_room(), "all of it is used");
        collected.clear(usize::MAX);
        let left = collected.bytes();
        assert!(left > 300_000 && left < all, "{left} of {all}");
        assert_eq!(add(&mut collected, 10_000), all, "the same records need no more");
        collected.clear(usize::MAX);
        add(&mut collected, 1_000);
        assert!(collected.drop_idle_room());
        assert!(!collected.drop_idle_room(), "there is no more");
        assert!(collected.bytes() < left / 4);
        assert_eq!(collected.records().count(), 1_000);
    }
}
