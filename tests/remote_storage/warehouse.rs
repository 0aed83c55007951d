//! Tables: staged, committed, marked, repaired after kills.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use insights_pipeline::storage::{Location, read_to_string, store_for, write_bytes};
use insights_pipeline::warehouse::RunId;
use insights_pipeline::warehouse::commit::{StagedDirectory, SuccessMarker};
use insights_pipeline::warehouse::dataset::{Completeness, Dataset};
use insights_pipeline::warehouse::lock::OutputLock;
use insights_pipeline::warehouse::marker::{has_marker, read_marker};
use insights_pipeline::warehouse::multi_output::{ReplacedUnit, StagedFiles};

use crate::{roots, servers, write_all};

const TABLE: &str = "TEST_KILLED_TABLE";
const FILES: usize = 40;

fn contents(directory: &Location) -> Vec<(String, String)> {
    let entries = store_for(directory).unwrap().list(&directory.directory_form()).unwrap();
    let shown = |place: &Location| (place.relative_to(directory).unwrap().to_owned(), read_to_string(place).unwrap());
    entries.iter().map(|entry| shown(&entry.location)).collect()
}

#[test]
fn a_table_is_staged_committed_and_replaced() {
    for root in roots() {
        let table = Dataset::new(&root.join("warehouse"), "video").unwrap();
        let lock = table.lock(&RunId::generate(), "test").unwrap();
        let (start, end) = ("2016-01-01".parse().unwrap(), "2016-01-03".parse().unwrap());
        let day = table.day(start);
        let rules = [Completeness::SuccessMarker, Completeness::DirectoryExists, Completeness::DataFile];
        assert!(rules.iter().all(|rule| !day.is_complete(rule).unwrap()));
        for text in ["old", "new"] {
            let staged = day.stage(&lock).unwrap();
            let mut file = staged.create("part-00000").unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.commit().unwrap();
            staged.commit(SuccessMarker::Write).unwrap();
            assert!(rules.iter().all(|rule| day.is_complete(rule).unwrap()), "{root}");
            assert_eq!(contents(day.directory())[1], ("part-00000".to_owned(), text.to_owned()));
            assert_eq!(read_marker(day.directory()).unwrap().unwrap().run_id.as_ref(), Some(lock.run_id()));
        }
        drop(day.stage(&lock).unwrap());
        assert_eq!(contents(day.directory())[1].1, "new");
        assert_eq!(table.incomplete_days(start, end, &Completeness::DataFile).unwrap(), [start.succ_opt().unwrap()]);
        assert_eq!(table.partition_values("dt").unwrap(), ["2016-01-01"]);
        let children = store_for(table.directory()).unwrap().children(table.directory()).unwrap();
        assert_eq!(children.len(), 1, "{children:?}");
        day.remove(&lock).unwrap();
        assert!(rules.iter().all(|rule| !day.is_complete(rule).unwrap()));
    }
}

#[test]
fn many_files_move_to_their_places_and_the_marker_comes_last() {
    for root in roots() {
        let (output, marker) = (root.join("days/"), root.join("marker/17/"));
        let lock = OutputLock::acquire(&output, &RunId::generate(), "test").unwrap();
        for (text, days) in [("old", 1..=5), ("new", 3..=7)] {
            let staged = StagedFiles::begin(&output, &marker, ReplacedUnit::Directory, &lock).unwrap();
            for day in days {
                let mut file = staged.create(&format!("dt=2016-01-0{day}/rows")).unwrap();
                file.write_all(text.as_bytes()).unwrap();
                file.commit().unwrap();
            }
            staged.commit().unwrap();
            assert!(has_marker(&marker).unwrap());
        }
        let texts: Vec<_> = contents(&output).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["old", "old", "new", "new", "new", "new", "new"], "{root}");
    }
}

#[test]
fn leftovers_of_dead_runs_are_cleared_when_the_table_is_locked() {
    for root in roots() {
        let table = Dataset::new(&root, "t").unwrap();
        let run = RunId::generate();
        let dead = [format!(".dt=1.staging-{run}"), format!(".dt=3.replaced-{run}"), format!(".dt=4.replaced-{run}")];
        for name in ["dt=3", ".hidden"].into_iter().chain(dead.iter().map(String::as_str)) {
            write_bytes(&table.directory().join(name).join("part"), name.as_bytes()).unwrap();
        }
        let _lock = table.lock(&RunId::generate(), "test").unwrap();
        let expected = [(".hidden/part", ".hidden"), ("dt=3/part", "dt=3"), ("dt=4/part", &dead[2])];
        assert_eq!(contents(table.directory()), expected.map(|(name, text)| (name.to_owned(), text.to_owned())), "{root}");
    }
}

#[test]
fn a_rename_that_s3_has_half_done_is_no_complete_directory_and_is_ended_or_undone() {
    for (phase, before, after) in [("copying", "staged", None), ("removing", "rest", Some("whole"))] {
        let root = servers::s3::new_directory("s3");
        let table = Dataset::new(&root, "t").unwrap();
        let day = table.day("2016-01-01".parse().unwrap());
        let staging = table.directory().join(&format!(".dt=2016-01-01.staging-{}/", RunId::generate()));
        write_bytes(&staging.join("part-00000"), before.as_bytes()).unwrap();
        write_bytes(&day.directory().join("part-00000"), b"whole").unwrap();
        let key = |place: &Location| place.path().trim_start_matches('/').to_owned();
        let record = format!(r#"{{"from":"{}","to":"{}","phase":"{phase}"}}"#, key(&staging), key(day.directory()));
        let record_place = table.directory().join(".rename-0123456789abcdef");
        write_bytes(&record_place, record.as_bytes()).unwrap();
        for rule in [Completeness::DirectoryExists, Completeness::DataFile] {
            assert!(!day.is_complete(&rule).unwrap(), "{phase} {rule:?}");
        }
        let lock = table.lock(&RunId::generate(), "test").unwrap();
        assert_eq!(contents(day.directory()).first().map(|(_, text)| text.as_str()), after, "{phase}");
        assert_eq!(day.is_complete(&Completeness::DataFile).unwrap(), after.is_some(), "{phase}");
        assert!(!store_for(&staging).unwrap().exists(&staging).unwrap(), "{phase}");
        assert_eq!(store_for(&root).unwrap().entry(&record_place).unwrap(), None, "{phase}");
        drop(lock);
    }
}

fn day_of(table: &Location, text: &str, lock: &OutputLock) -> StagedDirectory {
    let staged = StagedDirectory::begin(&table.join("dt=2016-01-01/"), lock).unwrap();
    let files = (0..FILES).map(|number| (staged.directory().join(&format!("part-{number:05}")), text.as_bytes().to_vec()));
    write_all(&files.collect::<Vec<_>>());
    staged
}

#[test]
#[ignore = "another test runs it as a process of its own and kills it"]
fn replaces_a_day() {
    let table: Location = servers::variable(TABLE, "none: only another test runs this one").parse().unwrap();
    let lock = OutputLock::acquire(&table, &RunId::generate(), "Killed").unwrap();
    let staged = day_of(&table, "new", &lock);
    println!("\nstaged");
    staged.commit(SuccessMarker::Write).unwrap();
}

/// Runs [`replaces_a_day`] and kills it some time after everything is staged.
fn kill_while_replacing(table: &Location, after: Duration) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "warehouse::replaces_a_day", "--nocapture"])
        .env(TABLE, table.as_str())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    assert!(lines.by_ref().map_while(Result::ok).any(|line| line == "staged"), "the other process ended early");
    // Not a wait: the moment of the kill is what is tried.
    std::thread::sleep(after);
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn a_kill_at_any_time_leaves_the_old_day_or_the_new_one() {
    for root in roots() {
        let (mut seen, mut halfway) = (BTreeSet::new(), 0);
        let steps: &[u64] = if root.scheme() == "s3" { &[0, 50, 100, 150, 200, 300, 400] } else { &[0, 10, 20, 600] };
        for after in steps {
            let table = root.join(&format!("t{after}/"));
            let lock = OutputLock::acquire(&table, &RunId::generate(), "First").unwrap();
            day_of(&table, "old", &lock).commit(SuccessMarker::Write).unwrap();
            drop(lock);
            kill_while_replacing(&table, Duration::from_millis(*after));

            let target = table.join("dt=2016-01-01/");
            halfway += usize::from(store_for(&target).unwrap().is_being_renamed(&target).unwrap());
            let dataset = Dataset::new(&root, &format!("t{after}")).unwrap();
            let lock = dataset.lock(&RunId::generate(), "Next").unwrap();
            let day = dataset.day("2016-01-01".parse().unwrap());
            let marked = has_marker(day.directory()).unwrap();
            let mut files = contents(day.directory());
            files.retain(|(name, _)| name != "_SUCCESS");
            let texts: BTreeSet<_> = files.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!((files.len(), texts.len()), (FILES, 1), "{root}, killed after {after} ms: {texts:?}");
            let text = if texts.contains("old") { "old" } else { "new" };
            assert!(marked || text == "new", "the old day lost its marker");
            seen.insert((text, marked));
            let children = store_for(&table).unwrap().children(&table).unwrap();
            assert_eq!(children.len(), 1, "{children:?}");
            day_of(&table, "again", &lock).commit(SuccessMarker::Write).unwrap();
            assert_eq!(contents(day.directory()).len(), FILES + 1);
        }
        eprintln!("{}: found {seen:?}, of {} kills {halfway} in the middle of a rename", root.scheme(), steps.len());
    }
}
