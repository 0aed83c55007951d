//! Choosing logs: globs, regexes with dates, prefixes, manifests of thousands of files.

use std::sync::atomic::{AtomicBool, Ordering};

use insights_pipeline::storage::{Location, read_to_string, store_for, write_bytes};
use insights_pipeline::warehouse::manifest::read_manifest;
use insights_pipeline::warehouse::selection::{InputSelection, ManifestUse, NoInputFiles, PathSelectionByDateInterval, PathSet};

use crate::{roots, servers, write_all};

const MANY: usize = 2000;

fn names(selection: &InputSelection, root: &Location) -> Vec<String> {
    selection.locations().map(|place| place.relative_to(root).unwrap().to_owned()).collect()
}

fn site(root: &Location) {
    let names = ["host1/tracking.log-20140501.gz", "host1/tracking.log-20140502.gz", "host2/tracking.log-20140502.gz", "host2/other.log"];
    let mut files: Vec<_> = names.map(|name| (root.join("logs").join(name), b"x".to_vec())).into();
    files.push((root.join("logs/host1/tracking.log-20140503.gz"), Vec::new()));
    files.push((root.join("logs2/tracking.log-20140502.gz"), b"x".to_vec()));
    write_all(&files);
}

#[test]
fn logs_are_chosen_by_globs() {
    for root in roots() {
        site(&root);
        let set = |include: &str| PathSet { roots: vec![root.join("logs")], include: vec![include.to_owned()], manifest: None };
        let (selection, manifest) = set("*tracking.log*.gz").select().unwrap();
        assert_eq!(manifest, ManifestUse::None);
        let expected = ["host1/tracking.log-20140501.gz", "host1/tracking.log-20140502.gz", "host2/tracking.log-20140502.gz"];
        assert_eq!(names(&selection, &root.join("logs")), expected, "{root}");
        assert!(set("*.bz2").select().unwrap_err().is::<NoInputFiles>());
        assert_eq!(set("*host?/tracking.log-2014050[12].gz").select().unwrap().0.files.len(), 3);
    }
}

#[test]
fn logs_are_chosen_by_date() {
    for root in roots() {
        site(&root);
        let select = |below: &str, pattern: &str| {
            let interval = ("2014-05-02".parse().unwrap(), "2014-05-04".parse().unwrap());
            let selection = PathSelectionByDateInterval::new(vec![root.join(below)], interval, 0, &[pattern.to_owned()], "%Y%m%d");
            names(&selection.unwrap().select().unwrap(), &root)
        };
        let pattern = r".*tracking\.log-(?P<date>\d{8})\.gz";
        // Empty files and prefixes are as in the original: by scheme (rules 01, 4.2).
        let expected = if root.scheme() == "s3" {
            vec!["logs/host1/tracking.log-20140502.gz", "logs/host2/tracking.log-20140502.gz", "logs2/tracking.log-20140502.gz"]
        } else {
            vec!["logs/host1/tracking.log-20140502.gz", "logs/host1/tracking.log-20140503.gz", "logs/host2/tracking.log-20140502.gz"]
        };
        assert_eq!(select("logs", pattern), expected);
        assert_eq!(select("logs2/", pattern), ["logs2/tracking.log-20140502.gz"]);
        assert!(select("nothing", pattern).is_empty());
    }
}

#[test]
fn a_manifest_stands_for_thousands_of_files() {
    for root in roots() {
        let files: Vec<_> =
            (0..MANY).map(|number| (root.join(&format!("logs/h{}/log-{number:04}.gz", number % 7)), b"x".to_vec())).collect();
        write_all(&files);
        let manifest = root.join("manifests/run.txt");
        let set = PathSet { roots: vec![root.join("logs")], include: vec!["*.gz".to_owned()], manifest: Some(manifest.clone()) };
        let (written, told) = set.select().unwrap();
        assert_eq!((written.files.len(), told), (MANY, ManifestUse::Written(manifest.clone())));
        assert_eq!(read_to_string(&manifest).unwrap().lines().count(), MANY);
        // It was not there before this run, so that nobody is warned of it.
        let (again, told) = set.select().unwrap();
        assert_eq!((&again.files, told), (&written.files, ManifestUse::Written(manifest.clone())));

        // Globs and directories stand in manifests of old installations.
        let lines = [root.join("logs/h{1,2}/log-*.gz"), root.join("logs/h3")].map(|line| line.to_string()).join("\n");
        write_bytes(&manifest, lines.as_bytes()).unwrap();
        let expected = (0..MANY).filter(|number| (1..=3).contains(&(number % 7))).count();
        assert_eq!(read_manifest(&manifest).unwrap().files.len(), expected);
    }
}

#[test]
fn listings_of_s3_have_many_pages() {
    let root = servers::s3::new_directory("s3a");
    let files: Vec<_> = (0..2345).map(|number| (root.join(&format!("d{}/f{number:05}", number % 3)), Vec::new())).collect();
    write_all(&files);
    let store = store_for(&root).unwrap();
    let mut expected: Vec<_> = files.into_iter().map(|(place, _)| place).collect();
    expected.sort();
    assert!(store.list(&root).unwrap().into_iter().map(|entry| entry.location).eq(expected));
    assert_eq!(store.children(&root).unwrap().len(), 3);
    store.rename(&root, &servers::s3::new_directory("s3a")).unwrap();
    assert_eq!(store.list(&root).unwrap(), []);
}

#[test]
fn a_tree_in_which_others_are_at_work_is_listed() {
    for root in roots() {
        let store = store_for(&root).unwrap();
        for number in 0..40 {
            write_bytes(&root.join(&format!("d{number}/empty")), b"").unwrap();
        }
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in (0..40).cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
                    let directory = root.join(&format!("moving{number}/"));
                    write_bytes(&directory.join("empty"), b"").unwrap();
                    store.remove(&directory).unwrap();
                }
            });
            // Nothing may panic before the other thread is told to stop.
            let listings: Vec<_> = (0..50).map(|_| store.list(&root.directory_form())).collect();
            stop.store(true, Ordering::Relaxed);
            for listed in listings {
                let listed = listed.unwrap();
                let steady = listed.iter().filter(|entry| !entry.location.as_str().contains("moving")).count();
                assert_eq!(steady, 40, "{root}");
            }
        });
    }
}
