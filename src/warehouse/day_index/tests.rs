//! Days know their runs, their options and what they wait for, whatever killed runs and other hands did.

use std::io::Write;

use super::*;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::multi_output::{ReplacedUnit, StagedFiles};
use crate::warehouse::record::Record;

fn table() -> (tempfile::TempDir, Location) {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap().join("w/t/");
    (directory, root)
}

fn made(root: &Location, days: &[&str], rows: &str) -> (RunId, Result<()>) {
    let run_id = RunId::generate();
    let lock = OutputLock::acquire(root, &run_id, "test").unwrap().with_record("{}");
    let marker = root.parent().unwrap().join("marker/");
    let staged = StagedFiles::begin(root, &marker, ReplacedUnit::Directory, &lock).unwrap();
    for day in days {
        let mut file = staged.create(&format!("dt={day}/t_{day}")).unwrap();
        file.write_all(rows.as_bytes()).unwrap();
        file.commit().unwrap();
    }
    (run_id, staged.commit())
}

fn runs(root: &Location) -> Vec<String> {
    day_runs(root).unwrap().into_values().collect()
}

#[test]
fn each_day_knows_its_run_and_other_hands_are_seen() {
    let (_directory, root) = table();
    assert!(runs(&root).is_empty());
    // Of the original.
    write_bytes(&root.join("dt=2013-12-31/t_2013-12-31"), b"x\n").unwrap();
    let old = runs(&root);
    assert!(old.len() == 1 && old[0].starts_with('~'), "{old:?}");
    let (one, _) = made(&root, &["2014-01-01", "2014-01-02"], "1\n");
    let (two, _) = made(&root, &["2014-01-02", "2014-01-03"], "2\n");
    let [one, two] = [one, two].map(|run| short(run.as_str()));
    assert_eq!(runs(&root), [old[0].clone(), one.clone(), two.clone(), two.clone()]);
    // Somebody replaces a day, and takes another away.
    write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"other\n").unwrap();
    store_for(&root).unwrap().remove(&root.join("dt=2014-01-03/")).unwrap();
    let seen = runs(&root);
    assert!(seen.len() == 3 && seen[1] == one && seen[2].starts_with('~'), "{seen:?}");
    // An empty day has a file, too.
    let (three, _) = made(&root, &["2014-01-02"], "");
    assert_eq!(runs(&root)[2], short(three.as_str()));
}

#[test]
fn each_day_knows_the_options_that_were_not_the_usual_ones() {
    let (_directory, root) = table();
    let made = |day: &str, options: &[&str]| {
        let options = options.iter().map(ToString::to_string).collect();
        let record = Record { options, ..Record::default() }.text().unwrap();
        let lock = OutputLock::acquire(&root, &RunId::generate(), "test").unwrap().with_record(&record);
        let staged = StagedFiles::begin(&root, &root.parent().unwrap().join("marker/"), ReplacedUnit::Directory, &lock).unwrap();
        staged.create(&format!("dt={day}/t_{day}")).unwrap().commit().unwrap();
        staged.commit().unwrap();
    };
    made("2014-01-01", &["--interval", "2014-01-01"]);
    made("2014-01-02", &["--interval", "2014-01-02", "--ccx=false", "--course-urls=original"]);
    let outdated = |options: &str| days_there(&root).unwrap().outdated(options).into_iter().map(|day| day.to_string()).collect::<Vec<_>>();
    assert_eq!(outdated(""), ["2014-01-02"]);
    assert_eq!(outdated("--ccx=false --course-urls=original"), ["2014-01-01"]);
    // Another hand replaces the day.
    write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"other\n").unwrap();
    assert_eq!(outdated(""), [""; 0]);
}

#[test]
fn a_kill_while_files_move_leaves_no_day_under_a_wrong_run() {
    let (_directory, root) = table();
    let (one, _) = made(&root, &["2014-01-01", "2014-01-02"], "1\n");
    let index = DayIndex::read(&root).unwrap().unwrap();
    index.moving_to(&index, ["dt=2014-01-02".to_owned()].iter()).write(&root).unwrap();
    // A file of the same name and size has taken the old one's place, and the run was killed.
    write_bytes(&root.join("dt=2014-01-02/t_2014-01-02"), b"2\n").unwrap();
    let seen = runs(&root);
    assert!(seen[0] == short(one.as_str()) && seen[1].starts_with('~'), "{seen:?}");
}

#[test]
fn indexes_of_earlier_versions_are_read() {
    let (_directory, root) = table();
    let text = "dt=2014-01-01\trun-1\t~c\ndt=2014-01-02\trun-2\t~d\t--ccx=false\t2014-01-03\n";
    write_bytes(&root.join(NAME), text.as_bytes()).unwrap();
    let index = DayIndex::read(&root).unwrap().unwrap();
    index.write(&root).unwrap();
    assert_eq!(read_to_string(&root.join(NAME)).unwrap(), text);
    assert_eq!(index.moving_to(&index, std::iter::empty()), index);
}
