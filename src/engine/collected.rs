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

/// Records of one job.
pub(crate) struct Collected<'s> {
    layout: Layout,
    combiner: Option<&'s mut dyn Reducer>,
    /// Does the combiner's work before it.
    folding: Option<Folding>,
    records: RecordBuffer,
}

impl<'s> Collected<'s> {
    /// No records yet. What can be folded as it comes needs no combiner.
    pub(crate) fn new(layout: Layout, fold: Option<Fold>, combiner: Option<&'s mut dyn Reducer>) -> Self {
        let folding = fold.map(|fold| Folding::new(fold, &layout));
        let combiner = combiner.filter(|_| folding.is_none());
        Self { layout, combiner, folding, records: RecordBuffer::default() }
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

    /// Bytes that the records take, and while they are combined as much again.
    pub(crate) fn bytes_while_sorted(&self) -> usize {
        self.bytes() * if self.combiner.is_some() { 2 } else { 1 }
    }

    /// The records, without those that wait to be folded.
    pub(crate) const fn records(&self) -> &RecordBuffer {
        &self.records
    }

    /// Sorts and combines the records.
    ///
    /// # Errors
    /// The combiner failed.
    pub(crate) fn sort(&mut self) -> Result<()> {
        self.fold()?;
        self.records.sort(self.layout.seed);
        if let Some(combiner) = &mut self.combiner {
            self.records = self.records.combined(*combiner, &self.layout)?;
        }
        Ok(())
    }

    /// Combines the records, and sorts them only if that needs it.
    ///
    /// # Errors
    /// The combiner failed.
    pub(crate) fn combine(&mut self) -> Result<()> {
        if self.combiner.is_some() { self.sort() } else { self.fold() }
    }

    fn fold(&mut self) -> Result<()> {
        self.folding.iter_mut().try_for_each(|folding| folding.finish(&mut self.records))
    }

    /// The records, of which none are left here.
    pub(crate) fn take(&mut self) -> RecordBuffer {
        self.records.take()
    }
}
