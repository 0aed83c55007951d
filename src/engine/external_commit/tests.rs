//! Begin, job and commit as three processes; kills in between; runs that meet.

use super::*;
use crate::storage::Location;

struct Scene {
    _folder: tempfile::TempDir,
    root: Location,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let root = Location::from_path(folder.path()).unwrap().directory_form();
    Scene { _folder: folder, root }
}

impl Scene {
    fn directory(&self) -> JobOutput {
        JobOutput::Directory(self.root.join("t/dt=2014-01-01/"))
    }

    fn days(&self) -> JobOutput {
        let days = "2014-01-31-2014-02-03".parse().unwrap();
        JobOutput::Days { root: self.root.join("t/"), days, file_stem: "t_".to_owned(), marker: self.root.join("marker/") }
    }

    fn tables(&self) -> JobOutput {
        JobOutput::Tables(["a", "b"].map(|name| (format!("{name}/"), self.root.join(&format!("{name}/dt=2014-01-01/")))).to_vec())
    }

    /// Sizes of all files but markers and locks, hidden ones included.
    fn files(&self) -> Vec<(String, u64)> {
        let entries = store_for(&self.root).unwrap().list(&self.root).unwrap();
        let files = entries.iter().map(|entry| (entry.location.relative_to(&self.root).unwrap().to_owned(), entry.size));
        files.filter(|(name, _)| !name.ends_with("_SUCCESS") && !name.contains(".lock")).collect()
    }
}

fn locks(output: &JobOutput, run_id: &RunId) -> Vec<OutputLock> {
    output.roots().into_iter().map(|root| OutputLock::acquire(root, run_id, "test").unwrap()).collect()
}

fn begun(output: &JobOutput) -> RunId {
    let run_id = RunId::generate();
    begin(output, &locks(output, &run_id)).unwrap();
    run_id
}

fn committed(output: &JobOutput, run_id: &RunId) -> Result<Committed> {
    commit(output, &locks(output, run_id))
}

/// What a job writes: each file holds its path.
fn job(output: &JobOutput, run_id: &RunId, files: &[&str]) {
    let directory = output.job_directory(run_id).unwrap();
    for file in files {
        write_bytes(&directory.join(file), file.as_bytes()).unwrap();
    }
    write_bytes(&directory.join(SUCCESS), b"{\"name\": \"a committer of another kind\"}").unwrap();
}

fn named(files: &[(&str, u64)]) -> Vec<(String, u64)> {
    files.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect()
}

#[test]
fn each_output_comes_into_its_place_once() {
    let scene = scene();
    for (output, written, files) in [
        (scene.directory(), "part-00000", vec![("t/dt=2014-01-01/part-00000", 10)]),
        (
            scene.days(),
            "dt=2014-02-01/t_2014-02-01",
            vec![
                ("t/dt=2014-01-01/part-00000", 10),
                ("t/dt=2014-01-31/t_2014-01-31", 0),
                ("t/dt=2014-02-01/t_2014-02-01", 26),
                ("t/dt=2014-02-02/t_2014-02-02", 0),
            ],
        ),
    ] {
        let run_id = begun(&output);
        let error = committed(&output, &run_id).unwrap_err().to_string();
        assert!(error.contains("has not succeeded"), "{error}");
        job(&output, &run_id, &[written]);
        assert_eq!(committed(&output, &run_id).unwrap(), Committed::Now);
        assert_eq!(committed(&output, &run_id).unwrap(), Committed::Before);
        assert_eq!(scene.files(), named(&files));
        let error = committed(&output, &RunId::generate()).unwrap_err().to_string();
        assert!(error.contains("was not begun"), "{error}");
    }
}

#[test]
fn tables_come_from_one_job_and_may_have_no_rows() {
    let scene = scene();
    let output = scene.tables();
    let run_id = begun(&output);
    job(&output, &run_id, &["b/part-00003"]);
    assert_eq!(committed(&output, &run_id).unwrap(), Committed::Now);
    assert_eq!(committed(&output, &run_id).unwrap(), Committed::Before);
    assert_eq!(scene.files(), named(&[("a/dt=2014-01-01/part-00000", 0), ("b/dt=2014-01-01/part-00003", 12)]));
    for table in ["a", "b"] {
        let marker = read_marker(&scene.root.join(&format!("{table}/dt=2014-01-01/"))).unwrap().unwrap();
        assert_eq!(marker.run_id, Some(run_id.clone()));
    }
    // A job without reducers and without input writes nothing at all.
    let output = scene.directory();
    let run_id = begun(&output);
    job(&output, &run_id, &[]);
    committed(&output, &run_id).unwrap();
    assert!(scene.files().contains(&("t/dt=2014-01-01/part-00000".to_owned(), 0)));
}

#[test]
fn a_run_that_was_overtaken_is_refused() {
    for output in [Scene::directory, Scene::days, Scene::tables] {
        let scene = scene();
        let output = output(&scene);
        let first = begun(&output);
        job(&output, &first, &["dt=2014-02-01/x", "a/x", "b/x"]);
        // Another script, or the driver, begins: it clears away what it takes for a dead run's.
        let second = begun(&output);
        // The job of the first goes on writing.
        job(&output, &first, &["dt=2014-02-02/half", "a/half"]);
        let error = committed(&output, &first).unwrap_err().to_string();
        assert!(error.contains("no claim of this run"), "{error}");
        job(&output, &second, &["dt=2014-02-01/whole", "a/whole", "b/whole"]);
        assert_eq!(committed(&output, &second).unwrap(), Committed::Now);
        assert!(scene.files().iter().all(|(name, _)| !name.contains("half")), "{:?}", scene.files());
    }
}

#[test]
fn a_commit_that_was_killed_is_made_again() {
    let scene = scene();
    let output = scene.directory();
    let old = begun(&output);
    job(&output, &old, &["part-00000", "part-00001"]);
    committed(&output, &old).unwrap();
    let target = scene.root.join("t/dt=2014-01-01");
    let store = store_for(&target).unwrap();
    for steps in 0..3 {
        let run_id = begun(&output);
        job(&output, &run_id, &["part-00000"]);
        let aside = scene.root.join(&format!("t/.dt=2014-01-01.replaced-{run_id}"));
        if steps > 0 {
            store.rename(&target, &aside).unwrap();
        }
        if steps > 1 {
            store.rename(&output.job_directory(&run_id).unwrap(), &target).unwrap();
        }
        assert_eq!(committed(&output, &run_id).unwrap(), Committed::Now, "{steps}");
        assert_eq!(scene.files(), named(&[("t/dt=2014-01-01/part-00000", 10)]), "{steps}");
        assert_eq!(read_marker(&target).unwrap().unwrap().run_id, Some(run_id));
    }
}

#[test]
fn a_commit_of_days_that_was_killed_empties_no_day() {
    let scene = scene();
    let output = scene.days();
    let run_id = begun(&output);
    job(&output, &run_id, &["dt=2014-01-31/t_2014-01-31", "dt=2014-02-01/t_2014-02-01"]);
    let staged = output.job_directory(&run_id).unwrap();
    store_for(&staged).unwrap().rename(&staged.join("dt=2014-01-31"), &scene.root.join("t/dt=2014-01-31")).unwrap();
    committed(&output, &run_id).unwrap();
    let expected = [("t/dt=2014-01-31/t_2014-01-31", 26), ("t/dt=2014-02-01/t_2014-02-01", 26), ("t/dt=2014-02-02/t_2014-02-02", 0)];
    assert_eq!(scene.files(), named(&expected));
}

#[test]
fn a_commit_of_tables_that_was_killed_is_made_again() {
    for steps in 0..3 {
        let scene = scene();
        let output = scene.tables();
        let JobOutput::Tables(tables) = &output else { panic!() };
        let run_id = begun(&output);
        job(&output, &run_id, &["a/part-00000", "b/part-00000"]);
        {
            let held = locks(&output, &run_id);
            let staged =
                tables.iter().zip(&held).map(|((path, place), lock)| (path.clone(), StagedDirectory::resume(place, lock).unwrap()));
            let staged: Vec<_> = staged.collect();
            match steps {
                0 => drop(take_over(&staged).unwrap()),
                1 => distribute(&staged, run_id.as_str()).unwrap(),
                _ => {
                    distribute(&staged, run_id.as_str()).unwrap();
                    commit_directory(&tables[0].1, &held[0]).unwrap();
                }
            }
        }
        assert_eq!(committed(&output, &run_id).unwrap(), Committed::Now, "{steps}");
        assert_eq!(scene.files(), named(&[("a/dt=2014-01-01/part-00000", 12), ("b/dt=2014-01-01/part-00000", 12)]), "{steps}");
    }
}
