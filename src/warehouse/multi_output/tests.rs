//! Many files: all or the marker is missing, and days never mix two runs.
use super::*;
use crate::storage::{read_to_string, write_bytes};
use crate::warehouse::marker::{has_marker, read_marker, task_marker_directory};
use std::io::Write;

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
