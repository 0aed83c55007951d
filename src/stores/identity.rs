//! The `update_id` of a load: what its marker row is known by (rules 08, 4).

use sha1::{Digest, Sha1};

/// Decimal text of a stable 64-bit hash of the task's class and its significant parameters (name, value), in the
/// order given. Significant are interval, date, source, pattern, warehouse path, credentials path and database; flags
/// like overwrite or the chunk size are not.
pub(crate) fn update_id(identity: &[(&str, &str)], class: &str) -> String {
    let mut hash = Sha1::new();
    // Each text goes in behind its length, so that no two lists of texts give the same bytes.
    let texts = identity.iter().flat_map(|(name, value)| [*name, *value]);
    for text in std::iter::once(class).chain(texts) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    first_64_bits(hash).to_string()
}

/// Short stable name of any text, eight hexadecimal digits: for names of staging tables and locks.
pub(super) fn short_hash(text: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(text.as_bytes());
    format!("{:08x}", first_64_bits(hash) >> 32)
}

fn first_64_bits(hash: Sha1) -> u64 {
    hash.finalize().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// The marker of one day of `module_engagement`, exactly as the original wrote it (rules 08, 6).
pub(crate) fn module_engagement_update_id(date: &str) -> String {
    format!("ModuleEngagementMysqlTask(date={date})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_decimal_and_sensitive_to_every_part() {
        let id = update_id(&[("interval", "2016-01"), ("database", "reports")], "VideoTask");
        assert_eq!(id, "4837887499477980849");
        for other in [
            update_id(&[("interval", "2016-02"), ("database", "reports")], "VideoTask"),
            update_id(&[("interval", "2016-01"), ("database", "reports")], "VideoTimelineTask"),
            update_id(&[("interval", "2016-01d"), ("atabase", "reports")], "VideoTask"),
            update_id(&[("interval", "2016-01")], "VideoTask"),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(short_hash("abc"), "a9993e36");
        assert_eq!(module_engagement_update_id("2016-03-02"), "ModuleEngagementMysqlTask(date=2016-03-02)");
    }
}
