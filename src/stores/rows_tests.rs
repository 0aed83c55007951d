//! Lines become rows: null words, misfits, line ends, clamped integers.

use proptest::prelude::*;

use super::*;
use crate::stores::small_tables::{BY_GENDER, ENGAGEMENT, RANGES, VIDEO};

fn rows(table: &'static Table, text: &'static [u8]) -> Result<Vec<Vec<Option<String>>>> {
    let mut source = TextRows::from_input(table, "part-00000", Box::new(text));
    let (mut row, mut all) = (Row::default(), Vec::new());
    while source.next_row(&mut row)? {
        let texts = row.values().map(|value| value.map(|text| String::from_utf8(text.to_vec()).unwrap()));
        all.push(texts.collect());
    }
    Ok(all)
}

fn texts(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| (*value != "NULL").then(|| (*value).to_owned())).collect()
}

#[test]
fn worked_example_of_the_spec() {
    let table = &BY_GENDER;
    let read = rows(table, b"2016-06-20\tcourse-v1:a+b+c\t\\N\t3\t5\n").unwrap();
    assert_eq!(read, [texts(&["2016-06-20", "course-v1:a+b+c", "NULL", "3", "5"])]);
}

#[test]
fn line_ends_of_other_systems_are_no_part_of_a_value() {
    let read = rows(&BY_GENDER, b"2016-06-20\tc\tm\t3\t5\r\n2016-06-21\tc\tm\t3\t5\r\r").unwrap();
    assert_eq!(read, ["2016-06-20", "2016-06-21"].map(|day| texts(&[day, "c", "m", "3", "5"])));
}

#[test]
fn null_words_are_exact() {
    let table = &BY_GENDER;
    let read = rows(table, b"None\tinf\t-inf\t\\N\tnan\nnone\tInf\t+inf\t\t NULL").unwrap();
    assert_eq!(read[0], texts(&["NULL", "inf", "NULL", "NULL", "nan"]), "a text column that takes no NULL keeps the word");
    assert_eq!(read[1], texts(&["none", "Inf", "+inf", "", " NULL"]));
    let ranges = rows(&RANGES, b"c\td\te\tm\tr\t0.5\tinf\n").unwrap();
    assert_eq!(ranges[0][6], None);
}

#[test]
fn only_videos_may_have_integers_beyond_their_columns() {
    let text = b"v\tc\tm\t1000000000000000\t5\t-3000000000\t7\t2147483648\nv\tc\tm\t2147483647\t5\tx\t-7\t99999999999999999999999999999\n";
    let read = rows(&VIDEO, text).unwrap();
    assert_eq!(read[0][3..], texts(&["2147483647", "5", "-2147483648", "7", "2147483647"]));
    assert_eq!(read[1][3..], texts(&["2147483647", "5", "x", "-7", "2147483647"]));
    let mut source = TextRows::from_input(&VIDEO, "x", Box::new(&text[..]));
    let mut row = Row::default();
    while source.next_row(&mut row).unwrap() {}
    assert_eq!(source.cut(), 4);
    let other = rows(&BY_GENDER, b"2016-06-20\tc\tm\t2147483648\t5\n").unwrap();
    assert_eq!(other[0][3].as_deref(), Some("2147483648"), "another table leaves the row out");
}

#[test]
fn a_learner_may_be_called_none() {
    let read = rows(&ENGAGEMENT, b"c\tNone\t2016-01-01\tvideo\tinf\tviewed\tNone\nc\t\\N\td\tt\te\tv\t1\n");
    let read = read.unwrap();
    assert_eq!(read[0], texts(&["c", "None", "2016-01-01", "video", "inf", "viewed", "NULL"]));
    assert_eq!(read[1][1], None);
}

#[test]
fn misaligned_and_invalid_lines_are_named() {
    let text: &[u8] = b"a\tb\tc\t1\t2\na\tb\na\t\xff\tc\t1\t2\n\nd\te\tf\t1\t2\n";
    let mut source = TextRows::from_input(&BY_GENDER, "part-00000", Box::new(text));
    let (mut row, mut seen) = (Row::default(), Vec::new());
    while source.next_row(&mut row).unwrap() {
        seen.push((source.place(), row.misfit().map(|(misfit, told)| (misfit, told.to_owned())), row.len()));
    }
    assert_eq!(seen.iter().map(|(_, _, length)| *length).collect::<Vec<_>>(), [5, 0, 0, 0, 5]);
    let (place, found, _) = &seen[1];
    let (misfit, told) = found.as_ref().unwrap();
    assert_eq!((place.as_str(), *misfit), ("part-00000, line 2", Misfit::Misaligned));
    assert!(told.contains("the line has 2 values"), "{told}");
    let misfits: Vec<_> = seen.iter().map(|(_, found, _)| found.as_ref().map(|(misfit, _)| *misfit)).collect();
    assert_eq!(misfits[2..], [Some(Misfit::NotUtf8), Some(Misfit::Misaligned), None], "an empty line is one value");
}

#[test]
fn rows_of_another_day_are_none_of_the_slice() {
    let text: &[u8] = b"c\tu\t2016-01-01\tvideo\tv\tviewed\t1\nc\tu\t2016-01-02\tvideo\tv\tviewed\t1\nc\tu\t\\N\tvideo\tv\tviewed\t1\n";
    let found = |slice| {
        let mut source = TextRows::from_input(&ENGAGEMENT, "part-00000", Box::new(text)).only(slice);
        let (mut row, mut found) = (Row::default(), Vec::new());
        while source.next_row(&mut row).unwrap() {
            found.push(row.misfit().map(|(misfit, _)| misfit));
        }
        found
    };
    assert_eq!(found(Some(("date", "2016-01-01"))), [None, Some(Misfit::OtherDay), Some(Misfit::OtherDay)]);
    assert_eq!(found(None), [None; 3]);
}

#[test]
fn directories_are_read_by_name_without_hidden_files() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("part-2", "b"), ("part-1", "a"), ("_SUCCESS", "x"), (".crc", "x"), ("part-3", "")] {
        let line = if text.is_empty() { String::new() } else { format!("{text}\tc\tm\t1\t2\n") };
        std::fs::write(folder.path().join(name), line).unwrap();
    }
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let place = Location::from_path(folder.path()).unwrap();
    let mut source = TextRows::from_location(&BY_GENDER, &place).unwrap();
    let (mut row, mut seen) = (Row::default(), Vec::new());
    while source.next_row(&mut row).unwrap() {
        seen.extend(row.values().next().flatten().map(<[u8]>::to_vec));
    }
    assert_eq!(seen, [b"a", b"b"]);
    let missing = TextRows::from_location(&BY_GENDER, &place.join("missing")).err().unwrap();
    assert!(crate::storage::is_not_found(&missing), "{missing:#}");
}

proptest! {
    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut source = TextRows::from_input(&BY_GENDER, "x", Box::new(std::io::Cursor::new(bytes)));
        let mut row = Row::default();
        while let Ok(true) = source.next_row(&mut row) {
            prop_assert_eq!(row.len() == 5, row.misfit().is_none());
        }
    }
}
