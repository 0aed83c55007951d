//! How the records of a job are cut, sorted and spread over its reducers.

use anyhow::{Result, ensure};

use crate::streaming::JobShape;
use crate::streaming::record::prefix;

/// How records are cut and spread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Leading fields that are sorted by.
    pub key_fields: usize,
    /// Leading fields that make a group.
    pub group_fields: usize,
    /// Leading fields that decide on the partition.
    pub spread_fields: usize,
    /// Number of partitions.
    pub partitions: usize,
    /// Orders rows with equal keys, differently for each seed.
    pub seed: u64,
}

impl Layout {
    /// That of a job's records.
    pub(crate) fn of(shape: &JobShape, partitions: usize, seed: u64) -> Self {
        let (key_fields, group_fields, spread_fields) = (shape.key_fields(), shape.group_fields(), shape.spread_fields());
        Self { key_fields, group_fields, spread_fields, partitions, seed }
    }

    /// A record needs a field behind a key of this length.
    ///
    /// # Errors
    /// It has none.
    pub(crate) fn check(&self, line: &[u8], key_length: usize) -> Result<()> {
        ensure!(
            key_length < line.len(),
            "A record has {} fields, but a key of {} fields needs at least one more.",
            line.split(|&byte| byte == b'\t').count(),
            self.key_fields
        );
        Ok(())
    }

    /// The partition of a record, the same under every runner that we sort for.
    pub(crate) fn partition(&self, line: &[u8]) -> usize {
        self.partition_of(prefix(line, self.spread_fields))
    }

    /// The partition of records that begin with these fields, by a hash that is folded from products, eight bytes at a time.
    pub(crate) fn partition_of(&self, fields: &[u8]) -> usize {
        if self.partitions <= 1 {
            return 0;
        }
        let (words, rest) = fields.as_chunks();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
        let hash = words.fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| {
            let (low, high) = (hash ^ word).carrying_mul(0x9e37_79b9_7f4a_7c15, 0);
            // A bit of the word reaches those above it by the lower half, those below by the upper one.
            low ^ high
        });
        // The remainder always fits.
        usize::try_from((hash >> 32) % self.partitions as u64).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Job, Keys, NoOptions};
    use std::collections::BTreeSet;

    #[test]
    fn records_are_spread_by_what_the_job_says() {
        const JOB: Job<NoOptions> = Job::over_rows("trial", "spread", "", |_, _| anyhow::bail!("It was not to run."))
            .reduced(Keys::of(3, 3).spread_by(2), |_, _| anyhow::bail!("Nor this."));
        let layout = Layout::of(JOB.shape(), 25, 0);
        let one_problem: BTreeSet<_> = (0..100).map(|user| layout.partition(format!("c\tp\t{user}\tv").as_bytes())).collect();
        let many: BTreeSet<_> = (0..100).map(|problem| layout.partition(format!("c\t{problem}\tu\tv").as_bytes())).collect();
        assert!(one_problem.len() == 1 && many.len() > 20, "{one_problem:?} {many:?}");
    }
}
