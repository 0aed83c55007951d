//! The contract of `ObjectStore`, for every implementation.

use std::io::Write;

use insights_pipeline::storage::{Child, Location, ObjectStore, is_not_found, read_to_string, store_for, write_bytes};

use crate::servers::{hadoop, s3};

/// The whole suite. `root` is an empty directory of the store, with or without trailing slash.
fn keeps_the_contract(root: &Location) {
    let store = store_for(root).unwrap();
    let suites: [fn(&dyn ObjectStore, &Location); 8] = [
        files_are_listed_recursively_and_sorted,
        what_is_missing_is_told_apart,
        pending_files_are_invisible_until_commit,
        pending_files_go_on_after_a_rest,
        commit_replaces_a_file,
        rename_never_replaces,
        removing_is_recursive_and_repeatable,
        directories_are_created_and_seen,
    ];
    for (number, suite) in suites.into_iter().enumerate() {
        suite(store, &root.join(&format!("suite{number}")));
    }
}

#[test]
fn plain_paths() {
    let directory = tempfile::tempdir().unwrap();
    keeps_the_contract(&Location::from_path(directory.path()).unwrap());
}

#[test]
fn file_urls() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("file://{}/", directory.path().display());
    keeps_the_contract(&url.parse().unwrap());
}

#[test]
fn hdfs() {
    keeps_the_contract(&hadoop::new_directory());
}

#[test]
fn s3() {
    keeps_the_contract(&s3::new_directory("s3"));
}

#[test]
fn the_other_names_of_s3() {
    for scheme in ["s3a", "s3n"] {
        keeps_the_contract(&s3::new_directory(scheme).directory_form());
    }
}

fn listed(store: &dyn ObjectStore, root: &Location) -> Vec<(String, u64)> {
    let entries = store.list(root).unwrap();
    let relative = |entry: &Location| entry.relative_to(root).unwrap().to_owned();
    entries.iter().map(|entry| (relative(&entry.location), entry.size)).collect()
}

fn files_are_listed_recursively_and_sorted(store: &dyn ObjectStore, root: &Location) {
    for name in ["b", "a/z", "a.b", "a/.hidden", "_SUCCESS", "é ü%20[1]"] {
        write_bytes(&root.join(name), name.as_bytes()).unwrap();
    }
    let expected = ["_SUCCESS", "a.b", "a/.hidden", "a/z", "b", "é ü%20[1]"];
    let expected: Vec<_> = expected.map(|name| (name.to_owned(), name.len() as u64)).into();
    assert_eq!(listed(store, root), expected);
    assert_eq!(listed(store, &root.directory_form()), expected);
    let children = store.children(root).unwrap();
    let name = |child: &Child| format!("{}{}", child.name, if child.is_directory { "/" } else { "" });
    assert_eq!(children.iter().map(name).collect::<Vec<_>>(), ["_SUCCESS", "a/", "a.b", "b", "é ü%20[1]"]);
    let file = root.join("a/z");
    let entry = store.entry(&file).unwrap().unwrap();
    assert_eq!((&entry.location, entry.size), (&file, 3));
    assert_eq!(store.list(&file).unwrap(), [entry]);
}

fn what_is_missing_is_told_apart(store: &dyn ObjectStore, root: &Location) {
    let missing = root.join("missing");
    assert_eq!(store.list(&missing).unwrap(), []);
    assert_eq!(store.children(&missing).unwrap(), []);
    assert_eq!(store.entry(&missing).unwrap(), None);
    assert!(!store.directory_exists(&missing).unwrap());
    assert!(!store.exists(&missing).unwrap());
    let error = store.open(&missing).err().unwrap();
    assert!(is_not_found(&error), "{error:#}");
    assert!(error.to_string().contains(missing.as_str()), "{error}");
    let error = store.rename(&missing, &root.join("other")).unwrap_err();
    assert!(is_not_found(&error), "{error:#}");
    // Below a file there is nothing.
    write_bytes(&root.join("file"), b"").unwrap();
    assert!(!store.exists(&root.join("file/below")).unwrap());
    assert!(!store.directory_exists(&root.join("file")).unwrap());
    assert_eq!(store.sweep_pending(&missing).unwrap(), 0);
}

fn pending_files_are_invisible_until_commit(store: &dyn ObjectStore, root: &Location) {
    let file = root.join("new/file");
    let mut pending = store.create(&file).unwrap();
    pending.write_all(b"half").unwrap();
    pending.flush().unwrap();
    assert!(!store.exists(&file).unwrap());
    assert_eq!(store.list(root).unwrap(), []);
    assert_eq!(store.children(&root.join("new")).unwrap(), []);
    assert_eq!(store.sweep_pending(&root.join("new")).unwrap(), 0);
    pending.rest().unwrap();
    pending.write_all(b" and half").unwrap();
    pending.commit().unwrap();
    assert_eq!(read_to_string(&file).unwrap(), "half and half");

    let dropped = root.join("new/dropped");
    drop(store.create(&dropped).unwrap());
    assert_eq!(listed(store, root), [("new/file".to_owned(), 13)]);
}

/// Far enough for every store to have sent something before it rests.
fn pending_files_go_on_after_a_rest(store: &dyn ObjectStore, root: &Location) {
    let file = root.join("rested");
    let mut pending = store.create(&file).unwrap();
    let mut written = String::new();
    for (letter, size) in [("a", 17_000_000), ("b", 1), ("c", 2_000_000)] {
        let piece = letter.repeat(size);
        pending.write_all(piece.as_bytes()).unwrap();
        pending.rest().unwrap();
        written.push_str(&piece);
    }
    pending.commit().unwrap();
    assert!(read_to_string(&file).unwrap() == written);
    store.remove(&file).unwrap();
}

fn commit_replaces_a_file(store: &dyn ObjectStore, root: &Location) {
    let file = root.join("file");
    write_bytes(&file, b"old").unwrap();
    let mut pending = store.create(&file).unwrap();
    pending.write_all(b"new").unwrap();
    assert_eq!(read_to_string(&file).unwrap(), "old");
    pending.commit().unwrap();
    assert_eq!(read_to_string(&file).unwrap(), "new");
}

fn rename_never_replaces(store: &dyn ObjectStore, root: &Location) {
    for name in ["one/a", "one/deep/b", "two/c", "file"] {
        write_bytes(&root.join(name), name.as_bytes()).unwrap();
    }
    for (from, to) in [("one", "two/"), ("file", "two/c"), ("one", "file"), ("file", "one")] {
        let error = store.rename(&root.join(from), &root.join(to)).unwrap_err();
        assert!(error.to_string().contains(root.join(from).as_str()), "{error}");
    }
    assert_eq!(listed(store, root).len(), 4);
    store.rename(&root.join("one/"), &root.join("new/parent/")).unwrap();
    store.rename(&root.join("file"), &root.join("other")).unwrap();
    let names: Vec<_> = listed(store, root).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["new/parent/a", "new/parent/deep/b", "other", "two/c"]);
    assert_eq!(read_to_string(&root.join("new/parent/deep/b")).unwrap(), "one/deep/b");
    assert!(!store.exists(&root.join("one")).unwrap());
}

fn removing_is_recursive_and_repeatable(store: &dyn ObjectStore, root: &Location) {
    for name in ["directory/a", "directory/deep/b", "directory2/c"] {
        write_bytes(&root.join(name), b"x").unwrap();
    }
    store.remove(&root.join("directory/")).unwrap();
    store.remove(&root.join("directory")).unwrap();
    assert_eq!(listed(store, root), [("directory2/c".to_owned(), 1)]);
    store.remove(&root.join("directory2/c")).unwrap();
    assert_eq!(store.list(root).unwrap(), []);
    assert!(store.remove(&root.join("/")).is_err(), "a root must be refused");
}

fn directories_are_created_and_seen(store: &dyn ObjectStore, root: &Location) {
    let directory = root.join("a/b/");
    store.create_directory(&directory).unwrap();
    store.create_directory(&directory).unwrap();
    write_bytes(&directory.join("file"), b"").unwrap();
    assert!(store.directory_exists(&root.join("a")).unwrap());
    assert!(store.directory_exists(&directory).unwrap());
    assert!(store.exists(&directory).unwrap());
    assert_eq!(store.entry(&directory).unwrap(), None);
    assert!(store.open(&directory).is_err());
}
