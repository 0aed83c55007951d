use super::*;
use crate::storage::write_bytes;
use crate::warehouse::commit::{StagedDirectory, SuccessMarker};

struct Scene {
    _directory: tempfile::TempDir,
    root: Location,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().join("kept/");
        Self { _directory: directory, root }
    }

    /// One run, which writes what it is to keep; its last step is left out if it is killed before.
    fn run(&self, reducers: usize, files: &[(&str, u64)], is_killed: bool) -> (Vec<String>, Kept) {
        let asked = entries(files);
        let lock = OutputLock::acquire(&self.root, &RunId::generate(), "test").unwrap();
        let kept = Kept::look_up(&self.root, &lock, made_by(reducers), &asked).unwrap();
        let read = {
            let is_kept = kept.holds();
            asked.iter().filter(|entry| !is_kept(entry)).map(|entry| entry.location.name().unwrap().to_owned()).collect()
        };
        if let Some((place, lock)) = kept.new_layer() {
            let staged = StagedDirectory::begin(&place, lock).unwrap();
            write_bytes(&staged.directory().join(&part_name(0)), b"records").unwrap();
            let layer = kept.describe(&place, staged.directory()).unwrap();
            staged.commit(SuccessMarker::Write).unwrap();
            assert_eq!(layer.part(0), place.join("part-00000.zst"));
        }
        if !is_killed {
            kept.end(&result()).unwrap();
        }
        (read, kept)
    }

    fn reads(&self, files: &[(&str, u64)]) -> Vec<String> {
        self.run(1, files, false).0
    }

    /// The directories of layers.
    fn layers(&self) -> Vec<Location> {
        let children = store_for(&self.root).unwrap().children(&self.root).unwrap();
        children.iter().filter(|child| child.is_directory).map(|child| self.root.join(&format!("{}/", child.name))).collect()
    }
}

fn result() -> Location {
    "/made/problem_check_events_night".parse().unwrap()
}

fn made_by(reducers: usize) -> MadeBy {
    MadeBy { job: "w/j".to_owned(), rules: 1, program: "1".to_owned(), options: Vec::new(), reducers }
}

fn entries(files: &[(&str, u64)]) -> Vec<Entry> {
    files.iter().map(|(name, size)| Entry { location: format!("/logs/{name}").parse().unwrap(), size: *size }).collect()
}

#[test]
fn files_that_no_run_had_are_told() {
    let scene = Scene::new();
    let come = |files: &[(&str, u64)]| {
        let come = files_come_since(&scene.root, &result(), entries(files)).unwrap();
        come.iter().map(|entry| entry.location.name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(come(&[("a", 1)]), [""; 0], "nothing was kept");
    scene.reads(&[("a", 1), ("b", 2)]);
    scene.reads(&[("a", 1), ("b", 3)]);
    // One that has grown is no new one.
    assert_eq!(come(&[("a", 1), ("b", 4), ("c", 5), ("d", 0)]), ["c"]);
    let below = Entry { location: scene.root.join("part-00000.zst"), size: 1 };
    assert!(files_come_since(&scene.root, &result(), vec![below]).unwrap().is_empty());
    let other = "/made/problem_check_events_night_before".parse().unwrap();
    assert!(files_come_since(&scene.root, &other, entries(&[("c", 5)])).unwrap().is_empty(), "nobody knows what it was made from");
}

#[test]
fn a_file_is_kept_when_two_runs_have_found_the_same_and_not_read_after_that() {
    let scene = Scene::new();
    assert_eq!(scene.reads(&[("a", 5), ("growing", 1)]), ["a", "growing"]);
    assert!(scene.layers().is_empty());
    assert_eq!(scene.reads(&[("a", 5), ("growing", 2)]), ["a", "growing"], "read once more and kept");
    assert_eq!(scene.reads(&[("a", 5), ("b", 2), ("growing", 3)]), ["b", "growing"]);
    let (read, kept) = scene.run(1, &[("a", 5), ("b", 2), ("growing", 4)], false);
    assert_eq!((read, kept.layers().len(), kept.absorbed().len()), (vec!["b".to_owned(), "growing".to_owned()], 1, 0));
    let keeps = kept.keeps();
    assert_eq!(entries(&[("a", 5), ("b", 2), ("growing", 4)]).iter().map(keeps).collect::<Vec<_>>(), [false, true, false]);
    drop(kept);
    assert_eq!(scene.reads(&[("a", 5), ("b", 2), ("growing", 5)]), ["growing"]);
    assert_eq!(scene.layers().len(), 2);
}

#[test]
fn files_of_a_layer_are_read_again_when_one_has_changed_or_gone() {
    for (changed, read_next) in [(vec![("a", 5), ("b", 7)], vec!["a", "b"]), (vec![("a", 5)], vec!["a"])] {
        let scene = Scene::new();
        for _ in 0..2 {
            scene.reads(&[("a", 5), ("b", 4)]);
        }
        assert!(scene.reads(&[("a", 5), ("b", 4)]).is_empty());
        assert_eq!(scene.reads(&changed), read_next);
        // The one that is as it was is kept at once.
        let left: Vec<_> = changed.iter().filter(|(_, size)| *size == 7).map(|(name, _)| *name).collect();
        assert_eq!(scene.reads(&changed), left);
        assert!(scene.reads(&changed).is_empty());
    }
}

#[test]
fn records_that_are_made_otherwise_or_are_not_whole_do_not_count() {
    let files = [("a", 5)];
    let with_layer = || {
        let scene = Scene::new();
        for _ in 0..2 {
            scene.reads(&files);
        }
        let [layer] = scene.layers().try_into().unwrap();
        (scene, layer)
    };
    let (scene, _) = with_layer();
    assert_eq!(scene.run(2, &files, false).0, ["a"], "other reducers");
    assert!(scene.run(2, &files, false).0.is_empty());
    assert_eq!(scene.layers().len(), 1, "the older layer is gone");
    let damages: [fn(&Location); 4] = [
        |layer| write_bytes(&layer.join("part-00000.zst"), b"rec").unwrap(),
        |layer| store_for(layer).unwrap().remove(&layer.join("part-00000.zst")).unwrap(),
        |layer| write_bytes(&layer.join(FILES), b"{").unwrap(),
        |layer| store_for(layer).unwrap().remove(&layer.join(SUCCESS)).unwrap(),
    ];
    for damage in damages {
        let (scene, layer) = with_layer();
        damage(&layer);
        assert_eq!(scene.reads(&files), ["a"]);
        let _ = scene.reads(&files);
        assert!(scene.reads(&files).is_empty());
    }
    let (scene, _) = with_layer();
    write_bytes(&scene.root.join(SEEN), b"no list").unwrap();
    assert_eq!(scene.reads(&[("a", 5), ("b", 1)]), ["b"]);
}

#[test]
fn of_a_killed_run_the_larger_layer_counts() {
    let scene = Scene::new();
    for _ in 0..2 {
        scene.reads(&[("a", 5)]);
    }
    scene.reads(&[("a", 5), ("b", 6)]);
    let (read, kept) = scene.run(1, &[("a", 5), ("b", 6)], true);
    assert_eq!((read, kept.absorbed().len(), scene.layers().len()), (vec!["b".to_owned()], 1, 2));
    drop(kept);
    let (read, kept) = scene.run(1, &[("a", 5), ("b", 6)], false);
    assert_eq!((read.len(), kept.layers().len(), kept.compared.stale.len(), scene.layers().len()), (0, 1, 1, 1));
}

#[test]
fn what_others_have_put_there_stays() {
    let scene = Scene::new();
    let others = ["others/part-00000.zst".to_owned(), format!("{}/notes", RunId::generate())].map(|path| scene.root.join(&path));
    for other in &others {
        write_bytes(other, b"x").unwrap();
    }
    for _ in 0..3 {
        scene.reads(&[("a", 5)]);
    }
    assert!(others.iter().all(|other| read_bytes(other).unwrap() == b"x"));
    assert_eq!(scene.layers().len(), 3);
}

#[test]
fn layers_stay_few() {
    let scene = Scene::new();
    let names: Vec<_> = (0..64).map(|number| format!("{number}")).collect();
    for days in 1..=names.len() {
        let files: Vec<_> = names.iter().take(days).map(|name| (name.as_str(), 10)).collect();
        let read = scene.reads(&files);
        assert_eq!(read.len(), days.min(2), "the last one is young, the one before is kept now");
    }
    assert!(scene.layers().len() <= 6, "{:?}", scene.layers());
}

#[test]
fn layers_stay_few_where_each_file_is_smaller_than_the_one_before() {
    let scene = Scene::new();
    let names: Vec<_> = (0..40).map(|number| format!("{number}")).collect();
    for days in 1..=names.len() {
        let files: Vec<_> = names.iter().take(days).zip((0..100).rev()).map(|(name, size)| (name.as_str(), size)).collect();
        scene.reads(&files);
    }
    assert!(scene.layers().len() <= 6, "{:?}", scene.layers());
}

#[test]
fn an_empty_file_is_not_kept() {
    let scene = Scene::new();
    for _ in 0..3 {
        assert_eq!(scene.reads(&[("tracking.log", 0)]), ["tracking.log"]);
    }
    assert!(scene.layers().is_empty());
}

#[test]
fn a_file_has_one_name_below_all_roots() {
    let scene = Scene::new();
    for _ in 0..2 {
        scene.reads(&[("a", 5)]);
    }
    assert!(scene.reads(&[("./a", 5)]).is_empty());
}
