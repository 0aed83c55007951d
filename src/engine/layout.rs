//! How the records of a job are cut, sorted and spread over its reducers.

use crate::streaming::record::prefix;

/// How records are cut and spread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Leading fields that are sorted by.
    pub key_fields: usize,
    /// Leading fields that decide on the partition.
    pub group_fields: usize,
    /// Number of partitions.
    pub partitions: usize,
    /// Orders rows with equal keys, differently for each seed.
    pub seed: u64,
}

impl Layout {
    /// The partition of a record: FNV-1a of its group fields, the same under every runner that we sort for.
    pub(crate) fn partition(&self, line: &[u8]) -> usize {
        let hash = prefix(line, self.group_fields)
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        // The upper half is mixed best; the remainder always fits.
        usize::try_from((hash >> 32) % (self.partitions.max(1) as u64)).unwrap_or_default()
    }
}
