//! A value has one meaning, whatever the store and however rows reach it: what a store would read in its own way is rewritten or left out.

use insights_pipeline::stores::rejected::MaxRejected;
use insights_pipeline::stores::table::Table;
use insights_pipeline::stores::{LoadMode, LoadRequest};
use insights_pipeline::workflows::module_engagement::tables::{MODULE_ENGAGEMENT, MODULE_ENGAGEMENT_METRIC_RANGES};
use insights_pipeline::workflows::user_activity::tables::COURSE_ACTIVITY;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::fixture::{Fixture, lines, mysql_by_inserts, mysql_by_stream, sqlite};

const INTEGERS: [(&str, Option<&str>); 22] = [
    ("7", Some("7")),
    ("+7", Some("7")),
    (" 7 ", Some("7")),
    ("-0", Some("0")),
    ("2.5", Some("3")),
    ("-2.5", Some("-3")),
    ("0.49999999999999999999", Some("0")),
    ("1.4999999999999999999999999", Some("1")),
    ("1e-400", Some("0")),
    ("1E-99999999999999", Some("0")),
    ("0e999", Some("0")),
    ("0e99999999999999999999", Some("0")),
    ("1e3", Some("1000")),
    ("21474836470e-1", Some("2147483647")),
    ("2147483647.4999999999", Some("2147483647")),
    ("2147483647.5", None),
    ("-2147483648.5", None),
    ("1e99999999999999999999", None),
    ("1e", None),
    ("7\u{a0}", None),
    ("0x10", None),
    ("1e5.5", None),
];

const TIMES: [(&str, Option<&str>); 20] = [
    ("2020-01-01", Some("2020-01-01 00:00:00")),
    ("2020-1-1 1:2:3", Some("2020-01-01 01:02:03")),
    (" 2020-01-01", Some("2020-01-01 00:00:00")),
    ("2020-01-01T10:00:00", Some("2020-01-01 10:00:00")),
    ("2020-01-01 10:00:00.5", Some("2020-01-01 10:00:01")),
    ("2020-01-01 10:00:00.499999999999", Some("2020-01-01 10:00:00")),
    ("2020-12-31 23:59:59.999999", Some("2021-01-01 00:00:00")),
    ("9999-12-31 23:59:59.5", None),
    ("20-01-01", None),
    ("70-01-01", None),
    ("0000-01-01", None),
    ("0000-12-31 23:59:59.7", None),
    ("2020- 1-01", None),
    ("2020-01-01\u{a0}10:00:00", None),
    ("2020-01-01 10: 0:00", None),
    ("2020-01-01 10:00:60", None),
    ("2020-01-01 10:00", None),
    ("2020-02-30", None),
    ("2020/01/01", None),
    ("20200101", None),
];

const DAYS: [(&str, Option<&str>); 8] = [
    ("2020-02-29", Some("2020-02-29")),
    ("2020-1-1", Some("2020-01-01")),
    ("2020-01-01 23:59:59.9", Some("2020-01-01")),
    ("9999-12-31", Some("9999-12-31")),
    ("20-01-01", None),
    ("0000-02-29", None),
    ("2020- 1-01", None),
    ("1900-02-29", None),
];

const SINGLES: [(&str, Option<&str>); 12] = [
    ("0.5", Some("0.5")),
    ("+.5", Some("0.5")),
    ("25e-2", Some("0.25")),
    ("-0.0", Some("0")),
    ("1e-400", Some("0")),
    ("0e99999999999999999999", Some("0")),
    ("3.4028235e38", None),
    ("-3.4028235e38", None),
    ("3.40282347e38", None),
    ("3.4028235677973366e38", None),
    ("3.40282356e38", None),
    ("1e39", None),
];

/// Loads a row for each text, which stands between the two parts of a line, and gives what the column holds for each.
fn held(fixture: &Fixture, table: &Table, column: &str, parts: [&str; 2], texts: &[&str]) -> Vec<Option<String>> {
    let rows: String = (0..).zip(texts).map(|(number, text)| format!("{number}{}{text}{}\n", parts[0], parts[1])).collect();
    let request = LoadRequest {
        mode: LoadMode::Overwrite,
        bulk: fixture.bulk,
        allow_empty: true,
        max_rejected: MaxRejected::Rows(u64::MAX),
        ..LoadRequest::new(table, "notations")
    };
    let report = fixture.store.load(&request, &mut lines(table, &rows)).unwrap();
    let loaded = fixture.query(&format!("SELECT course_id, {column} FROM {}", table.name));
    assert_eq!((loaded.len() as u64, report.rejected.read), (report.rows, texts.len() as u64));
    let mut held = vec![None; texts.len()];
    for row in loaded {
        let [Some(number), value] = row.as_slice() else { panic!("{row:?}") };
        held[number.parse::<usize>().unwrap()].clone_from(value);
    }
    held
}

fn each_is(fixture: &Fixture, table: &Table, column: &str, parts: [&str; 2], expected: &[(&str, Option<&str>)]) {
    let (texts, values): (Vec<_>, Vec<_>) = expected.iter().copied().unzip();
    for ((text, value), held) in texts.iter().zip(values).zip(held(fixture, table, column, parts, &texts)) {
        assert_eq!(held.as_deref(), value, "{column} of {text:?}");
    }
}

const COUNT: [&str; 2] = ["\tu\t2020-01-01\tvideo\tv\tviewed\t", ""];
const DAY: [&str; 2] = ["\tu\t", "\tvideo\tv\tviewed\t1"];
const TIME: [&str; 2] = ["\t", "\t2020-01-08\tACTIVE\t1"];

pub(crate) fn notations_have_one_meaning(fixture: &Fixture) {
    each_is(fixture, &MODULE_ENGAGEMENT, "count", COUNT, &INTEGERS);
    each_is(fixture, &MODULE_ENGAGEMENT, "date", DAY, &DAYS);
    each_is(fixture, &COURSE_ACTIVITY, "interval_start", TIME, &TIMES);
    let single = ["\t2020-01-01\t2020-01-08\tm\tlow\t", "\t1"];
    each_is(fixture, &MODULE_ENGAGEMENT_METRIC_RANGES, "low_value", single, &SINGLES);
}

#[test]
fn stores_agree_on_any_notation() {
    let stores = [sqlite(), mysql_by_inserts(), mysql_by_stream()];
    let mut runner = TestRunner::deterministic();
    let mut some = |pattern: &str| -> Vec<String> {
        let strategy = proptest::string::string_regex(pattern).unwrap();
        (0..1500).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
    };
    let numbers = some("[ +-]?[0-9]{0,12}[.]?[0-9]{0,25}([eE][+-]?[0-9]{0,3})?[ ]?");
    let days = some("[ ]?[0-9]{1,4}-[0-9 ]{1,2}-[0-3]?[0-9]");
    let times = some("2020-[01][0-9]-[0-3][0-9][ T]?[0-9]{0,2}:[0-9]{1,2}:[0-9]{1,2}([.][0-9]{0,12})?[ Z]?");
    for (table, column, parts, texts) in [
        (&MODULE_ENGAGEMENT, "count", COUNT, &numbers),
        (&MODULE_ENGAGEMENT, "date", DAY, &days),
        (&COURSE_ACTIVITY, "interval_start", TIME, &times),
    ] {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let [one, others @ ..] = &stores;
        let expected = held(one, table, column, parts, &texts);
        let loaded = expected.iter().flatten().count();
        assert!((50..texts.len()).contains(&loaded), "{loaded} of {column} are loaded");
        for other in others {
            for ((text, expected), held) in texts.iter().zip(&expected).zip(held(other, table, column, parts, &texts)) {
                assert_eq!(&held, expected, "{column} of {text:?}");
            }
        }
    }
}
