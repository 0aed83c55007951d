//! Records of a mapper that runs by itself, combined before they are written: less is left for a cluster to sort, to send and to merge, and
//! it need not start combiners, of which Hadoop has one process for each partition of each spill.

use anyhow::Result;

use super::folding::Folding;
use super::layout::Layout;
use super::record_buffer::RecordBuffer;
use crate::streaming::record::prefix_lengths;
use crate::streaming::{AnyJob, JobArguments, LineSink, Reducer};

/// A sink that combines records, and passes on what is left of them when its memory is used up, and at the end.
pub(crate) struct CombinedOutput<'s> {
    sink: &'s mut dyn LineSink,
    how: How,
    layout: Layout,
    records: RecordBuffer,
    /// Bytes of memory.
    memory: usize,
}

/// How several records become one.
enum How {
    /// As they come.
    Folding(Folding),
    /// By the job's combiner, once they are sorted.
    Combiner(Box<dyn Reducer>),
}

impl<'s> CombinedOutput<'s> {
    /// For a job that combines: holds so many bytes in memory, and may pass on records of the same key more than once.
    ///
    /// # Errors
    /// The job cannot make its combiner.
    pub(crate) fn of(job: &dyn AnyJob, arguments: &JobArguments, sink: &'s mut dyn LineSink, memory: usize) -> Result<Option<Self>> {
        let shape = job.shape();
        let layout = Layout { key_fields: shape.key_fields(), group_fields: shape.group_fields(), partitions: 1, seed: 0 };
        let how = match shape.fold {
            Some(fold) => Some(How::Folding(Folding::new(fold, &layout))),
            None => job.combiner(arguments)?.map(How::Combiner),
        };
        Ok(how.map(|how| Self { sink, how, layout, records: RecordBuffer::default(), memory }))
    }

    /// Passes on what is left.
    ///
    /// # Errors
    /// The sink or the combiner failed.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.pass_on()
    }

    fn pass_on(&mut self) -> Result<()> {
        let records = match &mut self.how {
            How::Folding(folding) => {
                folding.finish(&mut self.records)?;
                self.records.take()
            }
            How::Combiner(combiner) => {
                let mut records = self.records.take();
                records.sort(self.layout.seed);
                records.combined(combiner.as_mut(), &self.layout)?
            }
        };
        records.lines().try_for_each(|line| self.sink.line(line))
    }
}

impl LineSink for CombinedOutput<'_> {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        let held = match &mut self.how {
            How::Folding(folding) => {
                if !folding.add(&mut self.records, line)? {
                    return Ok(());
                }
                self.records.bytes() + folding.bytes()
            }
            How::Combiner(_) => {
                let [key] = prefix_lengths(line, [self.layout.key_fields]);
                self.layout.check(line, key)?;
                self.records.push(line, 0, key)?;
                // While they are combined they take as much again.
                2 * self.records.bytes()
            }
        };
        if held > self.memory { self.pass_on() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{Counters, Group, Job, Keys, NoOptions, Output, Record};
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

    fn passed_on(job: &dyn AnyJob, records: &[(u8, u8, i64)], memory: usize) -> Vec<Vec<u8>> {
        let (mut lines, mut counters): (Vec<Vec<u8>>, _) = (Vec::new(), Counters::default());
        let arguments = JobArguments::new(std::iter::empty::<String>());
        let mut combined = CombinedOutput::of(job, &arguments, &mut lines, memory).unwrap().unwrap();
        for (group, key, number) in records {
            Output::new(&mut combined, &mut counters).record().integer(*group).integer(*key).integer(*number).end().unwrap();
        }
        combined.finish().unwrap();
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
        fn what_is_passed_on_adds_up(records in prop::collection::vec((0_u8..5, 0_u8..9, -5_i64..1000), 0..200)) {
            let plain: Vec<_> = records.iter().map(|(group, key, number)| format!("{group}\t{key}\t{number}").into_bytes()).collect();
            for (job, fields) in [(&SUMMED as &dyn AnyJob, 2), (&COMBINED, 1)] {
                let whole = passed_on(job, &records, usize::MAX);
                prop_assert_eq!((sums(&whole, fields), whole.len()), (sums(&plain, fields), sums(&plain, fields).len()));
                prop_assert_eq!(sums(&passed_on(job, &records, 0), fields), sums(&plain, fields));
            }
        }
    }

    #[test]
    fn memory_is_let_go_of_in_between() {
        let records: Vec<_> = (0..100_000_u32).map(|number| (0, u8::try_from(number % 251).unwrap(), 1)).collect();
        for (job, least) in [(&SUMMED as &dyn AnyJob, 251), (&COMBINED, 1)] {
            let (little, much) = (passed_on(job, &records, 1 << 17), passed_on(job, &records, 1 << 26));
            assert_eq!(much.len(), least);
            assert!(little.len() >= least && (job.shape().fold.is_some() || little.len() > 10), "{}", little.len());
        }
    }

    #[test]
    fn a_job_that_does_not_combine_has_none() {
        const PLAIN: Job<NoOptions> = Job::over_rows("trial", "plain", "", |_, _| anyhow::bail!("It was not to run."))
            .reduced(KEYS, |_, _| anyhow::bail!("It was not to run."));
        let arguments = JobArguments::new(std::iter::empty::<String>());
        assert!(CombinedOutput::of(&PLAIN, &arguments, &mut Vec::new(), 0).unwrap().is_none());
    }
}
