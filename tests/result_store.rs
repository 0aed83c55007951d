//! The contract of result stores (`stores::ResultStore`): one suite for MySQL by both of its paths and for SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::format_collect)] // only tests use it
// needs: mariadb
mod servers;

use anyhow::Result;
use insights_pipeline::stores::fit::Misfit;
use insights_pipeline::stores::marker_table::MarkerTable;
use insights_pipeline::stores::mysql::MysqlStore;
use insights_pipeline::stores::rejected::MaxRejected;
use insights_pipeline::stores::rows::{Row, RowSource, TextRows};
use insights_pipeline::stores::sqlite::SqliteStore;
use insights_pipeline::stores::table::Table;
use insights_pipeline::stores::{LoadMode, LoadReport, LoadRequest, ResultStore};
use insights_pipeline::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;
use insights_pipeline::workflows::module_engagement::tables::{MODULE_ENGAGEMENT, MODULE_ENGAGEMENT_METRIC_RANGES};
use insights_pipeline::workflows::user_activity::tables::COURSE_ACTIVITY;
use insights_pipeline::workflows::video::tables::VIDEO_TIMELINE;
use mysql::prelude::Queryable;
use servers::{MariaDb, Texts};
use std::sync::Arc;
use tempfile::TempDir;

/// A store, and a way to look into it that is not the store's.
struct Fixture {
    store: Box<dyn ResultStore>,
    reader: Reader,
    bulk: bool,
}

enum Reader {
    Mysql(Arc<MariaDb>, String),
    Sqlite(TempDir),
}

fn mysql_store(bulk: bool) -> Fixture {
    let server = MariaDb::shared();
    let database = MariaDb::new_database();
    Fixture { store: Box::new(MysqlStore::new(server.target(&database))), reader: Reader::Mysql(server, database), bulk }
}

fn mysql_by_stream() -> Fixture {
    mysql_store(true)
}

fn mysql_by_inserts() -> Fixture {
    mysql_store(false)
}

fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    Fixture { store: Box::new(SqliteStore::new(&folder.path().join("reports.sqlite"))), reader: Reader::Sqlite(folder), bulk: false }
}

impl Fixture {
    fn query(&self, sql: &str) -> Texts {
        match &self.reader {
            Reader::Mysql(server, database) => {
                let mut conn = server.connect();
                conn.query_drop(format!("USE {database}")).unwrap();
                servers::query(&mut conn, sql).unwrap()
            }
            Reader::Sqlite(folder) => {
                let conn = rusqlite::Connection::open(folder.path().join("reports.sqlite")).unwrap();
                let mut statement = conn.prepare(sql).unwrap();
                let columns = statement.column_count();
                let rows = statement.query_map((), |row| {
                    let text = |value: rusqlite::types::Value| match value {
                        rusqlite::types::Value::Null => None,
                        rusqlite::types::Value::Integer(number) => Some(number.to_string()),
                        rusqlite::types::Value::Real(number) => Some(number.to_string()),
                        rusqlite::types::Value::Text(text) => Some(text),
                        rusqlite::types::Value::Blob(_) => panic!("no table has blobs"),
                    };
                    (0..columns).map(|column| row.get(column).map(text)).collect()
                });
                rows.unwrap().collect::<Result<_, _>>().unwrap()
            }
        }
    }

    fn load(&self, table: &Table, id: &str, mode: LoadMode<'_>, text: &str) -> Result<LoadReport> {
        let request = LoadRequest { mode, bulk: self.bulk, ..LoadRequest::new(table, id) };
        self.store.load(&request, &mut lines(table, text))
    }

    fn segments(&self) -> Vec<String> {
        let rows = self.query("SELECT segment FROM video_timeline ORDER BY id");
        rows.into_iter().flatten().flatten().collect()
    }

    fn markers(&self) -> Vec<String> {
        let rows = self.query("SELECT update_id FROM table_updates ORDER BY update_id");
        rows.into_iter().flatten().flatten().collect()
    }
}

fn lines<'t>(table: &'t Table, text: &str) -> TextRows<'t> {
    let text = std::io::Cursor::new(text.as_bytes().to_vec());
    TextRows::from_input(table, "part-00000", Box::new(text))
}

/// Rows of `video_timeline` with these segments.
fn timeline(segments: std::ops::Range<u32>) -> String {
    segments.map(|segment| format!("c|v\t{segment}\t1\t2\n")).collect()
}

/// Rows given as values, as a workflow with a reader of its own would.
struct Values(std::vec::IntoIter<Vec<Option<&'static str>>>);

impl RowSource for Values {
    fn next_row(&mut self, row: &mut Row) -> Result<bool> {
        row.clear();
        let Some(values) = self.0.next() else {
            return Ok(false);
        };
        for value in values {
            match value {
                None => row.push_null(),
                Some(text) => row.push(text.as_bytes()),
            }
        }
        Ok(true)
    }
}

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

/// One row of `answer_distribution` that every column can hold, and the same with one bad value.
const GOOD: &str = "c\tm\tp\t1\t1\t1\tv\tt\t1.5\t1\tn\tq\n";

fn with_value(column: usize, value: &str) -> String {
    let mut values: Vec<&str> = GOOD.trim_end().split('\t').collect();
    values[column] = value;
    values.join("\t") + "\n"
}

fn rows_that_do_not_fit_are_left_out(fixture: &Fixture) {
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

fn bad_lines_are_left_out(fixture: &Fixture) {
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

fn too_many_bad_rows_stop_the_load(fixture: &Fixture) {
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
fn duplicates_of_a_foreign_key_are_left_out(fixture: &Fixture) {
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
            overwrites_the_table_and_its_markers
            overwrites_one_day_of_engagement
            refuses_to_overwrite_with_nothing
            keeps_every_text_as_it_is
            converts_dates_and_numbers
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

/// A table that somebody made with other columns: what they hold decides, and what only the server knows is asked of it.
#[test]
fn limits_of_the_table_on_the_server_count() {
    for bulk in [true, false] {
        let fixture = mysql_store(bulk);
        fixture.store.create_table(&VIDEO_TIMELINE).unwrap();
        fixture.query("ALTER TABLE video_timeline CONVERT TO CHARACTER SET utf8mb3");
        let text = "c|日本\t1\t1\t1\nc|😀\t2\t1\t1\nc|v\t3\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "1", LoadMode::Overwrite, text).unwrap();
        assert_eq!((report.rows, report.rejected.reasons.get(&Misfit::NoSuchCharacter)), (2, Some(&1)));
        assert!(report.rejected.told().contains("CONVERT TO CHARACTER SET utf8mb4"));
        assert_eq!(fixture.segments(), ["1", "3"]);

        fixture.query("DELETE FROM video_timeline");
        fixture
            .query("ALTER TABLE video_timeline MODIFY pipeline_video_id VARCHAR(4) CHARACTER SET latin1 NOT NULL, MODIFY segment BIGINT");
        let text = "c|é\t1\t1\t1\nc|日\t2\t1\t1\nc|long\t3\t1\t1\nc|v\t3000000000\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "2", LoadMode::OverwriteBySwap, text).unwrap();
        assert_eq!(report.rejected.reasons.keys().copied().collect::<Vec<_>>(), [Misfit::TooLong, Misfit::NoSuchCharacter]);
        assert_eq!(fixture.segments(), ["1", "3000000000"]);

        // A character set and a type that are left to the server.
        fixture.query("DELETE FROM video_timeline");
        fixture
            .query("ALTER TABLE video_timeline MODIFY pipeline_video_id VARCHAR(255) CHARACTER SET gbk NOT NULL, MODIFY segment SMALLINT");
        let text = "c|日\t1\t1\t1\nc|😀\t2\t1\t1\nc|v\t70000\t1\t1\nc|v\t4\t1\t1\n";
        let report = fixture.load(&VIDEO_TIMELINE, "3", LoadMode::Overwrite, text).unwrap();
        assert_eq!(report.rejected.reasons.into_iter().collect::<Vec<_>>(), [(Misfit::Refused, 2)]);
        assert_eq!(fixture.segments(), ["1", "4"]);
    }
}

/// The mode of the server decides nothing: it would store something else than the value.
#[test]
fn a_server_that_is_not_strict_leaves_out_the_same_rows() {
    let server = MariaDb::own(&["--sql-mode="]);
    for bulk in [true, false] {
        let database = MariaDb::new_database();
        let store = MysqlStore::new(server.target(&database));
        let text = format!("{GOOD}{}{}{}", with_value(4, "x"), with_value(0, &"x".repeat(256)), with_value(0, "\\N"));
        let request = LoadRequest { bulk, ..LoadRequest::new(&ANSWER_DISTRIBUTION, "1") };
        let report = store.load(&request, &mut lines(&ANSWER_DISTRIBUTION, &text)).unwrap();
        assert_eq!((report.rows, report.rejected.rows()), (1, 3));
    }
}
