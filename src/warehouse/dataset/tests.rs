//! Paths and the rules of completeness.

use super::*;
use crate::storage::write_bytes;
use crate::warehouse::commit::SuccessMarker;
use crate::warehouse::marker::write_marker;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dataset() -> (tempfile::TempDir, Dataset) {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap();
    let dataset = Dataset::new(&root, "video_viewing_by_date").unwrap();
    (directory, dataset)
}

#[test]
fn paths_have_exactly_one_slash_between_parts() {
    for warehouse in ["hdfs://localhost:9000/warehouse/", "hdfs://localhost:9000/warehouse"] {
        let dataset = Dataset::new(&warehouse.parse().unwrap(), "calendar").unwrap();
        let interval = dataset.partition("date_interval", "2012-01-01-2020-01-01").unwrap();
        let table = "hdfs://localhost:9000/warehouse/calendar/";
        assert_eq!(dataset.whole().directory().as_str(), table);
        assert_eq!(interval.directory().as_str(), format!("{table}date_interval=2012-01-01-2020-01-01/"));
        assert_eq!(dataset.day(date("2016-01-09")).directory().as_str(), format!("{table}dt=2016-01-09/"));
    }
    let root: Location = "/w".parse().unwrap();
    for name in ["", "..", "a/b", "_x", "a\n"] {
        assert!(Dataset::new(&root, name).is_err(), "{name:?}");
        assert!(Dataset::new(&root, "t").unwrap().partition("dt", name).is_err(), "{name:?}");
    }
}

#[test]
fn each_rule_of_completeness() {
    let (directory, dataset) = dataset();
    let day = dataset.day(date("2016-01-01"));
    let root = Location::from_path(directory.path()).unwrap().join("marker");
    let task = Completeness::TaskMarker { root: root.clone(), identity: "task 2016".to_owned() };
    let rules = [Completeness::SuccessMarker, Completeness::DirectoryExists, Completeness::DataFile, task];
    let complete = || rules.clone().map(|rule| day.is_complete(&rule).unwrap());
    assert_eq!(complete(), [false, false, false, false]);
    write_bytes(&day.directory().join("_temporary/x"), b"").unwrap();
    assert_eq!(complete(), [false, true, false, false]);
    write_bytes(&day.directory().join("_SUCCESS"), b"").unwrap();
    assert_eq!(complete(), [true, true, false, false]);
    // A day without events has an empty file.
    write_bytes(&day.directory().join("video_viewing_2016-01-01"), b"").unwrap();
    assert_eq!(complete(), [true, true, true, false]);
    write_marker(&task_marker_directory(&root, "task 2016"), &RunId::generate()).unwrap();
    assert_eq!(complete(), [true, true, true, true]);
    assert_eq!(day.data_files().unwrap().len(), 1);
}

#[test]
fn days_that_are_missing_are_found_and_written() {
    let (_directory, dataset) = dataset();
    let rule = Completeness::SuccessMarker;
    let missing = || dataset.incomplete_days(date("2015-12-30"), date("2016-01-02"), &rule).unwrap();
    let lock = dataset.lock(&RunId::generate(), "test").unwrap();
    assert!(dataset.lock(&RunId::generate(), "other").is_err());
    dataset.day(date("2015-12-31")).stage(&lock).unwrap().commit(SuccessMarker::Write).unwrap();
    let staged = dataset.day(date("2016-01-01")).stage(&lock).unwrap();
    assert_eq!(missing(), [date("2015-12-30"), date("2016-01-01")]);
    assert_eq!(dataset.partition_values(DATE_KEY).unwrap(), ["2015-12-31"]);
    staged.commit(SuccessMarker::Write).unwrap();
    assert_eq!(missing(), [date("2015-12-30")]);
    dataset.day(date("2015-12-31")).remove(&lock).unwrap();
    assert_eq!(missing().len(), 2);
    assert!(dataset.incomplete_days(date("2016-01-02"), date("2016-01-01"), &rule).unwrap().is_empty());
}

#[test]
fn a_table_without_partitions_is_staged_beside_itself() {
    let (_directory, dataset) = dataset();
    let lock = dataset.lock(&RunId::generate(), "test").unwrap();
    let whole = dataset.whole();
    whole.stage(&lock).unwrap().commit(SuccessMarker::Write).unwrap();
    assert!(whole.is_complete(&Completeness::SuccessMarker).unwrap());
    assert!(whole.data_files().unwrap().is_empty());
}

#[test]
fn taking_the_lock_clears_what_dead_runs_left() {
    let (_directory, dataset) = dataset();
    let left = format!(".dt=2016-01-01.staging-{}/part", RunId::generate());
    write_bytes(&dataset.directory().join(&left), b"half").unwrap();
    let _lock = dataset.lock(&RunId::generate(), "test").unwrap();
    assert!(store_for(dataset.directory()).unwrap().list(dataset.directory()).unwrap().is_empty());
}
