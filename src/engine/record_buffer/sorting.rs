//! How records in memory are sorted.

use super::Entry;
use crate::engine::arena::Arena;

/// So few records are sorted by their whole keys.
const FEW: usize = 16;

/// So many keys tell what many of them may share.
const SAMPLES: usize = 8;

/// Sorts by partition and key; records with equal keys by the seed.
///
/// Whole keys lie anywhere in memory and begin alike. So eight bytes of each, from the first one in which keys differ, are sorted first,
/// and what they leave equal again from where those keys differ.
pub(super) fn sort_entries(arena: &Arena, entries: &mut [Entry], seed: u64) {
    let key = |entry: &Entry| arena.get(entry.place, entry.key_length as usize);
    let shuffled = |entry: &Entry| (entry.place as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let whole = |left: &Entry, right: &Entry| {
        let by_key = left.partition.cmp(&right.partition).then_with(|| key(left).cmp(key(right)));
        by_key.then_with(|| shuffled(left).cmp(&shuffled(right))).then_with(|| left.place.cmp(&right.place))
    };
    let mut waiting = vec![(0, entries.len())];
    while let Some((mut start, end)) = waiting.pop() {
        let Some(alike) = entries.get_mut(start..end) else { continue };
        if alike.len() <= FEW || !note_heads(arena, alike) {
            alike.sort_unstable_by(whole);
            continue;
        }
        alike.sort_unstable_by_key(|entry| (entry.partition, entry.head));
        for run in alike.chunk_by(|left, right| (left.partition, left.head) == (right.partition, right.head)) {
            if run.len() > 1 {
                waiting.push((start, start + run.len()));
            }
            start += run.len();
        }
    }
}

/// Notes eight bytes of each key, from the first one in which keys differ. False if a key ends there: its eight bytes are filled up, and
/// may look like another's.
///
/// To look at a key that nobody has looked at for a while takes longer than to compare it. So some of the keys tell what all of them may
/// share, and whether they do is seen on the way.
fn note_heads(arena: &Arena, alike: &mut [Entry]) -> bool {
    let key = |entry: &Entry| arena.get(entry.place, entry.key_length as usize);
    let Some(first) = alike.first().map(key) else { return true };
    let mut shared = shared_length(first, alike.iter().step_by(alike.len().div_ceil(SAMPLES)).map(key));
    let mut none_ends = true;
    for seen in 0..alike.len() {
        let Some((entry, others)) = alike.get_mut(seen..).and_then(<[_]>::split_first_mut) else { break };
        let this = key(entry);
        let common = shared_by(first, this, shared);
        if common < shared {
            // It is what these share that counts, and those before it are looked at again.
            shared = shared_length(first.get(..common).unwrap_or_default(), others.iter().map(key));
            return alike.iter_mut().all(|entry| note_head(entry, key(entry), shared));
        }
        // What ends where some keys do not differ may go on where all of them do.
        none_ends &= note_head(entry, this, shared);
    }
    none_ends
}

/// Notes eight bytes behind the first ones of a key; false if there are none.
fn note_head(entry: &mut Entry, key: &[u8], shared: usize) -> bool {
    let rest = key.get(shared..).unwrap_or_default();
    entry.head = head(rest);
    !rest.is_empty()
}

/// How many bytes keys have in common with a text at their beginning.
fn shared_length<'k>(text: &[u8], mut keys: impl Iterator<Item = &'k [u8]>) -> usize {
    keys.try_fold(text.len(), |shared, key| Some(shared_by(text, key, shared)).filter(|shared| *shared > 0)).unwrap_or_default()
}

/// How many of so many first bytes a key has in common with a text.
fn shared_by(text: &[u8], key: &[u8], most: usize) -> usize {
    let is_shared = key.get(..most).is_some_and(|key| text.get(..most) == Some(key));
    if is_shared { most } else { text.iter().zip(key).take(most).take_while(|(left, right)| left == right).count() }
}

/// The first eight bytes as a number that sorts as they do; bytes that are not there count as the smallest.
fn head(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    match key.first_chunk() {
        Some(first) => bytes = *first,
        None => bytes.iter_mut().zip(key).for_each(|(place, byte)| *place = *byte),
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::record_buffer::RecordBuffer;
    use proptest::prelude::*;

    #[test]
    fn what_keys_share_is_found() {
        for (keys, shared) in [(&["abc"][..], 3), (&["abc", "abd", "ab"], 2), (&["abc", ""], 0), (&["ab", "abc"], 2), (&["a", "b", "a"], 0)]
        {
            assert_eq!(shared_length(keys[0].as_bytes(), keys.iter().map(|key| key.as_bytes())), shared, "{keys:?}");
        }
    }

    /// Some of many keys end where they do not differ from each other, but all keys do.
    #[test]
    fn keys_that_end_early_do_not_hide_where_others_differ() {
        let mut records = RecordBuffer::default();
        for number in 0..1000 {
            let key = if number % 125 == 0 { "course\t1".to_owned() } else { format!("course\t{number:04}") };
            records.push(format!("{key}\tx").as_bytes(), 0, key.len()).unwrap();
        }
        let RecordBuffer { arena, entries } = &mut records;
        assert!(note_heads(arena, entries));
        let heads: BTreeSet<_> = entries.iter().map(|entry| entry.head).collect();
        assert_eq!(heads.len(), 1000 - 8 + 1);
        records.sort(0);
        assert!(records.entries.is_sorted_by_key(|entry| records.key(entry)));
    }

    proptest! {
        #[test]
        fn records_are_sorted_by_partition_and_key(
            common in "[ab]{0,12}",
            keys in prop::collection::vec((prop::collection::vec(prop_oneof![2 => Just(0_u8), 6 => Just(b'a'), 1 => any::<u8>()], 0..40), 0_usize..3), 0..400),
            seed in any::<u64>(),
        ) {
            let mut records = RecordBuffer::default();
            let mut expected = Vec::new();
            for (number, (key, partition)) in keys.iter().enumerate() {
                let key = [common.as_bytes(), key].concat();
                let line = [&key[..], b"\t", number.to_string().as_bytes()].concat();
                records.push(&line, *partition, key.len()).unwrap();
                expected.push((*partition, key));
            }
            expected.sort();
            records.sort(seed);
            let found: Vec<_> = records.entries.iter().map(|entry| (entry.partition as usize, records.key(entry).to_vec())).collect();
            prop_assert_eq!(found, expected);
            let entries: Vec<_> = (0..3).flat_map(|partition| records.partition(partition)).map(|entry| entry.place).collect();
            prop_assert!(entries.iter().eq(records.entries.iter().map(|entry| &entry.place)));
        }
    }
}
