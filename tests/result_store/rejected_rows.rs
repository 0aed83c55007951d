//! Rows that a table cannot hold: they are left out and told, until they are too many.

use insights_pipeline::stores::fit::Misfit;
use insights_pipeline::stores::rejected::MaxRejected;
use insights_pipeline::stores::rows::TextRows;
use insights_pipeline::stores::{LoadMode, LoadRequest};
use insights_pipeline::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use insights_pipeline::workflows::user_activity::tables::COURSE_ACTIVITY;
use insights_pipeline::workflows::video::tables::VIDEO_TIMELINE;

use crate::fixture::{Fixture, GOOD, Reader, lines, timeline, with_value};

pub(crate) fn rows_that_do_not_fit_are_left_out(fixture: &Fixture) {
    let table = &ANSWER_DISTRIBUTION;
    let long = "x".repeat(256);
    let bad_values: [(usize, &str, Misfit); 13] = [
        (0, &long, Misfit::TooLong),
        (0, "\\N", Misfit::Null),
        (3, "x", Misfit::NotANumber),
        (3, "", Misfit::NotANumber),
        (3, "200", Misfit::OutOfRange),
        (4, "2147483648", Misfit::OutOfRange),
        (5, "1 2", Misfit::NotANumber),
        (6, &long, Misfit::TooLong),
        (8, "nan", Misfit::NotANumber),
        (8, "1e999", Misfit::OutOfRange),
        (9, "one", Misfit::NotANumber),
        (4, "None", Misfit::Null),
        (4, "\u{1b}[2J", Misfit::NotANumber),
    ];
    let mut all = GOOD.repeat(120);
    for (column, value, _) in bad_values {
        all.push_str(&with_value(column, value));
        all.push_str(GOOD);
    }
    for mode in [LoadMode::Append, LoadMode::Overwrite, LoadMode::OverwriteBySwap] {
        let report = fixture.load(table, "new", mode, &all).unwrap();
        assert_eq!((report.rows, report.rejected.rows(), report.rejected.read), (133, 13, 146));
        assert_eq!(report.rejected.reasons[&Misfit::TooLong], 2);
        assert_eq!(report.rejected.reasons[&Misfit::Null], 2);
        assert_eq!(report.rejected.named.len(), 3);
        let named = &report.rejected.named[0];
        assert!(named.starts_with("part-00000, line 121: course_id (VARCHAR(255)) \"xxxx") && named.len() < 120, "{named}");
        assert_eq!(fixture.query("SELECT count(*) FROM answer_distribution"), [[Some("133".into())]]);
        assert_eq!(fixture.markers(), ["new"]);
    }
    for (column, value, misfit) in bad_values {
        let text = format!("{GOOD}{}", with_value(column, value));
        let report = fixture.load(table, "one", LoadMode::Overwrite, &text).unwrap();
        assert_eq!(report.rejected.reasons.into_iter().collect::<Vec<_>>(), [(misfit, 1)], "{value:?}");
        assert!(report.rejected.named[0].contains(table.columns[column].name) && !report.rejected.named[0].contains('\u{1b}'));
    }
    let dates = "c\t2016-02-30 00:00:00\t2016-01-11 00:00:00\tACTIVE\t1\nc\t2016-02-29\t2016-03-07\tinf\t1\n";
    let report = fixture.load(&COURSE_ACTIVITY, "1", LoadMode::Append, dates).unwrap();
    assert_eq!(report.rejected.reasons.into_iter().collect::<Vec<_>>(), [(Misfit::NotATime, 1)]);
    assert_eq!(fixture.query("SELECT label FROM course_activity"), [[Some("inf".into())]], "a text that takes no NULL keeps the word");
}

pub(crate) fn bad_lines_are_left_out(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    // Far enough into the input that rows are on their way to the server already.
    let text = format!("{}c|v\t1\n\n{}", timeline(0..40_000), timeline(40_000..40_002));
    for mode in [LoadMode::Append, LoadMode::Overwrite, LoadMode::OverwriteBySwap] {
        let report = fixture.load(table, "new", mode, &text).unwrap();
        assert_eq!((report.rows, report.rejected.rows()), (40_002, 2));
        let told = report.rejected.told();
        assert!(told.contains("part-00000, line 40001: misaligned data: the line has 2 values"), "{told}");
        assert_eq!(fixture.segments().len(), 40_002);
    }
    let bytes = TextRows::from_input(table, "x", Box::new(&b"c|\xff\t1\t1\t1\nc|v\t7\t1\t1\n"[..]));
    let request = LoadRequest { bulk: fixture.bulk, mode: LoadMode::Overwrite, ..LoadRequest::new(table, "bytes") };
    let report = fixture.store.load(&request, &mut { bytes }).unwrap();
    assert_eq!(report.rejected.reasons.into_iter().collect::<Vec<_>>(), [(Misfit::NotUtf8, 1)]);
    assert_eq!(fixture.segments(), ["7"]);
}

pub(crate) fn too_many_bad_rows_stop_the_load(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    fixture.load(table, "old", LoadMode::Append, &timeline(0..2)).unwrap();
    let bad = |rows: usize| "c|v\tx\t1\t2\n".repeat(rows);
    for mode in [LoadMode::Append, LoadMode::Overwrite, LoadMode::OverwriteBySwap] {
        let text = format!("{}{}", timeline(0..5000), bad(101));
        let error = format!("{:#}", fixture.load(table, "new", mode, &text).unwrap_err());
        assert!(
            error.contains("101 of 5101 rows were left out: not a number (101)") && error.contains("max_rejected of [load]"),
            "{error}"
        );
        assert_eq!((fixture.segments(), fixture.markers()), (vec!["0".to_owned(), "1".to_owned()], vec!["old".to_owned()]));
    }
    // One in a hundred of many rows is more than a hundred.
    let text = format!("{}{}", timeline(0..11_000), bad(101));
    assert_eq!(fixture.load(table, "many", LoadMode::Overwrite, &text).unwrap().rejected.rows(), 101);
    let strict = LoadRequest { bulk: fixture.bulk, max_rejected: MaxRejected::Rows(0), ..LoadRequest::new(table, "strict") };
    assert!(fixture.store.load(&strict, &mut lines(table, &bad(1))).is_err());
    // A table of which nothing fits is not emptied.
    let error = fixture.load(table, "none", LoadMode::Overwrite, &bad(1)).unwrap_err().to_string();
    assert!(error.contains("empty result set: no row of part-00000 fits"), "{error}");
    assert_eq!(fixture.segments().len(), 11_000);
}

/// The pipeline makes no unique keys, but an operator may have: rows that differ in case only are one there.
pub(crate) fn duplicates_of_a_foreign_key_are_left_out(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    fixture.store.create_table(table).unwrap();
    fixture.query("CREATE UNIQUE INDEX once ON video_timeline (pipeline_video_id, segment)");
    let differing = match fixture.reader {
        Reader::Mysql(..) => "C|V\t1\t9\t9\n",
        Reader::Sqlite(_) => "c|v\t1\t9\t9\n",
    };
    let text = format!("c|v\t1\t1\t1\n{differing}c|v\t2\t1\t1\n");
    for mode in [LoadMode::Append, LoadMode::Overwrite, LoadMode::OverwriteBySwap] {
        let report = fixture.load(table, "new", mode, &text).unwrap();
        assert_eq!((report.rows, report.rejected.reasons.get(&Misfit::Duplicate).copied()), (2, Some(1)), "{mode:?}");
        assert_eq!(fixture.segments(), ["1", "2"]);
        assert!(report.rejected.told().contains("unique key"), "{}", report.rejected.told());
    }
}
