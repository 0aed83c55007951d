//! Records of a mapper that runs by itself, combined before they are written: less is left for a cluster to sort, to send and to merge, and
//! it need not start combiners, of which Hadoop has one process for each partition of each spill.

use anyhow::Result;

use super::collected::Collected;
use super::layout::Layout;
use crate::streaming::shape::JobShape;
use crate::streaming::{LineSink, Reducer};

/// A sink that combines records, and passes on what is left of them when its memory is used up, and at the end.
pub(crate) struct CombinedOutput<'s> {
    sink: &'s mut dyn LineSink,
    collected: Collected<'s>,
    /// Bytes of memory.
    memory: usize,
}

impl<'s> CombinedOutput<'s> {
    /// For a job and its combiner: holds so many bytes in memory, and may pass on records of the same key more than once.
    pub(crate) fn new(shape: &JobShape, combiner: &'s mut dyn Reducer, sink: &'s mut dyn LineSink, memory: usize) -> Self {
        let layout = Layout::of(shape, 1, 0);
        Self { sink, collected: Collected::new(layout, shape.fold, Some(combiner)), memory }
    }

    /// Passes on what is left.
    ///
    /// # Errors
    /// The sink or the combiner failed.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<()> {
        self.collected.combine()?;
        self.collected.records().lines().try_for_each(|line| self.sink.line(line))?;
        self.collected.clear(self.memory);
        Ok(())
    }
}

impl LineSink for CombinedOutput<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        if self.collected.add(line)? && self.collected.bytes_while_sorted() > self.memory { self.pass_on() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Counters, Group, Job, JobArguments, Keys, NoOptions, Output, Record};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const KEYS: Keys = Keys::of(2, 1);
    const SUMMED: Job<NoOptions> = Job::over_rows("trial", "summed", "", |_, _| anyhow::bail!("It was not to run."))
        .summed(KEYS, |_, key, sums, output| output.row().raw(key.line()).integers(sums).end());
    const COMBINED: Job<NoOptions> = Job::over_rows("trial", "combined", "", |_, _| anyhow::bail!("It was not to run."))
        .reduced(KEYS, |_, _| anyhow::bail!("It was not to run."))
        .combined(|_, _| Ok(Box::new(Total)));

    /// Adds up the numbers of a whole group.
    struct Total;

    impl Reducer for Total {
        fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
            let (key, mut total) = (group.key().line().to_vec(), 0);
            while let Some(row) = group.next_row()? {
                total += Record::new(row.line()).integer(2)?;
            }
            output.record().raw(&key).raw(b"all").integer(total).end()
        }
    }

    fn passed_on(job: &dyn AnyJob, records: &[(u8, u32, i64)], memory: usize) -> Vec<Vec<u8>> {
        let (mut lines, mut counters): (Vec<Vec<u8>>, _) = (Vec::new(), Counters::default());
        let arguments = JobArguments::new(std::iter::empty::<String>());
        let mut combiner = job.combiner(&arguments).unwrap().unwrap();
        let mut sink = CombinedOutput::new(job.shape(), combiner.as_mut(), &mut lines, memory);
        for (group, key, number) in records {
            Output::new(&mut sink, &mut counters).record().integer(*group).integer(*key).integer(*number).end().unwrap();
        }
        sink.finish().unwrap();
        lines
    }

    /// The sums of lines that agree in so many fields.
    fn sums(lines: &[Vec<u8>], fields: usize) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for line in lines {
            let text = String::from_utf8(line.clone()).unwrap();
            let cells: Vec<_> = text.split('\t').collect();
            *sums.entry(cells[..fields].join("\t")).or_default() += cells[2].parse::<i64>().unwrap();
        }
        sums
    }

    proptest! {
        #[test]
        fn what_is_passed_on_adds_up(records in prop::collection::vec((0_u8..5, 0_u32..9, -5_i64..1000), 0..200)) {
            let plain: Vec<_> = records.iter().map(|(group, key, number)| format!("{group}\t{key}\t{number}").into_bytes()).collect();
            for (job, fields) in [(&SUMMED as &dyn AnyJob, 2), (&COMBINED, 1)] {
                let whole = passed_on(job, &records, usize::MAX);
                prop_assert_eq!((sums(&whole, fields), whole.len()), (sums(&plain, fields), sums(&plain, fields).len()));
                prop_assert_eq!(sums(&passed_on(job, &records, 0), fields), sums(&plain, fields));
            }
        }
    }

    #[test]
    fn what_does_not_fit_into_memory_is_passed_on_in_between() {
        let records: Vec<_> = (0..40_000).map(|number| (0, number % 20_000, 1)).collect();
        for (job, least) in [(&SUMMED as &dyn AnyJob, 20_000), (&COMBINED, 1)] {
            let (little, much) = (passed_on(job, &records, 1 << 18), passed_on(job, &records, 1 << 26));
            assert_eq!(much.len(), least);
            assert!(little.len() > least && little.len() < records.len() + 2, "{}", little.len());
        }
    }
}
