//! A kill after every step, then recovery by the next run.

use std::mem;

use super::*;
use crate::storage::{read_to_string, write_bytes};
use crate::warehouse::RunId;
use crate::warehouse::marker::{has_marker, read_marker};

struct Fixture {
    _directory: tempfile::TempDir,
    table: Location,
    target: Location,
}

fn table() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap();
    let table = root.join("video/");
    Fixture { _directory: directory, target: table.join("dt=2016-01-01/"), table }
}

impl Fixture {
    fn lock(&self) -> OutputLock {
        OutputLock::acquire(&self.table, &RunId::generate(), "test").unwrap()
    }

    fn stage(&self, text: &str, lock: &OutputLock) -> StagedDirectory {
        let staged = StagedDirectory::begin(&self.target, lock).unwrap();
        write_bytes(&staged.directory().join("part-00000"), text.as_bytes()).unwrap();
        staged
    }

    fn content(&self) -> Option<String> {
        read_to_string(&self.target.join("part-00000")).ok()
    }

    fn names(&self) -> Vec<String> {
        let children = store_for(&self.table).unwrap().children(&self.table).unwrap();
        children.into_iter().map(|child| child.name).collect()
    }
}

#[test]
fn a_commit_replaces_the_whole_directory() {
    let table = table();
    let lock = table.lock();
    table.stage("old", &lock).commit(SuccessMarker::Write).unwrap();
    write_bytes(&table.target.join("part-00001"), b"stale").unwrap();
    let staged = table.stage("new", &lock);
    assert_eq!(table.content().as_deref(), Some("old"));
    assert!(staged.create("sub/part").is_err(), "its name would not be made durable");
    write_bytes(&staged.directory().join("sub/part"), b"x").unwrap();
    staged.commit(SuccessMarker::Write).unwrap();
    assert_eq!(table.names(), ["dt=2016-01-01"]);
    let entries = store_for(&table.target).unwrap().list(&table.target).unwrap();
    let names: Vec<_> = entries.iter().filter_map(|entry| entry.location.relative_to(&table.target)).collect();
    assert_eq!(names, ["_SUCCESS", "part-00000", "sub/part"]);
    let marker = read_marker(&table.target).unwrap().unwrap();
    assert_eq!(marker.run_id.as_ref(), Some(lock.run_id()));
}

#[test]
fn without_commit_nothing_changes() {
    let table = table();
    let lock = table.lock();
    table.stage("old", &lock).commit(SuccessMarker::Omit).unwrap();
    assert!(!has_marker(&table.target).unwrap());
    drop(table.stage("new", &lock));
    assert_eq!(table.content().as_deref(), Some("old"));
    assert_eq!(table.names(), ["dt=2016-01-01"]);
}

/// One step of a commit that a test runs by itself.
type Step = fn(&StagedDirectory) -> Result<()>;

#[test]
fn a_kill_after_any_step_leaves_old_or_new_and_the_next_run_repairs() {
    let steps: [Step; 4] = [
        StagedDirectory::move_old_aside,
        StagedDirectory::move_into_place,
        |staged| write_marker(&staged.target, staged.lock.run_id()),
        StagedDirectory::remove_old,
    ];
    for had_old in [false, true] {
        for done in 0..=steps.len() {
            let table = table();
            if had_old {
                let lock = table.lock();
                table.stage("old", &lock).commit(SuccessMarker::Write).unwrap();
            }
            let killed_run = table.lock();
            let staged = table.stage("new", &killed_run);
            for step in &steps[..done] {
                step(&staged).unwrap();
            }
            // A kill runs no destructor; only the operating system's lock goes away with the process.
            let clone = staged.lock.clone();
            drop(killed_run);
            kill(staged);
            clone.release_as_if_killed();

            let case = format!("old: {had_old}, steps: {done}");
            let lock = table.lock();
            assert!(lock.taken_over_from().is_some(), "{case}");
            recover(&table.target, &lock).unwrap();
            let expected = match done {
                0 | 1 => had_old.then_some("old"),
                _ => Some("new"),
            };
            assert_eq!(table.content().as_deref(), expected, "{case}");
            let complete = has_marker(&table.target).unwrap();
            assert_eq!(complete, if done < 2 { had_old } else { done > 2 }, "{case}");
            assert_eq!(table.names().len(), usize::from(expected.is_some()), "{case}");

            table.stage("again", &lock).commit(SuccessMarker::Write).unwrap();
            assert_eq!(table.content().as_deref(), Some("again"), "{case}");
            assert!(has_marker(&table.target).unwrap(), "{case}");
            assert_eq!(table.names(), ["dt=2016-01-01"], "{case}");
        }
    }
}

fn kill(staged: StagedDirectory) {
    mem::forget(staged);
}

#[test]
fn recovery_touches_only_what_runs_leave() {
    let table = table();
    let lock = table.lock();
    let run = RunId::generate();
    let keep = [".hidden", ".dt=1.staging-mine", "dt=2.staging-x", "dt=3"];
    let dead = [format!(".dt=1.staging-{run}"), format!(".dt=3.replaced-{run}"), format!(".dt=4.replaced-{run}")];
    for name in keep.iter().copied().chain(dead.iter().map(String::as_str)) {
        write_bytes(&table.table.join(name).join("part"), name.as_bytes()).unwrap();
    }
    assert_eq!(recover(&table.table.join("dt=1"), &lock).unwrap(), 1);
    assert_eq!(recover_all(&table.table, &lock).unwrap(), 2);
    assert_eq!(table.names(), [".dt=1.staging-mine", ".hidden", "dt=2.staging-x", "dt=3", "dt=4"]);
    assert_eq!(read_to_string(&table.table.join("dt=3/part")).unwrap(), "dt=3");
    let elsewhere = table.table.parent().unwrap().join("other/dt=1");
    assert!(recover(&elsewhere, &lock).is_err());
}
