use proptest::prelude::*;

use super::*;
use crate::engine::shuffle::{Shuffle, Shuffles, SortedOutput};
use crate::streaming::group::Group;
use crate::streaming::{LineSink, Output, Reducer};

const LAYOUT: Layout = Layout { key_fields: 2, group_fields: 2, spread_fields: 1, partitions: 3, seed: 7 };

/// Sorted spills of two workers with so much memory.
fn runs_of(records: &[Vec<u8>], layout: Layout, budget: usize, place: &SpillPlace, mut combiner: Option<&mut dyn Reducer>) -> SortedOutput {
    let mut all = SortedOutput::default();
    for records in records.chunks(records.len().div_ceil(2).max(1)) {
        let combiner = combiner.as_mut().map(|combiner| &mut **combiner as _);
        let mut shuffles = Shuffles::new(vec![Shuffle::new(layout, budget, None, combiner, place)], budget);
        for record in records {
            shuffles.job(0).unwrap().line(record).unwrap();
            shuffles.settle().unwrap();
        }
        shuffles.finish().unwrap().into_iter().for_each(|spills| all.extend(spills));
    }
    all
}

fn merged(spills: &SortedOutput, partition: usize, layout: &Layout, buffer: usize) -> Vec<Vec<u8>> {
    let mut merge = Merge::new(&spills.memory, &spills.spilled, partition, layout, buffer).unwrap();
    let mut lines = Vec::new();
    while let Some(line) = merge.next_line().unwrap() {
        lines.push(line.to_vec());
    }
    lines
}

fn key(line: &[u8]) -> &[u8] {
    crate::streaming::record::prefix(line, LAYOUT.key_fields)
}

fn record() -> impl Strategy<Value = Vec<u8>> {
    let field = || prop::collection::vec(prop_oneof![b'a'..=b'c', any::<u8>().prop_filter("no separator", |byte| *byte > b'\n')], 0..4);
    // Some are longer than the smallest buffer.
    let rest = prop_oneof![9 => 0_usize..20, 1 => 0_usize..6000].prop_map(|length| vec![b'z'; length]);
    (field(), field(), rest).prop_map(|(first, second, rest)| [first, second, rest].join(&b'\t'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn a_merge_equals_a_sort(
        records in prop::collection::vec(record(), 0..400),
        budget in 4000_usize..40_000,
        fan_in in 2_usize..9,
        buffer in prop_oneof![1_usize..50, Just(SMALLEST_BUFFER)],
        seed in any::<u64>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout { seed, ..LAYOUT };
        let place = SpillPlace::new(directory.path());
        let mut spills = runs_of(&records, layout, budget, &place, None);
        place.close();
        let before = spills.spilled.len();
        let (spilled, passes) = narrow(spills.spilled, &layout, FanIn { spills: fan_in, buffer }, directory.path(), 2).unwrap();
        prop_assert!(spilled.len() <= fan_in && (passes.passes == 0) == (before <= fan_in));
        spills.spilled = spilled;
        let mut found = Vec::new();
        for partition in 0..layout.partitions {
            let lines = merged(&spills, partition, &layout, buffer);
            prop_assert!(lines.iter().all(|line| layout.partition(line) == partition));
            prop_assert!(lines.is_sorted_by(|left, right| key(left) <= key(right)));
            found.extend(lines);
        }
        let mut expected = records;
        expected.sort();
        found.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn the_fan_in_stays_within_the_memory(memory in 0_usize..1 << 34) {
        let FanIn { spills, buffer } = FanIn::within(memory);
        prop_assert!((FEWEST_SPILLS..=MOST_SPILLS).contains(&spills) && (SMALLEST_BUFFER..=LARGEST_BUFFER).contains(&buffer));
        prop_assert!(spills * buffer <= memory.max(FEWEST_SPILLS * SMALLEST_BUFFER));
    }
}

fn sized(place: &SpillPlace, sizes: &[u64]) -> Vec<Spill> {
    sizes.iter().map(|&size| place.reserve(std::iter::once(size)).unwrap()).collect()
}

#[test]
fn only_so_many_runs_are_merged_as_must_be() {
    let directory = tempfile::tempdir().unwrap();
    let place = SpillPlace::new(directory.path());
    let sizes = |spills: &[Spill]| spills.iter().map(Spill::size).collect::<Vec<_>>();
    // Five spills, four at a time: the two smallest become one.
    let (groups, kept) = choose(sized(&place, &[5, 1, 4, 2, 3]), 4);
    assert_eq!((groups.iter().map(|group| sizes(group)).collect::<Vec<_>>(), sizes(&kept)), (vec![vec![1, 2]], vec![3, 4, 5]));
    for fan_in in 2..9_usize {
        for count in fan_in + 1..300 {
            let (groups, kept) = choose(sized(&place, &vec![1; count]), fan_in);
            let left = groups.len() + kept.len();
            assert_eq!(groups.iter().map(Vec::len).sum::<usize>() + kept.len(), count);
            assert!(groups.iter().all(|group| group.len() <= fan_in), "{count} spills by {fan_in}");
            assert!(left == fan_in.max(count.div_ceil(fan_in)), "{count} spills by {fan_in} leave {left}");
        }
    }
}

#[test]
fn the_order_of_equal_keys_depends_on_the_seed() {
    let directory = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..2000).map(|number| format!("k\tk\t{number}").into_bytes()).collect();
    let order = |seed| {
        let layout = Layout { seed, partitions: 1, ..LAYOUT };
        let place = SpillPlace::new(directory.path());
        let spills = runs_of(&records, layout, 8000, &place, None);
        assert!(spills.spilled.len() > 4);
        merged(&spills, 0, &layout, SMALLEST_BUFFER)
    };
    let [one, again, other] = [1, 1, 2].map(order);
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert_ne!(one, records);
}

/// Counts records by their key.
struct Count;

impl Reducer for Count {
    fn reduce(&mut self, group: &mut Group<'_, '_>, output: &mut Output<'_>) -> Result<()> {
        let key = group.key().line().to_vec();
        let mut count = 0;
        while let Some(row) = group.next_row()? {
            count += row.integer(1)?;
        }
        output.record().raw(&key).integer(count).end()
    }
}

#[test]
fn what_is_spilled_was_combined_before() {
    let directory = tempfile::tempdir().unwrap();
    let layout = Layout { key_fields: 1, ..LAYOUT };
    let place = SpillPlace::new(directory.path());
    let records: Vec<_> = (0..3000).map(|number| format!("{}\t1", number % 10).into_bytes()).collect();
    let spills = runs_of(&records, layout, 8000, &place, Some(&mut Count));
    assert!(spills.spilled.len() > 4);
    assert!(spills.spilled.iter().all(|spill| spill.size() <= 50));
    let lines = (0..layout.partitions).flat_map(|partition| merged(&spills, partition, &layout, SMALLEST_BUFFER));
    let sum: u32 = lines.map(|line| String::from_utf8(line).unwrap().rsplit('\t').next().unwrap().parse::<u32>().unwrap()).sum();
    assert_eq!(sum, 3000);
}

#[test]
fn a_worker_that_has_spilled_leaves_memory_to_the_merge() {
    let directory = tempfile::tempdir().unwrap();
    let place = SpillPlace::new(directory.path());
    let jobs = (0..3).map(|_| Shuffle::new(LAYOUT, 60_000, None, None, &place)).collect();
    let mut shuffles = Shuffles::new(jobs, 60_000);
    for number in 0..2000 {
        // The first job has most records, and the last one a few.
        for job in 0..if number % 40 == 0 { 3 } else { 1 } {
            shuffles.job(job).unwrap().line(format!("{number}\tk\tvalue").as_bytes()).unwrap();
        }
        shuffles.settle().unwrap();
    }
    let spills = shuffles.finish().unwrap();
    assert!(!spills[0].spilled.is_empty());
    assert!(spills[1].spilled.is_empty() && spills[2].spilled.is_empty(), "a job with few records is not spilled for another");
    assert!(spills.iter().map(SortedOutput::bytes).sum::<usize>() <= 30_000);
}
