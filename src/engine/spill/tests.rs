//! Spills share files and keep apart, and are read back as they were written.

use proptest::prelude::*;

use super::*;

fn text(spill: &Spill, partition: usize) -> String {
    let mut text = String::new();
    spill.reader(partition).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn runs_share_a_file_and_keep_apart() {
    let directory = tempfile::tempdir().unwrap();
    let place = SpillPlace::new(directory.path());
    let spills = [[2, 0, 3], [0, 4, 2]].map(|sizes| place.reserve(sizes.into_iter()).unwrap());
    let [mut first, mut second] = [spills[0].writer(0..3), spills[1].writer(0..3)];
    first.line(b"a").unwrap();
    second.line(b"xyz").unwrap();
    first.line(b"bc").unwrap();
    first.finish().unwrap();
    second.line(b"w").unwrap();
    second.finish().unwrap();
    assert_eq!([0, 1, 2].map(|partition| text(&spills[0], partition)), ["a\n", "", "bc\n"]);
    assert_eq!([0, 1, 2].map(|partition| text(&spills[1], partition)), ["", "xyz\n", "w\n"]);
    assert_eq!((spills[0].size(), spills[1].partition_size(1)), (5, 4));
    assert!(Arc::ptr_eq(&spills[0].file, &spills[1].file));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "the file has no name");
}

#[test]
fn what_is_spilled_beside_another_spill_goes_to_another_file_while_there_may_be_one() {
    let directory = tempfile::tempdir().unwrap();
    let more = MoreFiles::new(1);
    let places = [(); 2].map(|()| SpillPlace::sharing(directory.path(), &more));
    let reserve = |place: usize| places[place].reserve([200_000, 2].into_iter()).unwrap();
    let long = "y".repeat(199_999);
    let write = |mut writer: SpillWriter<'_>| {
        writer.line(long.as_bytes()).unwrap();
        writer.line(b"z").unwrap();
        writer.finish().unwrap();
    };
    let first = reserve(0);
    let writer = first.writer(0..2);
    let beside = reserve(0);
    assert!(!Arc::ptr_eq(&first.file, &beside.file));
    write(beside.writer(0..2));
    let behind = reserve(0);
    assert!(Arc::ptr_eq(&behind.file, &beside.file), "nobody writes to that one");
    let busy = behind.writer(0..2);
    let both_busy = reserve(0);
    write(both_busy.writer(0..2));
    write(writer);
    write(busy);
    // The other job has a file of its own, and no more.
    let others = [reserve(1), reserve(1)];
    let writers = [others[0].writer(0..2), others[1].writer(0..2)];
    let third = reserve(1);
    assert!(others.iter().all(|other| Arc::ptr_eq(&other.file, &third.file)));
    writers.into_iter().for_each(write);
    write(third.writer(0..2));
    for spill in [&first, &beside, &behind, &both_busy, &others[0], &others[1], &third] {
        assert_eq!((text(spill, 0), text(spill, 1)), (format!("{long}\n"), "z\n".to_owned()));
        assert_eq!(spill.start % WRITTEN_AT_ONCE, 0);
    }
}

#[test]
fn one_file_does_where_no_other_can_be_made() {
    let directory = tempfile::tempdir().unwrap();
    let below = directory.path().join("spilled");
    let place = SpillPlace::sharing(&below, &MoreFiles::new(1));
    let first = place.reserve([2].into_iter()).unwrap();
    let writer = first.writer(0..1);
    fs::remove_dir(&below).unwrap();
    fs::write(&below, "no directory").unwrap();
    let second = place.reserve([2].into_iter()).unwrap();
    assert!(Arc::ptr_eq(&first.file, &second.file));
    drop(writer);
    assert_eq!(first.file.writers.load(Ordering::Relaxed), 0, "it has gone without an end");
}

proptest! {
    #[test]
    fn what_is_written_by_parts_and_at_the_same_time_is_read_back(
        lengths in prop::collection::vec(prop::collection::vec(prop_oneof![9 => 0..200_usize, 1 => 60_000..140_000_usize], 0..30), 1..5),
        whole in any::<bool>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let place = SpillPlace::sharing(directory.path(), &MoreFiles::new(1));
        let line = |partition: usize, number: usize, length: usize| {
            let letter = b"abcdefghij"[(partition * 3 + number) % 10];
            vec![letter; length]
        };
        let write = |mut writer: SpillWriter<'_>, partitions: std::ops::Range<usize>| {
            for partition in partitions {
                for (number, length) in lengths[partition].iter().enumerate() {
                    writer.line(&line(partition, number, *length)).unwrap();
                }
            }
            writer.finish().unwrap();
        };
        let sizes = || lengths.iter().map(|lengths| lengths.iter().map(|length| *length as u64 + 1).sum());
        let spills = [(); 2].map(|()| place.reserve(sizes()).unwrap());
        std::thread::scope(|scope| {
            for spill in &spills {
                let step = if whole { lengths.len() } else { 1 };
                for first in (0..lengths.len()).step_by(step) {
                    scope.spawn(move || write(spill.writer(first..first + step), first..first + step));
                }
            }
        });
        for spill in &spills {
            for (partition, lengths) in lengths.iter().enumerate() {
                let mut expected = Vec::new();
                for (number, length) in lengths.iter().enumerate() {
                    expected.extend(line(partition, number, *length));
                    expected.push(b'\n');
                }
                let mut found = Vec::new();
                spill.reader(partition).read_to_end(&mut found).unwrap();
                prop_assert!(found == expected, "partition {}", partition);
            }
        }
    }
}

#[test]
fn a_partition_can_be_written_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let spill = SpillPlace::new(directory.path()).reserve([2, 100_001, 2].into_iter()).unwrap();
    let long = "y".repeat(100_000);
    for (partition, line) in [(2, "z"), (1, long.as_str()), (0, "x")] {
        let mut writer = spill.writer(partition..partition + 1);
        writer.line(line.as_bytes()).unwrap();
        writer.finish().unwrap();
    }
    assert_eq!([0, 1, 2].map(|partition| text(&spill, partition)), ["x\n".to_owned(), format!("{long}\n"), "z\n".to_owned()]);
}

#[test]
fn reserved_place_is_filled_exactly() {
    let directory = tempfile::tempdir().unwrap();
    let spill = SpillPlace::new(directory.path()).reserve([3].into_iter()).unwrap();
    assert!(spill.writer(0..1).finish().unwrap_err().to_string().contains("smaller"));
    let mut writer = spill.writer(0..1);
    assert!(writer.line(&vec![b'x'; 70_000]).unwrap_err().to_string().contains("larger"));
    let mut writer = spill.writer(0..1);
    writer.line(b"too long").unwrap();
    assert!(writer.finish().unwrap_err().to_string().contains("larger"));
}

#[test]
fn the_true_cause_is_told() {
    let place = SpillPlace::new(Path::new("/dev/null/at/all"));
    let error = crate::error_text::error_text(&place.reserve([1].into_iter()).unwrap_err());
    assert!(error.starts_with("Cannot spill records below /dev/null/at/all. Not a directory"), "{error}");
    assert!(!error.contains("full"), "{error}");
    let full = failed(io::Error::from_raw_os_error(28), Path::new("/tmp"));
    assert!(crate::error_text::error_text(&full).contains("The disk is full"), "{full:?}");
}
