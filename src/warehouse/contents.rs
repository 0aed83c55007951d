//! Hashes of what is in a directory, and of what tells one result from another.

use sha1::{Digest, Sha1};

use crate::storage::{Entry, Location};

/// Names and sizes of files below a directory.
pub(super) fn content(directory: &Location, entries: &[Entry]) -> String {
    let line = |entry: &Entry| format!("{} {}\n", entry.location.relative_to(directory).unwrap_or_default(), entry.size);
    entries.iter().map(line).collect()
}

/// `~` and a part of a hash.
pub(super) fn hashed(hash: Sha1) -> String {
    let mut text = format!("~{}", hex::encode(hash.finalize()));
    text.truncate(17);
    text
}

/// A stable decimal name for a task, from the text of its significant parameters: 64 bits, without sign.
pub(crate) fn identity_hash(identity: &str) -> u64 {
    let digest = Sha1::digest(identity.as_bytes());
    digest.iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        // The first 16 digits of the SHA-1 of the empty text.
        assert_eq!(identity_hash(""), 0xda39_a3ee_5e6b_4b0d);
        assert_ne!(identity_hash("a"), identity_hash("b"));
    }
}
