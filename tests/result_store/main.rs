//! The contract of result stores (`stores::ResultStore`): one suite for MySQL by both of its paths and for SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::format_collect)] // only tests use it
// needs: mariadb
mod fixture;
mod notations;
mod rejected_rows;
mod server_tables;
#[path = "../servers/mod.rs"]
mod servers;

use insights_pipeline::stores::marker_table::MarkerTable;
use insights_pipeline::stores::mysql::MysqlStore;
use insights_pipeline::stores::sqlite::SqliteStore;
use insights_pipeline::stores::{LoadMode, LoadRequest, ResultStore};
use insights_pipeline::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use insights_pipeline::workflows::module_engagement::tables::{MODULE_ENGAGEMENT, MODULE_ENGAGEMENT_METRIC_RANGES};
use insights_pipeline::workflows::user_activity::tables::COURSE_ACTIVITY;
use insights_pipeline::workflows::video::tables::VIDEO_TIMELINE;

use fixture::{Fixture, Reader, Values, lines, mysql_by_inserts, mysql_by_stream, sqlite, timeline};
use notations::notations_have_one_meaning;
use rejected_rows::{
    bad_lines_are_left_out, duplicates_of_a_foreign_key_are_left_out, rows_that_do_not_fit_are_left_out, too_many_bad_rows_stop_the_load,
};

fn nothing_exists_before_the_first_load(fixture: &Fixture) {
    assert!(!fixture.store.is_complete(&VIDEO_TIMELINE, "1").unwrap());
    fixture.store.create_table(&VIDEO_TIMELINE).unwrap();
    fixture.store.create_table(&VIDEO_TIMELINE).unwrap();
    assert!(fixture.segments().is_empty() && fixture.markers().is_empty());
    assert!(!fixture.store.is_complete(&VIDEO_TIMELINE, "1").unwrap());
}

fn appends_once_per_update_id(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    let first = fixture.load(table, "1", LoadMode::Append, &timeline(0..3)).unwrap();
    assert_eq!((first.rows, first.skipped), (3, false));
    let again = fixture.load(table, "1", LoadMode::Append, &timeline(0..3)).unwrap();
    assert_eq!((again.rows, again.skipped), (0, true));
    assert!(again.since.is_some_and(|since| since.starts_with("20") && since.len() >= 19), "the time of the first load is told");
    fixture.load(table, "2", LoadMode::Append, &timeline(7..8)).unwrap();
    assert_eq!(fixture.segments(), ["0", "1", "2", "7"]);
    assert_eq!(fixture.markers(), ["1", "2"]);
    assert!(fixture.store.is_complete(table, "2").unwrap());
    assert!(fixture.load(table, "3", LoadMode::Append, "").is_ok(), "an empty append is a success");
    assert!(fixture.store.is_complete(table, "3").unwrap());
}

/// Who drops a table to have it made anew gets its rows.
fn a_dropped_table_is_loaded_again(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    let activity = "c\t2016-01-04 00:00:00\t2016-01-11 00:00:00\tACTIVE\t1\n";
    fixture.load(&COURSE_ACTIVITY, "other", LoadMode::Append, activity).unwrap();
    for create_first in [false, true] {
        fixture.load(table, "1", LoadMode::Append, &timeline(0..3)).unwrap();
        fixture.query("DROP TABLE video_timeline");
        assert!(!fixture.store.is_complete(table, "1").unwrap());
        assert_eq!(fixture.store.markers(table).unwrap(), [""; 0]);
        if create_first {
            fixture.store.create_table(table).unwrap();
        }
        let report = fixture.load(table, "1", LoadMode::Append, &timeline(0..3)).unwrap();
        assert_eq!((report.rows, report.skipped), (3, false), "{create_first}");
        assert!(fixture.store.is_complete(table, "1").unwrap() && fixture.store.is_complete(&COURSE_ACTIVITY, "other").unwrap());
        assert_eq!((fixture.segments().len(), fixture.markers()), (3, vec!["1".to_owned(), "other".to_owned()]));
    }
}

fn overwrites_the_table_and_its_markers(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    let activity = "c\t2016-01-04 00:00:00\t2016-01-11 00:00:00\tACTIVE\t1\n";
    fixture.load(&COURSE_ACTIVITY, "other", LoadMode::Append, activity).unwrap();
    fixture.load(table, "1", LoadMode::Append, &timeline(0..3)).unwrap();
    for (mode, segment, first_id) in [(LoadMode::Overwrite, 5, "4"), (LoadMode::OverwriteBySwap, 6, "1")] {
        let text = timeline(segment..segment + 1);
        fixture.load(table, "2", mode, &text).unwrap();
        let report = fixture.load(table, "2", mode, &text).unwrap();
        assert_eq!((report.rows, report.skipped), (1, false), "overwriting always runs");
        assert_eq!(report.notices, Vec::<String>::new());
        assert_eq!(fixture.segments(), [segment.to_string()]);
        assert_eq!(fixture.markers(), ["2", "other"]);
        let ids: Vec<String> = fixture.query("SELECT id FROM video_timeline").into_iter().flatten().flatten().collect();
        // Deleting keeps counting (the second load came after one more row), a swap starts again.
        let expected = if first_id == "4" { "5" } else { "1" };
        assert_eq!(ids, [expected]);
    }
    assert_eq!(fixture.query("SELECT count(*) FROM course_activity"), [[Some("1".into())]]);
}

fn overwrites_one_day_of_engagement(fixture: &Fixture) {
    let table = &MODULE_ENGAGEMENT;
    let day = |date: &str, count: u32| format!("c\tNone\t{date}\tvideo\ti4x\tviewed\t{count}\n");
    for date in ["2016-01-01", "2016-01-02"] {
        fixture.load(table, date, LoadMode::Append, &day(date, 1)).unwrap();
    }
    let slice = LoadMode::OverwriteSlice { column: "date", value: "2016-01-02" };
    fixture.load(table, "2016-01-02", slice, &day("2016-01-02", 9)).unwrap();
    assert_eq!(fixture.markers(), ["2016-01-01", "2016-01-02"]);
    let rows = fixture.query("SELECT username, date, count FROM module_engagement ORDER BY date");
    let texts: Vec<_> = rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(texts, ["None 2016-01-01 1", "None 2016-01-02 9"]);
    assert!(fixture.load(table, "2016-01-02", slice, "").is_err(), "a quiet day is an error");
    assert_eq!(fixture.query("SELECT count(*) FROM module_engagement"), [[Some("2".into())]]);
    // In a history a day may be as empty as it was, and no emptier.
    let history = |date: &'static str| {
        let mode = LoadMode::OverwriteSlice { column: "date", value: date };
        let request = LoadRequest { mode, allow_empty_slice: true, bulk: fixture.bulk, ..LoadRequest::new(table, date) };
        fixture.store.load(&request, &mut lines(table, "")).map(|report| report.rows)
    };
    let error = history("2016-01-02").unwrap_err().to_string();
    assert!(error.contains("Cannot overwrite the table module_engagement with an empty result set"), "{error}");
    assert_eq!(history("2016-01-03").unwrap(), 0);
    assert_eq!(fixture.query("SELECT count(*) FROM module_engagement"), [[Some("2".into())]]);
    assert_eq!(fixture.markers(), ["2016-01-01", "2016-01-02", "2016-01-03"]);
    let unknown = LoadMode::OverwriteSlice { column: "day", value: "x" };
    assert!(fixture.load(table, "x", unknown, "").is_err());
}

fn refuses_to_overwrite_with_nothing(fixture: &Fixture) {
    let table = &VIDEO_TIMELINE;
    fixture.load(table, "1", LoadMode::Append, &timeline(0..2)).unwrap();
    for mode in [LoadMode::Overwrite, LoadMode::OverwriteBySwap] {
        let error = fixture.load(table, "2", mode, "").unwrap_err().to_string();
        assert!(error.contains("Cannot overwrite the table video_timeline with an empty result set"), "{error}");
        assert_eq!(fixture.segments(), ["0", "1"]);
        assert_eq!(fixture.markers(), ["1"]);
    }
    let request = LoadRequest { mode: LoadMode::Overwrite, allow_empty: true, ..LoadRequest::new(table, "2") };
    assert_eq!(fixture.store.load(&request, &mut lines(table, "")).unwrap().rows, 0);
    assert!(fixture.segments().is_empty());
    assert_eq!(fixture.markers(), ["2"]);
}

fn keeps_every_text_as_it_is(fixture: &Fixture) {
    let texts =
        ["", " ", "a\tb", "line\nend\r\n", "back\\slash \\N", "\\", "quote ' \" `", "naïve – 日本語 😀", "%_;--", "\u{0}nul\u{0}", "NULL"];
    let mut given = Vec::new();
    for text in texts.map(Some).into_iter().chain([None]) {
        let counted = [Some("c"), Some("m"), Some("p"), Some("1"), Some("3"), Some("2")];
        given.push([&counted[..], &[text, text, Some("-1.5e3"), Some("7"), text, None]].concat());
    }
    let request = LoadRequest { bulk: fixture.bulk, ..LoadRequest::new(&ANSWER_DISTRIBUTION, "1") };
    fixture.store.load(&request, &mut Values(given.into_iter())).unwrap();
    let rows = fixture.query(
        "SELECT value_id, answer_value_text, problem_display_name, answer_value_numeric, variant, question_text, correct \
         FROM answer_distribution ORDER BY id",
    );
    for (row, text) in rows.iter().zip(texts.map(Some).into_iter().chain([None])) {
        for stored in &row[..3] {
            assert_eq!(stored.as_deref(), text);
        }
        assert_eq!(row[3..], [Some("-1500".into()), Some("7".into()), None, Some("1".into())]);
    }
    assert_eq!(rows.len(), texts.len() + 1);
}

fn converts_dates_and_numbers(fixture: &Fixture) {
    let activity = "c\t2016-01-04 00:00:00.600000\t2016-01-11\tACTIVE\tinf\n";
    fixture.load(&COURSE_ACTIVITY, "1", LoadMode::Append, activity).unwrap();
    let row = fixture.query("SELECT interval_end, label, count FROM course_activity");
    assert_eq!(row, [[Some("2016-01-11 00:00:00".into()), Some("ACTIVE".into()), None]]);
    let ranges = "c\t2016-01-01\t2016-01-08\tm\thigh\t0.3999999999999999\tinf\n";
    fixture.load(&MODULE_ENGAGEMENT_METRIC_RANGES, "2", LoadMode::Append, ranges).unwrap();
    let row = fixture.query("SELECT start_date, low_value, high_value FROM module_engagement_metric_ranges");
    assert_eq!(row, [[Some("2016-01-01".into()), Some("0.4".into()), None]], "single precision");
}

/// Without such a key they are all rows, as always.
fn texts_that_differ_in_case_are_different_rows(fixture: &Fixture) {
    let text = "c|v\t1\t1\t1\nC|V\t1\t2\t2\nc|v \t1\t3\t3\n";
    let report = fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Append, text).unwrap();
    assert_eq!((report.rows, report.rejected.rows()), (3, 0));
}

fn many_rows_in_order(fixture: &Fixture) {
    let report = fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Append, &timeline(0..50_001)).unwrap();
    assert_eq!(report.rows, 50_001);
    assert!(report.seconds > 0.0);
    let expected: Vec<String> = (0..50_001).map(|segment| segment.to_string()).collect();
    assert!(fixture.segments() == expected);
}

fn created_is_the_time_of_the_insert(fixture: &Fixture) {
    fixture.load(&VIDEO_TIMELINE, "1", LoadMode::OverwriteBySwap, &timeline(0..1)).unwrap();
    let seconds = match fixture.reader {
        Reader::Mysql(..) => "SELECT TIMESTAMPDIFF(SECOND, created, NOW()) FROM video_timeline",
        Reader::Sqlite(_) => "SELECT strftime('%s', 'now') - strftime('%s', created) FROM video_timeline",
    };
    let age: i64 = fixture.query(seconds)[0][0].as_ref().unwrap().parse().unwrap();
    assert!((0..30).contains(&age), "{age}");
}

fn impossible_requests_are_refused(fixture: &Fixture) {
    let long = "x".repeat(129);
    for id in ["", &long] {
        assert!(fixture.load(&VIDEO_TIMELINE, id, LoadMode::Append, "").is_err());
    }
    let request = LoadRequest { insert_chunk_size: 0, ..LoadRequest::new(&VIDEO_TIMELINE, "1") };
    assert!(fixture.store.load(&request, &mut lines(&VIDEO_TIMELINE, "")).is_err());
}

macro_rules! contract {
    ($($store:ident: $($case:ident)*;)*) => {$(
        mod $store {
            $(#[test] fn $case() { super::$case(&super::$store()); })*
        }
    )*};
}

macro_rules! contract_of {
    ($($store:ident)*) => {
        contract! {$($store:
            nothing_exists_before_the_first_load
            appends_once_per_update_id
            a_dropped_table_is_loaded_again
            overwrites_the_table_and_its_markers
            overwrites_one_day_of_engagement
            refuses_to_overwrite_with_nothing
            keeps_every_text_as_it_is
            converts_dates_and_numbers
            notations_have_one_meaning
            rows_that_do_not_fit_are_left_out
            bad_lines_are_left_out
            too_many_bad_rows_stop_the_load
            duplicates_of_a_foreign_key_are_left_out
            texts_that_differ_in_case_are_different_rows
            many_rows_in_order
            created_is_the_time_of_the_insert
            impossible_requests_are_refused;
        )*}
    };
}

contract_of!(mysql_by_stream mysql_by_inserts sqlite);

#[test]
fn the_marker_table_may_have_another_name() {
    for plain in [mysql_by_inserts(), sqlite()] {
        let markers: MarkerTable = "my_updates".parse().unwrap();
        let store: Box<dyn ResultStore> = match &plain.reader {
            Reader::Mysql(server, database) => Box::new(MysqlStore::new(server.target(database)).with_marker_table(markers)),
            Reader::Sqlite(folder) => Box::new(SqliteStore::new(&folder.path().join("reports.sqlite")).with_marker_table(markers)),
        };
        // The first store's marker table stays empty beside it.
        plain.store.create_table(&VIDEO_TIMELINE).unwrap();
        let fixture = Fixture { store, ..plain };
        let marked = || fixture.query("SELECT update_id FROM my_updates").into_iter().flatten().flatten().collect::<Vec<_>>();
        fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Append, &timeline(0..2)).unwrap();
        assert!(fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Append, &timeline(0..2)).unwrap().skipped);
        assert!(fixture.store.is_complete(&VIDEO_TIMELINE, "1").unwrap());
        assert_eq!((marked(), fixture.segments()), (vec!["1".to_owned()], vec!["0".to_owned(), "1".to_owned()]));
        fixture.load(&VIDEO_TIMELINE, "2", LoadMode::Overwrite, &timeline(5..6)).unwrap();
        assert_eq!((marked(), fixture.segments(), fixture.markers()), (vec!["2".to_owned()], vec!["5".to_owned()], Vec::new()));
    }
}
