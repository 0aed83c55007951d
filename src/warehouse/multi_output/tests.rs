//! Many files: all or the marker is missing, and days never mix two runs.

use std::io::Write;

use super::*;
use crate::storage::{read_to_string, write_bytes};
use crate::warehouse::day_index::{DaysThere, days_there};
use crate::warehouse::marker::{has_marker, read_marker, task_marker_directory};

struct Fixture {
    _directory: tempfile::TempDir,
    output: Location,
    marker: Location,
}

fn output() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap();
    Fixture {
        _directory: directory,
        output: root.join("user_activity_by_user/"),
        marker: task_marker_directory(&root.join("marker"), "task"),
    }
}

impl Fixture {
    fn lock(&self) -> OutputLock {
        OutputLock::acquire(&self.output, &RunId::generate(), "test").unwrap()
    }

    fn stage(&self, unit: ReplacedUnit, files: &[&str], text: &str, lock: &OutputLock) -> StagedFiles {
        let staged = StagedFiles::begin(&self.output, &self.marker, unit, lock).unwrap();
        for name in files {
            let mut file = staged.create(name).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.commit().unwrap();
        }
        staged
    }

    /// `path=content` of all files.
    fn files(&self) -> Vec<String> {
        let entries = store_for(&self.output).unwrap().list(&self.output).unwrap();
        let shown = |place: &Location| {
            let content = read_to_string(place).unwrap();
            format!("{}={content}", place.relative_to(&self.output).unwrap())
        };
        entries.iter().map(|entry| shown(&entry.location)).collect()
    }
}

#[test]
fn files_are_replaced_one_by_one_or_by_directory() {
    for (unit, rest) in [(ReplacedUnit::File, Some("d/2=old")), (ReplacedUnit::Directory, None)] {
        let output = output();
        let lock = output.lock();
        output.stage(unit, &["d/1", "d/2", "e/1"], "old", &lock).commit().unwrap();
        let staged = output.stage(unit, &["d/1", "f/1"], "new", &lock);
        assert!(has_marker(&output.marker).unwrap());
        staged.commit().unwrap();
        let expected: Vec<_> = [Some("d/1=new"), rest, Some("e/1=old"), Some("f/1=new")].into_iter().flatten().collect();
        assert_eq!(output.files(), expected);
        let marker = read_marker(&output.marker).unwrap().unwrap();
        assert_eq!(marker.run_id.as_ref(), Some(lock.run_id()));
        let children = store_for(&output.output).unwrap().children(&output.output).unwrap();
        assert!(children.iter().all(|child| !child.name.starts_with('.')), "{children:?}");
    }
}

#[test]
fn dropped_files_leave_the_old_ones_and_their_marker() {
    let output = output();
    let lock = output.lock();
    output.stage(ReplacedUnit::File, &["a"], "old", &lock).commit().unwrap();
    drop(output.stage(ReplacedUnit::File, &["a", "b"], "new", &lock));
    assert_eq!(output.files(), ["a=old"]);
    assert!(has_marker(&output.marker).unwrap());
}

#[test]
fn a_job_without_rows_is_still_marked() {
    let output = output();
    let lock = output.lock();
    output.stage(ReplacedUnit::Directory, &[], "", &lock).commit().unwrap();
    assert!(output.files().is_empty() && has_marker(&output.marker).unwrap());
}

#[test]
fn a_kill_after_any_step_leaves_whole_units_and_no_marker() {
    for unit in [ReplacedUnit::File, ReplacedUnit::Directory] {
        // 0: nothing moved, 1: marker gone, 2: first unit moved aside only, 3: first unit replaced, 4: both, 5: marked.
        for done in 0..=5 {
            let output = output();
            let first = output.lock();
            output.stage(unit, &["d/1", "d/2", "e/1"], "old", &first).commit().unwrap();
            drop(first);
            let killed_run = output.lock();
            let staged = output.stage(unit, &["d/1", "e/1"], "new", &killed_run);
            let units: Vec<_> = unit.paths_in(&staged.directory()).unwrap().into_iter().collect();
            if done >= 1 {
                remove_marker(&staged.marker).unwrap();
            }
            if done == 2 {
                let store = store_for(&output.output).unwrap();
                let aside = hidden(&staged.output, unit.replaced(), staged.lock.run_id()).join(&units[0]);
                store.rename(&output.output.join(&units[0]), &aside).unwrap();
            }
            for path in &units[..usize::from(done >= 3) + usize::from(done >= 4)] {
                store_for(&output.output).unwrap().rename_all(vec![staged.moves(path).unwrap()]).unwrap();
            }
            if done == 5 {
                staged.mark().unwrap();
            }
            std::mem::forget(staged);
            killed_run.release_as_if_killed();

            let case = format!("{unit:?} {done}");
            let lock = output.lock();
            recover_files(&output.output, &lock).unwrap();
            let kept = unit == ReplacedUnit::File || done < 3;
            let mut expected = vec![if done < 3 { "d/1=old" } else { "d/1=new" }];
            expected.extend(kept.then_some("d/2=old"));
            expected.push(if done < 4 { "e/1=old" } else { "e/1=new" });
            assert_eq!(output.files(), expected, "{case}");
            assert_eq!(has_marker(&output.marker).unwrap(), done == 0 || done == 5, "{case}");

            output.stage(unit, &["d/1", "e/1"], "again", &lock).commit().unwrap();
            assert!(output.files().contains(&"d/1=again".to_owned()), "{case}");
            assert!(has_marker(&output.marker).unwrap(), "{case}");
        }
    }
}

/// A commit of days by a run with these options, whose days wait for log files; it is killed when so many units have moved.
fn commit_of_days(output: &Fixture, days: &str, options: &[&str], awaited: &[&str], killed_behind: Option<usize>) {
    let awaited = awaited.iter().map(ToString::to_string).collect::<Vec<_>>().into();
    let options = options.iter().map(ToString::to_string).collect();
    let lock = output.lock().with_record(&Record { options, awaited, ..Record::default() }.text().unwrap());
    let files: Vec<_> = days.split(' ').map(|day| format!("dt=2014-05-{day}/e_2014-05-{day}")).collect();
    let rows = "x".repeat(files.len());
    let staged = output.stage(ReplacedUnit::Directory, &files.iter().map(String::as_str).collect::<Vec<_>>(), &rows, &lock);
    let Some(number) = killed_behind else { return staged.commit().unwrap() };
    let units = staged.unit.paths_in(&staged.directory()).unwrap();
    staged.begin_index(&units, store_for(&staged.output).unwrap().list(&staged.directory()).unwrap()).unwrap();
    let moves = units.iter().take(number).map(|unit| staged.moves(unit).unwrap()).collect();
    store_for(&output.output).unwrap().rename_all(moves).unwrap();
    std::mem::forget(staged);
    lock.release_as_if_killed();
    recover_files(&output.output, &output.lock()).unwrap();
}

/// The days that were left by a killed run, what days wait for, and which were made under other options.
fn known(output: &Fixture) -> (String, String, String) {
    let there = days_there(&output.output).unwrap();
    let shown = |days: &BTreeSet<chrono::NaiveDate>| days.iter().map(|day| day.format("%d").to_string()).collect::<Vec<_>>().join(" ");
    let DaysThere { awaited, interrupted, .. } = &there;
    let awaited = awaited.words().map(|word| word.replace("2014-05-", "")).collect::<Vec<_>>().join(" ");
    (shown(interrupted), awaited, shown(&there.outdated("")))
}

fn told(interrupted: &str, awaited: &str, outdated: &str) -> (String, String, String) {
    (interrupted.to_owned(), awaited.to_owned(), outdated.to_owned())
}

#[test]
fn a_kill_while_days_move_keeps_what_is_known_of_them_and_they_are_due() {
    let old = ["2014-05-05=2014-05-08,2014-05-09", "2014-05-06=2014-05-08", "2014-05-07=2014-05-08"];
    let new = ["2014-05-06=2014-05-08,2014-05-09", "2014-05-07=2014-05-08,2014-05-09", "2014-05-08=2014-05-10"];
    let cases = [
        ("06 07", "05=08,09 06=08 07=08", "05 06 07"),
        ("07", "05=08,09 06=08,09 07=08", "05 07"),
        ("", "05=08,09 06=08,09 07=08,09", "05"),
        ("", "05=08,09 06=08,09 07=08,09 08=10", "05"),
    ];
    for (moved, (interrupted, awaited, outdated)) in cases.into_iter().enumerate() {
        let output = output();
        commit_of_days(&output, "05 06 07", &["--ccx=false"], &old, None);
        assert_eq!(known(&output), told("", "05=08,09 06=08 07=08", "05 06 07"));
        // Of another size: the content tells which of both a day is.
        commit_of_days(&output, "06 07 08 09", &[], &new, Some(moved));
        assert_eq!(known(&output), told(interrupted, awaited, outdated), "{moved}");
        commit_of_days(&output, "06 07 08 09", &[], &new[..1], None);
        assert_eq!(known(&output), told("", "05=08,09 06=08,09", "05"), "{moved}");
    }
}

#[test]
fn a_first_commit_that_is_killed_is_known_and_kills_in_a_row_leave_few_lines() {
    let output = output();
    commit_of_days(&output, "06 07", &[], &["2014-05-06=2014-05-08"], Some(1));
    assert_eq!(known(&output), told("", "06=08", ""));
    let lines = || read_to_string(&output.output.join("_days")).unwrap().lines().count();
    assert_eq!(lines(), 2);
    for _ in 0..3 {
        // Of the same size: the day may be the one that waits, or the one that does not.
        commit_of_days(&output, "06 07", &[], &[], Some(2));
        assert_eq!(known(&output), told("06 07", "", ""));
        assert!(lines() <= 5);
    }
    commit_of_days(&output, "06 07", &[], &["2014-05-06=2014-05-08"], None);
    assert_eq!((known(&output), lines()), (told("", "06=08", ""), 2));
}

#[test]
fn a_commit_that_failed_half_way_is_made_again_and_its_days_are_settled() {
    let output = output();
    let lock = output.lock().with_record("{}");
    let staged = output.stage(ReplacedUnit::Directory, &["dt=2014-05-06/e", "dt=2014-05-07/e"], "new", &lock);
    let units = staged.unit.paths_in(&staged.directory()).unwrap();
    staged.begin_index(&units, store_for(&staged.output).unwrap().list(&staged.directory()).unwrap()).unwrap();
    store_for(&output.output).unwrap().rename_all(vec![staged.moves("dt=2014-05-06").unwrap()]).unwrap();
    staged.leave();
    let is_moving = || read_to_string(&output.output.join("_days")).unwrap().contains("moving");
    assert!(is_moving());
    StagedFiles::resume(&output.output, &output.marker, ReplacedUnit::Directory, &lock).unwrap().commit().unwrap();
    assert!(!is_moving());
    assert_eq!(days_there(&output.output).unwrap().days.len(), 2);
}

#[test]
fn names_from_data_cannot_leave_the_output() {
    let output = output();
    let lock = output.lock();
    let staged = output.stage(ReplacedUnit::File, &[], "", &lock);
    for name in ["", "/etc/x", "../x", "a/../x", "a//b", ".hidden", "a/_SUCCESS", "a/", "a\nb"] {
        assert!(staged.create(name).is_err(), "{name:?}");
    }
    assert!(write_bytes(&output.output.join("free"), b"").is_ok());
}
